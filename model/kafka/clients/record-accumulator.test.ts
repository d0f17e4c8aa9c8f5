import { describe, expect, it } from 'vitest';
import { createStream } from '../../kernel/random.js';
import type { ProducerSettings } from '../cluster-spec.js';
import { Api, RESPONSE, type MetadataResponse } from '../protocol/messages.js';
import { BATCH_OVERHEAD_BYTES } from '../protocol/records.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import { ExponentialBackoff } from './exponential-backoff.js';
import { Metadata } from './metadata.js';
import { StickyPartitioner } from './partitioner.js';
import { RecordAccumulator } from './record-accumulator.js';
import { producerDefaults } from './testing/settings.js';
import { TransactionManager } from './transaction-manager.js';

const MILLI = 1000;
const RECORD_BYTES = 100;
const dice = createStream('seed', 'accumulator');
const rules = resolveRules('3.9');

/** One topic, whose partition p is led by leaders[p] (-1: nobody), and an accumulator for it. */
function accumulatorFor(
  leaders: readonly number[],
  settings: Partial<ProducerSettings> = {},
  transactions: TransactionManager | null = null,
): {
  accumulator: RecordAccumulator;
  append: (partition: number, now?: number) => string;
  lead: (leaders: readonly number[], epoch: number) => void;
} {
  const numbers = leaders.map((_, partition) => partition);
  const table = {
    topicOf: numbers.map(() => 0),
    indexOf: numbers,
    partitionsOf: [numbers],
    initialCounts: [numbers.length],
  };
  const metadata = new Metadata(table, [1, 2], producerDefaults, rules, dice, { onLeaderLearnt: () => {} });
  metadata.addTopic(0);
  const lead = (named: readonly number[], leaderEpoch: number) => {
    const partitions = named.map((leader, partition) => ({
      partition,
      error: 0,
      leader,
      leaderEpoch,
      replicas: [1, 2],
      isr: [1, 2],
    }));
    const response: MetadataResponse = {
      kind: Api.metadata + RESPONSE,
      bytes: 0,
      correlationId: 1,
      brokers: [1, 2],
      partitions,
    };
    metadata.update(metadata.ask(0), response, 0);
  };
  lead(leaders, 0);
  const all = { ...producerDefaults, ...settings };
  const backoff = new ExponentialBackoff(100, 100, dice);
  const accumulator = new RecordAccumulator(table, all, rules, metadata, transactions, backoff);
  let value = 0;
  const append = (partition: number, now = 0) =>
    accumulator.append(partition, { key: null, value: value++, timestamp: 0, bytes: RECORD_BYTES }, value, now);
  return { accumulator, append, lead };
}

function drained(accumulator: RecordAccumulator, node: number, now = 0): number[] {
  return accumulator.drain(node, now).map(({ partition }) => partition);
}

describe('a node is ready', () => {
  it('when the first batch of a partition that it leads has waited linger.ms, and not before', () => {
    const { accumulator, append } = accumulatorFor([1], { 'linger.ms': 50 });
    append(0);
    accumulator.ready(49 * MILLI);
    expect([accumulator.readyNodes, accumulator.nextReadyAt]).toEqual([[], 50 * MILLI]);
    accumulator.ready(50 * MILLI);
    expect(accumulator.readyNodes).toEqual([1]);
  });

  it('when a batch is full, or another waits behind it', () => {
    const { accumulator, append } = accumulatorFor([1], {
      'linger.ms': 50,
      'batch.size': BATCH_OVERHEAD_BYTES + 2 * RECORD_BYTES,
    });
    expect([append(0), append(0), append(0)]).toEqual(['began', 'began', 'began']);
    accumulator.ready(0);
    expect(accumulator.readyNodes).toEqual([1]);
  });

  it('at once when a send waits for memory', () => {
    const { accumulator, append } = accumulatorFor([1], { 'linger.ms': 50, 'batch.size': 300, 'buffer.memory': 400 });
    append(0);
    for (let i = 0; i < 2; i++) expect(['joined', 'began', 'no-memory']).toContain(append(0));
    accumulator.memoryExhausted = true;
    accumulator.ready(0);
    expect(accumulator.readyNodes).toEqual([1]);
  });

  it('not for a batch that backs off, unless a newer leader epoch is known (KIP-951)', () => {
    const { accumulator, append, lead } = accumulatorFor([1]);
    append(0);
    accumulator.ready(0);
    const [batch] = accumulator.drain(1, 0);
    accumulator.reenqueue(batch!, 0);
    accumulator.ready(99 * MILLI);
    expect([accumulator.readyNodes, accumulator.nextReadyAt]).toEqual([[], 100 * MILLI]);
    expect(drained(accumulator, 1, 99 * MILLI)).toEqual([]);
    lead([2], 1);
    accumulator.ready(99 * MILLI);
    expect(accumulator.readyNodes).toEqual([2]);
  });

  it('not for a partition that is muted, and says so of one without leader', () => {
    const { accumulator, append } = accumulatorFor([1, -1]);
    append(0);
    accumulator.mute(0, true);
    accumulator.ready(0);
    expect([accumulator.readyNodes, accumulator.leaderUnknown]).toEqual([[], false]);
    append(1);
    accumulator.ready(0);
    expect([accumulator.readyNodes, accumulator.leaderUnknown]).toEqual([[], true]);
  });
});

