/** What Kafka itself refuses when a broker or a producer starts with settings that contradict each other. */
import { partitionerClasses, simpleName } from '../../model/kafka/clients/partitioning.js';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import { effective } from '../settings/effective.js';
import { idempotence } from '../settings/idempotence.js';
import type { SettingsTable } from '../settings/table.js';
import { originOf } from './given-settings.js';
import type { Problems } from './problems.js';
import type { GivenSettings } from './spec.js';

/** KafkaConfig.validateValues, as far as it speaks of settings that the model acts on. */
export function checkBroker(table: SettingsTable, given: GivenSettings, problems: Problems): void {
  const value = (name: string): number => Number(effective(table, 'broker', name, given).value);
  const wait = value('replica.fetch.wait.max.ms');
  for (const name of ['replica.socket.timeout.ms', 'replica.lag.time.max.ms']) {
    if (wait <= value(name)) continue;
    const origin = originOf(given, 'replica.fetch.wait.max.ms', name);
    problems.error(
      origin,
      `replica.fetch.wait.max.ms ${wait} is above ${name} ${value(name)}; Kafka's broker would refuse to start`,
    );
  }
  const node = given['node.id'];
  const broker = given['broker.id'];
  if (node !== undefined && broker !== undefined && node.value !== broker.value) {
    problems.error(
      broker.origin,
      `broker.id ${broker.value} is not node.id ${node.value}; Kafka's broker would refuse to start`,
    );
  }
}

/** ProducerConfig and KafkaProducer. Returns what is said of a default that gives way, or null. */
export function checkProducer(table: SettingsTable, given: GivenSettings, problems: Problems): string | null {
  const value = (name: string): number => Number(effective(table, 'producer', name, given).value);
  const own = given['delivery.timeout.ms'];
  const least = Math.min(value('linger.ms') + value('request.timeout.ms'), 2147483647);
  if (own !== undefined && Number(own.value) < least) {
    problems.error(
      own.origin,
      `delivery.timeout.ms ${own.value} is below linger.ms ${value('linger.ms')} + request.timeout.ms ` +
        `${value('request.timeout.ms')}; Kafka's producer would refuse to start`,
    );
  }
  checkPartitioner(table.kafka, given, problems);
  const transactional = given['transactional.id'];
  const { enabled, conflicts, refused } = idempotence(table, given);
  if (transactional !== undefined && !enabled && !refused) {
    problems.error(
      transactional.origin,
      "transactional.id with enable.idempotence: false; Kafka's producer would refuse to start",
    );
  }
  if (!refused)
    return conflicts.length === 0 ? null : downgrade(conflicts.map((c) => `${shortName(c.setting)}=${c.value}`));
  for (const conflict of conflicts) {
    const what =
      conflict.setting === 'max.in.flight.requests.per.connection'
        ? `${conflict.value} in flight`
        : `${conflict.setting} ${conflict.value}`;
    const origin = originOf(given, conflict.setting, 'enable.idempotence');
    problems.error(
      origin,
      `${what} with enable.idempotence: true; Kafka's producer would refuse to start (${conflict.needs})`,
    );
  }
  return null;
}

/** A class that is on no class path of this release; one of the user's own is no error, but nothing can run it. */
function checkPartitioner(release: string, given: GivenSettings, problems: Problems): void {
  const own = given['partitioner.class'];
  if (own === undefined) return;
  const known = partitionerClasses.get(simpleName(String(own.value)));
  if (known === undefined) {
    problems.warn(
      own.origin,
      `partitioner.class ${own.value} is not run: records go to the partitions that Kafka ${release} chooses by itself`,
    );
  } else if (
    compareReleases(release, known.since) < 0 ||
    (known.until !== null && compareReleases(release, known.until) >= 0)
  ) {
    problems.error(own.origin, `Kafka ${release} has no ${own.value}; its producer would refuse to start`);
  }
}

/** Message formats before v2 have no place for producer ids (UNSUPPORTED_FOR_MESSAGE_FORMAT). */
export function checkMessageFormat(
  table: SettingsTable,
  given: GivenSettings,
  messageFormat: number,
  problems: Problems,
): void {
  if (messageFormat >= 2 || !idempotence(table, given).enabled) return;
  problems.error(
    originOf(given, 'transactional.id', 'enable.idempotence'),
    `an idempotent producer needs message format 2, and rule message-format is ${messageFormat}; set enable.idempotence: false`,
  );
}

function shortName(setting: string): string {
  return setting === 'max.in.flight.requests.per.connection' ? 'max.in.flight' : setting;
}

function downgrade(settings: readonly string[]): string {
  return (
    `${settings.join(' and ')} switches idempotence off ` +
    '(you did not set enable.idempotence; its default gives way silently)'
  );
}
