/**
 * A cluster told step by step: each call is something that happens, and the records that the model would announce come
 * out, with the logs kept as they would be. For tests of stories and pages, without running the model.
 */
import { kafkaProbes, LossReason, TruncateReason } from '../../../model/kafka/probes.js';
import type { History, HistoryHeader, MicroOp, Operation, Outcome } from '../../operation.js';
import { TraceColumns } from '../../trace-columns.js';
import type { Trace } from '../../trace.js';

export interface ScriptOptions {
  readonly brokers?: number;
  readonly partitions?: number;
  readonly producers?: number;
  /** Members of one group, c0, c1, ... */
  readonly consumers?: number;
  readonly acks?: -1 | 0 | 1;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

interface Entry {
  readonly epoch: number;
  readonly value: number;
}
interface Partition {
  leader: number;
  epoch: number;
  partitionEpoch: number;
  isr: number[];
  /** By broker; index 0 is unused. */
  readonly logs: Entry[][];
  readonly highWatermarks: number[];
  /** Who each broker believes to lead, and in which epoch. */
  readonly believed: { leader: number; epoch: number }[];
}

/** One send from its invocation on. */
export interface Sending {
  readonly operation: number;
  readonly client: string;
  readonly key: number;
  readonly value: number;
  attempt: number;
  broker: number;
  offset: number;
}

type MutableOperation = { -readonly [Field in keyof Operation]: Operation[Field] };

const kindOf = new Map(kafkaProbes.map((probe) => [probe.name, probe.kind]));

export class ScriptedCluster {
  readonly brokers: readonly number[];
  readonly controller: number;
  readonly keys: readonly string[];
  readonly partitions: Partition[];
  readonly acks: -1 | 0 | 1;
  now = 0;
  private readonly columns = new TraceColumns();
  private readonly machineNames: string[];
  private readonly operations: MutableOperation[] = [];
  private readonly faults: string[] = [];
  private readonly settings: Readonly<Record<string, string | number | boolean>>;
  private readonly incarnations: number[] = [];
  private dice = 1;

  constructor(options: ScriptOptions = {}) {
    const { brokers = 3, partitions = 1, producers = 1, consumers = 0, acks = 1, settings = {} } = options;
    this.brokers = Array.from({ length: brokers }, (_, i) => i + 1);
    this.controller = brokers + 1;
    this.keys = Array.from({ length: partitions }, (_, i) => `orders-${i}`);
    this.acks = acks;
    this.settings = {
      acks: acks === -1 ? 'all' : acks,
      'enable.idempotence': false,
      'max.in.flight.requests.per.connection': 5,
      'min.insync.replicas': 2,
      'unclean.leader.election.enable': false,
      ...settings,
    };
    this.machineNames = ['', ...this.brokers.map((id) => `b${id}`), 'controller'];
    for (let i = 0; i < producers; i++) this.machineNames.push(`p${i}`);
    for (let i = 0; i < consumers; i++) this.machineNames.push(`c${i}`);
    this.partitions = this.keys.map(() => ({
      leader: -1,
      epoch: 0,
      partitionEpoch: 0,
      isr: [...this.brokers],
      logs: this.machineNames.map(() => []),
      highWatermarks: this.machineNames.map(() => 0),
      believed: this.machineNames.map(() => ({ leader: -1, epoch: -1 })),
    }));
    this.columns.header = {
      probes: kafkaProbes,
      machines: this.machineNames.map((name, i) => ({ name, roles: this.rolesOf(i) })),
      keys: this.keys,
      faults: this.faults,
    };
  }

  get trace(): Trace {
    return this.columns;
  }

  get history(): History {
    const header: HistoryHeader = {
      format: 'harrow/history',
      version: 1,
      name: 'orders',
      seed: '17',
      timeUnit: 'us',
      workload: 'append',
      nodes: this.brokers.map((id) => `b${id}`),
      kafka: '3.9',
      control: 'kraft',
      settings: this.settings,
      rules: {},
      topology: null,
      resend: false,
    };
    return { header, keys: this.keys, operations: this.operations, valueName: String };
  }

