/**
 * One partition on three brokers and a controller, replicated by Kafka's rules in their shortest form, and driven step
 * by step in any order. It announces what the model would, so that invariants and licences can be tried on many runs
 * that keep the rules; and each rule can be broken, to see that somebody notices.
 *
 * Kept: the fetch position is the replication ack; epochs fence fetches; divergence in the fetch; the high watermark by
 * the maximal ISR, gated by min.insync.replicas; the ISR by compare-and-set, with broker epochs; the frozen last member.
 */
import { finalRead, historyOf, send, type OperationBuilder } from '../../../histories/builders.js';
import type { History } from '../../../histories/operation.js';
import { KafkaError } from '../../../model/kafka/protocol/errors.js';
import { ElectionReason, LossReason } from '../../../model/kafka/probes.js';
import { TraceScript } from './script.js';

/** Rules that can be left out. */
export type Defect =
  | 'ack-before-high-watermark'
  | 'high-watermark-ignores-slow-members'
  | 'elects-outside-the-isr'
  | 'admits-without-catching-up'
  | 'truncates-to-high-watermark'
  | 'forgets-broker-epochs';

export interface LittleClusterOptions {
  readonly acks: -1 | 1;
  readonly minInsyncReplicas: number;
  readonly unclean: boolean;
  readonly defect?: Defect;
}

interface Entry {
  readonly epoch: number;
  readonly value: number;
}
interface Broker {
  readonly id: number;
  log: Entry[];
  running: boolean;
  /** Changes at every start: what KIP-903 compares. */
  incarnation: number;
  highWatermark: number;
  epoch: number;
  leader: number;
  isr: number;
  partitionEpoch: number;
  proposed: number;
  readonly fetched: Map<number, number>;
  waiting: number[];
  fetching: {
    readonly from: number;
    readonly epoch: number;
    readonly offset: number;
    readonly incarnation: number;
  } | null;
}
interface Proposal {
  readonly leader: number;
  readonly epoch: number;
  readonly partitionEpoch: number;
  readonly isr: number;
  readonly incarnations: readonly number[];
}

const brokerIds = [1, 2, 3] as const;
const bit = (id: number): number => 1 << id;
const sizeOf = (set: number): number => brokerIds.filter((id) => set & bit(id)).length;

export class LittleCluster {
  readonly script: TraceScript;
  private readonly options: LittleClusterOptions;
  private readonly brokers: readonly Broker[];
  private leader = 1;
  private epoch = 1;
  private partitionEpoch = 1;
  private isr = brokerIds.reduce((set, id) => set | bit(id), 0);
  private fenced = 0;
  private proposal: Proposal | null = null;
  private reply: { readonly to: Proposal; readonly error: number } | null = null;
  private readonly operations: { value: number; at: number; offset: number; acknowledgedAt: number }[] = [];
  private reads: OperationBuilder[] = [];

  constructor(options: LittleClusterOptions) {
    this.options = options;
    const { acks, minInsyncReplicas, unclean } = options;
    const settings = {
      acks: acks === -1 ? 'all' : acks,
      'enable.idempotence': false,
      retries: 0,
      'unclean.leader.election.enable': unclean,
    };
    this.script = new TraceScript({ minInsyncReplicas, settings });
    this.brokers = [0, ...brokerIds].map(newBroker);
    this.announceDecision(ElectionReason.clean, -1);
    for (const id of brokerIds) this.learn(id);
  }

  /** One step: what happens, and to whom. Steps that make no sense now do nothing. */
  step(what: number, id: number, extent: number): void {
    const steps = [
      () => this.send(id),
      () => this.send(id),
      () => this.askToFetch(id),
      () => this.askToFetch(id),
      () => this.fetch(id, extent === 0),
      () => this.fetch(id, extent === 0),
      () => this.fetch(id, false),
      () => this.proposeWithout(id),
      () => this.decideOnProposal(),
      () => this.hearReply(),
      () => this.fence(id),
      () => this.unfence(id),
      () => this.learn(id),
      () => this.learn(id),
      () => this.kill(id),
      () => this.losePower(id, extent),
      () => this.restart(id),
      () => this.electUncleanly(id),
    ];
    steps[what % steps.length]!();
  }

  /** Everybody is back and in step; then each replica in turn leads and is read in full. */
  finish(): void {
    this.heal();
    this.script.phase(3);
    for (const id of brokerIds) {
      this.elect(id, ElectionReason.transferred);
      this.heal();
      const log = this.brokers[id]!.log.map(({ value }, offset): readonly [number, number] => [offset, value]);
      this.reads.push(
        finalRead('orders-0', id, ...log)
          .from(this.script.now + 1)
          .to(this.script.now + 2),
      );
    }
  }

