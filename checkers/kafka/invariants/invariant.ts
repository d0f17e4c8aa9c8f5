/** The seam of invariants: properties of the replicas' own state, checked on the probes that can falsify them. */
import type { KafkaView } from '../../../model/kafka/views.js';
import type { ProbeKinds, ProbeListener } from '../probe-kinds.js';
import type { ClusterFold } from './cluster-fold.js';
import type { CommittedLogs } from './committed-logs.js';

/** Facts of the cluster, of a running one or from the header of a history; replicas can be looked at while it runs. */
export type ClusterFacts = Pick<KafkaView, 'keys' | 'minInsyncReplicas' | 'replicas'> &
  Partial<Pick<KafkaView, 'replica'>>;

/** What was found broken. Time and trace record are added by who runs the invariants. */
export interface Breach {
  readonly key: number;
  /** The broker whose replica is broken; absent: none alone. */
  readonly machine?: number;
  /** Records involved: offsets and values side by side; of two values at one offset, the offset once. */
  readonly offsets: readonly number[];
  readonly values: readonly number[];
  readonly story: string;
}

export interface InvariantContext {
  /** Has taken the probe that a listener is told of. */
  readonly cluster: ClusterFold;
  readonly committed: CommittedLogs;
  readonly facts: ClusterFacts;
  /** KAFKA-15583 (3.7): the high watermark stands still while the ISR is below min.insync.replicas. */
  readonly highWatermarkGate: boolean;
  /** KIP-320 (2.1): a follower is answered only in the leader epoch that it knows. */
  readonly fetchEpochFencing: boolean;
  /** Under ZooKeeper a broker may be back, and still in the ISR, before the controller has looked (KAFKA-7235). */
  readonly restartsUnnoticed: boolean;
  /** Whether a machine is a consumer that reads committed records alone. */
  readonly readsCommitted: (machine: number) => boolean;
  readonly found: (breach: Breach) => void;
}

export interface Invariant {
  /** W1, W2, ...: the anomaly's type. */
  readonly id: string;
  readonly sentence: string;
  /** The probes that can falsify it. */
  readonly on: readonly (keyof ProbeKinds)[];
  readonly create: (context: InvariantContext) => ProbeListener;
}

/**
 * min.insync.replicas as it is applied: at most the replication factor. It may have been altered, and whoever applies it may
 * not have heard of that.
 * @param applied by whom: -1: as the topic was created with it
 */
export function effectiveMinInsyncReplicas(
  facts: ClusterFacts,
  key: number,
  { minInsyncReplicas: applied }: { readonly minInsyncReplicas: number },
): number {
  return Math.min(applied < 0 ? facts.minInsyncReplicas(key) : applied, facts.replicas(key).length);
}
