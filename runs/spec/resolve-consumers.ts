/** The consumers of a spec, with every setting that the model acts on: alone, in groups, and in applications that produce too. */
import {
  isExactlyOnce,
  type ConsumerSettings,
  type ConsumerSpec,
  type GroupConsumerSettings,
  type MemberSpec,
} from '../../model/kafka/cluster-spec.js';
import { consumerName } from '../../model/kafka/machine-names.js';
import { assignorNames } from '../settings/assignors.js';
import { effective } from '../settings/effective.js';
import type { SettingsTable } from '../settings/table.js';
import { speaksConsumerProtocol } from './group-rules.js';
import { partitionCounts } from './partition-additions.js';
import { oneProducer } from './resolve-producers.js';
import { pick, suffixOf, withDrawn, type DrawnSettings } from './resolved-settings.js';
import type { GivenSettings, Spec, SpecConsumer } from './spec.js';
import { commitIntervalOf, guaranteeOf } from './streams-rules.js';

type Nameless = Omit<ConsumerSpec, 'name'>;
type Unsubscribed = Omit<MemberSpec, 'topics'>;

const consumerNames: readonly Exclude<keyof ConsumerSettings, 'group.id'>[] = [
  'auto.offset.reset',
  'isolation.level',
  'fetch.min.bytes',
  'fetch.max.wait.ms',
  'fetch.max.bytes',
  'max.partition.fetch.bytes',
  'max.poll.records',
  'client.rack',
  'request.timeout.ms',
  'default.api.timeout.ms',
  'retry.backoff.ms',
  'retry.backoff.max.ms',
  'reconnect.backoff.ms',
  'reconnect.backoff.max.ms',
  'socket.connection.setup.timeout.ms',
  'socket.connection.setup.timeout.max.ms',
  'metadata.max.age.ms',
  'connections.max.idle.ms',
];

/** Keys of the partitions that are there from the start: an application assigns what it knows. */
function firstPartitions(spec: Spec): readonly number[] {
  let firstKey = 0;
  return partitionCounts(spec.topics, spec.faults).flatMap(({ initial, final }) => {
    const keys = Array.from({ length: initial }, (_, index) => firstKey + index);
    firstKey += final;
    return keys;
  });
}

/** Consumers of one kind share the partitions: as members of a group, or in turn. Each kind reads them all. */
export function consumers(spec: Spec, table: SettingsTable, drawn: DrawnSettings): ConsumerSpec[] {
  const all = firstPartitions(spec);
  const topics = spec.topics.map((_, topic) => topic);
  const clients = spec.consumers.flatMap((consumer): Nameless[] => {
    const given = withDrawn('consumer', consumer.settings, drawn);
    const settings = pick<ConsumerSettings>(consumerNames, (name) => effective(table, 'consumer', name, given).value);
    return Array.from({ length: consumer.count }, (_, index) => {
      if (!consumer.subscribes) {
        // An application of the user's own assigns what it likes.
        const isOwn = spec.workload.type === 'own';
        return { settings, partitions: isOwn ? [] : all.filter((key) => key % consumer.count === index) };
      }
      const member = memberOf(consumer, settings, table, given, index);
      if (consumer.transform === null) {
        return { settings: member.settings, partitions: [], member: { ...member, topics } };
      }
      return consumer.streams === null
        ? transformOf(consumer, member, topics, table, drawn, index)
        : streamsOf(consumer, consumer.streams, member, table, drawn, index);
    });
  });
  return clients.map((client, index) => ({ name: consumerName(index), ...client }));
}

/** An application that consumes, transforms and produces: the last topic is its output. */
function transformOf(
  { transform, count }: SpecConsumer,
  member: Unsubscribed,
  topics: readonly number[],
  table: SettingsTable,
  drawn: DrawnSettings,
  index: number,
): Nameless {
  const { producer, fencing } = transform!;
  const output = topics.length - 1;
  // Of a partition, whoever has it: the same in all members.
  const suffix = fencing === 'partition' ? '' : suffixOf(index, count);
  return {
    settings: member.settings,
    partitions: [],
    member: {
      ...member,
      topics: topics.slice(0, output),
      transform: {
        producer: oneProducer(table, withDrawn('producer', producer, drawn), suffix),
        topic: output,
        fencing,
      },
    },
  };
}

/** One input, its changelog, the output. */
const INPUT = 0;
const CHANGELOG = 1;
const COUNTS = 2;

/**
 * A process of a Kafka Streams application. Under exactly_once_v2 the id in its state directory outlives it, and with that its
 * transactional.id; under exactly_once those of its tasks begin with the application's.
 */
function streamsOf(
  { transform }: SpecConsumer,
  streams: GivenSettings,
  member: Unsubscribed,
  table: SettingsTable,
  drawn: DrawnSettings,
  index: number,
): Nameless {
  const guarantee = guaranteeOf(streams);
  const application = String(streams['application.id']?.value ?? member.settings['group.id']);
  const settings = { ...member.settings, 'group.id': application };
  const given = withDrawn('producer', transform!.producer, drawn);
  const id = guarantee === 'exactly_once' ? application : `${application}-${index}-1`;
  const own = { value: id, origin: { kind: 'default' } } as const;
  const ofProducer = isExactlyOnce(guarantee) ? { ...given, 'transactional.id': own } : given;
  return {
    settings,
    partitions: [],
    member: {
      ...member,
      settings,
      topics: [INPUT],
      transform: {
        producer: oneProducer(table, ofProducer, ''),
        topic: COUNTS,
        fencing: transform!.fencing,
        streams: { guarantee, commitIntervalMs: commitIntervalOf(streams), changelog: CHANGELOG },
      },
    },
  };
}

const memberNames = [
  'session.timeout.ms',
  'heartbeat.interval.ms',
  'max.poll.interval.ms',
  'auto.commit.interval.ms',
] as const;

/** Static members of one kind do not fence each other: where there are several, each has its number behind the instance id. */
function memberOf(
  { name, count, commit }: SpecConsumer,
  common: ConsumerSettings,
  table: SettingsTable,
  given: GivenSettings,
  index: number,
): Unsubscribed {
  const value = (setting: string): string | number | boolean => effective(table, 'consumer', setting, given).value;
  const commitsByItself = commit === null ? value('enable.auto.commit') === true : commit === 'auto';
  const instance = given['group.instance.id'];
  const assignor = given['group.remote.assignor'];
  const settings: GroupConsumerSettings = {
    ...common,
    'group.id': String(given['group.id']?.value ?? name),
    ...(instance === undefined ? {} : { 'group.instance.id': `${instance.value}${suffixOf(index, count)}` }),
    ...(speaksConsumerProtocol(given) ? { 'group.protocol': 'consumer' } : {}),
    ...(assignor === undefined ? {} : { 'group.remote.assignor': String(assignor.value) }),
    ...pick<Pick<GroupConsumerSettings, (typeof memberNames)[number]>>(memberNames, value),
    'enable.auto.commit': commitsByItself,
    'partition.assignment.strategy': assignorNames(String(value('partition.assignment.strategy'))),
  };
  return { settings, commit: commit ?? (commitsByItself ? 'auto' : 'after-processing') };
}
