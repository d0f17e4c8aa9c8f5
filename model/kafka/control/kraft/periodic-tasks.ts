/**
 * What an active controller does unasked, each in an event of its own (PeriodicTaskControlManager): it fences brokers that
 * were not heard, moves leadership back to preferred replicas, elects uncleanly where that is allowed, and writes a record
 * when nothing else was to be written. At the very start it creates the topics of the spec.
 */
import type { Host } from '../../../kernel/process.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { MetadataImage } from '../metadata-image.js';
import { createTopics, mayCreateTopics } from './bootstrap.js';
import type { ClusterControl } from './cluster-control.js';
import { ControllerTimer } from './controller-timers.js';
import type { ControllerConfig } from './controller-config.js';
import type { Heartbeats } from './heartbeats.js';
import type { ReplicationControl } from './replication-control.js';

const NO_OP: readonly MetadataRecord[] = [{ kind: 'no-op' }];

/** What the tasks look at, and whom they hand their decisions. */
export interface PeriodicTasksContext {
  readonly host: Host;
  readonly config: ControllerConfig;
  readonly image: MetadataImage;
  readonly heartbeats: Heartbeats;
  readonly cluster: ClusterControl;
  readonly replication: ReplicationControl;
  /** False: the controller is not the active one any more. */
  readonly write: (records: readonly MetadataRecord[]) => boolean;
}

export class PeriodicTasks {
  readonly #context: PeriodicTasksContext;
  /** Of the leadership that they are done in. */
  #epoch = -1;
  #isCheckingSessions = false;
  #isBalanceScheduled = false;

  constructor(context: PeriodicTasksContext) {
    this.#context = context;
  }

  /** The controller has become the active one. */
  begin(epoch: number): void {
    this.#epoch = epoch;
    this.#isCheckingSessions = false;
    this.#isBalanceScheduled = false;
    if (this.#context.config.rules.uncleanElectionByController) this.#scheduleUncleanElections();
    this.#scheduleNoOp();
    this.afterDecision();
  }

  /** What the new state of the image calls for. */
  afterDecision(): void {
    const { host, config, image } = this.#context;
    this.#scheduleSessionCheck();
    this.#scheduleBalance();
    if (mayCreateTopics(image, config.topics, config.brokers)) host.later(ControllerTimer.createTopics, this.#epoch);
  }

  /** A timer of this leadership has expired. */
  run(kind: number): void {
    switch (kind) {
      case ControllerTimer.checkSessions:
        this.#checkSessions();
        return;
      case ControllerTimer.createTopics:
        this.#createTopics();
        return;
      case ControllerTimer.balanceLeaders:
        this.#balanceLeaders();
        return;
      case ControllerTimer.electUnclean:
        this.#electUncleanLeaders();
        return;
      case ControllerTimer.writeNoOp:
        if (this.#context.write(NO_OP)) this.#scheduleNoOp();
        return;
    }
  }

  #decided(records: readonly MetadataRecord[]): void {
    if (this.#context.write(records)) this.afterDecision();
  }

  // ---------------------------------------------------------------------- sessions of brokers

  #scheduleSessionCheck(): void {
    const { host, heartbeats } = this.#context;
    if (this.#isCheckingSessions) return;
    const at = heartbeats.nextCheckAt();
    if (at < 0) return;
    this.#isCheckingSessions = true;
    host.timer(ControllerTimer.checkSessions, Math.max(1, at - host.monotonicMicros()), this.#epoch);
  }

  #checkSessions(): void {
    const { host, cluster } = this.#context;
    const records: MetadataRecord[] = [];
    this.#isCheckingSessions = false;
    cluster.fenceStaleBroker(host.monotonicMicros(), records);
    this.#decided(records);
  }

  // ---------------------------------------------------------------------- topics and leaders

  #createTopics(): void {
    const { host, config, image } = this.#context;
    if (!mayCreateTopics(image, config.topics, config.brokers)) return;
    const records: MetadataRecord[] = [];
    createTopics(image, config.topics, host.dice('placement'), records);
    this.#decided(records);
  }

  /** The wait begins when a partition is first seen away from its preferred leader. (maybeScheduleNextBalancePartitionLeaders) */
  #scheduleBalance(): void {
    const { host, config, replication } = this.#context;
    if (this.#isBalanceScheduled || !config.settings['auto.leader.rebalance.enable']) return;
    if (!replication.isImbalanced()) return;
    this.#isBalanceScheduled = true;
    const interval = config.settings['leader.imbalance.check.interval.seconds'] * 1_000_000;
    host.timer(ControllerTimer.balanceLeaders, interval, this.#epoch);
  }

  #balanceLeaders(): void {
    const records: MetadataRecord[] = [];
    this.#isBalanceScheduled = false;
    this.#context.replication.balanceLeaders(records);
    this.#decided(records);
  }

  /** Since 3.9 (KAFKA-12670). */
  #scheduleUncleanElections(): void {
    const { host, config } = this.#context;
    const interval = config.settings['unclean.leader.election.interval.ms'] * 1000;
    host.timer(ControllerTimer.electUnclean, interval, this.#epoch);
  }

  #electUncleanLeaders(): void {
    const records: MetadataRecord[] = [];
    this.#context.replication.electUncleanLeaders(records);
    if (this.#context.write(records)) this.#scheduleUncleanElections();
  }

  /** So that the high watermark moves, and brokers hear of it, even if nothing happens. (metadata.max.idle.interval.ms) */
  #scheduleNoOp(): void {
    const { host, config } = this.#context;
    const interval = config.settings['metadata.max.idle.interval.ms'] * 1000;
    if (interval > 0) host.timer(ControllerTimer.writeNoOp, interval, this.#epoch);
  }
}