  get history(): History {
    const sends = this.operations.map(({ value, at, offset, acknowledgedAt }) => {
      const one = send('orders-0', value).keyed('k').from(at);
      return acknowledgedAt < 0 ? one.info().to(this.script.now) : one.ok(offset).to(acknowledgedAt);
    });
    return historyOf([...sends, ...this.reads], this.script.header, ['orders-0']);
  }

  private heal(): void {
    for (const id of brokerIds) this.restart(id);
    for (const id of brokerIds) this.unfence(id);
    if (this.leader < 0) this.electUncleanly(brokerIds.find((id) => this.isr & bit(id)) ?? 1);
    for (let round = 0; round < 60; round++) {
      for (const id of brokerIds) this.learn(id);
      for (const id of brokerIds) this.askToFetch(id);
      for (const id of brokerIds) this.fetch(id, false);
      this.decideOnProposal();
      this.hearReply();
    }
  }

  private send(id: number): void {
    const broker = this.brokers[id]!;
    const { acks, minInsyncReplicas } = this.options;
    if (!broker.running || broker.leader !== id) return;
    if (acks === -1 && sizeOf(broker.isr) < minInsyncReplicas) return;
    const value = this.operations.length;
    this.append(broker, { epoch: broker.epoch, value }, true);
    const offset = broker.log.length - 1;
    this.operations.push({ value, at: this.script.now, offset, acknowledgedAt: -1 });
    if (acks === 1 || this.options.defect === 'ack-before-high-watermark') this.acknowledge(broker, offset);
    else broker.waiting.push(offset);
    this.advance(broker);
  }

  private acknowledge(broker: Broker, offset: number): void {
    this.script.emit('acknowledged', broker.id, 0, offset, offset, broker.epoch, this.options.acks);
    this.operations[broker.log[offset]!.value]!.acknowledgedAt = this.script.now;
  }

  private askToFetch(id: number): void {
    const { running, leader, epoch, log, incarnation } = this.brokers[id]!;
    if (!running || leader < 0 || leader === id) return;
    this.brokers[id]!.fetching = { from: leader, epoch, offset: log.length, incarnation };
  }

  /** The leader takes the request, perhaps much later; the answer may get lost. */
  private fetch(id: number, lostAnswer: boolean): void {
    const follower = this.brokers[id]!;
    const request = follower.fetching;
    follower.fetching = null;
    if (request === null) return;
    const leader = this.brokers[request.from]!;
    if (!leader.running || leader.leader !== leader.id || leader.epoch !== request.epoch) return;
    const current =
      follower.running && follower.incarnation === request.incarnation && follower.epoch === request.epoch;
    // What the follower's log was when it asked: it has not changed, or the request is void.
    if (!current || follower.log.length !== request.offset) return;
    const same = commonLength(leader.log, follower.log);
    if (same < follower.log.length) {
      if (!lostAnswer) this.truncate(follower, same);
      return;
    }
    leader.fetched.set(id, request.offset);
    this.script.emit('follower-fetched', leader.id, 0, id, request.offset, leader.epoch);
    this.proposeWith(leader, id);
    this.advance(leader);
    if (lostAnswer) return;
    for (const entry of leader.log.slice(request.offset, request.offset + 3)) this.append(follower, entry, false);
    this.moveHighWatermark(follower, Math.min(leader.highWatermark, follower.log.length), false);
  }

  private truncate(broker: Broker, to: number): void {
    this.script.emit('truncate', broker.id, 0, to, broker.log.length, 0);
    broker.log.length = to;
    broker.highWatermark = Math.min(broker.highWatermark, to);
  }

  private append(broker: Broker, entry: Entry, asLeader: boolean): void {
    broker.log.push(entry);
    const offset = broker.log.length - 1;
    this.script.emit('append', broker.id, 0, offset, entry.epoch, entry.value, asLeader ? 1 : 0);
  }

  private advance(leader: Broker): void {
    const slowAllowed = this.options.defect === 'high-watermark-ignores-slow-members';
    if (sizeOf(leader.isr) < this.options.minInsyncReplicas) return;
    let candidate = leader.log.length;
    for (const id of brokerIds) {
      if (id === leader.id || ((leader.isr | leader.proposed) & bit(id)) === 0) continue;
      const fetched = leader.fetched.get(id) ?? -1;
      if (!(slowAllowed && fetched < leader.log.length)) candidate = Math.min(candidate, fetched);
    }
    if (candidate > leader.highWatermark) this.moveHighWatermark(leader, candidate, true);
    const done = leader.waiting.filter((offset) => offset < leader.highWatermark);
    leader.waiting = leader.waiting.filter((offset) => offset >= leader.highWatermark);
    for (const offset of done) this.acknowledge(leader, offset);
  }

