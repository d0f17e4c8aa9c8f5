/**
 * Liveness, put to the test: every producer sends something new to every partition; it must be acknowledged, and read by
 * every consumer that is assigned the partition.
 *
 * A send that fails, or is acknowledged and not to be read (acks=0, or a leader that had been deposed), is no verdict on
 * liveness: another follows. What became of the first is for the checkers.
 */
import type { EventHandler } from '../kernel/event-queue.js';
import type { MachineId } from '../kernel/process.js';
import type { Outcome } from '../kernel/recorder.js';
import type { PollListener, SendListener } from './clients/api.js';
import { ConsumerClient } from './clients/consumer.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { maskOf } from './control/broker-set.js';
import { freshConsumerSettings } from './final-read.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import { sayBrokers } from './settled.js';
import type { ClusterView } from './view.js';

/** Between a failed send and the next. */
const RESEND_MICROS = 500_000;
/** After an acknowledged record has not been read for so long, another is sent. */
const READ_MICROS = 10_000_000;

/** One producer's way to one partition. */
interface Goal {
  readonly producer: MachineId;
  readonly partition: number;
  /** Its last attempt. */
  value: number;
  acknowledged: boolean;
  reached: boolean;
}

/** One send towards a goal. */
interface Attempt {
  readonly goal: Goal;
  acknowledged: boolean;
  /** How often a consumer has returned it; each does once. */
  readings: number;
}

export class Liveness implements SendListener, PollListener, EventHandler {
  private readonly spec: KafkaClusterSpec;
  private cluster!: ClusterMachines;
  private firstValue = Infinity;
  private goals: Goal[] = [];
  /** By value - firstValue. */
  private readonly attempts: Attempt[] = [];
  /** By partition: how many consumers must return a record. */
  private readers: number[] = [];

  constructor(spec: KafkaClusterSpec) {
    this.spec = spec;
  }

  begin(cluster: ClusterMachines, firstValue: number): void {
    this.cluster = cluster;
    this.firstValue = firstValue;
    this.readers = cluster.partitions.names.map(
      (_, partition) => this.spec.consumers.filter((consumer) => consumer.partitions.includes(partition)).length,
    );
    this.startReader();
    this.goals = cluster.producers.flatMap((producer) =>
      cluster.partitions.names.map((_, partition) => ({
        producer,
        partition,
        value: -1,
        acknowledged: false,
        reached: false,
      })),
    );
    for (let index = 0; index < this.goals.length; index++) this.send(index);
  }

  lively(cluster: ClusterMachines, view: ClusterView): true | string {
    if (this.goals.length === 0) return true;
    const open = this.goals.find((goal) => !goal.reached);
    return open === undefined ? true : this.whyNot(open, cluster, view);
  }

  onSendCompleted(value: number, _partition: number, outcome: Outcome): void {
    if (value < this.firstValue) return;
    const attempt = this.attempts[value - this.firstValue];
    const { goal } = attempt;
    if (outcome === 'ok') {
      attempt.acknowledged = true;
      goal.acknowledged = true;
      this.lookAt(attempt);
    }
    if (!goal.reached) this.sendAgain(goal, outcome === 'ok' ? READ_MICROS : RESEND_MICROS);
  }

  onRecord(_partition: number, _offset: number, value: number): void {
    if (value < this.firstValue) return;
    const attempt = this.attempts[value - this.firstValue];
    attempt.readings++;
    this.lookAt(attempt);
  }

  /** `a`: the goal to send for, unless it was reached meanwhile. */
  onEvent(_kind: number, index: number): void {
    if (!this.goals[index].reached) this.send(index);
  }

  private lookAt(attempt: Attempt): void {
    const { goal } = attempt;
    if (attempt.acknowledged && attempt.readings >= this.readers[goal.partition]) goal.reached = true;
  }

  private send(index: number): void {
    const goal = this.goals[index];
    const producer = this.cluster.runningProducer(goal.producer);
    if (producer === undefined) {
      this.sendAgain(goal, RESEND_MICROS);
      return;
    }
    goal.value = this.firstValue + this.attempts.length;
    this.attempts.push({ goal, acknowledged: false, readings: 0 });
    producer.sendToPartition(goal.partition, null, goal.value);
  }

  private sendAgain(goal: Goal, afterMicros: number): void {
    const { world } = this.cluster;
    world.schedule(world.now + afterMicros, this, 0, this.goals.indexOf(goal));
  }

  /** Partitions that no consumer of the spec reads get one of ours. */
  private startReader(): void {
    const unread = this.readers.flatMap((count, partition) => (count === 0 ? [partition] : []));
    if (unread.length === 0) return;
    for (const partition of unread) this.readers[partition] = 1;
    const { cluster } = this;
    const config = { ...cluster.clientConfig, settings: freshConsumerSettings, assigned: unread, listener: this };
    cluster.world.start(cluster.addHelper('reader', (host) => new ConsumerClient(host, config)));
  }

  private whyNot(goal: Goal, cluster: ClusterMachines, view: ClusterView): string {
    const { partition } = goal;
    const name = view.keys[partition];
    const { leader, isr } = view.controller(partition);
    const producer = cluster.nameOf(goal.producer);
    const what = `${producer}'s new send to ${name} is not ${goal.acknowledged ? 'read by every consumer' : 'acknowledged'}`;
    if (leader === NO_LEADER) return `${what}: no leader for ${name}, whose ISR is ${sayBrokers(isr)}`;
    const minIsr = view.minInsyncReplicas(partition);
    if (isr.length < minIsr) {
      return `${what}: ISR ${sayBrokers(isr)} of ${name} is smaller than min.insync.replicas ${minIsr}`;
    }
    const stranded = cluster.clients.find((client) => isStranded(client, cluster));
    if (stranded !== undefined) {
      return `${what}: every broker that ${cluster.nameOf(stranded)} knows is away, and it asks no other (KIP-899)`;
    }
    const leads = view.replica(leader, partition);
    if (leads?.isLeader !== true) return `${what}: ${cluster.nameOf(leader)} does not act as leader of ${name}`;
    if (leads.maximalIsr !== maskOf(isr)) return `${what}: AlterPartition of ${name} is pending`;
    if (leads.highWatermark < leads.logEnd) {
      return `${what}: the high watermark of ${name} stands at ${leads.highWatermark} of ${leads.logEnd}`;
    }
    return what;
  }
}

/** It asks only the brokers that its last metadata named, and none of them runs. */
function isStranded(client: MachineId, cluster: ClusterMachines): boolean {
  const known = cluster.client(client)?.knownBrokers;
  return known !== undefined && !known.some((broker) => cluster.world.isRunning(broker));
}
