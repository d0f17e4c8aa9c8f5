/**
 * Brokers under a microscope: real ones and puppets in a small world, with a controller and a client that do what the
 * test says. One topic of one partition: orders-0, number 0.
 */
import { WALL_EPOCH_MICROS } from '../../../kernel/clock.js';
import type { Connection } from '../../../kernel/network.js';
import type { MachineId } from '../../../kernel/process.js';
import { SYSTEM_PROBES } from '../../../kernel/probes.js';
import { createWorld, type World } from '../../../kernel/world.js';
import type { BrokerSettings, TopicSettings } from '../../cluster-spec.js';
import { kafkaProbes } from '../../probes.js';
import {
  Api,
  Purpose,
  type FetchPartition,
  type FetchRequest,
  type FetchResponse,
  type FetchedPartition,
  type ProduceRequest,
  type ProduceResponse,
  type Request,
  type Response,
} from '../../protocol/messages.js';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, type RecordBatch } from '../../protocol/records.js';
import type { MetadataRecord, PartitionChangeRecord } from '../../protocol/metadata-records.js';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveMixedRules, resolveRules, type MixedRelease } from '../../protocol/versions/resolve.js';
import type { RuleValues } from '../../protocol/versions/rules.js';
import { brokerDefaults, topicDefaults } from '../../testing/cluster-spec.js';
import type { ReplicaView } from '../../views.js';
import { Broker } from '../broker.js';
import type { BrokerConfig } from '../config.js';
import type { KraftControl } from '../kraft-control.js';
import { HeldHost } from './held-host.js';
import { Puppet } from './puppet.js';
import { newScript, ScriptedController, type Script } from './scripted-controller.js';

export const MILLI = 1000;
export const SECOND = 1_000_000;
const ORDERS = 0;
/** CreateTime of every record: what wall clocks show when a world begins. */
const NOW_MS = WALL_EPOCH_MICROS / MILLI;

const labTopic: TopicSettings = { ...topicDefaults, 'min.insync.replicas': 1 };

export interface LabOptions {
  readonly seed?: string;
  /** Machines 1..brokers. Default 3. */
  readonly brokers?: number;
  /** Those that are real; the others are puppets. Default: the first. */
  readonly real?: readonly MachineId[];
  readonly topic?: Partial<TopicSettings>;
  readonly settings?: Partial<BrokerSettings>;
  /** On top of those of 3.9. */
  readonly rules?: Partial<RuleValues>;
  readonly defects?: readonly DefectId[];
  /** Of brokers that run another release than 3.9, or have not agreed on all of it; in place of `rules`. */
  readonly releases?: Readonly<Record<MachineId, MixedRelease>>;
  /** By broker id - 1. */
  readonly racks?: readonly (string | null)[];
}

/** What was announced, by the probe's name and the names of its fields. */
export interface Announcement {
  readonly name: string;
  readonly machine: MachineId;
  readonly at: number;
  readonly fields: Readonly<Record<string, number>>;
}

export class Lab {
  readonly world: World;
  readonly script: Script = newScript();
  readonly announced: Announcement[] = [];
  readonly #controller: MachineId;
  readonly #client: MachineId;
  readonly #hosts = new Map<MachineId, HeldHost>();
  readonly #replicas: readonly MachineId[];
  readonly #racks: readonly (string | null)[];
  #correlationId = 0;
  #value = 0;