  private moveHighWatermark(broker: Broker, to: number, asLeader: boolean): void {
    if (to === broker.highWatermark) return;
    this.script.emit('high-watermark', broker.id, 0, to, broker.highWatermark, broker.epoch, asLeader ? 1 : 0);
    broker.highWatermark = to;
  }

  private proposeWithout(id: number): void {
    const leader = this.brokers.find((one) => one.running && one.leader === one.id && one.isr & bit(id));
    if (leader === undefined || leader.id === id || leader.proposed !== 0) return;
    this.propose(leader, leader.isr & ~bit(id));
  }

  private proposeWith(leader: Broker, id: number): void {
    if (leader.proposed !== 0 || leader.isr & bit(id) || this.fenced & bit(id)) return;
    const caughtUp = leader.fetched.get(id)! >= Math.max(leader.highWatermark, startOf(leader));
    if (caughtUp || this.options.defect === 'admits-without-catching-up') this.propose(leader, leader.isr | bit(id));
  }

  private propose(leader: Broker, isr: number): void {
    if (this.proposal !== null) return;
    leader.proposed = isr;
    const { id, epoch, partitionEpoch } = leader;
    const incarnations = this.brokers.map(({ incarnation }) => incarnation);
    this.proposal = { leader: id, epoch, partitionEpoch, isr, incarnations };
    this.script.emit('isr-pending', id, 0, isr, partitionEpoch, epoch, isr > leader.isr ? 1 : 0);
  }

  private decideOnProposal(): void {
    const { proposal } = this;
    if (proposal === null || this.reply !== null) return;
    const { leader, epoch, partitionEpoch, isr, incarnations } = proposal;
    const current = leader === this.leader && epoch === this.epoch && partitionEpoch === this.partitionEpoch;
    const eligible = brokerIds.every((id) => {
      if ((isr & bit(id)) === 0) return true;
      const reborn = incarnations[id] !== this.brokers[id]!.incarnation;
      return (this.fenced & bit(id)) === 0 && (!reborn || this.options.defect === 'forgets-broker-epochs');
    });
    const error = !current
      ? KafkaError.INVALID_UPDATE_VERSION
      : eligible
        ? KafkaError.NONE
        : KafkaError.INELIGIBLE_REPLICA;
    if (error === KafkaError.NONE) this.changeIsr(isr);
    else this.script.emit('alter-partition-refused', 4, 0, leader, error, partitionEpoch);
    this.reply = { to: proposal, error };
  }

  /** A stale proposal stays pending at the leader until it learns of the newer state. */
  private hearReply(): void {
    if (this.reply === null) return;
    const { to, error } = this.reply;
    this.proposal = null;
    this.reply = null;
    const leader = this.brokers[to.leader]!;
    const waits = leader.running && leader.leader === leader.id && leader.epoch === to.epoch;
    if (!waits || leader.partitionEpoch !== to.partitionEpoch || leader.proposed !== to.isr) return;
    if (error === KafkaError.INELIGIBLE_REPLICA) leader.proposed = 0;
    if (error !== KafkaError.NONE) return;
    leader.isr = to.isr;
    leader.proposed = 0;
    leader.partitionEpoch = to.partitionEpoch + 1;
    this.script.emit('isr-adopted', leader.id, 0, to.isr, leader.partitionEpoch, leader.epoch);
    this.advance(leader);
  }

  private fence(id: number): void {
    if (this.fenced & bit(id)) return;
    this.fenced |= bit(id);
    this.script.emit('broker-fenced', 4, -1, id, 1);
    const rest = this.isr & ~bit(id);
    const next = brokerIds.find((one) => rest & bit(one) && !(this.fenced & bit(one)));
    const isr = rest === 0 ? this.isr : rest;
    if (this.leader === id)
      this.decide(next ?? -1, isr, next === undefined ? ElectionReason.none : ElectionReason.clean);
    else if (isr !== this.isr) this.changeIsr(isr);
  }

  private unfence(id: number): void {
    if (!(this.fenced & bit(id)) || !this.brokers[id]!.running) return;
    this.fenced &= ~bit(id);
    this.script.emit('broker-unfenced', 4, -1, id, 1);
    const mayLead = this.isr & bit(id) || this.options.defect === 'elects-outside-the-isr';
    if (this.leader < 0 && mayLead) this.decide(id, this.isr | bit(id), ElectionReason.clean);
  }

