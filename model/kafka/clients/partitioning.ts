/** Which partitioner a producer has: by its release, or by the class that partitioner.class names. */
import type { Stream } from '../../kernel/random.js';
import type { ProducerSettings } from '../cluster-spec.js';
import type { Rules } from '../protocol/versions/rules.js';
import { RoundRobinPartitioner, StickyPartitionCache, type Partitioner } from './older-partitioners.js';
import type { PartitionAvailability } from './partitioner.js';

export interface Partitioning {
  /** null: the accumulator's own (KIP-794). */
  readonly partitioner: Partitioner | null;
  readonly ignoresKeys: boolean;
  /** It is told before a new batch is begun, and asked again (KIP-480; KafkaProducer.doSend). */
  readonly hearsOfNewBatches: boolean;
}

/** A class of Kafka's own, with the release that brought it and the one that has it no more. */
export interface PartitionerClass {
  readonly since: string;
  readonly until: string | null;
}

/** By their simple names. */
export const partitionerClasses: ReadonlyMap<string, PartitionerClass> = new Map([
  ['DefaultPartitioner', { since: '0.8', until: '4.0' }],
  ['UniformStickyPartitioner', { since: '2.4', until: '4.0' }],
  ['RoundRobinPartitioner', { since: '2.4', until: null }],
]);

/** Of 'org.apache.kafka.clients.producer.RoundRobinPartitioner' the last part. */
export function simpleName(className: string): string {
  return className.slice(className.lastIndexOf('.') + 1);
}

export function partitioningOf(
  rules: Pick<Rules, 'partitioner' | 'partitionerHearsOfNewBatches'>,
  settings: ProducerSettings,
  availability: PartitionAvailability,
  dice: Stream,
): Partitioning {
  const hearsOfNewBatches = rules.partitionerHearsOfNewBatches;
  const sticky = (): Partitioner => new StickyPartitionCache(availability, dice);
  switch (simpleName(settings['partitioner.class'] ?? '')) {
    case 'RoundRobinPartitioner':
      return { partitioner: new RoundRobinPartitioner(availability, null), ignoresKeys: true, hearsOfNewBatches };
    case 'UniformStickyPartitioner':
      return { partitioner: sticky(), ignoresKeys: true, hearsOfNewBatches };
    case 'DefaultPartitioner':
      if (rules.partitioner === 'round-robin') break;
      return { partitioner: sticky(), ignoresKeys: false, hearsOfNewBatches };
  }
  switch (rules.partitioner) {
    case 'adaptive':
      return { partitioner: null, ignoresKeys: settings['partitioner.ignore.keys'], hearsOfNewBatches: false };
    case 'sticky':
      return { partitioner: sticky(), ignoresKeys: false, hearsOfNewBatches };
    case 'round-robin':
      return { partitioner: new RoundRobinPartitioner(availability, dice), ignoresKeys: false, hearsOfNewBatches };
  }
}
