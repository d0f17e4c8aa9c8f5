/**
 * Liveness, put to the test: every producer sends something new to every partition; it must be acknowledged, and read by
 * every consumer that is assigned the partition, and by some member of every group that subscribes to its topic.
 *
 * A send that fails, or is acknowledged and not to be read (acks=0, or a leader that had been deposed), is no verdict on
 * liveness: another follows. What became of the first is for the checkers.
 */
import { isCompacted } from './log/cleanup-policy.js';
import type { EventHandler } from '../kernel/event-queue.js';
import type { MachineId } from '../kernel/process.js';
import type { Outcome } from '../kernel/recorder.js';
import type { Obstacle } from '../system.js';
import type { PollListener, SendListener } from './clients/api.js';
import { ConsumerClient } from './clients/consumer.js';
import { FIRST_OUTPUT_VALUE, type ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { maskOf } from './control/broker-set.js';
import { freshConsumerSettings } from './final-read.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import { sayBrokers, sayDamage, sayLag } from './settled.js';
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
  private ended = false;
  /** Reads what no consumer of the spec reads; 0: there is none. */
  private reader: MachineId = 0;
  /** By value - firstValue. */
  private readonly attempts: Attempt[] = [];
  /** By partition: how many consumers must return a record. */
  private readers: number[] = [];

  constructor(spec: KafkaClusterSpec) {
    this.spec = spec;
  }

  begin(cluster: ClusterMachines, view: ClusterView, firstValue: number): void {
    this.cluster = cluster;
    this.firstValue = firstValue;
    this.readers = cluster.partitions.names.map(
      (_, partition) =>
        this.spec.consumers.filter((consumer) => consumer.partitions.includes(partition)).length +
        this.groupsOf(partition).length,
    );
    const { isInternal } = cluster.partitions;
    const partitions = view.partitions.filter((one) => !isInternal[one]);
    this.startReader(partitions);
    this.goals = cluster.producers.flatMap((producer) =>
      partitions.map((partition) => ({ producer, partition, value: -1, acknowledged: false, reached: false })),
    );
    for (let index = 0; index < this.goals.length; index++) this.send(index);
  }

  /** Sends nothing new from now on. */
  end(): void {
    this.ended = true;
  }

  lively(cluster: ClusterMachines, view: ClusterView): true | string {
    const open = this.goals.find((goal) => !goal.reached);
    return open === undefined ? true : this.obstacle(open, cluster, view).reason;
  }

  /** One for each partition with a goal that is not reached. */
  obstacles(cluster: ClusterMachines, view: ClusterView): readonly Obstacle[] {
    const open = this.goals.filter((goal) => !goal.reached);
    const first = open.filter((goal, i) => open.findIndex(({ partition }) => partition === goal.partition) === i);
    return first.map((goal) => this.obstacle(goal, cluster, view));
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
    if (value < this.firstValue || value >= FIRST_OUTPUT_VALUE) return;
    const attempt = this.attempts[value - this.firstValue];
    attempt.readings++;
    this.lookAt(attempt);
  }

  /** A record that members of one group return counts once. */
  ofGroup(): PollListener {
    const returned = new Set<number>();
    return {
      onRecord: (partition, offset, value) => {
        if (value < this.firstValue || returned.has(value)) return;
        returned.add(value);
        this.onRecord(partition, offset, value);
      },
    };
  }

  /** `a`: the goal to send for, unless it was reached meanwhile. */
  onEvent(_kind: number, index: number): void {
    if (!this.ended && !this.goals[index].reached) this.send(index);
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
    producer.sendToPartition(goal.partition, this.recordKeyFor(goal.partition), goal.value);
  }

  /** A compacted topic takes no record without a key, and who counts by key drops it. */
  private recordKeyFor(partition: number): string | null {
    const topic = this.cluster.partitions.topicOf[partition];
    const isCounted = this.spec.consumers.some(
      ({ member }) => member?.transform?.streams !== undefined && member.topics.includes(topic),
    );
    return isCounted || isCompacted(this.spec.topics[topic].settings) ? `liveness-${partition}` : null;
  }

  private sendAgain(goal: Goal, afterMicros: number): void {
    const { world } = this.cluster;
    world.schedule(world.now + afterMicros, this, 0, this.goals.indexOf(goal));
  }

  /** Partitions that no consumer of the spec reads get one of ours. */
  private startReader(partitions: readonly number[]): void {
    const { cluster } = this;
    const unread = partitions.filter((partition) => this.readers[partition] === 0);
    if (unread.length === 0) return;
    for (const partition of unread) this.readers[partition] = 1;
    const settings = freshConsumerSettings(this.spec);
    const config = { ...cluster.clientConfig, settings, assigned: unread, listener: this };
    this.reader = cluster.addHelper('reader', (host) => new ConsumerClient(host, config));
    cluster.world.start(this.reader);
  }

  private obstacle({ producer, partition, acknowledged }: Goal, cluster: ClusterMachines, view: ClusterView): Obstacle {
    const name = view.keys[partition];
    const missing = acknowledged ? 'read by every consumer' : 'acknowledged';
    const what = `${cluster.nameOf(producer)}'s new send to ${name} is not ${missing}`;
    const waiting = this.waiting(partition, acknowledged, cluster, view);
    const why = waiting.reason === '' ? '' : `: ${waiting.reason}`;
    return { key: partition, reason: `${what}${why}`, waitsFor: waiting.waitsFor };
  }

  private waiting(
    partition: number,
    acknowledged: boolean,
    cluster: ClusterMachines,
    view: ClusterView,
  ): Pick<Obstacle, 'reason' | 'waitsFor'> {
    const name = view.keys[partition];
    const { leader, isr } = view.controller(partition);
    if (leader === NO_LEADER) return standing(`no leader for ${name}, whose ISR is ${sayBrokers(isr)}`);
    const leads = view.replica(leader, partition);
    const minIsr = view.minInsyncReplicas(partition);
    if (isr.length < minIsr) {
      // Those that are not running are not waited for: what was healed must suffice.
      const absent = view.replicas(partition).filter((one) => !isr.includes(one) && cluster.world.isRunning(one));
      const lags = absent.map((broker) => sayLag(broker, partition, cluster, view)).join('');
      const reason = `ISR ${sayBrokers(isr)} of ${name} is smaller than min.insync.replicas ${minIsr}${lags}`;
      return { reason, waitsFor: absent };
    }
    const stranded = cluster.clients.find((client) => isStranded(client, cluster));
    if (stranded !== undefined) {
      return standing(`every broker that ${cluster.nameOf(stranded)} knows is away, and it asks no other (KIP-899)`);
    }
    if (leads?.isLeader !== true) return standing(`${cluster.nameOf(leader)} does not act as leader of ${name}`);
    if (leads.maximalIsr !== maskOf(isr)) return standing(`AlterPartition of ${name} is pending`);
    if (leads.highWatermark < leads.logEnd) {
      const behind = isr.filter((member) => (view.replica(member, partition)?.logEnd ?? 0) < leads.logEnd);
      const lags = behind.map((broker) => sayLag(broker, partition, cluster, view)).join('');
      const reason = `the high watermark of ${name} stands at ${leads.highWatermark} of ${leads.logEnd}${lags}`;
      return { reason, waitsFor: behind };
    }
    if (!acknowledged) return standing('');
    const behind = this.readersOf(partition, cluster).filter(
      (reader) => (cluster.consumer(reader)?.position(partition) ?? -1) < leads.highWatermark,
    );
    const reads = behind.map((reader) => {
      const position = cluster.consumer(reader)?.position(partition) ?? -1;
      return `${cluster.nameOf(reader)} stands at ${position}${sayDamage(partition, position, cluster, view)}`;
    });
    const unowned = this.groupsOf(partition).filter((group) => this.ownersIn(group, partition, cluster).length === 0);
    const missing = unowned.map((group) => `no member of ${group} has a position in it`);
    return { reason: [...reads, ...missing].join(', '), waitsFor: behind };
  }

  /** Groups that subscribe to the partition's topic. */
  private groupsOf(partition: number): readonly string[] {
    const topic = this.cluster.partitions.topicOf[partition];
    const members = this.spec.consumers.flatMap(({ member }) => member ?? []);
    const groups = members.flatMap(({ topics, settings }) => (topics.includes(topic) ? [settings['group.id']] : []));
    return [...new Set(groups)];
  }

  /** Members that have a position in the partition. */
  private ownersIn(group: string, partition: number, cluster: ClusterMachines): readonly MachineId[] {
    return cluster.consumers.filter(
      (machine, i) =>
        this.spec.consumers[i].member?.settings['group.id'] === group &&
        (cluster.consumer(machine)?.position(partition) ?? -1) >= 0,
    );
  }

  /** Who must return the records of a partition. */
  private readersOf(partition: number, cluster: ClusterMachines): readonly MachineId[] {
    const assigned = cluster.consumers.filter((_, i) => this.spec.consumers[i].partitions.includes(partition));
    const groups = this.groupsOf(partition);
    const members = groups.flatMap((group) => this.ownersIn(group, partition, cluster));
    return assigned.length + groups.length > 0 ? [...assigned, ...members] : [this.reader];
  }
}

/** No machine in particular has to catch up. */
function standing(reason: string): Pick<Obstacle, 'reason' | 'waitsFor'> {
  return { reason, waitsFor: [] };
}

/** It asks only the brokers that its last metadata named, and none of them runs. */
function isStranded(client: MachineId, cluster: ClusterMachines): boolean {
  const known = cluster.client(client)?.knownBrokers;
  return known !== undefined && !known.some((broker) => cluster.world.isRunning(broker));
}
