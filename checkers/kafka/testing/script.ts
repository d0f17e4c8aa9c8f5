/**
 * Traces by hand: each call announces what a cluster of brokers b1, b2, ... with one partition, orders-0, would
 * announce. Calls do what they say and check nothing, so that rules can be broken.
 */
import { TraceColumns } from '../../../histories/trace-columns.js';
import type { Anomaly } from '../../../histories/anomaly.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { ElectionReason, kafkaProbes, LogStartReason, LossReason } from '../../../model/kafka/probes.js';
import type { ProbeSpec } from '../../../model/kernel/probes.js';
import { KafkaError } from '../../../model/kafka/protocol/errors.js';
import { checkTrace } from '../invariants/create.js';
import { checkFromScratch } from './from-scratch.js';
import type { StuckNote } from '../stuck.js';

export const allProbes: readonly ProbeSpec[] = kafkaProbes;
const kindOf = new Map(allProbes.map((probe) => [probe.name, probe.kind]));

/** The machine of the one producer, p0. */
const PRODUCER = 9;

interface Record {
  readonly epoch: number;
  readonly value: number;
}

/** What stands where a log goes on and holds nothing. */
const HOLE: Record = { epoch: -1, value: -1 };

export interface ScriptOptions {
  readonly brokers?: number;
  readonly minInsyncReplicas?: number;
  readonly settings?: HistoryHeader['settings'];
  readonly rules?: HistoryHeader['rules'];
  readonly resend?: boolean;
  readonly control?: 'kraft' | 'zookeeper';
}

export class TraceScript {
  readonly trace = new TraceColumns();
  readonly header: Partial<HistoryHeader>;
  readonly logs: Record[][];
  now = 0;
  private leader = -1;
  private epoch = 0;
  private partitionEpoch = 0;
  private isr: readonly number[];
  /** By broker: the epoch that it applied. */
  private readonly applied: number[] = [];
  private altered: readonly [minInsyncReplicas: number, unclean: number] = [0, 0];
  private readonly highWatermarks: number[] = [];

  constructor(options: ScriptOptions = {}) {
    const {
      brokers = 3,
      minInsyncReplicas = 2,
      settings = {},
      rules = {},
      resend = false,
      control = 'kraft',
    } = options;
    const ids = Array.from({ length: brokers }, (_, i) => i + 1);
    this.isr = ids;
    this.logs = Array.from({ length: brokers + 1 }, () => []);
    const partition = { topic: 'orders', partition: 0, replicas: ids, minInsyncReplicas };
    const topology = { brokers: ids, controllers: [], partitions: [partition] };
    this.header = { settings, rules, resend, control, topology };
    this.trace.header = {
      probes: allProbes.map(({ kind, name, fields }) => ({ kind, name, fields })),
      machines: ['', ...ids.map((id) => `b${id}`)].map((name) => ({ name, roles: name === '' ? [] : ['broker'] })),
      keys: ['orders-0'],
      faults: [],
    };
  }

  /** What the invariants find; fails if a check from scratch after each record does not find the same. */
  breaches(): readonly Anomaly[] {
    const header = this.header as HistoryHeader;
    checkFromScratch(this.trace, header);
    return checkTrace(this.trace, { header });
  }

  /** Types of what the invariants find, each once. */
  broken(): readonly string[] {
    return [...new Set(this.breaches().map((anomaly) => anomaly.type))].sort();
  }

  emit(name: string, machine: number, key: number, a = 0, b = 0, c = 0, d = 0): this {
    this.now += 1000;
    this.trace.append(this.now, kindOf.get(name)!, machine, key, a, b, c, d);
    return this;
  }

  /** Virtual time goes on to this many microseconds. */
  at(micros: number): this {
    this.now = micros;
    return this;
  }

  phase(phase: 1 | 2 | 3): this {
    return this.emit('phase', 0, -1, phase);
  }

  /** The controller elects; -1: nobody. The brokers do not know yet. */
  elect(leader: number, isr: readonly number[], reason: keyof typeof ElectionReason = 'clean'): this {
    const old = this.leader;
    this.epoch++;
    this.leader = leader;
    this.emit('elected', 0, 0, leader, this.epoch, old, ElectionReason[reason]);
    return this.changeIsr(isr);
  }