  /** Moves to a time in seconds; never back. */
  at(seconds: number): this {
    this.now = Math.max(this.now, Math.round(seconds * 1_000_000));
    return this;
  }

  /** A little later: between `least` and twice that, microseconds. */
  tick(least = 400): this {
    this.dice = (Math.imul(this.dice, 1664525) + 1013904223) >>> 0;
    this.now += least + (this.dice % least);
    return this;
  }

  emit(name: string, machine: number, key: number, a = 0, b = 0, c = 0, d = 0): void {
    const kind = kindOf.get(name);
    if (kind === undefined) throw new Error(`No probe is called ${name}`);
    this.columns.append(this.now, kind, machine, key, a, b, c, d);
  }

  machine(name: string): number {
    const machine = this.machineNames.indexOf(name);
    if (machine < 1) throw new Error(`No machine is called ${name}`);
    return machine;
  }

  /** Everything starts; partition k is led by broker 1 + k mod brokers. */
  boot(): this {
    for (let machine = 1; machine < this.machineNames.length; machine++) this.start(machine);
    this.emit('controller-ready', this.controller, -1, 0, 1);
    for (const broker of this.brokers) {
      this.tick();
      this.emit('broker-registered', this.controller, -1, broker, broker, 1);
      this.emit('broker-unfenced', this.controller, -1, broker, broker);
    }
    this.partitions.forEach((_, key) => this.decide(key, 1 + (key % this.brokers.length), [...this.brokers], 0));
    this.tick();
    this.emit('phase', 0, -1, 1);
    return this;
  }

  start(machine: number): this {
    this.incarnations[machine] = (this.incarnations[machine] ?? 0) + 1;
    this.emit('process-started', machine, -1, this.incarnations[machine]);
    if (this.brokers.includes(machine) && this.incarnations[machine]! > 1) {
      this.partitions.forEach((partition, key) => {
        this.tick();
        const end = partition.logs[machine]!.length;
        partition.highWatermarks[machine] = Math.min(partition.highWatermarks[machine]!, end);
        this.emit('log-loaded', machine, key, end, partition.highWatermarks[machine]!, 1, partition.epoch);
      });
    }
    return this;
  }

  /** The controller commits a leader and an ISR, and the brokers named hear of it (all that are reached by default). */
  decide(key: number, leader: number, isr: number[], reason: number, hear: readonly number[] = this.brokers): this {
    const partition = this.partitions[key]!;
    if (leader !== partition.leader) {
      partition.epoch++;
      this.emit('elected', this.controller, key, leader, partition.epoch, partition.leader, leader < 0 ? 3 : reason);
    }
    partition.leader = leader;
    partition.isr = isr;
    partition.partitionEpoch++;
    this.emit('partition-changed', this.controller, key, leader, partition.epoch, mask(isr), partition.partitionEpoch);
    for (const broker of hear) this.hear(key, broker);
    return this;
  }

  /** A broker applies the controller's decision. */
  hear(key: number, broker: number): this {
    const partition = this.partitions[key]!;
    const believed = partition.believed[broker]!;
    const end = partition.logs[broker]!.length;
    if (believed.epoch === partition.epoch && believed.leader === partition.leader) {
      if (broker === partition.leader) {
        this.emit('isr-adopted', broker, key, mask(partition.isr), partition.partitionEpoch, partition.epoch);
      }
      return this;
    }
    this.tick(300);
    believed.leader = partition.leader;
    believed.epoch = partition.epoch;
    if (broker === partition.leader) {
      this.emit('become-leader', broker, key, partition.epoch, end, mask(partition.isr), partition.partitionEpoch);
    } else {
      this.emit('become-follower', broker, key, partition.epoch, partition.leader, end, partition.partitionEpoch);
    }
    return this;
  }

  fault(words: string, targets: readonly number[]): number {
    this.faults.push(words);
    const strike = this.faults.length - 1;
    this.emit('fault-began', 0, -1, strike, mask(targets));
    return strike;
  }

