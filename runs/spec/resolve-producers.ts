/** The producers of a spec, with every setting that the model acts on. */
import type { ProducerSettings, ProducerSpec } from '../../model/kafka/cluster-spec.js';
import { producerName } from '../../model/kafka/machine-names.js';
import { effective } from '../settings/effective.js';
import { idempotence, withIdempotence } from '../settings/idempotence.js';
import type { SettingsTable } from '../settings/table.js';
import { pick, suffixOf, withDrawn, type DrawnSettings } from './resolved-settings.js';
import type { GivenSettings, Spec } from './spec.js';

type ApartNames =
  | 'partitioner.class'
  | 'acks'
  | 'enable.idempotence'
  | 'delivery.timeout.ms'
  | 'transactional.id'
  | 'transaction.timeout.ms';

/** All but `acks`, `enable.idempotence` and `delivery.timeout.ms`, which depend on others. */
const producerNames: readonly Exclude<keyof ProducerSettings, ApartNames>[] = [
  'retries',
  'request.timeout.ms',
  'linger.ms',
  'batch.size',
  'buffer.memory',
  'max.block.ms',
  'max.request.size',
  'max.in.flight.requests.per.connection',
  'retry.backoff.ms',
  'retry.backoff.max.ms',
  'reconnect.backoff.ms',
  'reconnect.backoff.max.ms',
  'socket.connection.setup.timeout.ms',
  'socket.connection.setup.timeout.max.ms',
  'metadata.max.age.ms',
  'partitioner.ignore.keys',
  'partitioner.adaptive.partitioning.enable',
  'partitioner.availability.timeout.ms',
  'connections.max.idle.ms',
];

export function producers(spec: Spec, table: SettingsTable, drawn: DrawnSettings): ProducerSpec[] {
  const settings = spec.producers.flatMap((producer) => {
    const given = withDrawn('producer', producer.settings, drawn);
    return Array.from({ length: producer.count }, (_, member) =>
      oneProducer(table, given, suffixOf(member, producer.count)),
    );
  });
  return settings.map((own, index) => ({ name: producerName(index), settings: own }));
}

/** @param suffix of its transactional.id */
export function oneProducer(table: SettingsTable, given: GivenSettings, suffix: string): ProducerSettings {
  return { ...producerSettings(table, given), ...partitionerClass(given), ...transactional(table, given, suffix) };
}

/** partitioner.class has no default: without it the release chooses partitions by itself. */
function partitionerClass(given: GivenSettings): Pick<ProducerSettings, 'partitioner.class'> {
  const own = given['partitioner.class'];
  return own === undefined ? {} : { 'partitioner.class': String(own.value) };
}

/**
 * Producers of one kind do not fence each other: where there are several, each has its number behind the transactional.id,
 * as their operator would have given it.
 */
function transactional(
  table: SettingsTable,
  given: GivenSettings,
  suffix: string,
): Pick<ProducerSettings, 'transactional.id' | 'transaction.timeout.ms'> {
  const id = given['transactional.id'];
  if (id === undefined) return {};
  const timeout = Number(effective(table, 'producer', 'transaction.timeout.ms', given).value);
  return { 'transactional.id': `${id.value}${suffix}`, 'transaction.timeout.ms': timeout };
}

function producerSettings(table: SettingsTable, asked: GivenSettings): ProducerSettings {
  const given = withIdempotence(table, asked);
  const acks = String(effective(table, 'producer', 'acks', given).value);
  const rest = pick<Omit<ProducerSettings, ApartNames>>(
    producerNames,
    (name) => effective(table, 'producer', name, given).value,
  );
  return {
    acks: acks === 'all' || acks === '-1' ? -1 : acks === '1' ? 1 : 0,
    'enable.idempotence': idempotence(table, given).enabled,
    'delivery.timeout.ms': deliveryTimeout(table, given),
    ...rest,
  };
}

/**
 * Not set by name, delivery.timeout.ms is raised to linger.ms + request.timeout.ms (KafkaProducer.configureDeliveryTimeout);
 * set by name and below, Kafka's producer refuses to start: `validate.ts` has seen to that.
 */
function deliveryTimeout(table: SettingsTable, given: GivenSettings): number {
  const own = Number(effective(table, 'producer', 'delivery.timeout.ms', given).value);
  const linger = Number(effective(table, 'producer', 'linger.ms', given).value);
  const request = Number(effective(table, 'producer', 'request.timeout.ms', given).value);
  return Math.max(own, Math.min(linger + request, 2147483647));
}
