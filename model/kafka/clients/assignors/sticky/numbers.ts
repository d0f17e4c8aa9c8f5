import type { Assignment } from '../assignor.js';
import type { TopicPartition } from '../topic-partition.js';

export function numbersOf(lists: ReadonlyMap<string, readonly TopicPartition[]>): Assignment {
  return new Map([...lists].map(([memberId, list]) => [memberId, list.map(({ number }) => number)]));
}
