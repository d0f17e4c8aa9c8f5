/**
 * When a producer is idempotent in fact (ProducerConfig.postProcessAndValidateIdempotenceConfigs, KafkaProducer 3.9), and
 * what that made of its other settings while their defaults did not go with it (KafkaProducer.configureRetries,
 * configureAcks, configureInflightRequests, up to 2.8).
 */
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import type { GivenSettings } from '../spec/spec.js';
import { effective } from './effective.js';
import type { SettingsTable } from './table.js';

/** A setting that idempotence cannot live with. */
interface IdempotenceConflict {
  readonly setting: 'retries' | 'acks' | 'max.in.flight.requests.per.connection';
  readonly value: string;
  /** What idempotence asks of it. */
  readonly needs: string;
}

export interface Idempotence {
  /** Whether batches carry a producer id and sequence numbers. */
  readonly enabled: boolean;
  readonly conflicts: readonly IdempotenceConflict[];
  /** Asked for by name and in conflict: Kafka's producer refuses to start. */
  readonly refused: boolean;
}

export function idempotence(table: SettingsTable, given: GivenSettings): Idempotence {
  if (!isAskedFor(table, given)) return { enabled: false, conflicts: [], refused: false };
  const conflicts = conflictsOf(table, withIdempotence(table, given));
  const explicit = given['transactional.id'] !== undefined || given['enable.idempotence'] !== undefined;
  return { enabled: conflicts.length === 0, conflicts, refused: explicit && conflicts.length > 0 };
}

/**
 * What was given, and what an idempotent producer had before 3.0 in place of the defaults of its day: acks=1, retries=0,
 * and in 0.11, whose brokers remembered one batch of a producer, five requests in flight (KAFKA-5494).
 */
export function withIdempotence(table: SettingsTable, given: GivenSettings): GivenSettings {
  if (compareReleases(table.kafka, '3.0') >= 0 || !isAskedFor(table, given)) return given;
  const origin = { kind: 'default' } as const;
  return {
    acks: { value: 'all', origin },
    retries: { value: 2147483647, origin },
    ...(mostInFlight(table) === 1 && { 'max.in.flight.requests.per.connection': { value: 1, origin } }),
    ...given,
  };
}

/** A transactional.id asks for it by itself (ProducerConfig.configureIdempotence). */
function isAskedFor(table: SettingsTable, given: GivenSettings): boolean {
  const byDefault = given['transactional.id'] !== undefined && given['enable.idempotence'] === undefined;
  return byDefault || effective(table, 'producer', 'enable.idempotence', given).value === true;
}

/** As many batches as a broker remembers of a producer. */
function mostInFlight(table: SettingsTable): number {
  return compareReleases(table.kafka, '1.0') < 0 ? 1 : 5;
}

function conflictsOf(table: SettingsTable, given: GivenSettings): IdempotenceConflict[] {
  const conflicts: IdempotenceConflict[] = [];
  if (effective(table, 'producer', 'retries', given).value === 0) {
    conflicts.push({ setting: 'retries', value: '0', needs: 'at least 1' });
  }
  const acks = String(effective(table, 'producer', 'acks', given).value);
  if (acks !== 'all' && acks !== '-1') conflicts.push({ setting: 'acks', value: acks, needs: 'acks=all' });
  const inFlight = effective(table, 'producer', 'max.in.flight.requests.per.connection', given).value;
  const most = mostInFlight(table);
  if (Number(inFlight) > most) {
    conflicts.push({
      setting: 'max.in.flight.requests.per.connection',
      value: String(inFlight),
      needs: `at most ${most}`,
    });
  }
  return conflicts;
}
