/** Builds what a call of the user's function is given: clients whose methods are calls of the simulated ones. */
import type { KafkaClusterSpec } from '../../model/kafka/cluster-spec.js';
import { numberPartitions } from '../../model/kafka/partition-table.js';
import type { KafkaSystem } from '../../model/kafka/system.js';
import type { Spec } from '../spec/spec.js';
import type { Answer, Calls, Wanted } from './calls.js';
import {
  type OwnConsumer,
  type OwnProducer,
  type PolledRecord,
  type SentMetadata,
  type SentRecord,
  TopicNames,
  type TopicPartition,
} from './clients.js';
import { KafkaError, WorkloadError } from './errors.js';
import type { Invocation } from './invocation.js';

const DEFAULT_POLL_MS = 1_000;

/** A record that the code sent: the simulated cluster knows its number alone. */
interface KnownRecord {
  readonly key: string | null;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A kind of clients of the spec: which numbers its clients have. */
interface Kind {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

/** Promises that the world keeps. */
export interface Asking {
  /** @param start hands over how the promise is kept */
  promise<T>(by: Invocation, start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T>;
}

export class ClientFacades {
  readonly #calls: Calls;
  readonly #asking: Asking;
  readonly #system: KafkaSystem;
  readonly #topics: TopicNames;
  readonly #producers: readonly Kind[];
  readonly #consumers: readonly Kind[];
  readonly #records = new Map<number, KnownRecord>();

  constructor(spec: Spec, cluster: KafkaClusterSpec, system: KafkaSystem, calls: Calls, asking: Asking) {
    this.#calls = calls;
    this.#asking = asking;
    this.#system = system;
    // Nobody sends to the topics of Kafka's own.
    const topics = cluster.topics.slice(0, spec.topics.length);
    const names = topics.map(({ name }) => name);
    this.#topics = new TopicNames(names, numberPartitions(cluster.topics).partitionsOf.slice(0, topics.length));
    this.#producers = kindsOf(spec.producers, 0);
    this.#consumers = kindsOf(spec.consumers, cluster.producers.length);
  }

  /** The producer that the call is dealt, and one of each kind. */
  producersFor(by: Invocation): { producer: OwnProducer; producers: Record<string, OwnProducer> } {
    const producers = this.#producers.map((kind) => {
      const isOwn = by.client >= kind.first && by.client < kind.first + kind.count;
      return [kind.name, this.#producer(by, isOwn ? by.client : memberFor(kind, by))] as const;
    });
    const own = this.#producers.findIndex(({ first, count }) => by.client >= first && by.client < first + count);
    return { producer: producers[own]![1], producers: Object.fromEntries(producers) };
  }

  consumersFor(by: Invocation): { consumer: OwnConsumer; consumers: Record<string, OwnConsumer> } {
    const consumers = this.#consumers.map((kind) => [kind.name, this.#consumer(by, memberFor(kind, by))] as const);
    return { consumer: consumers[0]?.[1] ?? noConsumer, consumers: Object.fromEntries(consumers) };
  }

  // ---------------------------------------------------------------------- producers

  #producer(by: Invocation, client: number): OwnProducer {
    const done = (f: 'init-transactions' | 'begin-transaction' | 'commit-transaction' | 'abort-transaction') => () =>
      this.#ask(by, client, { f }, () => undefined);
    return {
      send: (record) => this.#send(by, client, record),
      initTransactions: done('init-transactions'),
      beginTransaction: done('begin-transaction'),
      commitTransaction: done('commit-transaction'),
      abortTransaction: done('abort-transaction'),
    };
  }

  #send(by: Invocation, client: number, record: SentRecord): Promise<SentMetadata> {
    const { key = null, value, headers = {}, partition } = record;
    const topic = this.#topics.topic(record.topic);
    if (partition !== undefined) this.#topics.key({ topic: record.topic, partition });
    const text = textOf(value);
    const wanted: Wanted = {
      f: 'send',
      topic,
      recordKey: key,
      text,
      ...(partition === undefined ? {} : { partition }),
    };
    const known = (number: number): unknown => this.#records.set(number, { key, text, headers: { ...headers } });
    return this.#ask(
      by,
      client,
      wanted,
      (answer) => {
        const { key: stands, offset, timestamp } = answer as Extract<Answer, { kind: 'sent' }>;
        return { ...this.#topics.at(stands), offset, timestamp };
      },
      known,
    );
  }

  // ---------------------------------------------------------------------- consumers

  #consumer(by: Invocation, client: number): OwnConsumer {
    return {
      assign: (partitions) => {
        const keys =
          typeof partitions === 'string'
            ? this.#topics.keysOf(partitions)
            : partitions.map((one) => this.#topics.key(one));
        return this.#ask(by, client, { f: 'assign', keys: [...keys] }, () => undefined);
      },
      seek: (partition, offset) => {
        if (!Number.isInteger(offset) || offset < 0) throw new WorkloadError(`seek: ${offset} is no offset`);
        const key = this.#topics.key(partition);
        return this.#ask(by, client, { f: 'seek', key, offset }, () => undefined);
      },
      poll: (timeoutMs = DEFAULT_POLL_MS) => {
        if (!(timeoutMs >= 0)) throw new WorkloadError(`poll: ${timeoutMs} is no time-out in milliseconds`);
        return this.#ask(by, client, { f: 'poll', timeoutMs }, (answer) => this.#recordsOf(answer));
      },
      position: async (partition) => this.#position(client, partition),
      subscribe: noGroups,
    };
  }

  #recordsOf(answer: Answer): readonly PolledRecord[] {
    const { polled } = answer as Extract<Answer, { kind: 'polled' }>;
    return polled.flatMap(({ partition, offsets, values }) =>
      offsets.map((offset, i) => {
        const { key, text, headers } = this.#records.get(values[i]!)!;
        return { ...this.#topics.at(partition), offset, key, value: text, headers: { ...headers } };
      }),
    );
  }

  async #position(client: number, partition: TopicPartition): Promise<number> {
    const position = this.#system.position(client, this.#topics.key(partition));
    if (position >= 0) return position;
    throw new KafkaError('TimeoutException: no position is known before the first poll', 'position');
  }

  // ---------------------------------------------------------------------- calls

  #ask<T>(
    by: Invocation,
    client: number,
    wanted: Wanted,
    read: (answer: Answer) => T,
    numbered: (number: number) => unknown = () => undefined,
  ): Promise<T> {
    return this.#asking.promise(by, (resolve, reject) => {
      numbered(this.#calls.make(by, client, wanted, (answer) => resolve(read(answer)), reject));
    });
  }
}

function kindsOf(clients: readonly { readonly name: string; readonly count: number }[], from: number): readonly Kind[] {
  let first = from;
  return clients.map(({ name, count }) => {
    const kind = { name, first, count };
    first += count;
    return kind;
  });
}

function memberFor({ first, count }: Kind, by: Invocation): number {
  return first + (by.number % count);
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === undefined) throw new WorkloadError('send: the value is neither a text nor anything that JSON has');
  return text;
}

function noGroups(): never {
  throw new WorkloadError(
    'consumer.subscribe needs consumer groups, which workloads of your own do not have in this build: consumer.assign(topic)',
  );
}

const without = async (): Promise<never> => {
  throw new WorkloadError('the spec has no consumer: give it one, as `consumer: {}`');
};

const noConsumer: OwnConsumer = {
  assign: without,
  seek: without,
  poll: without,
  position: without,
  subscribe: noGroups,
};
