/** From a draft to a complete spec: every name and value checked, what this build cannot run refused with the reason. */
import { rowFor } from '../../model/kafka/protocol/versions/resolve.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import { settingsFor, type SettingsTable } from '../settings/table.js';
import { effectiveForTopic } from '../settings/effective.js';
import { defaultRequirements } from '../../checkers/kafka/api.js';
import type { MachineCounts } from '../../model/kafka/machine-names.js';
import {
  byDefault,
  type Draft,
  type DraftClient,
  type DraftTopic,
  emptyClient,
  emptyTopic,
  type Located,
} from './draft.js';
import { type Defaults, finishDemands, finishFaults, finishProfile, lateRequestsNote } from './finish-demands.js';
import { finishProtocol } from './finish-protocol.js';
import { readSettings } from './given-settings.js';
import { checkConsumer, checkGroupBounds, checkMixedGroups, speaksConsumerProtocol } from './group-rules.js';
import { checkBroker, checkMessageFormat, checkProducer } from './kafka-rules.js';
import { checkStreamsWorkload, readStreams, streamsConsumer } from './streams-rules.js';
import { checkTransform, hasGroupMetadata } from './transform-rules.js';
import { originWords, type Problems } from './problems.js';
import { hasCombinedRoles } from './process-roles.js';
import { finishReleases, PROTOCOL_VERSION, releaseNotes } from './releases.js';
import { refuseLogDirs } from './log-dirs.js';
import { refuseClients, refuseCluster, refuseStrangePlan } from './refusals.js';
import type { GivenSettings, Spec, SpecConsumer, SpecProducer, SpecTopic, SpecTransform } from './spec.js';
import { versionRow } from './versions.js';
import { checkVoterRemovals } from './voter-removals.js';

const workloadTypes: readonly Spec['workload']['type'][] = [
  'append',
  'transactions',
  'compacted',
  'queue',
  'pipeline',
  'streams',
  'own',
];

/** Sets of brokers travel as bit masks in probes. */
const MOST_BROKERS = 30;

/** Only valid if it adds no error to the problems. */
export function finishSpec(draft: Draft, problems: Problems): Spec {
  return new Finisher(draft, problems).finish();
}

class Finisher {
  readonly #draft: Draft;
  readonly #problems: Problems;
  readonly #version: string;
  readonly #table: SettingsTable;
  readonly #notes: string[] = [];
  readonly #notModelled = new Set<string>();

  constructor(draft: Draft, problems: Problems) {
    this.#draft = draft;
    this.#problems = problems;
    this.#version = versionRow(draft.kafka.value) ?? '3.9';
    this.#table = settingsFor(this.#version);
    for (const name of draft.notModelled) this.#notModelled.add(name);
    if (draft.kafka.value !== this.#version) {
      this.#notes.push(`Kafka ${draft.kafka.value} is run under the rules and defaults of ${this.#version}`);
    }
  }

