/** Sets of brokers as bit masks, the form in which they travel in probes: bit n is broker n. */
export function maskOf(brokers: readonly number[]): number {
  let mask = 0;
  for (const broker of brokers) mask |= 1 << broker;
  return mask;
}
