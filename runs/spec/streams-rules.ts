/**
 * Settings of Kafka Streams (StreamsConfig), what it sets in its clients, and what of it this build cannot run. They stand
 * in `streams` of a consumer, under their own names.
 */
import { isExactlyOnce, type Fencing, type ProcessingGuarantee } from '../../model/kafka/cluster-spec.js';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import { effectiveForTopic } from '../settings/effective.js';
import type { SettingsTable } from '../settings/table.js';
import type { DraftClient, Located, RawSetting } from './draft.js';
import { didYouMean, nearestName } from './nearest.js';
import { Problems } from './problems.js';
import type { GivenSettings, Origin, SpecConsumer, SpecTopic } from './spec.js';

const SET_BY_STREAMS: Origin = { kind: 'assumed', why: 'Kafka Streams sets it' };

/** A setting of which one value is run alone, and why. */
interface Fixed {
  readonly value: string;
  readonly why: string;
}

const fixed: ReadonlyMap<string, Fixed> = new Map([
  ['num.standby.replicas', { value: '0', why: 'standby tasks are not in this build' }],
  ['num.stream.threads', { value: '1', why: 'a process has one thread here: count says how many processes there are' }],
  ['statestore.cache.max.bytes', { value: '0', why: 'stores have no cache here: every count is sent as it comes' }],
  ['group.protocol', { value: 'classic', why: 'the streams protocol (KIP-1071) is not in this build' }],
]);

const guarantees: readonly ProcessingGuarantee[] = ['at_least_once', 'exactly_once', 'exactly_once_v2'];

/** What each setting of Kafka Streams means here. */
export const streamsSentences: ReadonlyMap<string, string> = new Map([
  [
    'processing.guarantee',
    'at_least_once (the default): outputs and counts are written at once, the offsets of their inputs later. exactly_once_v2 (2.6): all in one transaction, and state that may not have been committed is wiped and restored (KIP-129, KIP-447). exactly_once (to 2.5 here): the same with a producer and a transactional.id for each task.',
  ],
  [
    'commit.interval.ms',
    'How often a process commits: 30000 by default, 100 with exactly_once and exactly_once_v2. What was done since is done again when it dies.',
  ],
  ['application.id', 'The group of the application, and the beginning of its transactional ids.'],
  ...[...fixed].map(([name, { value, why }]) => [name, `${value} alone: ${why}.`] as const),
]);

/** Names that can be set, and varied. */
export const streamsSettings: readonly string[] = [...streamsSentences.keys()];

/** Of settings that were checked: StreamsConfig's own defaults. */
export function guaranteeOf(given: GivenSettings): ProcessingGuarantee {
  return (given['processing.guarantee']?.value ?? 'at_least_once') as ProcessingGuarantee;
}

/** StreamsConfig: with exactly-once 100, else 30000. */
export function commitIntervalOf(given: GivenSettings): number {
  return Number(given['commit.interval.ms']?.value ?? (isExactlyOnce(guaranteeOf(given)) ? 100 : 30_000));
}

/** Only valid if it adds no error to the problems. @param kafka the release, as the spec has it */
export function readStreams({ streams }: DraftClient, kafka: string, problems: Problems): GivenSettings | null {
  if (streams === null) return null;
  const given: Record<string, GivenSettings[string]> = {};
  for (const [name, raw] of streams.value) {
    const value = valueOf(name, raw, problems);
    if (value !== null) given[name] = { value, origin: raw.origin };
  }
  const reason = refusalOf(guaranteeOf(given), kafka);
  if (reason !== null) {
    const { origin } = given['processing.guarantee']!;
    problems.error(origin, `processing.guarantee: ${guaranteeOf(given)} ${reason}, and the spec runs ${kafka}`);
  }
  return given;
}

/** Why a release has not this guarantee, or this build not as the release has it; null: it has. */
export function refusalOf(guarantee: ProcessingGuarantee, kafka: string): string | null {
  // KIP-447: one producer for all tasks of a thread; until 3.0 its name was exactly_once_beta.
  if (guarantee === 'exactly_once_v2') return compareReleases(kafka, '2.6') < 0 ? 'needs Kafka 2.6 (KIP-447)' : null;
  if (guarantee !== 'exactly_once') return null;
  if (compareReleases(kafka, '0.11') < 0) return 'needs Kafka 0.11 (KIP-129)';
  if (compareReleases(kafka, '4.0') >= 0) return 'was removed in Kafka 4.0, exactly_once_v2 is in its place';
  // From 2.6 on a task opens its producer when its consumer has asked for the committed offset already
  // (StreamTask.initializeIfNeeded): another order, with a gap of its own.
  if (compareReleases(kafka, '2.6') >= 0) return 'is run as Kafka to 2.5 has it, and from 2.6 on exactly_once_v2 is';
  return null;
}