  heal(strike: number, effect = 1): this {
    this.emit('fault-ended', 0, -1, strike, effect);
    return this;
  }

  kill(broker: number): this {
    this.emit('process-killed', broker, -1, this.incarnations[broker]!, 0);
    this.forget(broker);
    return this;
  }

  /** Power goes, and each log with all that lies above `keep`. */
  losePower(broker: number, keep: number): this {
    let lost = 0;
    for (const partition of this.partitions) lost += Math.max(0, partition.logs[broker]!.length - keep);
    this.emit('power-lost', broker, -1, lost);
    this.partitions.forEach((partition, key) => {
      const log = partition.logs[broker]!;
      if (log.length <= keep) return;
      this.emit('data-lost', broker, key, keep, log.length, LossReason.powerLoss);
      log.length = keep;
    });
    this.forget(broker);
    return this;
  }

  /** One of its disks fails, with every replica on it, and comes back when the broker is started: with what was flushed. */
  failDisk(broker: number): this {
    this.emit('log-dir-offline', broker, -1, 1, this.partitions.length, 1);
    return this;
  }

  returnDisk(broker: number, keep: number): this {
    this.partitions.forEach((partition, key) => {
      const log = partition.logs[broker]!;
      if (log.length <= keep) return;
      this.emit('data-lost', broker, key, keep, log.length, LossReason.powerLoss);
      log.length = keep;
    });
    return this.kill(broker);
  }

  fence(broker: number): this {
    this.emit('broker-fenced', this.controller, -1, broker, broker);
    return this;
  }

  unfence(broker: number): this {
    this.emit('broker-registered', this.controller, -1, broker, broker + 10, this.incarnations[broker]!);
    this.tick();
    this.emit('broker-unfenced', this.controller, -1, broker, broker + 10);
    return this;
  }

  /** A client sends a value; it is not on any log yet. */
  send(client: string, key: number, value: number, recordKey: string | null = `acct-${value % 9}`): Sending {
    const microOp: MicroOp = { kind: 'send', key, offset: -1, value, recordKey };
    const operation = this.operations.length;
    this.operations.push({
      index: operation,
      process: operation,
      session: this.machine(client) * 65536 + 1,
      client,
      f: 'send',
      invokedAt: this.now,
      completedAt: -1,
      outcome: 'info',
      value: [microOp],
      error: null,
      finalReadOf: -1,
    });
    return { operation, client, key, value, attempt: 0, broker: -1, offset: -1 };
  }

  /** One attempt goes out to whom the client believes to lead. */
  transmit(sending: Sending, broker: number): this {
    sending.attempt++;
    sending.broker = broker;
    this.tick(200);
    this.emit('batch-sent', this.machine(sending.client), sending.key, broker, sending.value, -1, sending.attempt);
    return this;
  }

  /** The broker addressed appends it as leader in the epoch that it believes in. */
  append(sending: Sending): this {
    const { key, broker, value } = sending;
    const partition = this.partitions[key]!;
    const log = partition.logs[broker]!;
    this.tick(500);
    sending.offset = log.length;
    log.push({ epoch: partition.believed[broker]!.epoch, value });
    this.emit('append', broker, key, sending.offset, log[sending.offset]!.epoch, value, 1);
    this.emit('batch-appended', broker, key, sending.offset, sending.offset, -1, -1);
    return this;
  }

  /** A follower catches up with a leader: copies, fetches again (the replication ack), and the high watermark moves. */
  replicate(key: number, follower: number, leader = this.partitions[key]!.leader): this {
    const partition = this.partitions[key]!;
    const from = partition.logs[leader]!;
    const to = partition.logs[follower]!;
    this.tick(600);
    for (let offset = to.length; offset < from.length; offset++) {
      to.push(from[offset]!);
      this.emit('append', follower, key, offset, from[offset]!.epoch, from[offset]!.value, 0);
    }
    this.tick(600);
    this.emit('follower-fetched', leader, key, follower, to.length, partition.believed[leader]!.epoch);
    const isrEnds = partition.isr.map((member) => partition.logs[member]!.length);
    this.moveHighWatermark(key, leader, Math.min(from.length, ...isrEnds), 1);
    return this;
  }

