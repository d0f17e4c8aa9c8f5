/**
 * The settings that guarantees read, from a history's header: under Kafka's own names, with their scope where several
 * have them. A client's own ('p0:acks') goes before its kind's ('producer:acks'), that before the plain name.
 */
import type { History, HistoryHeader } from '../../histories/operation.js';

/** What a producer's guarantees depend on. Absent settings have the defaults of Kafka 3.0 and later. */
export interface ProducerGuarantees {
  readonly acks: 'all' | 0 | 1;
  readonly idempotent: boolean;
  readonly maxInFlight: number;
  readonly retries: number;
}

type Header = Pick<HistoryHeader, 'settings'>;
type Value = string | number | boolean;

/** Integer.MAX_VALUE: the producer's default of `retries` (ProducerConfig). */
const RETRIES_DEFAULT = 2147483647;
const MAX_IN_FLIGHT_DEFAULT = 5;

/** @param client name of the client: 'p0'; a name that no setting is scoped to gets those of all producers */
export function producerGuarantees(header: Header, client: string): ProducerGuarantees {
  const scopes = [client, 'producer'];
  const acks = acksOf(scoped(header, scopes, 'acks'));
  const retries = numberOr(scoped(header, scopes, 'retries'), RETRIES_DEFAULT);
  const maxInFlight = numberOr(scoped(header, scopes, 'max.in.flight.requests.per.connection'), MAX_IN_FLIGHT_DEFAULT);
  // Not set, it is on unless another setting conflicts with it (KafkaProducer, KIP-679).
  const possible = acks === 'all' && retries > 0 && maxInFlight <= MAX_IN_FLIGHT_DEFAULT;
  const given = scoped(header, scopes, 'enable.idempotence');
  return { acks, idempotent: possible && (given === undefined || isTrue(given)), maxInFlight, retries };
}

/** Whether the header says anything of how a producer sends: else its guarantees are Kafka's defaults, or anybody's guess. */
export function saysOfProducer(header: Header, client: string): boolean {
  return [...producerSettings].some((name) => scoped(header, [client, 'producer'], name) !== undefined);
}

/** Every producer that the header tells apart, and the one that stands for all others (its name is empty). */
export function allProducers(header: Header): readonly ProducerGuarantees[] {
  const clients = new Set<string>(['']);
  for (const name of Object.keys(header.settings)) {
    const colon = name.indexOf(':');
    if (colon > 0 && producerSettings.has(name.slice(colon + 1))) clients.add(name.slice(0, colon));
  }
  if (clients.size > 1) clients.delete('producer');
  // When every producer has settings of its own, nobody is left for the plain ones.
  if (clients.size > 1 && ![...producerSettings].some((name) => plain(header, name) !== undefined)) clients.delete('');
  return [...clients].sort().map((client) => producerGuarantees(header, client));
}

/** Its transactional.id is set. */
export function isTransactionalClient(header: Header, client: string): boolean {
  return (scoped(header, [client, 'producer'], 'transactional.id') ?? '') !== '';
}

/** Every producer that the header tells of has a transactional.id. */
export function allTransactional({ settings }: Header): boolean {
  const ids = valuesOf(settings, 'transactional.id');
  return ids.length > 0 && ids.every((id) => id !== '');
}

/** A setting of a topic, a broker or all of them. */
export function topicSetting(header: Header, topic: string, name: string): Value | undefined {
  return scoped(header, [topic, 'topic', 'broker'], name);
}

/** The topic of a partition: a key is its topic, a hyphen and the partition's number. */
export function topicOf({ header, keys }: Pick<History, 'header' | 'keys'>, key: number): string {
  return header.topology?.partitions[key]?.topic ?? (keys[key] ?? '').replace(/-\d+$/, '');
}

/** Compaction works on a partition: cleanup.policy has `compact`. */
export function isCompacted(history: Pick<History, 'header' | 'keys'>, key: number): boolean {
  return String(topicSetting(history.header, topicOf(history, key), 'cleanup.policy') ?? '').includes('compact');
}

