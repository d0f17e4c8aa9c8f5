/** How invariants write records and brokers in their stories. */
import type { ClusterFacts } from './invariant.js';

export function placeWords(facts: ClusterFacts, key: number, offset: number): string {
  return `${facts.keys[key] ?? 'an unknown partition'}@${offset}`;
}

export function brokerWords(machine: number): string {
  return `b${machine}`;
}
