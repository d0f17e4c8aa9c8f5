/** Kafka's own assignors, as partition.assignment.strategy names them: by class. */
import type { AssignorName } from '../../model/kafka/clients/assignors/assignors.js';

const byClass: ReadonlyMap<string, AssignorName> = new Map([
  ['org.apache.kafka.clients.consumer.RangeAssignor', 'range'],
  ['org.apache.kafka.clients.consumer.RoundRobinAssignor', 'roundrobin'],
  ['org.apache.kafka.clients.consumer.StickyAssignor', 'sticky'],
  ['org.apache.kafka.clients.consumer.CooperativeStickyAssignor', 'cooperative-sticky'],
]);

/** Kafka's tables of settings say "class " before a class. */
function classes(list: string): readonly string[] {
  return list.split(',').map((name) => name.trim().replace(/^class /, ''));
}

/** The first class that is none of them; null: there is none. */
export function unknownAssignor(list: string): string | null {
  return classes(list).find((name) => !byClass.has(name)) ?? null;
}

/** The names of all of them. */
export const assignorClasses: readonly string[] = [...byClass.keys()];

/** @param list checked before by `unknownAssignor` */
export function assignorNames(list: string): readonly AssignorName[] {
  return classes(list).map((name) => byClass.get(name)!);
}
