/** What Kafka refuses of applications that consume, transform and produce, and what Harrow does. */
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import type { SettingsTable } from '../settings/table.js';
import type { DraftClient } from './draft.js';
import { checkProducer } from './kafka-rules.js';
import type { Problems } from './problems.js';
import type { GivenSettings } from './spec.js';

/** KIP-447: sendOffsetsToTransaction(offsets, groupMetadata). */
export function hasGroupMetadata(release: string): boolean {
  return compareReleases(release, '2.5') >= 0;
}

/** @param given the settings of its producer */
export function checkTransform(
  table: SettingsTable,
  { name, commit, fencing, producer }: DraftClient,
  given: GivenSettings,
  problems: Problems,
): void {
  if (commit?.value !== 'in-transaction') {
    const [own] = producer.values();
    const origin = fencing?.origin ?? own?.keyOrigin;
    if (origin === undefined) return;
    problems.error(origin, 'fencing and producer are of consumers with commit: in-transaction');
    return;
  }
  checkProducer(table, given, problems);
  if (given['transactional.id'] === undefined) {
    problems.error(
      commit.origin,
      `commit: in-transaction needs a transactional.id: ${name.value} has none in producer`,
    );
  }
  if (fencing?.value === 'group-metadata' && !hasGroupMetadata(table.kafka)) {
    problems.error(
      fencing.origin,
      `fencing: group-metadata is of Kafka 2.5 (KIP-447), and the spec runs ${table.kafka}; fencing: partition is the way before it`,
    );
  }
  if (fencing?.value === 'none' && compareReleases(table.kafka, '4.0') >= 0) {
    problems.error(
      fencing.origin,
      `fencing: none is sendOffsetsToTransaction(offsets, groupId), which Kafka has no more since 4.0`,
    );
  }
}