  /** The controller commits another ISR under the same leader. */
  changeIsr(isr: readonly number[]): this {
    this.isr = isr;
    this.partitionEpoch++;
    return this.emit('partition-changed', 0, 0, this.leader, this.epoch, maskOf(isr), this.partitionEpoch);
  }

  /** A broker applies the controller's decision. */
  apply(...brokers: readonly number[]): this {
    for (const broker of brokers) {
      this.applied[broker] = this.epoch;
      const end = this.logs[broker]!.length;
      if (broker === this.leader) {
        this.emit('become-leader', broker, 0, this.epoch, end, maskOf(this.isr), this.partitionEpoch);
      } else {
        this.emit('become-follower', broker, 0, this.epoch, this.leader, end, this.partitionEpoch);
      }
    }
    return this;
  }

  /** Elected, and every broker of the ISR applies it. */
  lead(leader: number, isr: readonly number[], reason: keyof typeof ElectionReason = 'clean'): this {
    return this.elect(leader, isr, reason).apply(leader, ...isr.filter((broker) => broker !== leader));
  }

  /** A broker that believes to lead appends. */
  append(broker: number, ...values: readonly number[]): this {
    for (const value of values) this.appendRecord(broker, { epoch: this.applied[broker]!, value }, true);
    return this;
  }

  /** The follower copies what the leader has above its own end, and fetches again: the replication ack. */
  replicate(leader: number, ...followers: readonly number[]): this {
    for (const follower of followers) {
      const log = this.logs[follower]!;
      for (const record of this.logs[leader]!.slice(log.length)) this.appendRecord(follower, record, false);
      this.fetched(leader, follower, log.length);
    }
    return this;
  }

  appendRecord(broker: number, record: Record, asLeader: boolean): this {
    const log = this.logs[broker]!;
    log.push(record);
    if (record === HOLE) return this;
    return this.emit('append', broker, 0, log.length - 1, record.epoch, record.value, asLeader ? 1 : 0);
  }

  /** The broker's cleaner removes the record at an offset; d: where a later one of its key stands, or RemovedAs. */
  compact(broker: number, offset: number, supersededBy: number): this {
    const { epoch, value } = this.logs[broker]![offset]!;
    return this.emit('compacted', broker, 0, offset, epoch, value, supersededBy);
  }

  /** The follower copies that its leader has nothing left at the next offsets, up to this one. */
  copyGap(leader: number, follower: number, to: number): this {
    const log = this.logs[follower]!;
    const from = log.length;
    log.push(...this.logs[leader]!.slice(from, to));
    return this.emit('log-gap', follower, 0, from, to);
  }

  fetched(leader: number, follower: number, offset: number): this {
    return this.emit('follower-fetched', leader, 0, follower, offset, this.applied[leader]);
  }

  /** Moves a broker's high watermark, as leader or as follower. */
  highWatermark(broker: number, to: number, asLeader = true): this {
    const old = this.highWatermarks[broker] ?? 0;
    this.highWatermarks[broker] = to;
    return this.emit('high-watermark', broker, 0, to, old, this.applied[broker], asLeader ? 1 : 0);
  }

  /** The leader's log is on the followers, and committed. */
  commit(leader: number, ...followers: readonly number[]): this {
    return this.replicate(leader, ...followers).highWatermark(leader, this.logs[leader]!.length);
  }

  /** The topic's settings are altered. The brokers do not know yet. */
  alter(minInsyncReplicas: number, unclean: 'clean' | 'unclean' = 'clean'): this {
    this.altered = [minInsyncReplicas, unclean === 'unclean' ? 1 : 0];
    return this.emit('topic-settings-altered', 0, 0, ...this.altered);
  }

  /** Brokers hear of the last alteration. */
  hear(...brokers: readonly number[]): this {
    for (const broker of brokers) this.emit('topic-settings-applied', broker, 0, ...this.altered);
    return this;
  }

  acknowledge(broker: number, offset: number, acks: -1 | 0 | 1 = -1): this {
    return this.emit('acknowledged', broker, 0, offset, offset, this.applied[broker], acks);
  }

