/** The machines of a simulated cluster, and what runs on them: who is built from what, and under which number. */
import type { Host, MachineId } from '../kernel/process.js';
import type { World } from '../kernel/world.js';
import type { MachineInfo } from '../system.js';
import { Broker } from './broker/broker.js';
import { brokerConfig } from './broker/config.js';
import { CalledConsumer } from './clients/called-consumer.js';
import type { CallListener, ClientConfig, PollListener, SendListener } from './clients/api.js';
import type { ProcessingTime } from './clients/consumer-application.js';
import { ConsumerClient } from './clients/consumer.js';
import { GroupConsumer } from './clients/group-consumer.js';
import { ProducerClient } from './clients/producer.js';
import type { OutputValues } from './clients/transform/transform-application.js';
import { CountRecords } from './clients/streams/count-records.js';
import { StreamsClient } from './clients/streams/streams-client.js';
import { TransformClient } from './clients/transform/transform-client.js';
import {
  controllerMachines,
  logDirCount,
  type KafkaClusterSpec,
  type MemberSpec,
  type ProducerSpec,
} from './cluster-spec.js';
import { CombinedServer } from './combined-server.js';
import { CommittedMetadata } from './control/committed-metadata.js';
import type { ControllerConfig } from './control/kraft/controller-config.js';
import { Controller } from './control/kraft/controller.js';
import { CommittedZnodes } from './control/zookeeper/committed-znodes.js';
import { ensembleConfig } from './control/zookeeper/ensemble/ensemble-config.js';
import { ZooKeeperServer } from './control/zookeeper/ensemble/server.js';
import { Installations, softwareOf, type Software } from './installations.js';
import { logDirPaths } from './log/paths.js';
import { brokerName, controllerName, zookeeperName } from './machine-names.js';
import { Probe } from './probes.js';
import { versionRows } from './protocol/versions/rows.js';
import { numberPartitions, type KafkaPartitions } from './partition-table.js';

/** Hears of all clients. */
export interface ClientListener extends SendListener, PollListener, CallListener {
  /** Hears of the members of a group, of whom it matters only that one of them returned a record. */
  ofGroup(groupId: string): PollListener;
}

/** What applications make of records has values from here on; those of workloads and liveness stay below. */
export const FIRST_OUTPUT_VALUE = 0x40000000;

export class ClusterMachines {
  /** Set when the world is furnished. */
  world!: World;
  readonly partitions: KafkaPartitions;
  /** Where the log directories of a broker lie. */
  readonly logDirs: readonly string[];
  /** Ids 1..brokers. */
  readonly brokers: readonly MachineId[];
  /** Controllers, or ZooKeeper servers. Under combined roles the first of the brokers. */
  readonly controllers: readonly MachineId[];
  /** Those that an administrator asks for a decision: the controllers, or the brokers, of whom one is the controller. */
  readonly deciders: readonly MachineId[];
  readonly producers: readonly MachineId[];
  readonly consumers: readonly MachineId[];
  /** Producers, then consumers: as workload steps count them. */
  readonly clients: readonly MachineId[];
  readonly machines: readonly MachineInfo[];
  readonly clientConfig: ClientConfig;
  /** null: all run one release, and always will. */
  readonly installations: Installations | null;
  /** By index of the consumer: how long its application takes, whichever process it runs in. */
  private readonly processing: readonly ProcessingTime[];
  private readonly outputValues: OutputValues = { next: FIRST_OUTPUT_VALUE };
  private readonly counts = new CountRecords(this.outputValues);
  private readonly spec: KafkaClusterSpec;
  private readonly committed: CommittedMetadata | CommittedZnodes;
  private readonly listener: ClientListener;

