/** All invariants, a line each. */
import { acknowledgedDurability, acknowledgementQuorum } from './acknowledged.js';
import { committedPrefix } from './committed-prefix.js';
import { compactionKeepsLatest } from './compaction.js';
import { epochsMonotonic } from './epochs-monotonic.js';
import { committedOffsetBounds, groupFencing } from './group-commits.js';
import { groupOwners } from './group-owners.js';
import { highWatermarkBounds, highWatermarkEligibility, highWatermarkMonotony } from './high-watermark.js';
import type { Invariant } from './invariant.js';
import { isrHoldsCommitted } from './isr-holds-committed.js';
import { isrShape } from './isr-shape.js';
import { lastStableOffset } from './last-stable-offset.js';
import { logMatching } from './log-matching.js';
import { metadataKept } from './metadata-kept.js';
import { oneLeaderPerEpoch } from './one-leader-per-epoch.js';
import { producerSequences } from './producer-sequences.js';
import { readFidelity } from './read-fidelity.js';
import { coordinatorStates, producerFencing, transactionAtomicity } from './transaction-states.js';

export const invariants: readonly Invariant[] = [
  committedPrefix,
  acknowledgedDurability,
  acknowledgementQuorum,
  highWatermarkEligibility,
  logMatching,
  isrHoldsCommitted,
  oneLeaderPerEpoch,
  epochsMonotonic,
  highWatermarkMonotony,
  highWatermarkBounds,
  isrShape,
  lastStableOffset,
  producerSequences,
  producerFencing,
  transactionAtomicity,
  coordinatorStates,
  groupOwners,
  groupFencing,
  committedOffsetBounds,
  metadataKept,
  readFidelity,
  compactionKeepsLatest,
];
