/**
 * Probes by name. Checkers know the simulated Kafka's probes by the names in a trace's header, never by number, so that
 * they read a stored trace and listen to a running trial alike.
 */
import type { ProbeListener } from './listener.js';

/** Names with their kinds: a trace's header.probes, or the probe list of the system under test. */
export type NamedProbes = readonly { readonly kind: number; readonly name: string }[];

const names = {
  processStarted: 'process-started',
  processKilled: 'process-killed',
  powerLost: 'power-lost',
  phase: 'phase',
  stalled: 'stalled',
  append: 'append',
  truncate: 'truncate',
  highWatermark: 'high-watermark',
  logLoaded: 'log-loaded',
  logStart: 'log-start',
  compacted: 'compacted',
  logGap: 'log-gap',
  replicaDeleted: 'replica-deleted',
  replicaOffline: 'replica-offline',
  dataLost: 'data-lost',
  becomeLeader: 'become-leader',
  becomeFollower: 'become-follower',
  followerFetched: 'follower-fetched',
  isrPending: 'isr-pending',
  isrAdopted: 'isr-adopted',
  isrNotAttempted: 'isr-not-attempted',
  acknowledged: 'acknowledged',
  refused: 'refused',
  batchAppended: 'batch-appended',
  deduplicated: 'deduplicated',
  producerIdLearnt: 'producer-id-learnt',
  producerWindow: 'producer-window',
  transactionPending: 'transaction-pending',
  transactionChanged: 'transaction-changed',
  transactionMarker: 'transaction-marker',
  readServed: 'read-served',
  fetchRefused: 'fetch-refused',
  brokerRegistered: 'broker-registered',
  brokerFenced: 'broker-fenced',
  brokerUnfenced: 'broker-unfenced',
  partitionChanged: 'partition-changed',
  elected: 'elected',
  elrChanged: 'elr-changed',
  assignmentChanged: 'assignment-changed',
  topicSettingsAltered: 'topic-settings-altered',
  topicSettingsApplied: 'topic-settings-applied',
  alterPartitionRefused: 'alter-partition-refused',
  controllerReady: 'controller-ready',
  metadataLost: 'metadata-lost',
  groupState: 'group-state',
  partitionAssigned: 'partition-assigned',
  partitionReleased: 'partition-released',
  coordinatorLoaded: 'coordinator-loaded',
  offsetPending: 'offset-pending',
  batchSent: 'batch-sent',
  batchRetried: 'batch-retried',
} as const;

/** The kind of each probe that checkers read; -1: the trace knows none such. */
export type ProbeKinds = Readonly<Record<keyof typeof names, number>>;

export function probeKinds(probes: NamedProbes): ProbeKinds {
  const kindOf = new Map(probes.map((probe) => [probe.name, probe.kind]));
  return Object.fromEntries(
    Object.entries(names).map(([field, name]) => [field, kindOf.get(name) ?? -1]),
  ) as ProbeKinds;
}

/** Everything that the folds read; each at most once. */
export function foldedKinds(kinds: ProbeKinds): readonly number[] {
  return [...new Set(Object.values(kinds))].filter((kind) => kind >= 0).sort((x, y) => x - y);
}

/** `elected`: why (model/kafka/probes.ts, ElectionReason). */
export const ElectedBy = {
  clean: 0,
  unclean: 1,
  preferred: 2,
  none: 3,
  transferred: 4,
  eligible: 5,
  lastKnownLeader: 6,
} as const;
/** `data-lost`: why (LossReason). */
export const LostBy = { powerLoss: 0, wiped: 1, corrupt: 2 } as const;
/** `truncate`: why (TruncateReason). */
export const CutBy = { divergence: 0, outOfRange: 1, recovery: 2, highWatermark: 3 } as const;
/** `log-start`: why (LogStartReason). */
export const StartedBy = { segmentDeletion: 0, clientDeletion: 1, leaderOffset: 2, restarted: 3, loaded: 4 } as const;
/** `compacted`: in place of the offset of a later record of the key (Removal). */
export const RemovedAs = { tombstone: -1, aborted: -2, marker: -3, withoutKey: -4 } as const;
/** `phase`: the final read, in which nothing licenses anything. */
export const FINAL_READ_PHASE = 3;

export type { ProbeListener };