  constructor(options: LabOptions = {}) {
    const brokers = Array.from({ length: options.brokers ?? 3 }, (_, index) => index + 1);
    this.#replicas = brokers;
    this.#racks = options.racks ?? [];
    this.#controller = brokers.length + 1;
    this.#client = brokers.length + 2;
    this.world = createWorld({ seed: options.seed ?? 'lab' });
    for (const id of brokers) {
      if ((options.real ?? [1]).includes(id)) this.#addBroker(id, options);
      else this.world.addMachine({ name: `b${id}`, program: (host) => new Puppet(host) });
    }
    const { script } = this;
    this.world.addMachine({ name: 'controller', program: (host) => new ScriptedController(host, script) });
    this.world.addMachine({ name: 'client', program: (host) => new Puppet(host) });
    this.#listen();
    for (let id = 1; id <= this.#client; id++) this.world.start(id);
  }

  // ---------------------------------------------------------------------- time

  pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  /** Stands right behind the event that made it true. */
  until(what: string, condition: () => boolean, withinMicros = 60 * SECOND): void {
    const end = this.world.now + withinMicros;
    while (!condition()) {
      if (!this.world.step() || this.world.now > end) throw new Error(`it never came to pass: ${what}`);
    }
  }

  // ---------------------------------------------------------------------- the cluster as the controller has it

  get controller(): ScriptedController {
    return this.world.process(this.#controller) as ScriptedController;
  }

  commit(record: MetadataRecord): void {
    this.controller.commit(record);
  }

  /** Every broker that is real has registered, and was unfenced; puppets are registered by hand. Their epochs follow. */
  awaitBrokers(): void {
    for (const id of this.#replicas) {
      if (this.#hosts.has(id)) {
        this.until(`broker ${id} is unfenced`, () => this.script.image.broker(id)?.fenced === false);
      } else {
        this.register(id);
      }
    }
  }

  /** A new incarnation of a puppet, unfenced. Returns its epoch. */
  register(brokerId: MachineId): number {
    const brokerEpoch = this.script.records.length;
    const flags = { fenced: false, inControlledShutdown: false, rack: this.#racks[brokerId - 1] ?? null };
    this.commit({ kind: 'register-broker', brokerId, incarnationId: brokerEpoch, brokerEpoch, ...flags });
    return brokerEpoch;
  }

  fence(brokerId: MachineId, fenced: 1 | -1 = 1): void {
    const brokerEpoch = this.brokerEpoch(brokerId);
    this.commit({ kind: 'broker-registration-change', brokerId, brokerEpoch, fenced, inControlledShutdown: 0 });
  }

  brokerEpoch(broker: MachineId): number {
    return this.script.image.broker(broker)!.brokerEpoch;
  }

  createOrders(leader: MachineId, isr: readonly MachineId[] = this.#replicas, leaderEpoch = 0): void {
    const epochs = { leaderEpoch, partitionEpoch: 0, leaderRecoveryState: 0 } as const;
    this.commit({ kind: 'partition', partition: ORDERS, topic: 0, replicas: this.#replicas, isr, leader, ...epochs });
  }

  /** The controller decides: another leader (a new leader epoch), another ISR, another assignment. */
  decide(change: Partial<Pick<PartitionChangeRecord, 'leader' | 'isr' | 'replicas'>>): void {
    const { leader = -2, isr = null, replicas } = change;
    const assigned = replicas === undefined ? {} : { replicas };
    this.commit({ kind: 'partition-change', partition: ORDERS, isr, leader, leaderRecoveryState: null, ...assigned });
  }

  /** The broker has applied everything that was committed. */
  awaitMetadata(broker: MachineId): void {
    const end = this.script.records.length - 1;
    this.until('the metadata is applied', () => this.metadataOffset(broker) === end);
  }

  /** Of the last record that the broker has applied. */
  metadataOffset(broker: MachineId): number {
    return (this.broker(broker).control as KraftControl).currentMetadataOffset();
  }

  // ---------------------------------------------------------------------- brokers

  broker(id: MachineId): Broker {
    return this.world.process(id) as Broker;
  }

  puppet(id: MachineId): Puppet {
    return this.world.process(id) as Puppet;
  }

  host(id: MachineId): HeldHost {
    return this.#hosts.get(id)!;
  }

  replica(id: MachineId): ReplicaView {
    const view = this.broker(id).replicaView(ORDERS);
    if (view === undefined) throw new Error(`broker ${id} hosts no replica`);
    return view;
  }

  /** Values of a replica's log, from its beginning. */
  log(id: MachineId): number[] {
    const view = this.replica(id);
    return Array.from({ length: view.logEnd }, (_, offset) => view.recordAt(offset)!.value);
  }

  /** Leader epochs of a replica's records. */
  epochs(id: MachineId): number[] {
    const view = this.replica(id);
    return Array.from({ length: view.logEnd }, (_, offset) => view.recordAt(offset)!.leaderEpoch);
  }

  all(name: string, machine?: MachineId): Readonly<Record<string, number>>[] {
    return this.announced
      .filter(
        (announcement) => announcement.name === name && (machine === undefined || announcement.machine === machine),
      )
      .map(({ fields }) => fields);
  }

  // ---------------------------------------------------------------------- clients and followers by hand

  get client(): Puppet {
    return this.puppet(this.#client);
  }

  get clientMachine(): MachineId {
    return this.#client;
  }

  nextCorrelationId(): number {
    return ++this.#correlationId;
  }

  /** Sends a request from a machine and returns its correlation id. */
  send(from: MachineId, to: MachineId, request: Omit<Request, 'correlationId' | 'bytes'>, lane = 0): number {
    const correlationId = this.nextCorrelationId();
    const purpose = from === this.#client ? Purpose.clientData : Purpose.replicaFetcher;
    this.puppet(from).send(to, lane, purpose, { ...request, bytes: 100, correlationId });
    return correlationId;
  }

  reply<T extends Response>(correlationId: number, from: MachineId = this.#client): T | undefined {
    return this.puppet(from).replies.get(correlationId) as T | undefined;
  }

  awaitReply<T extends Response>(correlationId: number, from: MachineId = this.#client): T {
    this.until(`request ${correlationId} is answered`, () => this.reply(correlationId, from) !== undefined);
    return this.reply<T>(correlationId, from)!;
  }

  batch(records = 1, from: Partial<RecordBatch> = {}): RecordBatch {
    return {
      baseOffset: -1,
      partitionLeaderEpoch: -1,
      producerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
      baseSequence: NO_SEQUENCE,
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

  /** Sends one batch and returns the correlation id. `lane`: another connection of the client. */
  produce(to: MachineId, acks: -1 | 0 | 1, batch = this.batch(), options: { timeoutMs?: number; lane?: number } = {}) {
    const { timeoutMs = 30_000, lane = 0 } = options;
    const partitions = [{ partition: ORDERS, batch }];
    const request: Omit<ProduceRequest, 'correlationId' | 'bytes'> = { kind: Api.produce, acks, timeoutMs, partitions };
    return this.send(this.#client, to, request, lane);
  }

  /** The error that a produce request was answered with. */
  produceError(correlationId: number): number {
    return this.awaitReply<ProduceResponse>(correlationId).partitions[0].error;
  }

  /** A follower's fetch, by hand. */
  followerFetch(
    follower: MachineId,
    leader: MachineId,
    fetchOffset: number,
    asked: Partial<FetchRequest & FetchPartition> = {},
  ) {
    const { currentLeaderEpoch = this.script.image.partition(ORDERS)!.leaderEpoch, lastFetchedEpoch = -1 } = asked;
    const { logStartOffset = 0 } = asked;
    const request: Omit<FetchRequest, 'correlationId' | 'bytes'> = {
      kind: Api.fetch,
      replicaId: follower,
      replicaEpoch: asked.replicaEpoch ?? this.brokerEpoch(follower),
      rackId: '',
      maxWaitMs: asked.maxWaitMs ?? 500,
      minBytes: 1,
      maxBytes: 10_485_760,
      partitionMaxBytes: 1_048_576,
      partitions: [{ partition: ORDERS, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset }],
    };
    return this.send(follower, leader, request);
  }

  /** The same, and its answer. */
  fetched(
    follower: MachineId,
    leader: MachineId,
    fetchOffset: number,
    asked: Partial<FetchRequest & FetchPartition> = {},
  ) {
    const id = this.followerFetch(follower, leader, fetchOffset, { maxWaitMs: 0, ...asked });
    return this.awaitReply<FetchResponse>(id, follower).partitions[0];
  }

  /** A consumer's fetch. */
  consumerFetch(leader: MachineId, fetchOffset: number, asked: Partial<FetchRequest & FetchPartition> = {}, lane = 1) {
    const { currentLeaderEpoch = -1, lastFetchedEpoch = -1, maxWaitMs = 500, minBytes = 1 } = asked;
    const request: Omit<FetchRequest, 'correlationId' | 'bytes'> = {
      kind: Api.fetch,
      replicaId: -1,
      replicaEpoch: -1,
      rackId: asked.rackId ?? '',
      maxWaitMs,
      minBytes,
      maxBytes: asked.maxBytes ?? 52_428_800,
      partitionMaxBytes: asked.partitionMaxBytes ?? 1_048_576,
      partitions: [{ partition: ORDERS, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset: -1 }],
    };
    return this.send(this.#client, leader, request, lane);
  }

  consumed(
    leader: MachineId,
    fetchOffset: number,
    asked: Partial<FetchRequest & FetchPartition> = {},
  ): FetchedPartition {
    const id = this.consumerFetch(leader, fetchOffset, { maxWaitMs: 0, ...asked });
    return this.awaitReply<FetchResponse>(id).partitions[0];
  }

  // ---------------------------------------------------------------------- furnishing

  #addBroker(id: MachineId, options: LabOptions): void {
    const mixed = options.releases?.[id];
    const rules = mixed === undefined ? resolveRules('3.9', options.rules, options.defects) : resolveMixedRules(mixed);
    const config: BrokerConfig = {
      nodeId: id,
      rack: options.racks?.[id - 1] ?? null,
      settings: { ...brokerDefaults, ...options.settings },
      rules,
      answers: mixed === undefined ? rules : resolveRules(mixed.release),
      control: 'kraft',
      controllers: [this.#controller],
      topics: [],
      brokers: this.#replicas.length,
      partitions: [
        {
          topic: 0,
          index: 0,
          name: 'orders-0',
          isAlterable: false,
          isAddition: false,
          settings: { ...labTopic, ...options.topic },
        },
      ],
    };
    const program = (host: ConstructorParameters<typeof HeldHost>[0]): Broker => {
      const held = new HeldHost(host);
      this.#hosts.set(id, held);
      const broker = new Broker(held, config);
      held.process = broker;
      return broker;
    };
    this.world.addMachine({ name: `b${id}`, program });
  }

  #listen(): void {
    const byKind = new Map(kafkaProbes.map((probe) => [probe.kind, probe]));
    const kinds = [...byKind.keys()].filter((kind) => kind >= SYSTEM_PROBES);
    this.world.probes.listen(kinds, {
      onProbe: (kind, machine, _key, a, b, c, d) => {
        const { name, fields } = byKind.get(kind)!;
        const values = Object.fromEntries(fields.map((field, index) => [field, [a, b, c, d][index]]));
        this.announced.push({ name, machine, at: this.world.now, fields: values });
      },
    });
  }
}

/** A lab in which broker 1 leads orders-0 with these ISR members (default: all); brokers 2 and 3 are puppets. */
export function labWithLeader(options: LabOptions = {}, isr?: readonly MachineId[]): Lab {
  const lab = new Lab(options);
  lab.awaitBrokers();
  lab.createOrders(1, isr);
  lab.awaitMetadata(1);
  return lab;
}

/** A lab in which broker 1 follows broker 2, which is a puppet and answers fetches as the test says. */
export function labWithFollower(options: LabOptions = {}, leaderEpoch = 0): Lab {
  const lab = new Lab(options);
  lab.awaitBrokers();
  lab.createOrders(2, undefined, leaderEpoch);
  lab.awaitMetadata(1);
  return lab;
}

/** The request that a puppet leader has received, once it has come. */
export function awaitFetch(lab: Lab, leader: MachineId): FetchRequest {
  const found = (): { connection: Connection; request: Request } | undefined =>
    lab.puppet(leader).inbox.find(({ request }) => request.kind === Api.fetch);
  lab.until('the follower fetches', () => found() !== undefined);
  return found()!.request as FetchRequest;
}

/** Answers the oldest fetch at a puppet leader, for orders-0. */
export function answerFetch(lab: Lab, leader: MachineId, answer: Partial<FetchedPartition>): void {
  awaitFetch(lab, leader);
  lab.puppet(leader).answer(Api.fetch, (request) => {
    const { fetchOffset } = (request as FetchRequest).partitions[0];
    const fetched: FetchedPartition = {
      partition: ORDERS,
      error: 0,
      highWatermark: 0,
      lastStableOffset: 0,
      logStartOffset: 0,
      divergingEpoch: -1,
      divergingEndOffset: -1,
      preferredReadReplica: -1,
      currentLeader: -1,
      currentLeaderEpoch: -1,
      fetchOffset,
      batches: [],
      abortedTransactions: null,
      ...answer,
    };
    const { correlationId } = request;
    return { kind: Api.fetch + 1000, bytes: 100, correlationId, error: 0, partitions: [fetched] } as FetchResponse;
  });
}
