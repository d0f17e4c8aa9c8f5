import { describe, expect, it } from 'vitest';
import type { Stream } from '../../kernel/random.js';
import { RoundRobinPartitioner, StickyPartitionCache } from './older-partitioners.js';
import type { PartitionAvailability } from './partitioner.js';
import type { ProducerClient } from './producer.js';
import { Lab, type LabOptions } from './testing/lab.js';

const everywhere: PartitionAvailability = { available: () => [10, 11, 12], all: () => [10, 11, 12] };

/** Draws these numbers, one after the other. */
function loaded(draws: number[]): Stream {
  const next = () => draws.shift()!;
  return { bits: next, pick: <T>(items: readonly T[]) => items[next()] } as unknown as Stream;
}

function times<T>(count: number, call: () => T): T[] {
  return Array.from({ length: count }, call);
}

describe('round robin', () => {
  it('goes on by one with each record, from a drawn start, over the end of the integers', () => {
    const partitioner = new RoundRobinPartitioner(everywhere, loaded([2147483646]));
    // 2147483646 and 2147483647 modulo 3, then -2147483648 without its sign: 0.
    expect(times(4, () => partitioner.partition(0))).toEqual([10, 11, 10, 11]);
  });

  it('passes over partitions without a leader', () => {
    const partitioner = new RoundRobinPartitioner({ available: () => [10, 12], all: () => [10, 11, 12] }, null);
    expect(times(4, () => partitioner.partition(0))).toEqual([10, 12, 10, 12]);
  });
});

describe('the sticky partition of KIP-480', () => {
  it('is kept until a batch is begun in it, and the next one is another', () => {
    const cache = new StickyPartitionCache(everywhere, loaded([1, 1, 1, 2]));
    expect(times(3, () => cache.partition(0))).toEqual([11, 11, 11]);
    cache.onNewBatch(0, 11);
    expect(cache.partition(0)).toBe(12);
  });

  it('does not move when a batch is begun elsewhere', () => {
    const cache = new StickyPartitionCache(everywhere, loaded([1]));
    cache.partition(0);
    cache.onNewBatch(0, 10);
    expect(cache.partition(0)).toBe(11);
  });

  it('may stay where it is if no partition has a leader, and goes to the only one that has', () => {
    const available: number[] = [];
    const cache = new StickyPartitionCache({ available: () => available, all: () => [10, 11] }, loaded([0, 0]));
    expect(cache.partition(0)).toBe(10);
    cache.onNewBatch(0, 10);
    expect(cache.partition(0)).toBe(10);
    available.push(11);
    cache.onNewBatch(0, 10);
    expect(cache.partition(0)).toBe(11);
  });
});

/** How many records without a key went to each of so many partitions, in batches of two at most. */
function spread(
  partitions: number,
  rules: NonNullable<LabOptions['rules']>,
  settings: Parameters<Lab['producer']>[0],
  count: number,
): number[] {
  const lab = new Lab({ topics: [partitions], rules });
  const p = lab.producer({ 'enable.idempotence': false, 'linger.ms': 50, 'batch.size': 61 + 200, ...settings });
  lab.pass(100);
  for (let value = 0; value < count; value++) (lab.process(p) as ProducerClient).send(0, null, value);
  lab.pass(2000);
  return Array.from({ length: partitions }, (_, partition) => lab.cluster.partition(partition).values.length);
}

describe('a producer', () => {
  it('before 2.4 deals records without a key to all partitions', () => {
    expect(spread(3, { partitioner: 'round-robin', partitionerHearsOfNewBatches: false }, {}, 9)).toEqual([3, 3, 3]);
  });

  it('from 2.4 on fills a batch before it turns to another partition', () => {
    const counts = spread(3, { partitioner: 'sticky' }, {}, 4);
    expect(counts.toSorted((one, other) => one - other)).toEqual([0, 2, 2]);
  });

  it('with RoundRobinPartitioner asks twice for the record that begins a batch, and so passes over a partition (KAFKA-9965)', () => {
    const settings = {
      'partitioner.class': 'org.apache.kafka.clients.producer.RoundRobinPartitioner',
      'batch.size': 1,
    };
    expect(spread(2, {}, settings, 6)).toEqual([0, 6]);
    expect(spread(2, { partitionerHearsOfNewBatches: false }, settings, 6)).toEqual([3, 3]);
  });

  it('with UniformStickyPartitioner lets keys say nothing', () => {
    const lab = new Lab({ topics: [3] });
    const settings = { 'partitioner.class': 'UniformStickyPartitioner', 'linger.ms': 50 };
    const p = lab.producer({ 'enable.idempotence': false, ...settings });
    lab.pass(100);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) lab.send(p, [key.charCodeAt(0)], key);
    lab.pass(1000);
    expect([0, 1, 2].map((partition) => lab.cluster.partition(partition).values.length)).toContain(6);
  });

  it('keeps the partition that was chosen while a send waits for memory', () => {
    const lab = new Lab({ topics: [3], rules: { partitioner: 'sticky' } });
    const p = lab.producer({ 'enable.idempotence': false, 'buffer.memory': 400, 'batch.size': 200, 'linger.ms': 10 });
    lab.pass(100);
    for (let value = 0; value < 8; value++) (lab.process(p) as ProducerClient).send(0, null, value);
    lab.pass(2000);
    expect(lab.log.sends()).toHaveLength(8);
    expect(lab.log.sends().every((send) => send.startsWith('ok@'))).toBe(true);
  });
});