/** min.insync.replicas of a partition, at most its replicas (KAFKA-15583), and how many those are. */
export function partitionFacts(
  { header, keys }: Pick<History, 'header' | 'keys'>,
  key: number,
): { readonly replicas: number; readonly minInsyncReplicas: number } {
  const partition = header.topology?.partitions[key];
  const replicas = partition?.replicas.length ?? Math.max(1, header.nodes.length);
  const topic = topicOf({ header, keys }, key);
  const given = partition?.minInsyncReplicas ?? numberOr(topicSetting(header, topic, 'min.insync.replicas'), 1);
  return { replicas, minInsyncReplicas: Math.min(given, replicas) };
}

/** A partition as gaps and guarantees see it. */
export interface PartitionSettings {
  readonly topic: string;
  readonly replicas: number;
  /** At most `replicas`. */
  readonly minInsyncReplicas: number;
}

/** The partitions that the header tells of; none: it tells of no topology. */
export function partitionsOf(header: HistoryHeader): readonly PartitionSettings[] {
  const partitions = header.topology?.partitions ?? [];
  // Without replicas: it was never created.
  return partitions.flatMap(({ topic, replicas }, key) =>
    replicas.length === 0 ? [] : [{ topic, ...partitionFacts({ header, keys: [] }, key) }],
  );
}

/** Some topic may elect a replica from outside the ISR. */
export function allowsUnclean(header: HistoryHeader): boolean {
  return someTopic(header, (topic) => topicAllowsUnclean(header, topic));
}

/** The topic may elect a replica from outside the ISR. Not set: it may not, the default since 0.11 (KIP-106). */
export function topicAllowsUnclean(header: HistoryHeader, topic: string): boolean {
  return isTrue(topicSetting(header, topic, 'unclean.leader.election.enable'));
}

/** Some topic leaves what it wrote to the page cache: a loss of power takes it (flush.messages, by default never). */
export function keepsUnsynced(header: HistoryHeader): boolean {
  return someTopic(header, (topic) => numberOr(topicSetting(header, topic, 'flush.messages'), Infinity) > 1);
}

function someTopic(header: HistoryHeader, is: (topic: string) => boolean): boolean {
  const topics = new Set(header.topology?.partitions.map(({ topic }) => topic) ?? ['']);
  return [...topics].some(is);
}

/** Which consumers read committed transactions alone. By default they read whatever stands in the log (KIP-98). */
export function isolationOf({ settings }: Header): 'all-committed' | 'all-uncommitted' | 'mixed' {
  const levels = Object.entries(settings).filter(([name]) => /(^|:)isolation\.level$/.test(name));
  const committed = levels.filter(([, level]) => level === 'read_committed').length;
  if (committed === 0) return 'all-uncommitted';
  return committed === levels.length ? 'all-committed' : 'mixed';
}

/** Whether the header says that a consumer reads uncommitted records, Kafka's default. One that says nothing may be anybody's. */
export function saysReadUncommitted(header: Header, client: string): boolean {
  return scoped(header, [client, 'consumer'], 'isolation.level') === 'read_uncommitted';
}

/** Where a consumer without a position begins, as far as the header does not say otherwise: at the start. */
export function beginsAtTheStart(header: Header, client: string): boolean {
  return (scoped(header, [client, 'consumer'], 'auto.offset.reset') ?? 'earliest') === 'earliest';
}

/** Final reads have no consumer of the spec: where there are transactions, they read committed ones alone. */
export function readsCommitted(header: Header, client: string, isFinalRead: boolean): boolean {
  const own = header.settings[`${client}:isolation.level`];
  if (own === undefined && isFinalRead && isTransactional(header)) return true;
  return (own ?? scoped(header, ['consumer'], 'isolation.level')) === 'read_committed';
}

/** Some producer has a transactional.id. */
export function isTransactional({ settings }: Header): boolean {
  return Object.entries(settings).some(([name, id]) => /(^|:)transactional\.id$/.test(name) && id !== '');
}

/** Every member of a group commits only what it has processed, and begins at the start where the group has no offset. */
export function commitsAfterProcessing({ settings }: Header): boolean {
  const policies = valuesOf(settings, 'commit');
  if (policies.length === 0 || policies.includes('before-processing')) return false;
  return valuesOf(settings, 'auto.offset.reset').every((reset) => reset === 'earliest');
}