function valueOf(name: string, raw: RawSetting, problems: Problems): string | number | null {
  const { text, origin, keyOrigin } = raw;
  const only = fixed.get(name);
  if (only !== undefined) {
    if (text !== only.value) problems.error(origin, `${name}: ${text}: ${only.why}`);
    return /^\d+$/.test(text) ? Number(text) : text;
  }
  switch (name) {
    case 'processing.guarantee':
      if (!(guarantees as readonly string[]).includes(text)) {
        const what =
          text === 'exactly_once_beta'
            ? 'exactly_once_beta is exactly_once_v2, under the name that it had until 3.0'
            : `${text} is none of ${guarantees.join(', ')}${didYouMean(text, guarantees)}`;
        problems.error(origin, `processing.guarantee: ${what}`);
      }
      return text;
    case 'commit.interval.ms':
      if (!/^\d+$/.test(text)) problems.error(origin, `commit.interval.ms: ${text} is not a whole number`);
      return Number(text);
    case 'application.id':
      return text;
    default: {
      const nearest = nearestName(name, streamsSettings);
      const note = nearest === null ? `known are ${streamsSettings.join(', ')}` : `did you mean ${nearest}?`;
      if (keyOrigin.kind === 'file') problems.misnamed(keyOrigin, 'unknown streams setting', name, note, true);
      else problems.error(keyOrigin, `unknown streams setting ${name}; ${note}`);
      return null;
    }
  }
}

/** What the spec gives the clients of an application. */
export interface GivenToStreams {
  readonly streams: GivenSettings;
  readonly consumer: GivenSettings;
  readonly producer: GivenSettings;
  /** The release, as the spec has it. */
  readonly kafka: string;
}

/** The application, with all that processing.guarantee means for its clients. */
export function streamsConsumer(
  name: string,
  count: number,
  { streams, consumer, producer, kafka }: GivenToStreams,
  problems: Problems,
): SpecConsumer {
  const guarantee = guaranteeOf(streams);
  const fencing: Fencing = guarantee === 'exactly_once' ? 'partition' : 'group-metadata';
  return {
    name,
    count,
    subscribes: true,
    commit: isExactlyOnce(guarantee) ? 'in-transaction' : 'after-processing',
    transform: { producer: producerSettings(producer, streams, kafka, problems), fencing },
    streams,
    settings: consumerSettings(consumer, streams, problems),
  };
}

/** The same application with other settings of Kafka Streams; null if it would refuse to start, or this build to run it. */
export function withStreamsSettings(
  application: SpecConsumer,
  streams: GivenSettings,
  kafka: string,
): SpecConsumer | null {
  if (refusalOf(guaranteeOf(streams), kafka) !== null) return null;
  const { name, count, settings, transform } = application;
  const problems = new Problems();
  const given = { streams, consumer: onlyGiven(settings), producer: onlyGiven(transform!.producer), kafka };
  const changed = streamsConsumer(name, count, given, problems);
  return problems.errors.length === 0 ? changed : null;
}

function onlyGiven(settings: GivenSettings): GivenSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, { origin }]) => origin !== SET_BY_STREAMS));
}

/** What StreamsConfig sets in its consumers, unless it is given. */
function consumerSettings(given: GivenSettings, streams: GivenSettings, problems: Problems): GivenSettings {
  const isExact = isExactlyOnce(guaranteeOf(streams));
  const forced = {
    'enable.auto.commit': false,
    ...(isExact ? { 'isolation.level': 'read_committed' } : {}),
  };
  // StreamsPartitionAssignor moves few partitions, and cooperates (KIP-429): of the consumer's own assignors this is nearest.
  const usual = {
    'auto.offset.reset': 'earliest',
    'max.poll.records': 1000,
    'partition.assignment.strategy': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
  };
  return withSet(given, usual, forced, problems);
}