  constructor(spec: KafkaClusterSpec, committed: CommittedMetadata | CommittedZnodes, listener: ClientListener) {
    this.spec = spec;
    this.committed = committed;
    this.listener = listener;
    this.partitions = numberPartitions(spec.topics);
    this.installations = spec.releases === undefined ? null : new Installations(spec, spec.releases);
    this.logDirs = logDirPaths(logDirCount(spec.brokerSettings));
    let next = 1;
    const take = (count: number): MachineId[] => Array.from({ length: count }, () => next++);
    this.brokers = take(spec.brokers);
    this.controllers = controllerMachines(spec);
    const apart = spec.combined === true ? [] : take(spec.controllers);
    this.deciders = spec.control === 'kraft' ? this.controllers : this.brokers;
    this.producers = take(spec.producers.length);
    this.consumers = take(spec.consumers.length);
    this.clients = [...this.producers, ...this.consumers];
    this.processing = spec.consumers.map(() => ({ recordMicros: 0, nextExtraMicros: 0 }));
    this.clientConfig = {
      partitions: this.partitions,
      bootstrap: this.brokers,
      rules: spec.releases?.clients ?? spec.rules,
    };
    this.machines = [
      ...this.brokers.map((id) => this.brokerInfo(id)),
      ...apart.map((id, index) => this.controlInfo(id, index)),
      ...this.producers.map((id, index) => info(id, spec.producers[index].name, 'producer', null)),
      ...this.consumers.map((id, index) => info(id, spec.consumers[index].name, 'consumer', null)),
    ];
  }

  /** Adds the machines in the order of their numbers and starts them. */
  furnish(world: World): void {
    this.world = world;
    for (const { id, name } of this.machines) {
      const mountPoints = id <= this.brokers.length ? this.logDirs.slice(1) : [];
      if (world.addMachine({ name, program: this.programOf(id), mountPoints }) !== id) {
        throw new Error('the world was not empty');
      }
    }
    for (const { id } of this.machines) world.start(id);
  }

  /** A machine beside the cluster, started by whoever needs it. */
  addHelper(name: string, program: (host: Host) => ProducerClient | ConsumerClient | HelperProcess): MachineId {
    return this.world.addMachine({ name, program });
  }

  /** undefined: it is down. A paused process counts as running. */
  broker(machine: MachineId): Broker | undefined {
    const process = this.world.process(machine);
    return process instanceof CombinedServer ? process.broker : (process as Broker | undefined);
  }

  /** undefined: it is down. A paused process counts as running. */
  controller(machine: MachineId): Controller | undefined {
    const process = this.world.process(machine);
    return process instanceof CombinedServer ? process.controller : (process as Controller | undefined);
  }

  /** Some controller leads the quorum, and acts. */
  get hasActiveController(): boolean {
    return this.controllers.some((machine) => this.controller(machine)?.isActive === true);
  }

  /** undefined: it is down or paused; an application does nothing then. */
  runningProducer(machine: MachineId): ProducerClient | undefined {
    return this.world.isPaused(machine) ? undefined : this.producer(machine);
  }

  producer(machine: MachineId): ProducerClient | undefined {
    return this.world.process(machine) as ProducerClient | undefined;
  }

  consumer(machine: MachineId): ConsumerProcess | undefined {
    return this.world.process(machine) as ConsumerProcess | undefined;
  }

  /** undefined: it is down, or in no group. */
  member(machine: MachineId): GroupMember | undefined {
    const process = this.world.process(machine);
    const isMember =
      process instanceof GroupConsumer || process instanceof TransformClient || process instanceof StreamsClient;
    return isMember ? process : undefined;
  }

  client(machine: MachineId): ProducerClient | ConsumerProcess | undefined {
    return this.world.process(machine) as ProducerClient | ConsumerProcess | undefined;
  }

  processingOf(consumer: MachineId): ProcessingTime {
    return this.processing[this.consumers.indexOf(consumer)];
  }

  nameOf(machine: MachineId): string {
    return this.world.machineName(machine);
  }

  private brokerInfo(id: MachineId): MachineInfo {
    const roles = this.controllers.includes(id) ? ['broker', 'controller'] : ['broker'];
    return { id, name: brokerName(id), roles, rack: this.spec.racks[id - 1] ?? null };
  }

  /** A ZooKeeper server counts among the machines of control. */
  private controlInfo(id: MachineId, index: number): MachineInfo {
    if (this.spec.control === 'kraft')
      return info(id, controllerName(index, this.spec.controllers), 'controller', null);
    return { id, name: zookeeperName(index), roles: ['zookeeper-server', 'controller'], rack: null };
  }

  private programOf(
    machine: MachineId,
  ): (host: Host) => Broker | CombinedServer | Controller | ZooKeeperServer | ProducerClient | ConsumerProcess {
    const { spec } = this;
    if (machine <= this.brokers.length) return this.brokerProgram(machine);
    if (this.controllers.includes(machine)) return this.controlProgram(machine);
    const producer = spec.producers[this.producers.indexOf(machine)];
    return producer === undefined
      ? this.consumerProgram(this.consumers.indexOf(machine))
      : this.producerProgram(producer);
  }