/** Some application consumes, transforms and produces, with its offsets in the transactions of its outputs. */
export function commitsInTransactions(header: Header): boolean {
  return valuesOf(header.settings, 'commit').includes('in-transaction') || processesExactlyOnce(header);
}

/** Some topic is compacted. */
export function compacts({ settings }: Header): boolean {
  return valuesOf(settings, 'cleanup.policy').some((policy) => String(policy).includes('compact'));
}

/** Some consumer begins at the end where its group has no offset. */
export function resetsToLatest({ settings }: Header): boolean {
  return valuesOf(settings, 'auto.offset.reset').includes('latest');
}

/**
 * No application that commits offsets in transactions can do so for partitions that another has: it sends the metadata of its
 * consumer (KIP-447), or has a transactional.id for each partition.
 */
export function fencesFormerOwners({ settings }: Header): boolean {
  return !valuesOf(settings, 'fencing').includes('none');
}

/** The client has a transactional.id for each partition that it reads: of which generation it is, nobody asks. */
export function fencesByPartition(header: Header, client: string): boolean {
  return scoped(header, [client], 'fencing') === 'partition';
}

/** Some consumer is a Kafka Streams application. */
export function isStreamsApplication({ settings }: Header): boolean {
  return valuesOf(settings, 'processing.guarantee').length > 0;
}

/** Some Kafka Streams application does not process exactly once. */
export function processesAtLeastOnce(header: Header): boolean {
  return isStreamsApplication(header) && !processesExactlyOnce(header);
}

/** Every Kafka Streams application does. */
export function processesExactlyOnce({ settings }: Header): boolean {
  const guarantees = valuesOf(settings, 'processing.guarantee');
  return guarantees.length > 0 && !guarantees.includes('at_least_once');
}

/** Whether the header says which protocol some member of a group speaks (group.protocol). Else it is the same for all. */
export function saysProtocol({ settings }: Header): boolean {
  return valuesOf(settings, 'group.protocol').length > 0;
}

/** Of these clients, those that are in the group do not all speak the same protocol (group.protocol). */
export function speaksBothProtocols(header: Header, clients: readonly string[], group: string): boolean {
  const members = clients.filter((client) => scoped(header, [client], 'group.id') === group);
  return new Set(members.map((client) => scoped(header, [client], 'group.protocol') ?? 'classic')).size > 1;
}

/** Some consumer is a member of a group. */
export function hasGroups({ settings }: Header): boolean {
  return valuesOf(settings, 'group.id').length > 0;
}

/** Of a setting, whatever its scope. */
function valuesOf(settings: HistoryHeader['settings'], name: string): readonly Value[] {
  return Object.entries(settings).flatMap(([key, value]) => (key === name || key.endsWith(`:${name}`) ? [value] : []));
}

/**
 * A protocol rule by its name in code or in specs: 'eligibleLeaderReplicas', 'eligible-leader-replicas'.
 * @param unsaid of a history that does not say
 */
export function hasRule({ rules }: Pick<HistoryHeader, 'rules'>, camelCase: string, unsaid = false): boolean {
  const kebabCase = camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return isTrue(rules[camelCase] ?? rules[kebabCase] ?? unsaid);
}

export function isTrue(value: Value | undefined): boolean {
  return value === true || value === 'true';
}

const producerSettings = new Set(['acks', 'retries', 'max.in.flight.requests.per.connection', 'enable.idempotence']);

function scoped(header: Header, scopes: readonly string[], name: string): Value | undefined {
  for (const scope of scopes) {
    const value = header.settings[`${scope}:${name}`];
    if (value !== undefined) return value;
  }
  return header.settings[name];
}

function plain(header: Header, name: string): Value | undefined {
  return header.settings[`producer:${name}`] ?? header.settings[name];
}

function acksOf(value: Value | undefined): 'all' | 0 | 1 {
  if (value === 0 || value === '0') return 0;
  return value === 1 || value === '1' ? 1 : 'all';
}

function numberOr(value: Value | undefined, otherwise: number): number {
  const number = value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : otherwise;
}
