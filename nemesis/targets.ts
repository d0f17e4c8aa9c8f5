/** Parameters that every fault takes in a spec: whom it strikes. And whether a spec gives a parameter a value that it takes. */
import type { Fault, FaultParameter } from './fault.js';

export const targetParameters: readonly FaultParameter[] = [
  { name: 'machine', sentence: 'Strike this machine, whatever its role: b1, c1, p0.' },
  {
    name: 'role',
    sentence: 'Strike whoever plays this role instead: leader, follower, last-in-isr, broker, controller, ...',
  },
  { name: 'partition', sentence: 'Of this partition of the topic.', range: [0, 1_000_000] },
];

/** Every parameter that a spec may give this fault. */
export function parametersOf(fault: Fault): readonly FaultParameter[] {
  return [...fault.parameters, ...targetParameters];
}

/** Null, or what is wrong with a value: "is none of graceful, kill". */
export function parameterProblem({ oneOf, range }: FaultParameter, value: unknown): string | null {
  if (oneOf === undefined && range === undefined)
    return typeof value === 'string' && value !== '' ? null : 'is no name';
  // YAML has true and false for what is on or off.
  const word = typeof value === 'boolean' ? String(value) : value;
  if (oneOf?.includes(word as string) === true) return null;
  if (range === undefined) return `is none of ${oneOf!.join(', ')}`;
  const [min, max] = range;
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return fits ? null : `is no whole number from ${min} to ${max}`;
}
