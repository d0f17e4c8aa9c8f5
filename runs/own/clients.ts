/** What the code of an own workload sees: clients with the methods of Kafka's Java clients, each answering with a promise. */
import type { Order } from './draws.js';
import { WorkloadError } from './errors.js';

/** A record to be sent (ProducerRecord). */
export interface SentRecord {
  readonly topic: string;
  /** It decides the partition, unless `partition` does. */
  readonly key?: string | null;
  /** A text, or anything that JSON has: then its JSON is sent. */
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** RecordMetadata. */
export interface SentMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 under acks=0: nobody says. */
  readonly offset: number;
  /** Milliseconds of the producer's clock. */
  readonly timestamp: number;
}

/** ConsumerRecord. */
export interface PolledRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** As it was sent; JSON as its text. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** KafkaProducer. What it would throw is a KafkaError. */
export interface OwnProducer {
  /** Resolves when the record is acknowledged as `acks` asks. */
  readonly send: (record: SentRecord) => Promise<SentMetadata>;
  /**
   * Of a producer with transactional.id, before the first transaction. Called again it does nothing; after a fatal error it
   * opens a new producer with the same id.
   */
  readonly initTransactions: () => Promise<void>;
  readonly beginTransaction: () => Promise<void>;
  readonly commitTransaction: () => Promise<void>;
  readonly abortTransaction: () => Promise<void>;
}

/** KafkaConsumer with partitions assigned by hand. One poll at a time; nothing is fetched between polls. */
export interface OwnConsumer {
  /** A topic stands for all of its partitions. */
  readonly assign: (partitions: string | readonly TopicPartition[]) => Promise<void>;
  readonly seek: (partition: TopicPartition, offset: number) => Promise<void>;
  /** Resolves with records, or with none when the time is up. */
  readonly poll: (timeoutMs?: number) => Promise<readonly PolledRecord[]>;
  /** The next offset that it will return. */
  readonly position: (partition: TopicPartition) => Promise<number>;
  /** Not in this build. */
  readonly subscribe: (topics: string | readonly string[]) => never;
}

/** What every call of the user's function is given, beside what is drawn for it. */
export interface OwnContext {
  /** One of the producers of the spec: calls are dealt out to all of them. */
  readonly producer: OwnProducer;
  /** By their names in the spec; of several of one kind, the one that this call is dealt. */
  readonly producers: Readonly<Record<string, OwnProducer>>;
  readonly consumer: OwnConsumer;
  readonly consumers: Readonly<Record<string, OwnConsumer>>;
  /** Virtual time: nobody waits for it. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Virtual milliseconds since the trial began. */
  readonly now: () => number;
  /** In [0, 1), decided by the seed. */
  readonly random: () => number;
  readonly seed: string;
  /** How many calls of the function came before this one. */
  readonly number: number;
  readonly order: Order;
}

/** Numbers and names of a spec's topics. */
export class TopicNames {
  readonly #names: readonly string[];
  readonly #partitionsOf: readonly (readonly number[])[];

  /** @param partitionsOf by topic: its partitions' keys */
  constructor(names: readonly string[], partitionsOf: readonly (readonly number[])[]) {
    this.#names = names;
    this.#partitionsOf = partitionsOf;
  }

  /** @throws WorkloadError if the spec has no such topic */
  topic(name: string): number {
    const topic = this.#names.indexOf(name);
    if (topic >= 0) return topic;
    throw new WorkloadError(`the spec has no topic ${JSON.stringify(name)}: it has ${this.#names.join(', ')}`);
  }

  /** @throws WorkloadError if the spec has no such partition */
  key({ topic, partition }: TopicPartition): number {
    const key = this.#partitionsOf[this.topic(topic)]![partition];
    if (key !== undefined) return key;
    throw new WorkloadError(`${topic} has no partition ${partition}`);
  }

  keysOf(topic: string): readonly number[] {
    return this.#partitionsOf[this.topic(topic)]!;
  }

  at(key: number): TopicPartition {
    const topic = this.#partitionsOf.findIndex((keys) => keys.includes(key));
    return { topic: this.#names[topic]!, partition: this.#partitionsOf[topic]!.indexOf(key) };
  }
}
