/**
 * All invariants, a line each. Some anomalies that are known by other names are found here and nowhere else, since no
 * history shows them:
 *
 *   position-past-LSO      W12. Where a transaction is open, and when its commit took effect, only the log says: to
 *                          clients it is one operation, which may have been committed long before they were told.
 *   stale-metadata-write   W2 and W3. That a deposed leader acknowledges under acks=all is no fault as such: the whole ISR
 *                          had the record, and whoever was elected has it. It is one as soon as an electable member of
 *                          the ISR lacks the record at the acknowledgement, whoever answers.
 *   controller state       Leader and ISR of a partition are registers that only controllers write, one after the other
 *                          in the metadata log, and that no client reads with its invocation and completion: there is no
 *                          history to search for an order. What linearizability would promise of them is that the log is
 *                          one and kept (W20), that its epochs go forward (W8), and that nobody leads by an
 *                          older one beside the present leader (W7).
 */
import { acknowledgedDurability, acknowledgementQuorum } from './acknowledged.js';
import { committedPrefix } from './committed-prefix.js';
import { compactionKeepsLatest } from './compaction.js';
import { diskKept } from './disk-kept.js';
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
  diskKept,
  readFidelity,
  compactionKeepsLatest,
];