  /** The leader answers success, and the client hears it. */
  acknowledge(sending: Sending): this {
    const { key, broker, offset, operation } = sending;
    this.tick(300);
    const epoch = this.partitions[key]!.believed[broker]!.epoch;
    this.emit('acknowledged', broker, key, offset, offset, epoch, this.acks);
    this.tick(400);
    return this.complete(operation, 'ok', offset);
  }

  /** An attempt failed in the client's eyes and is put back. */
  retry(sending: Sending, error: number): this {
    const { client, key, value, attempt } = sending;
    this.emit('batch-retried', this.machine(client), key, error, value, -1, attempt);
    return this;
  }

  /** A deposed leader (or a returning replica) follows and cuts what the leader does not have. */
  truncate(key: number, broker: number): this {
    const partition = this.partitions[key]!;
    const log = partition.logs[broker]!;
    const leaderLog = partition.logs[partition.leader]!;
    let same = 0;
    while (same < log.length && same < leaderLog.length && log[same]!.epoch === leaderLog[same]!.epoch) same++;
    if (same < log.length) {
      this.tick();
      this.emit('truncate', broker, key, same, log.length, TruncateReason.divergence);
      log.length = same;
    }
    return this;
  }

  /** A fresh consumer reads the partition in full from its leader. */
  readAll(client: string, key: number, finalReadOf = -1): this {
    const partition = this.partitions[key]!;
    const log = partition.logs[partition.leader]!;
    this.emit('read-served', partition.leader, key, 0, log.length, log.length, 0);
    this.operations.push({
      index: this.operations.length,
      process: this.operations.length,
      session: 1,
      client,
      f: 'poll',
      invokedAt: this.now,
      completedAt: this.now + 900,
      outcome: 'ok',
      value: [{ kind: 'poll', key, offsets: log.map((_, i) => i), values: log.map((entry) => entry.value) }],
      error: null,
      finalReadOf,
    });
    return this.tick(900);
  }

  /** A member does something; it is over once it is told so. */
  begin(client: string, f: string, value: readonly MicroOp[]): number {
    const index = this.operations.length;
    const session = this.machine(client) * 65536 + 1;
    const open = { completedAt: -1, outcome: 'info', error: null, finalReadOf: -1 } as const;
    this.operations.push({ ...open, index, process: index, session, client, f, invokedAt: this.now, value });
    return index;
  }

  /** The same, done at once. */
  does(client: string, f: string, value: readonly MicroOp[]): number {
    const operation = this.begin(client, f, value);
    this.complete(operation, 'ok', -1);
    return operation;
  }

  complete(operation: number, outcome: Outcome, offset: number, error: string | null = null): this {
    const open = this.operations[operation]!;
    open.completedAt = this.now;
    open.outcome = outcome;
    open.error = error;
    open.value = open.value.map((microOp) => (microOp.kind === 'send' ? { ...microOp, offset } : microOp));
    return this;
  }

  private moveHighWatermark(key: number, broker: number, to: number, asLeader: 0 | 1): void {
    const { highWatermarks, believed } = this.partitions[key]!;
    const old = highWatermarks[broker]!;
    if (to <= old) return;
    highWatermarks[broker] = to;
    this.emit('high-watermark', broker, key, to, old, believed[broker]!.epoch, asLeader);
  }

  private forget(broker: number): void {
    for (const { believed } of this.partitions) believed[broker] = { leader: -1, epoch: -1 };
  }

  private rolesOf(machine: number): readonly string[] {
    if (machine === 0) return [];
    if (this.brokers.includes(machine)) return ['broker'];
    if (machine === this.controller) return ['controller'];
    return [this.machineNames[machine]!.startsWith('c') ? 'consumer' : 'producer'];
  }
}

export function mask(members: readonly number[]): number {
  return members.reduce((sum, member) => sum + 2 ** member, 0);
}