  truncate(broker: number, to: number): this {
    const old = this.logs[broker]!.length;
    this.logs[broker]!.length = Math.min(old, to);
    return this.emit('truncate', broker, 0, to, old, 0);
  }

  kill(broker: number): this {
    return this.emit('process-killed', broker, -1, 1, 0);
  }

  /** Power goes, and what lies above `keep`. */
  losePower(broker: number, keep: number): this {
    const old = this.logs[broker]!.length;
    this.emit('power-lost', broker, -1, old - keep);
    if (keep < old) this.emit('data-lost', broker, 0, keep, old, LossReason.powerLoss);
    this.logs[broker]!.length = Math.min(old, keep);
    return this;
  }

  /** Power goes, and with it [from, to), the end of a segment: what lies behind, in the next one, is left. */
  loseSegmentEnd(broker: number, from: number, to: number): this {
    const log = this.logs[broker]!;
    this.emit('power-lost', broker, -1, to - from);
    this.emit('data-lost', broker, 0, from, to, LossReason.powerLoss);
    log.forEach(({ epoch, value }, offset) => {
      if (offset >= to) this.emit('append', broker, 0, offset, epoch, value, 0);
    });
    log.fill(HOLE, from, to);
    return this;
  }

  /** A broker's log begins here: segments deleted by policy, records deleted on request, or after its leader. */
  beginAt(broker: number, logStart: number, reason: keyof typeof LogStartReason = 'segmentDeletion'): this {
    return this.emit('log-start', broker, 0, logStart, 0, LogStartReason[reason]);
  }

  /** A follower whose log ends below its leader's start empties it, and goes on from there: one event. */
  emptyTo(broker: number, logStart: number, highWatermark = logStart): this {
    this.truncate(broker, 0);
    if ((this.highWatermarks[broker] ?? 0) > 0) this.highWatermark(broker, 0, false);
    this.beginAt(broker, logStart, 'restarted').highWatermark(broker, highWatermark, false);
    this.logs[broker] = Array.from({ length: logStart }, () => HOLE);
    return this;
  }

  /** Bit rot on a broker's copy of [from, to). */
  rot(broker: number, from: number, to: number): this {
    return this.emit('data-lost', broker, 0, from, to, LossReason.corrupt);
  }

  /** A broker answers a fetch of a follower or consumer with an error. */
  refuseFetch(broker: number, sender: number, error: number): this {
    return this.emit('fetch-refused', broker, 0, error, sender);
  }

  /** The producer writes the batch that begins with this value to a socket. */
  sendBatch(broker: number, firstValue: number): this {
    return this.emit('batch-sent', PRODUCER, 0, broker, firstValue, -1, 1);
  }

  /** The producer puts the batch of these records back for another attempt. */
  retryBatch(firstValue: number, lastValue = firstValue): this {
    return this.emit('batch-retried', PRODUCER, 0, KafkaError.NETWORK_EXCEPTION, firstValue, lastValue, 1);
  }

  /** A bound passes; the partition waits for these machines (none: for nobody in particular). Returns the note of it. */
  stall(waitsFor: readonly number[], required = false): StuckNote {
    const events = (waitsFor.length > 0 ? waitsFor : [0]).map((machine) => {
      this.emit('stalled', 0, 0, machine, required ? 1 : 0);
      return this.trace.length - 1;
    });
    return { reason: 'no progress', at: this.now, key: 0, events };
  }

  /** Starts again, loads its log and registers: fenced. */
  restart(broker: number, highWatermark = 0): this {
    this.highWatermarks[broker] = highWatermark;
    this.emit('process-started', broker, -1, 2);
    this.emit('broker-registered', 0, -1, broker, this.now, 2);
    return this.emit('log-loaded', broker, 0, this.logs[broker]!.length, highWatermark, 1, 0);
  }

  fence(broker: number): this {
    return this.emit('broker-fenced', 0, -1, broker, 1);
  }

  unfence(broker: number): this {
    return this.emit('broker-unfenced', 0, -1, broker, 1);
  }
}

export function maskOf(brokers: readonly number[]): number {
  return brokers.reduce((mask, broker) => mask | (1 << broker), 0);
}