  /** What a process of the machine is configured with: by what is installed there when it starts. Made once for each. */
  private perSoftware<C>(machine: MachineId, make: (software: Software) => C): () => C {
    const { installations } = this;
    let software = installations?.softwareOf(machine) ?? softwareOf(this.spec.rules);
    let config = make(software);
    return () => {
      const installed = installations?.softwareOf(machine) ?? software;
      if (installed !== software) {
        software = installed;
        config = make(software);
      }
      return config;
    };
  }

  private announceRelease({ id, probes }: Host): void {
    const { installations } = this;
    if (installations === null) return;
    const [release, agreed] = [installations.releaseOf(id), installations.protocolOf(id)].map((name) =>
      versionRows.findIndex(({ version }) => version === name),
    );
    probes.emit(Probe.releaseStarted, id, -1, release, agreed);
  }

  private brokerProgram(machine: MachineId): (host: Host) => Broker | CombinedServer {
    const { committed } = this;
    const config = this.perSoftware(machine, (software) => brokerConfig(this.spec, machine, software));
    if (!this.controllers.includes(machine) || !(committed instanceof CommittedMetadata))
      return (host) => {
        this.announceRelease(host);
        return new Broker(host, config());
      };
    const control = this.perSoftware(machine, (software) => this.controllerConfig(software));
    return (host) => {
      this.announceRelease(host);
      return new CombinedServer(host, config(), control(), committed);
    };
  }

  private controllerConfig({ rules, metadataVersion }: Software): ControllerConfig {
    const { brokerSettings: settings, topics, brokers } = this.spec;
    const config = { settings, rules, topics, brokers, voters: this.controllers };
    return metadataVersion === undefined ? config : { ...config, metadataVersion };
  }

  private controlProgram(machine: MachineId): (host: Host) => Controller | ZooKeeperServer {
    const { committed } = this;
    if (committed instanceof CommittedMetadata) {
      const config = this.perSoftware(machine, (software) => this.controllerConfig(software));
      return (host) => {
        this.announceRelease(host);
        return new Controller(host, config(), committed);
      };
    }
    const config = ensembleConfig(this.controllers);
    return (host) => new ZooKeeperServer(host, config, committed);
  }

  private producerProgram({ settings }: ProducerSpec): (host: Host) => ProducerClient {
    const config = {
      settings,
      ...this.clientConfig,
      recordBytes: this.spec.recordBytes,
      listener: this.listener,
      ...(this.spec.called === true ? { calls: this.listener } : {}),
    };
    return (host) => new ProducerClient(host, config);
  }

  private consumerProgram(index: number): (host: Host) => ConsumerProcess {
    const { settings, partitions, member, name } = this.spec.consumers[index];
    if (member !== undefined) return this.memberProgram(name, member, this.processing[index]);
    const { listener } = this;
    const config = { settings, ...this.clientConfig, assigned: partitions, listener };
    if (this.spec.called === true) return (host) => new CalledConsumer(host, { ...config, calls: listener });
    return (host) => new ConsumerClient(host, config);
  }

  private memberProgram(
    clientId: string,
    { settings, topics, commit, transform }: MemberSpec,
    processing: ProcessingTime,
  ): (host: Host) => GroupMember {
    const listener = this.listener.ofGroup(settings['group.id']);
    const topicNames = this.spec.topics.map(({ name }) => name);
    const config = { ...this.clientConfig, settings, clientId, topics, topicNames, commit, processing, listener };
    if (transform === undefined) return (host) => new GroupConsumer(host, config);
    const { recordBytes } = this.spec;
    const { streams, ...rest } = transform;
    const application = { consumer: config, ...rest, recordBytes, values: this.outputValues };
    if (streams !== undefined)
      return (host) => new StreamsClient(host, { ...application, streams, records: this.counts });
    return (host) => new TransformClient(host, application);
  }
}

/** What runs on the machine of a consumer. */
type ConsumerProcess = ConsumerClient | CalledConsumer | GroupMember;
type GroupMember = GroupConsumer | TransformClient | StreamsClient;
type HelperProcess = ReturnType<World['process']> & object;

function info(id: MachineId, name: string, role: string, rack: string | null): MachineInfo {
  return { id, name, roles: [role], rack };
}