  finish(): Spec {
    const draft = this.#draft;
    const { mode, rules, defects, notes } = finishProtocol(draft, this.#problems);
    this.#notes.push(...notes);
    const releases = finishReleases(draft, mode, this.#problems);
    this.#notes.push(...releaseNotes(this.#version, mode, releases));
    this.#noteRebootstrap();
    refuseCluster(draft, mode, this.#problems);
    checkVoterRemovals(draft, mode, this.#deciders(mode), this.#problems);
    const brokerSettings = this.#brokerSettings(mode);
    const topics = this.#topics(brokerSettings);
    const agreed = rowFor(releases?.agreed ?? this.#version)?.rules;
    const knowsDirectories = (rules['replica-directories'] ?? agreed?.replicaDirectories) === true;
    refuseLogDirs(draft, mode, knowsDirectories, this.#problems);
    const producers = this.#producers(Number(rules['message-format'] ?? agreed?.messageFormat));
    this.#checkWorkload(producers, topics, brokerSettings);
    const consumers = this.#consumers((rules['consumer-group-protocol'] ?? agreed?.consumerGroupProtocol) === true);
    checkMixedGroups(this.#table, brokerSettings, consumers, this.#problems);
    checkStreamsWorkload(draft.workload.type, topics, consumers, this.#table, brokerSettings, this.#problems);
    this.#checkPipeline(topics, consumers);
    const clients = { producers: countOf(producers), consumers: countOf(consumers) };
    refuseStrangePlan(draft, { ...clients, topics: topics.length }, this.#problems);
    const faults = finishFaults(draft, topics, this.#machines(mode, clients), this.#problems);
    const leftOut = lateRequestsNote(draft.faults, draft.lateRequests);
    if (leftOut !== null) this.#notes.push(leftOut);
    return {
      name: draft.name,
      question: draft.question,
      answer: draft.answer,
      kafka: draft.kafka.value,
      version: this.#version,
      releases,
      control: { mode, controllers: this.#deciders(mode) },
      brokers: draft.brokers.value,
      racks: this.#racks(),
      rackAware: draft.rackAware,
      brokerSettings,
      topics,
      producers,
      consumers,
      workload: {
        type: workloadTypes.find((type) => type === draft.workload.type.value) ?? 'append',
        sends: draft.workload.sends.value,
        keys: draft.workload.keys.value,
        over: draft.workload.over.value,
        resend: draft.workload.resend,
      },
      faults,
      profile: finishProfile(draft, this.#problems),
      lateRequests: draft.lateRequests,
      ...finishDemands(draft, this.#defaults(producers, consumers), this.#problems),
      vary: draft.vary.map(({ name, values }) => ({ name: name.value, values: values.map(({ value }) => value) })),
      rules,
      defects,
      notes: [...new Set([...draft.notes, ...this.#notes])],
      notModelled: [...this.#notModelled].sort(),
    };
  }

  /** The default since 4.0 (KIP-1102); the model's clients know no other than the default before. */
  #noteRebootstrap(): void {
    if (this.#table.producer.get('metadata.recovery.strategy')?.default !== 'rebootstrap') return;
    this.#notes.push(
      `metadata.recovery.strategy is rebootstrap in Kafka ${this.#draft.kafka.value}: here a client that reaches no broker does not turn to bootstrap.servers again`,
    );
  }

  #checkWorkload(producers: readonly SpecProducer[], topics: readonly SpecTopic[], broker: GivenSettings): void {
    const { type } = this.#draft.workload;
    const policies = topics.map(({ settings }) => effectiveForTopic(this.#table, 'cleanup.policy', settings, broker));
    if (type.value === 'compacted' && !policies.some(({ value }) => String(value).includes('compact'))) {
      this.#problems.error(
        type.origin,
        'type: compacted needs a topic whose cleanup.policy is compact, and there is none',
      );
    }
    if (type.value !== 'transactions') return;
    const plain = producers.find(({ settings }) => settings['transactional.id'] === undefined);
    if (plain === undefined) return;
    this.#problems.error(type.origin, `type: transactions needs a transactional.id, and ${plain.name} has none`);
  }

  /** Whoever transforms records needs a topic to read and another to write; and a pipeline needs somebody who does. */
  #checkPipeline(topics: readonly SpecTopic[], all: readonly SpecConsumer[]): void {
    const { type } = this.#draft.workload;
    const consumers = all.filter(({ streams }) => streams === null);
    const transforms = consumers.some(({ transform }) => transform?.producer['transactional.id'] !== undefined);
    const isRefused = consumers.some(({ transform }) => transform !== null) && !transforms;
    if (isRefused) return;
    if (type.value === 'pipeline' && !transforms) {
      this.#problems.error(type.origin, 'type: pipeline needs a consumer with commit: in-transaction');
    } else if (transforms && type.value !== 'pipeline') {
      const { origin } = this.#draft.consumers.find(({ commit }) => commit?.value === 'in-transaction')!.commit!;
      this.#problems.error(origin, 'commit: in-transaction needs workload type: pipeline');
    } else if (transforms && topics.length < 2) {
      this.#problems.error(type.origin, 'type: pipeline needs two topics: what is made of records goes to the last');
    }
  }

  /** What was agreed on is read by finishReleases: it takes 2.7 for 2.7-IV2, as Kafka does. */
  #othersOfBroker(mode: ControlPlane): Draft['broker'] {
    const { broker } = this.#draft;
    return mode === 'kraft' ? broker : new Map([...broker].filter(([name]) => name !== PROTOCOL_VERSION));
  }

  #brokerSettings(mode: ControlPlane): GivenSettings {
    const { brokers } = this.#draft;
    if (brokers.value > MOST_BROKERS) {
      this.#problems.error(brokers.origin, `${brokers.value} brokers: at most ${MOST_BROKERS} can be simulated`);
    }
    const { given, notModelled } = readSettings(this.#table, 'broker', this.#othersOfBroker(mode), this.#problems);
    this.#rememberNotModelled(notModelled);
    checkBroker(this.#table, given, this.#problems);
    checkGroupBounds(this.#table, given, this.#problems);
    return given;
  }

  /** With combined roles no more controllers are assumed than there are brokers. */
  #deciders(mode: ControlPlane): number {
    const { controllers, servers, brokers, broker } = this.#draft;
    if (mode === 'zookeeper') return servers.value;
    const isCombined = hasCombinedRoles(mode, broker.get('process.roles')?.text);
    return isCombined && controllers.origin.kind === 'default'
      ? Math.min(controllers.value, brokers.value)
      : controllers.value;
  }

  #machines(mode: ControlPlane, clients: { producers: number; consumers: number }): MachineCounts {
    const { brokers, broker } = this.#draft;
    const combined = hasCombinedRoles(mode, broker.get('process.roles')?.text);
    return { control: mode, brokers: brokers.value, controllers: this.#deciders(mode), combined, ...clients };
  }

  #racks(): (string | null)[] {
    const racks = this.#draft.racks?.value ?? [];
    return Array.from({ length: this.#draft.brokers.value }, (_, i) => racks[i % racks.length] ?? null);
  }

  #topics(broker: GivenSettings): SpecTopic[] {
    const drafts = this.#draft.topics.length > 0 ? this.#draft.topics : [this.#onlyTopic()];
    return drafts.map((topic) => this.#topic(topic, broker));
  }

  #onlyTopic(): DraftTopic {
    return emptyTopic(byDefault(this.#draft.name));
  }

  #topic(topic: DraftTopic, broker: GivenSettings): SpecTopic {
    const name = topic.name.origin.kind === 'file' ? topic.name.value : topicName(topic.name.value);
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
      this.#problems.error(
        topic.name.origin,
        `${JSON.stringify(name)} is no topic name: Kafka takes letters, digits, . _ and -`,
      );
    }
    const { given, notModelled } = readSettings(this.#table, 'topic', topic.settings, this.#problems);
    this.#rememberNotModelled(notModelled);
    const partitions = topic.partitions?.value ?? Number(broker['num.partitions']?.value ?? 1);
    const replicationFactor = this.#replicationFactor(topic, broker);
    this.#noteUnreachableMinimum(given, broker, replicationFactor);
    return { name, partitions, replicationFactor, settings: given };
  }

  #replicationFactor(topic: DraftTopic, broker: GivenSettings): number {
    const { brokers } = this.#draft;
    const named =
      topic.replicationFactor ?? (broker['default.replication.factor'] as Located<number> | undefined) ?? null;
    if (named === null) {
      const assumed = Math.min(3, brokers.value);
      this.#notes.push(`replication factor ${assumed} is assumed: nothing names one`);
      return assumed;
    }
    if (named.value > brokers.value) {
      const gives =
        brokers.origin.kind === 'default'
          ? `there are ${brokers.value} by default`
          : `${originWords(brokers.origin)} gives ${brokers.value}`;
      this.#problems.error(named.origin, `replication.factor ${named.value} needs ${named.value} brokers; ${gives}`);
    }
    return named.value;
  }

  #noteUnreachableMinimum(given: GivenSettings, broker: GivenSettings, replicationFactor: number): void {
    const minimum = Number(effectiveForTopic(this.#table, 'min.insync.replicas', given, broker).value);
    if (minimum > replicationFactor) {
      this.#notes.push(
        `min.insync.replicas ${minimum} is above the replication factor ${replicationFactor}: every write with acks=all is refused`,
      );
    }
  }

  #producers(messageFormat: number): SpecProducer[] {
    return this.#clients(this.#draft.producers, 'producer').map((client) => {
      const { given, notModelled } = readSettings(this.#table, 'producer', client.settings, this.#problems);
      this.#rememberNotModelled(notModelled);
      const note = checkProducer(this.#table, given, this.#problems);
      if (note !== null) this.#notes.push(note);
      checkMessageFormat(this.#table, given, messageFormat, this.#problems);
      return { name: client.name.value, client: 'java', count: client.count.value, settings: given };
    });
  }

  #consumers(hasConsumerProtocol: boolean): SpecConsumer[] {
    return this.#clients(this.#draft.consumers, 'consumer').map((client) => {
      const streams = readStreams(client, this.#draft.kafka.value, this.#problems);
      if (streams !== null) return this.#streamsConsumer(client, streams, hasConsumerProtocol);
      const { given, notModelled } = readSettings(this.#table, 'consumer', client.settings, this.#problems);
      this.#rememberNotModelled(notModelled);
      const isQueue = this.#draft.workload.type.value === 'queue';
      const subscribes = isQueue || client.commit !== null || given['group.id'] !== undefined;
      checkConsumer(this.#table, hasConsumerProtocol, given, client.commit, this.#problems);
      return {
        name: client.name.value,
        count: client.count.value,
        subscribes,
        // What Harrow has not, was refused.
        commit: (client.commit?.value ?? null) as SpecConsumer['commit'],
        transform: this.#transform(client),
        streams: null,
        settings: given,
      };
    });
  }

  #streamsConsumer(client: DraftClient, streams: GivenSettings, hasConsumerProtocol: boolean): SpecConsumer {
    if (this.#draft.workload.type.value !== 'streams') {
      this.#problems.error(client.streams!.origin, 'streams of a consumer needs workload type: streams');
    }
    for (const own of [client.commit, client.fencing]) {
      if (own !== null) this.#problems.error(own.origin, 'commit and fencing are what processing.guarantee says');
    }
    const consumer = readSettings(this.#table, 'consumer', client.settings, this.#problems);
    const producer = readSettings(this.#table, 'producer', client.producer, this.#problems);
    this.#rememberNotModelled([...consumer.notModelled, ...producer.notModelled]);
    const kafka = this.#draft.kafka.value;
    const given = { streams, consumer: consumer.given, producer: producer.given, kafka };
    const application = streamsConsumer(client.name.value, client.count.value, given, this.#problems);
    checkConsumer(this.#table, hasConsumerProtocol, application.settings, null, this.#problems);
    if (speaksConsumerProtocol(application.settings)) {
      const { origin } = application.settings['group.protocol']!;
      this.#problems.error(
        origin,
        'group.protocol: consumer: the assignor of Kafka Streams needs the classic protocol',
      );
    }
    checkProducer(this.#table, application.transform!.producer, this.#problems);
    this.#notes.push(
      'statestore.cache.max.bytes is 0 here: a Kafka Streams application sends every count, not the last of a commit alone',
    );
    return application;
  }

  #transform(client: DraftClient): SpecTransform | null {
    const { given, notModelled } = readSettings(this.#table, 'producer', client.producer, this.#problems);
    this.#rememberNotModelled(notModelled);
    checkTransform(this.#table, client, given, this.#problems);
    if (client.commit?.value !== 'in-transaction') return null;
    const fencing = client.fencing?.value ?? (hasGroupMetadata(this.#version) ? 'group-metadata' : 'none');
    return { producer: given, fencing: fencing as SpecTransform['fencing'] };
  }

  /** One of each kind where the spec names none. */
  #clients(drafts: readonly DraftClient[], kind: 'producer' | 'consumer'): readonly DraftClient[] {
    const clients = drafts.length > 0 ? drafts : [emptyClient(byDefault(kind))];
    refuseClients(clients, this.#problems);
    return clients;
  }

  #defaults(producers: readonly SpecProducer[], consumers: readonly SpecConsumer[]): Defaults {
    const hasGroups = consumers.some(({ subscribes }) => subscribes);
    const transforms = consumers.some(({ transform }) => transform !== null);
    return { requirements: defaultRequirements(transforms || isTransactional(producers)), hasGroups };
  }

  #rememberNotModelled(names: readonly string[]): void {
    for (const name of names) this.#notModelled.add(name);
  }
}

function countOf(clients: readonly { readonly count: number }[]): number {
  return clients.reduce((sum, { count }) => sum + count, 0);
}

function isTransactional(producers: readonly SpecProducer[]): boolean {
  return producers.some(({ settings }) => settings['transactional.id'] !== undefined);
}

/** A spec's name as that of its topic. */
function topicName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9._-]+/g, '-').slice(0, 249) || 'topic';
}
