/**
 * How leaders change their ISR up to 2.6: they write the partition's state into ZooKeeper themselves, against the version
 * that they know, and tell the controller later (Partition.updateIsr, ReplicationUtils.updateLeaderAndIsr,
 * ReplicaManager.maybePropagateIsrChanges).
 *
 * Kafka holds the partition's lock while it writes: here the high watermark stands still as long (high-watermark.ts). A leader that is
 * cut off from ZooKeeper waits without end. If the version there is another, the leader keeps what it knew: "Cached
 * zkVersion not equal to that in zookeeper, skip updating ISR". It goes on so until a controller tells it more.
 */
import { maskOf } from '../../control/broker-set.js';
import { ZkCode } from '../../control/zookeeper/ensemble/codes.js';
import { ANY_VERSION } from '../../control/zookeeper/ensemble/operations.js';
import { leaderAndIsrOf, ZkPath, type IsrChangeZnode, type TopicPaths } from '../../control/zookeeper/znodes.js';
import type { ZkSession } from '../../control/zookeeper/zk-session.js';
import { request, type ZkSteps } from '../../control/zookeeper/zk-steps.js';
import { Probe } from '../../probes.js';
import type { Rules } from '../../protocol/versions/rules.js';
import { KafkaError } from '../../protocol/errors.js';
import { committedIsr, type IsrState } from '../isr-state.js';
import type { Partition } from '../partition.js';
import type { ReplicaManager } from '../replica-manager.js';

/** ReplicaManager.IsrChangePropagationInterval, IsrChangePropagationBlackOut */
const PROPAGATION_INTERVAL_MS = 60_000;
const PROPAGATION_QUIET_MS = 5000;
/** Between looks whether there is something to tell. */
export const PROPAGATION_CHECK_MICROS = 2_500_000;

export class IsrWriter {
  private readonly replicas: ReplicaManager;
  private readonly rules: Rules;
  private readonly session: ZkSession;
  private readonly paths: TopicPaths;
  /** Of the controller that chose the partition's leader. */
  private readonly controllerEpochOf: (partition: number) => number;
  /** Partitions whose change the controller has not been told of. */
  private readonly changed = new Set<number>();
  /** Wall clock, in milliseconds. */
  private lastChangeMs: number;
  private lastPropagationMs: number;

  constructor(
    replicas: ReplicaManager,
    session: ZkSession,
    paths: TopicPaths,
    controllerEpochOf: (partition: number) => number,
  ) {
    this.controllerEpochOf = controllerEpochOf;
    this.replicas = replicas;
    this.rules = replicas.config.rules;
    this.session = session;
    this.paths = paths;
    this.lastChangeMs = this.nowMs;
    this.lastPropagationMs = this.nowMs;
  }

  submit(partition: Partition, state: IsrState): void {
    if (partition.isr !== state) return;
    this.session.run(this.write(partition, state), (failure) => this.giveUp(partition, state, failure !== null));
  }

  /** Every 2.5 s: not while changes come thick and fast, but at least once a minute. */
  propagate(): void {
    const now = this.nowMs;
    if (this.changed.size === 0) return;
    const isQuiet = this.lastChangeMs + PROPAGATION_QUIET_MS < now;
    if (!isQuiet && this.lastPropagationMs + PROPAGATION_INTERVAL_MS >= now) return;
    const znode: IsrChangeZnode = { partitions: [...this.changed] };
    this.changed.clear();
    this.lastPropagationMs = now;
    this.session.run(notify(znode), () => undefined);
  }

  private *write(partition: Partition, state: IsrState): ZkSteps<void> {
    const path = this.paths.states[partition.number];
    const { leaderEpoch, partitionEpoch } = partition;
    const version = this.rules.defects.B29 ? ANY_VERSION : partitionEpoch;
    const isr = partition.replicas.filter((broker) => ((state.proposed >>> broker) & 1) === 1);
    const controllerEpoch = this.controllerEpochOf(partition.number);
    const data = { leader: partition.leader, leaderEpoch, isr, controllerEpoch };
    const written = yield* request({ kind: 'set-data', path, data, version });
    if (written.code === ZkCode.OK) this.adopt(partition, state, written.stat!.version);
    else if (written.code === ZkCode.BADVERSION) yield* this.recognise(partition, state, data.isr);
  }

  /** The answer to an earlier attempt was lost: what stands there is what was to be written (checkLeaderAndIsrZkData). */
  private *recognise(partition: Partition, state: IsrState, isr: readonly number[]): ZkSteps<void> {
    const path = this.paths.states[partition.number];
    const read = yield* request({ kind: 'get-data', path, watch: false });
    if (read.code !== ZkCode.OK) return;
    const { leader, leaderEpoch, isr: found, zkVersion } = leaderAndIsrOf(read.data, read.stat!);
    const isOurs = leader === partition.leader && leaderEpoch === partition.leaderEpoch;
    if (isOurs && maskOf(found) === maskOf(isr)) this.adopt(partition, state, zkVersion);
  }

  private adopt(partition: Partition, state: IsrState, version: number): void {
    // The controller was faster: what it said stands.
    if (partition.isr !== state) return;
    const { host } = this.replicas;
    partition.isr = committedIsr(state.proposed);
    partition.partitionEpoch = version;
    const { number, leaderEpoch } = partition;
    host.probes.emit(Probe.isrAdopted, host.id, number, state.proposed, version, leaderEpoch);
    if (this.rules.isrChangeNotification) {
      this.changed.add(number);
      this.lastChangeMs = this.nowMs;
    }
    if (this.replicas.advanceHighWatermark(partition)) this.replicas.completeDelayed(number);
  }

  /**
   * Not written, or not known to be: the old ISR stands, and the next look may propose again. A write whose answer was lost
   * with the session may have happened all the same.
   */
  private giveUp(partition: Partition, state: IsrState, isUnknown: boolean): void {
    if (partition.isr !== state) return;
    const { host } = this.replicas;
    if (!isUnknown) {
      const { number, partitionEpoch } = partition;
      const error = KafkaError.OPERATION_NOT_ATTEMPTED;
      host.probes.emit(Probe.alterPartitionRefused, host.id, number, host.id, error, partitionEpoch);
    }
    partition.isr = state.lastCommitted!;
    if (this.replicas.advanceHighWatermark(partition)) this.replicas.completeDelayed(partition.number);
  }

  private get nowMs(): number {
    return Math.trunc(this.replicas.host.wallMicros() / 1000);
  }
}

function* notify(data: IsrChangeZnode): ZkSteps<void> {
  yield* request({ kind: 'create', path: ZkPath.isrChangePrefix, data, ephemeral: false, sequential: true });
}
