/** A group's and a transactional id's coordinator is the leader of the partition that Apache Kafka's brokers say. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { partitionFor } from '../../../model/kafka/coordinator/state-topic.js';

interface Asked {
  readonly id: string;
  readonly partitions: number;
  /** Of __consumer_offsets. */
  readonly group: number;
  /** Of __transaction_state. */
  readonly transaction: number;
}

test('an id falls into the same partition of __consumer_offsets and __transaction_state as in Kafka', () => {
  const file = new URL('./answers/coordinators.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Asked[] };
  for (const asked of cases) {
    const partition = partitionFor(asked.id, asked.partitions);
    expect({ ...asked, group: partition, transaction: partition }).toEqual(asked);
  }
  expect(cases.length).toBeGreaterThanOrEqual(200);
});
