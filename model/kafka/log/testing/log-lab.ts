/** One log on a machine of its own, with batches made by hand. */
import { WALL_EPOCH_MICROS } from '../../../kernel/clock.js';
import { Process, type Host } from '../../../kernel/process.js';
import { SYSTEM_PROBES } from '../../../kernel/probes.js';
import { createWorld, type World } from '../../../kernel/world.js';
import type { BrokerSettings, TopicSettings } from '../../cluster-spec.js';
import { kafkaProbes } from '../../probes.js';
import type { RecordBatch } from '../../protocol/records.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { Rules } from '../../protocol/versions/rules.js';
import { brokerDefaults, topicDefaults } from '../../testing/cluster-spec.js';
import { LogManager } from '../log-manager.js';
import type { PartitionLog } from '../partition-log.js';

/** What wall clocks show when a world begins. */
export const NOW_MS = WALL_EPOCH_MICROS / 1000;
export const NAME = 'orders-0';

const OTHER = 'orders-1';

/** A broker that is nothing but its logs. */
class LogKeeper extends Process {
  readonly logs: LogManager;
  constructor(host: Host, settings: BrokerSettings, topic: TopicSettings, rules: Rules) {
    super(host);
    const configs = [NAME, OTHER].map((name) => ({ name, settings: topic }));
    this.logs = new LogManager(host, settings, configs, rules);
  }
  override start(): void {}
  override onConnection(): void {}
  override onConnected(): void {}
  override onMessage(): void {}
  override onBroken(): void {}
  override onTimer(kind: number, arg: number, payload: unknown): void {
    this.logs.onTimer(kind, arg, payload);
  }
}

export interface LogLabOptions {
  readonly topic?: Partial<TopicSettings>;
  readonly broker?: Partial<BrokerSettings>;
  readonly seed?: string;
  readonly rules?: Rules;
}

export class LogLab {
  readonly world: World;
  readonly settings: TopicSettings;
  log: PartitionLog;
  /** Probes as text: name and values. */
  readonly announced: string[] = [];
  #value = 0;

  constructor({ topic, broker, seed, rules = resolveRules('3.9') }: LogLabOptions = {}) {
    this.settings = { ...topicDefaults, ...topic };
    const settings = { ...brokerDefaults, ...broker };
    this.world = createWorld({ seed: seed ?? 'log' });
    this.world.addMachine({ name: 'b1', program: (host) => new LogKeeper(host, settings, this.settings, rules) });
    this.world.start(1);
    this.log = this.logs.getOrCreate(0);
    const kafka = kafkaProbes.filter(({ kind }) => kind >= SYSTEM_PROBES);
    const names = new Map(kafka.map(({ kind, name, fields }) => [kind, { name, count: fields.length }]));
    this.world.probes.listen([...names.keys()], {
      onProbe: (kind, _machine, _key, ...values) => {
        const { name, count } = names.get(kind)!;
        this.announced.push(`${name} ${values.slice(0, count).join(' ')}`);
      },
    });
  }

  get host(): Host {
    return this.world.process(1)!.host;
  }
  get logs(): LogManager {
    return (this.world.process(1) as LogKeeper).logs;
  }
  /** The log of another partition on the same disk. */
  get other(): PartitionLog {
    return this.logs.getOrCreate(1);
  }

  /** The tasks that run by the clock, the cleaner among them. */
  startTasks(): void {
    this.logs.startTasks();
  }

  /** Time goes by: steps of their own, fsyncs and tasks run. */
  pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  /** The process is gone, in order or not, and another one loads the log. */
  restart(how: 'kill' | 'power loss' | 'stop'): void {
    if (how === 'stop') this.stop();
    else if (how === 'kill') this.world.kill(1);
    else this.world.powerLoss(1);
    this.start();
  }

  /** An orderly stop. */
  stop(): void {
    this.logs.checkpointHighWatermarks();
    this.logs.shutDown(42);
    this.world.kill(1);
  }

  start(): void {
    this.world.start(1);
    for (const partition of this.logs.beginLoading()) this.logs.load(partition);
    this.log = this.logs.getOrCreate(0);
  }

  batch(records = 1, from: Partial<RecordBatch> = {}): RecordBatch {
    return {
      baseOffset: -1,
      partitionLeaderEpoch: -1,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      records: Array.from({ length: records }, () => ({
        key: null,
        value: ++this.#value,
        timestamp: NOW_MS,
        bytes: 100,
      })),
      bytes: 61 + 100 * records,
      ...from,
    };
  }

  /** Appends batches of one record each, in these leader epochs. */
  append(...epochs: number[]): void {
    for (const epoch of epochs) this.log.appendAsLeader(this.batch(), epoch);
  }

  values(log = this.log): number[] {
    const offsets = Array.from({ length: log.logEndOffset - log.logStartOffset }, (_, i) => log.logStartOffset + i);
    return offsets.flatMap((offset) => log.recordAt(offset)?.value ?? []);
  }
}