describe('a drain', () => {
  it('takes one batch of each partition that the node leads', () => {
    const { accumulator, append } = accumulatorFor([1, 2, 1], { 'batch.size': 0 });
    for (const partition of [0, 0, 1, 2, 2]) append(partition);
    expect(drained(accumulator, 1)).toEqual([0, 2]);
    expect(drained(accumulator, 2)).toEqual([1]);
    expect(drained(accumulator, 1).toSorted((a, b) => a - b)).toEqual([0, 2]);
    expect(drained(accumulator, 1)).toEqual([]);
  });

  it('goes on where the last one met max.request.size, so that no partition starves', () => {
    const { accumulator, append } = accumulatorFor([1, 1, 1, 1], { 'batch.size': 0, 'max.request.size': 350 });
    for (const partition of [0, 1, 2, 3]) for (let i = 0; i < 3; i++) append(partition);
    expect(drained(accumulator, 1)).toEqual([0, 1]);
    expect(drained(accumulator, 1)).toEqual([2, 3]);
    expect(drained(accumulator, 1)).toEqual([0, 1]);
  });

  it('ends at the first partition whose batch has to wait for others', () => {
    const transactions = new TransactionManager(2, resolveRules('3.9'));
    transactions.setProducerId(1, 0);
    const { accumulator, append } = accumulatorFor([1, 1], { 'batch.size': 0 }, transactions);
    append(0);
    append(0);
    const [first] = accumulator.drain(1, 0);
    first!.mayHaveBeenAppended = true;
    transactions.handleFailed(first!, 0, false);
    transactions.markUnresolved(first!);
    append(1);
    // The last drain ended at partition 1; this one ends at 0, and there the next begins, and ends.
    expect(drained(accumulator, 1)).toEqual([1]);
    append(1);
    expect(drained(accumulator, 1)).toEqual([]);
    transactions.resolveSequences();
    expect(drained(accumulator, 1)).toEqual([0, 1]);
  });

  it('numbers the records of idempotent batches when they are drained first, and never again', () => {
    const transactions = new TransactionManager(1, resolveRules('3.9'));
    transactions.setProducerId(7, 0);
    const { accumulator, append } = accumulatorFor([1], { 'batch.size': 0 }, transactions);
    append(0);
    append(0);
    const [first] = accumulator.drain(1, 0);
    const [second] = accumulator.drain(1, 0);
    expect([first!.baseSequence, second!.baseSequence]).toEqual([0, 1]);
    // Back in the other order: the queue has them by sequence.
    accumulator.reenqueue(second!, 0);
    accumulator.reenqueue(first!, 0);
    expect(accumulator.drain(1, 1_000_000)).toEqual([first]);
    expect(drained(accumulator, 1, 1_000_000)).toEqual([]);
    expect(first!.baseSequence).toBe(0);
  });
});

describe('records without a key', () => {
  it('fill a batch of one partition before another is chosen', () => {
    const { accumulator } = accumulatorFor([1, 1, 1], { 'batch.size': BATCH_OVERHEAD_BYTES + 3 * RECORD_BYTES });
    const availability = { available: () => [0, 1, 2], all: () => [0, 1, 2] };
    const sticky = new StickyPartitioner(0, BATCH_OVERHEAD_BYTES + 3 * RECORD_BYTES, availability, dice);
    const chosen = Array.from({ length: 12 }, (_, value) => {
      const partition = sticky.peek();
      accumulator.appendSticky(sticky, 0, { key: null, value, timestamp: 0, bytes: RECORD_BYTES }, value, 0);
      return partition;
    });
    for (let at = 0; at < 12; at += 3) expect(new Set(chosen.slice(at, at + 3)).size).toBe(1);
  });

  it('avoid partitions of a node that has not taken requests for partitioner.availability.timeout.ms', () => {
    const { accumulator, append } = accumulatorFor([1, 2], { 'partitioner.availability.timeout.ms': 100 });
    const availability = { available: () => [0, 1], all: () => [0, 1] };
    const sticky = new StickyPartitioner(0, 1, availability, dice);
    append(0);
    append(1);
    accumulator.appendSticky(sticky, 0, { key: null, value: 9, timestamp: 0, bytes: RECORD_BYTES }, 9, 0);
    for (const now of [0, 200 * MILLI]) {
      accumulator.noteNode(1, false, now);
      accumulator.noteNode(2, true, now);
    }
    accumulator.ready(200 * MILLI);
    for (let i = 0; i < 20; i++) {
      sticky.appended(2, true);
      expect(sticky.peek()).toBe(1);
    }
  });
});
