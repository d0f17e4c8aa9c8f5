/** When a producer is idempotent in fact (ProducerConfig.postProcessAndValidateIdempotenceConfigs, KafkaProducer 3.9). */
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
  // A transactional.id asks for it by itself (ProducerConfig.configureIdempotence).
  const transactional = given['transactional.id'] !== undefined;
  const byDefault = transactional && given['enable.idempotence'] === undefined;
  const asked = byDefault || effective(table, 'producer', 'enable.idempotence', given).value === true;
  if (!asked) return { enabled: false, conflicts: [], refused: false };
  const conflicts = conflictsOf(table, given);
  const explicit = transactional || given['enable.idempotence'] !== undefined;
  return { enabled: conflicts.length === 0, conflicts, refused: explicit && conflicts.length > 0 };
}

function conflictsOf(table: SettingsTable, given: GivenSettings): IdempotenceConflict[] {
  const conflicts: IdempotenceConflict[] = [];
  if (effective(table, 'producer', 'retries', given).value === 0) {
    conflicts.push({ setting: 'retries', value: '0', needs: 'at least 1' });
  }
  const acks = String(effective(table, 'producer', 'acks', given).value);
  if (acks !== 'all' && acks !== '-1') conflicts.push({ setting: 'acks', value: acks, needs: 'acks=all' });
  const inFlight = effective(table, 'producer', 'max.in.flight.requests.per.connection', given).value;
  if (Number(inFlight) > 5) {
    conflicts.push({
      setting: 'max.in.flight.requests.per.connection',
      value: String(inFlight),
      needs: 'at most 5',
    });
  }
  return conflicts;
}
