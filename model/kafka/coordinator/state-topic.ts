/**
 * A topic of Kafka's own that coordinators keep their state in: __transaction_state, __consumer_offsets. Whoever leads the
 * partition that a key falls into coordinates for that key.
 */
import type { TopicSettings, TopicSpec } from '../cluster-spec.js';
import { javaHash } from '../protocol/java-hash.js';

const INT_MIN = -2_147_483_648;

/** The index of a key's partition: Utils.abs(key.hashCode()) % partitionCount. */
export function partitionFor(key: string, partitionCount: number): number {
  const hash = javaHash(key);
  return (hash === INT_MIN ? 0 : Math.abs(hash)) % partitionCount;
}

/** A row of the cluster's partition table, as far as it matters here. */
interface NamedPartition {
  readonly name: string;
  /** Within its topic. */
  readonly index: number;
}

/** The topic in a running cluster. */
export class StateTopic {
  /** Numbers of the partitions that are simulated. */
  readonly numbers: readonly number[];
  /** By index within the topic; holes where no key of the spec falls. */
  readonly #byIndex: readonly (number | undefined)[];
  readonly #partitionCount: number;

  /** @param partitionCount as the cluster is set, simulated or not */
  constructor(name: string, partitions: readonly NamedPartition[], partitionCount: number) {
    const byIndex: (number | undefined)[] = [];
    partitions.forEach((partition, number) => {
      if (partition.name === `${name}-${partition.index}`) byIndex[partition.index] = number;
    });
    this.#byIndex = byIndex;
    this.#partitionCount = partitionCount;
    this.numbers = byIndex.filter((number) => number !== undefined);
  }

  /** undefined: of a key that no client of the spec has. */
  partitionOf(key: string): number | undefined {
    return this.#byIndex[partitionFor(key, this.#partitionCount)];
  }

  isPartition(number: number): boolean {
    return this.numbers.includes(number);
  }
}

export interface StateTopicShape {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly settings: TopicSettings;
}

/** The topic as it is created when the first client asks for its coordinator; simulated are the partitions of these keys. */
export function stateTopicSpec(keys: readonly string[], brokers: number, shape: StateTopicShape): TopicSpec {
  const { name, partitionCount, replicationFactor, settings } = shape;
  const indexes = [...new Set(keys.map((key) => partitionFor(key, partitionCount)))].sort((a, b) => a - b);
  return {
    name,
    indexes,
    partitions: indexes.length,
    replicationFactor: Math.min(replicationFactor, brokers),
    settings: { ...settings, 'cleanup.policy': 'compact' },
  };
}
