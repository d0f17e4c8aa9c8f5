/** How the coordinator divides partitions among members: group.consumer.assignors (KIP-848). */
import { rangeAssignment } from './range-assignor.js';
import { uniformAssignment } from './uniform-assignor.js';

/** A member, as assignors see it. */
export interface SubscribedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Topic numbers, ascending. */
  readonly subscribedTopics: readonly number[];
  /** The partitions of its last target. */
  readonly target: readonly number[];
}

/** @returns by member id: partitions, ascending */
export type ServerAssignor = (
  members: readonly SubscribedMember[],
  partitionsOf: (topic: number) => readonly number[],
) => ReadonlyMap<string, readonly number[]>;

export type ServerAssignorName = 'uniform' | 'range';

export const serverAssignors: Readonly<Record<ServerAssignorName, ServerAssignor>> = {
  uniform: uniformAssignment,
  range: rangeAssignment,
};

/** By its name, or that of Kafka's class; undefined: none of Kafka's own. */
export function serverAssignorName(name: string): ServerAssignorName | undefined {
  const short = name.trim().replace(/^org\.apache\.kafka\.coordinator\.group\.assignor\./, '');
  if (short === 'uniform' || short === 'UniformAssignor') return 'uniform';
  return short === 'range' || short === 'RangeAssignor' ? 'range' : undefined;
}
