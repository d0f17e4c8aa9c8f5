/** One log on a machine of its own, with batches made by hand. */
import { Process, type Host } from '../../../kernel/process.js';
import { SYSTEM_PROBES } from '../../../kernel/probes.js';
import { createWorld, type World } from '../../../kernel/world.js';
import type { TopicSettings } from '../../cluster-spec.js';
import { kafkaProbes } from '../../probes.js';
import type { RecordBatch } from '../../protocol/records.js';
import { PartitionLog } from '../partition-log.js';
import { loadLog } from '../recovery.js';

const settings: TopicSettings = {
  'min.insync.replicas': 1,
  'unclean.leader.election.enable': false,
  'flush.messages': Number.MAX_SAFE_INTEGER,
  'segment.bytes': 1_073_741_824,
  'max.message.bytes': 1_048_588,
};

export const NAME = 'orders-0';

class Idle extends Process {
  override start(): void {}
  override onConnection(): void {}
  override onConnected(): void {}
  override onMessage(): void {}
  override onBroken(): void {}
  override onTimer(): void {}
}

export class LogLab {
  readonly world: World;
  readonly settings: TopicSettings;
  log: PartitionLog;
  /** Probes as text: name and values. */
  readonly announced: string[] = [];
  #value = 0;

  constructor(topic: Partial<TopicSettings> = {}, seed = 'log') {
    this.settings = { ...settings, ...topic };
    this.world = createWorld({ seed });
    this.world.addMachine({ name: 'b1', program: (host) => new Idle(host) });
    this.world.start(1);
    const kafka = kafkaProbes.filter(({ kind }) => kind >= SYSTEM_PROBES);
    const names = new Map(kafka.map(({ kind, name, fields }) => [kind, { name, count: fields.length }]));
    this.world.probes.listen([...names.keys()], {
      onProbe: (kind, _machine, _key, ...values) => {
        const { name, count } = names.get(kind)!;
        this.announced.push(`${name} ${values.slice(0, count).join(' ')}`);
      },
    });
    this.log = new PartitionLog(this.host, 0, NAME, this.settings);
  }

  get host(): Host {
    return this.world.process(1)!.host;
  }

  /** The process is gone and another one loads the log. */
  restart(how: 'kill' | 'power loss', highWatermark = 0, clean = false): void {
    if (how === 'kill') this.world.kill(1);
    else this.world.powerLoss(1);
    this.world.start(1);
    this.log = loadLog(this.host, 0, NAME, this.settings, highWatermark, clean);
  }

  batch(records = 1, from: Partial<RecordBatch> = {}): RecordBatch {
    return {
      baseOffset: -1,
      partitionLeaderEpoch: -1,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      records: Array.from({ length: records }, () => ({ key: null, value: ++this.#value, timestamp: 0, bytes: 100 })),
      bytes: 61 + 100 * records,
      ...from,
    };
  }

  /** Appends batches of one record each, in these leader epochs. */
  append(...epochs: number[]): void {
    for (const epoch of epochs) this.log.appendAsLeader(this.batch(), epoch);
  }

  values(log = this.log): number[] {
    return Array.from({ length: log.logEndOffset }, (_, offset) => log.recordAt(offset)!.value);
  }
}
