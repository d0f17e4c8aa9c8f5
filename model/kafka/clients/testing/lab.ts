/** A world with scripted brokers and one real client: what the tests of this folder stand on. */
import type { ProbeListener } from '../../../kernel/probes.js';
import type { MachineId, Process, Host } from '../../../kernel/process.js';
import type { Outcome } from '../../../kernel/recorder.js';
import { createWorld, type World } from '../../../kernel/world.js';
import type { CommitPolicy, ConsumerSettings, GroupConsumerSettings, ProducerSettings } from '../../cluster-spec.js';
import { consumerDefaults as readingFromTheStart } from '../../final-read.js';
import { kafkaProbes } from '../../probes.js';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { RuleValues } from '../../protocol/versions/rules.js';
import type { PollListener, SendListener } from '../api.js';
import type { ProcessingTime } from '../consumer-application.js';
import { ConsumerClient } from '../consumer.js';
import { FinalReaderClient } from '../final-reader.js';
import { GroupConsumer } from '../group-consumer.js';
import { ProducerClient } from '../producer.js';
import { FakeCluster } from './fake-cluster.js';
import { OperationLog } from './operation-log.js';
import { answer, ScriptedBroker, type Script } from './scripted-broker.js';
import { consumerDefaults, memberDefaults, producerDefaults } from './settings.js';

const MILLI = 1000;

export interface LabOptions {
  readonly brokers?: number;
  /** Partitions of each topic. */
  readonly topics?: readonly number[];
  readonly seed?: string;
  readonly recordBytes?: number;
  /** Rules of all clients that are not 3.9's. */
  readonly rules?: Partial<RuleValues>;
}

export interface MemberOptions {
  readonly settings?: Partial<GroupConsumerSettings>;
  readonly commit?: CommitPolicy;
  readonly recordMicros?: number;
  readonly rules?: Partial<RuleValues>;
}

export class Lab implements ProbeListener, SendListener, PollListener {
  readonly log = new OperationLog();
  readonly world: World;
  readonly cluster: FakeCluster;
  /** 'batch-sent 0 1 7 0 1': name, partition, a, b, c, d of client probes, in order. */
  readonly probes: string[] = [];
  /** What listeners were told: [value, partition, outcome, offset] of sends, [partition, offset, value] of records. */
  readonly told: unknown[] = [];
  /** Decides for every request that comes to the head of its connection; by default all are answered. */
  script: Script = () => answer;
  /** Of members, by machine. */
  readonly processing = new Map<MachineId, ProcessingTime>();
  private readonly recordBytes: number;
  private readonly rules: Partial<RuleValues>;

  constructor({ brokers = 1, topics = [1], seed = 'a lab', recordBytes = 100, rules = {} }: LabOptions = {}) {
    this.recordBytes = recordBytes;
    this.rules = rules;
    this.world = createWorld({ seed, recorder: this.log });
    this.cluster = new FakeCluster(brokers, topics);
    for (let id = 1; id <= brokers; id++) {
      this.add(
        `b${id}`,
        (host) => new ScriptedBroker(host, this.cluster, (request, broker) => this.script(request, broker)),
      );
    }
    this.world.probes.listen(
      kafkaProbes.map(({ kind }) => kind),
      this,
    );
  }

  onProbe(kind: number, _machine: number, key: number, a: number, b: number, c: number, d: number): void {
    this.probes.push([kafkaProbes.find((spec) => spec.kind === kind)!.name, key, a, b, c, d].join(' '));
  }

  onSendCompleted(value: number, partition: number, outcome: Outcome, offset: number): void {
    this.told.push([value, partition, outcome, offset]);
  }

  onRecord(partition: number, offset: number, value: number): void {
    this.told.push([partition, offset, value]);
  }

  /** Adds a producer. Settings are Kafka's defaults but for those given. */
  producer(settings: Partial<ProducerSettings> = {}, defects: readonly DefectId[] = []): MachineId {
    return this.add(
      `p${this.world.machineCount}`,
      (host) =>
        new ProducerClient(host, {
          partitions: this.cluster.table,
          bootstrap: this.cluster.alive,
          settings: { ...producerDefaults, ...settings },
          recordBytes: this.recordBytes,
          listener: this,
          rules: resolveRules('3.9', this.rules, defects),
        }),
    );
  }

  consumer(assigned: readonly number[], settings: Partial<ConsumerSettings> = {}): MachineId {
    return this.add(
      `c${this.world.machineCount}`,
      (host) =>
        new ConsumerClient(host, {
          partitions: this.cluster.table,
          bootstrap: this.cluster.alive,
          rules: resolveRules('3.9', this.rules),
          settings: { ...consumerDefaults, ...settings },
          assigned,
          listener: this,
        }),
    );
  }

  /** Adds a member of the group `readers`, which subscribes to all topics; range is its assignor unless another is given. */
  member(options: MemberOptions = {}): MachineId {
    const { settings = {}, commit = 'after-processing', recordMicros = 0, rules = {} } = options;
    const processing: ProcessingTime = { recordMicros, nextExtraMicros: 0 };
    const { table } = this.cluster;
    const name = `c${this.world.machineCount}`;
    this.processing.set(this.world.machineCount + 1, processing);
    return this.add(
      name,
      (host) =>
        new GroupConsumer(host, {
          partitions: table,
          bootstrap: this.cluster.alive,
          rules: resolveRules(settings['group.protocol'] === 'consumer' ? '4.1' : '3.9', rules),
          settings: {
            ...memberDefaults,
            'auto.offset.reset': 'earliest',
            'partition.assignment.strategy': ['range'],
            'enable.auto.commit': commit === 'auto',
            ...settings,
          },
          clientId: name,
          topics: table.partitionsOf.map((_, topic) => topic),
          topicNames: table.partitionsOf.map((_, topic) => `t${topic}`),
          commit,
          processing,
          listener: this,
        }),
    );
  }

  finalReader(partition: number, readOf: MachineId): FinalReaderClient {
    const id = this.add(
      `f${this.world.machineCount}`,
      (host) =>
        new FinalReaderClient(host, {
          partitions: this.cluster.table,
          bootstrap: this.cluster.alive,
          rules: resolveRules('3.9', this.rules),
          settings: readingFromTheStart,
          partition,
          readOf,
        }),
    );
    return this.process(id) as FinalReaderClient;
  }

  broker(id: MachineId): ScriptedBroker {
    return this.process(id) as ScriptedBroker;
  }

  /** Sends values with the same record key, one after the other, through a producer. */
  send(producer: MachineId, values: readonly number[], recordKey: string | null = 'k', topic = 0): void {
    for (const value of values) (this.process(producer) as ProducerClient).send(topic, recordKey, value);
  }

  sendToPartition(producer: MachineId, partition: number, values: readonly number[]): void {
    for (const value of values) (this.process(producer) as ProducerClient).sendToPartition(partition, null, value);
  }

  /** Lets so many milliseconds pass. */
  pass(millis: number): void {
    this.world.runUntil(this.world.now + millis * MILLI);
  }

  /** Probes of this name, without the name. */
  probed(name: string): string[] {
    return this.probes.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  }

  process(machine: MachineId): Process {
    return this.world.process(machine)!;
  }

  private add(name: string, program: (host: Host) => Process): MachineId {
    const id = this.world.addMachine({ name, program });
    this.world.start(id);
    return id;
  }
}