  private electUncleanly(id: number): void {
    if (this.leader >= 0 || !this.options.unclean || this.fenced & bit(id) || this.isr & bit(id)) return;
    this.decide(id, bit(id), ElectionReason.unclean);
  }

  private elect(id: number, reason: number): void {
    if (this.leader !== id && this.isr & bit(id) && !(this.fenced & bit(id))) this.decide(id, this.isr, reason);
  }

  private decide(leader: number, isr: number, reason: number): void {
    const old = this.leader;
    this.leader = leader;
    this.epoch++;
    this.isr = isr;
    this.partitionEpoch++;
    this.announceDecision(reason, old);
  }

  private changeIsr(isr: number): void {
    this.isr = isr;
    this.partitionEpoch++;
    this.announceState();
  }

  private announceDecision(reason: number, old: number): void {
    this.script.emit('elected', 4, 0, this.leader, this.epoch, old, reason);
    this.announceState();
  }

  private announceState(): void {
    this.script.emit('partition-changed', 4, 0, this.leader, this.epoch, this.isr, this.partitionEpoch);
  }

  /** A broker catches up with the controller's decisions. */
  private learn(id: number): void {
    const broker = this.brokers[id]!;
    if (!broker.running || (broker.partitionEpoch === this.partitionEpoch && broker.epoch === this.epoch)) return;
    const isNew = broker.epoch !== this.epoch;
    broker.epoch = this.epoch;
    broker.leader = this.leader;
    broker.partitionEpoch = this.partitionEpoch;
    broker.proposed = 0;
    if (isNew) {
      broker.fetched.clear();
      broker.waiting = [];
      broker.fetching = null;
    }
    broker.isr = this.leader === id ? this.isr : 0;
    const { log, partitionEpoch, epoch } = broker;
    if (this.leader === id) {
      if (isNew) starts.set(broker, log.length);
      this.script.emit('become-leader', id, 0, epoch, log.length, this.isr, partitionEpoch);
      this.advance(broker);
    } else {
      this.script.emit('become-follower', id, 0, epoch, this.leader, log.length, partitionEpoch);
      const toWatermark = this.options.defect === 'truncates-to-high-watermark' && isNew;
      if (toWatermark && log.length > broker.highWatermark) this.truncate(broker, broker.highWatermark);
    }
  }

  private kill(id: number): void {
    const broker = this.brokers[id]!;
    if (!broker.running) return;
    broker.running = false;
    this.script.emit('process-killed', id, -1, broker.incarnation);
  }

  private losePower(id: number, extent: number): void {
    const broker = this.brokers[id]!;
    if (!broker.running) return;
    broker.running = false;
    const keep = Math.max(0, broker.log.length - extent);
    this.script.emit('power-lost', id, -1, extent);
    if (keep === broker.log.length) return;
    this.script.emit('data-lost', id, 0, keep, broker.log.length, LossReason.powerLoss);
    broker.log.length = keep;
  }

  /** A restarted broker is not taken before its old session has ended. */
  private restart(id: number): void {
    const broker = this.brokers[id]!;
    if (broker.running) return;
    this.fence(id);
    // The checkpoint is older than what the broker had learnt, and never above the log's end.
    const highWatermark = Math.min(broker.log.length, Math.floor(broker.highWatermark / 2));
    const { log, incarnation } = broker;
    Object.assign(broker, { ...newBroker(id), log, highWatermark, incarnation: incarnation + 1 });
    this.script.emit('process-started', id, -1, broker.incarnation);
    this.script.emit('log-loaded', id, 0, broker.log.length, broker.highWatermark, 1, 0);
  }
}

/** Where each leader's log ended when its epoch began: nobody joins its ISR below that (KAFKA-7128). */
const starts = new WeakMap<Broker, number>();
const startOf = (leader: Broker): number => starts.get(leader) ?? 0;

function newBroker(id: number): Broker {
  return {
    id,
    log: [],
    running: true,
    incarnation: 1,
    highWatermark: 0,
    epoch: 0,
    leader: -1,
    isr: 0,
    partitionEpoch: 0,
    proposed: 0,
    fetched: new Map(),
    waiting: [],
    fetching: null,
  };
}

function commonLength(one: readonly Entry[], other: readonly Entry[]): number {
  let length = 0;
  const end = Math.min(one.length, other.length);
  while (length < end && one[length]!.epoch === other[length]!.epoch && one[length]!.value === other[length]!.value) {
    length++;
  }
  return length;
}
