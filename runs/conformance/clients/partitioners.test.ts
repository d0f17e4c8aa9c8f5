/** Records go to the partitions that Apache Kafka's own partitioners choose, given the same random numbers. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Stream } from '../../../model/kernel/random.js';
import {
  RoundRobinPartitioner,
  StickyPartitionCache,
  type Partitioner,
} from '../../../model/kafka/clients/older-partitioners.js';
import {
  KeyPartitioner,
  StickyPartitioner,
  type PartitionAvailability,
} from '../../../model/kafka/clients/partitioner.js';

/** partitionings.mjs says what each field means. */
interface Sequence {
  readonly count: number;
  readonly batchSize: number;
  readonly steps: readonly Step[];
  readonly draws: readonly number[];
  /** After each step; -1: it was not asked. */
  readonly partitions: readonly number[];
}

type Step = { readonly available?: readonly number[] } & (
  | { readonly do: 'partition' }
  | { readonly do: 'begin'; readonly partition: number }
  | { readonly do: 'append'; readonly bytes: number; readonly full: boolean }
  | { readonly do: 'load'; readonly partitions?: readonly number[]; readonly lengths?: readonly number[] }
);

interface Asked<Case> {
  readonly kafka: string;
  readonly cases: readonly Case[];
}

const TOPIC = 0;

test('a key goes to its own partition', () => {
  const { cases } = read<{ key: string; partitions: number; partition: number }>('keys');
  const keys = new KeyPartitioner();
  for (const asked of cases) {
    expect({ ...asked, partition: keys.partitionFor(asked.key, asked.partitions) }).toEqual(asked);
  }
  expect(cases.length).toBe(200);
});

describe.each([
  ['round-robin', (topic: Topic) => new RoundRobinPartitioner(topic, topic.dice)],
  ['round-robin-class', (topic: Topic) => new RoundRobinPartitioner(topic, null)],
  ['sticky', (topic: Topic) => new StickyPartitionCache(topic, topic.dice)],
  ['uniform-sticky', (topic: Topic) => new StickyPartitionCache(topic, topic.dice)],
] as const)('%s', (name, partitionerOf) => {
  const { kafka, cases } = read<Sequence>(name);

  test(`chooses as Kafka ${kafka} does`, () => {
    for (const asked of cases) {
      const topic = new Topic(asked);
      const partitioner = partitionerOf(topic);
      const partitions = asked.steps.map((step) => topic.after(step, () => play(partitioner, step)));
      expect({ ...asked, partitions }).toEqual(asked);
    }
  });
});

describe('adaptive', () => {
  const { kafka, cases } = read<Sequence>('adaptive');

  test(`chooses as Kafka ${kafka} does`, () => {
    for (const asked of cases) {
      const topic = new Topic(asked);
      const partitioner = new StickyPartitioner(TOPIC, asked.batchSize, topic, topic.dice);
      const partitions = asked.steps.map((step) =>
        topic.after(step, () => playAdaptive(partitioner, step, asked.count)),
      );
      expect({ ...asked, partitions }).toEqual(asked);
    }
  });
});

function play(partitioner: Partitioner, step: Step): number {
  if (step.do === 'partition') return partitioner.partition(TOPIC);
  if (step.do === 'begin') partitioner.onNewBatch(TOPIC, step.partition);
  return -1;
}

function playAdaptive(partitioner: StickyPartitioner, step: Step, count: number): number {
  if (step.do === 'load') {
    if (step.partitions === undefined || step.lengths === undefined) partitioner.forgetLoad();
    else partitioner.updateLoad(step.partitions, step.lengths, count);
  } else if (step.do === 'append') {
    partitioner.peek();
    partitioner.appended(step.bytes, step.full);
    return partitioner.peek();
  }
  return -1;
}

/** The partitions with a leader, and a stream that draws what Java's did. */
class Topic implements PartitionAvailability {
  readonly dice: Stream;
  private readonly partitions: readonly number[];
  private led: readonly number[];

  constructor({ count, draws }: Sequence) {
    this.partitions = Array.from({ length: count }, (_, partition) => partition);
    this.led = this.partitions;
    const left = draws.slice();
    const next = (): number => left.shift()!;
    const int = (bound: number): number => (next() & 0x7fffffff) % bound;
    this.dice = { bits: next, int, pick: <T>(items: readonly T[]) => items[int(items.length)] } as unknown as Stream;
  }

  after<T>({ available }: Step, call: () => T): T {
    if (available !== undefined) this.led = available;
    return call();
  }

  available(): readonly number[] {
    return this.led;
  }

  all(): readonly number[] {
    return this.partitions;
  }
}

function read<Case>(name: string): Asked<Case> {
  const file = new URL(`./answers/partitioner-${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Asked<Case>;
}