/** What StreamsConfig sets in its producers. The transactional.id it makes itself, one for each thread or task. */
function producerSettings(
  given: GivenSettings,
  streams: GivenSettings,
  kafka: string,
  problems: Problems,
): GivenSettings {
  const id = given['transactional.id'];
  if (id !== undefined) problems.error(id.origin, 'transactional.id: Kafka Streams makes it itself');
  const guarantee = guaranteeOf(streams);
  const usual = { 'linger.ms': 100, ...usualOf(guarantee, kafka) };
  const settings = withSet(given, usual, isExactlyOnce(guarantee) ? { 'enable.idempotence': true } : {}, problems);
  if (guarantee === 'exactly_once_v2') checkTransactionTimeout(settings, streams, problems);
  return settings;
}

/** PRODUCER_EOS_OVERRIDES: from 2.6 on with a transaction.timeout.ms of its own. */
function usualOf(guarantee: ProcessingGuarantee, kafka: string): Readonly<Record<string, number>> {
  if (guarantee === 'exactly_once_v2') return { 'transaction.timeout.ms': 10_000 };
  if (guarantee !== 'exactly_once') return {};
  if (compareReleases(kafka, '2.0') < 0) return { 'max.in.flight.requests.per.connection': 1 };
  return compareReleases(kafka, '2.1') < 0 ? {} : { 'delivery.timeout.ms': 2_147_483_647 };
}

/** StreamsConfig.verifyEOSTransactionTimeoutCompatibility. */
function checkTransactionTimeout(producer: GivenSettings, streams: GivenSettings, problems: Problems): void {
  const timeout = producer['transaction.timeout.ms']!;
  const interval = commitIntervalOf(streams);
  // What is no number was said to be none.
  if (Number.isNaN(interval) || Number(timeout.value) >= interval) return;
  problems.error(
    streams['commit.interval.ms']?.origin ?? timeout.origin,
    `transaction.timeout.ms ${timeout.value} is below commit.interval.ms ${interval}; Kafka Streams would refuse to start`,
  );
}

function withSet(
  given: GivenSettings,
  usual: Readonly<Record<string, string | number>>,
  forced: Readonly<Record<string, string | boolean>>,
  problems: Problems,
): GivenSettings {
  const settings: Record<string, GivenSettings[string]> = {};
  for (const [name, value] of Object.entries({ ...usual, ...forced })) {
    settings[name] = { value, origin: SET_BY_STREAMS };
  }
  for (const [name, own] of Object.entries(given)) {
    const needed = forced[name];
    if (needed !== undefined && needed !== own.value) {
      problems.error(own.origin, `${name}: ${own.value}: Kafka Streams sets it to ${needed}`);
    }
    settings[name] = own;
  }
  return settings;
}

/** One input, its changelog, the output: in this order. */
const TOPICS = 3;

/** An application that counts has a topic to read, a changelog and a topic to write; and the workload is of such applications. */
export function checkStreamsWorkload(
  type: Located<string>,
  topics: readonly SpecTopic[],
  consumers: readonly SpecConsumer[],
  table: SettingsTable,
  broker: GivenSettings,
  problems: Problems,
): void {
  if (type.value !== 'streams') return;
  const count = consumers.filter(({ streams }) => streams !== null).length;
  if (count !== 1) {
    problems.error(type.origin, `type: streams needs one kind of consumers with streams, and there are ${count}`);
    return;
  }
  if (topics.length !== TOPICS) {
    problems.error(
      type.origin,
      `type: streams needs three topics, the input, its changelog and the output, in this order; there are ${topics.length}`,
    );
    return;
  }
  const [input, changelog] = topics as [SpecTopic, SpecTopic, SpecTopic];
  if (changelog.partitions !== input.partitions) {
    problems.error(
      type.origin,
      `the changelog ${changelog.name} has ${changelog.partitions} partitions, and its input ${input.name} ${input.partitions}: each task has one of both`,
    );
  }
  const policy = effectiveForTopic(table, 'cleanup.policy', changelog.settings, broker);
  if (String(policy.value) !== 'compact') {
    problems.error(
      type.origin,
      `the changelog ${changelog.name} needs cleanup.policy: compact, as Kafka Streams creates it; it has ${policy.value}`,
    );
  }
}
