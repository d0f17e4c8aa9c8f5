/** How a strike is said to people. */
import { faultNamed } from './registry.js';
import type { Strike } from './plan.js';
import { sayRole } from './roles.js';

/** "4.200 s  leader of orders-0 is cut off from the other brokers and the controllers; ... (14.800 s)". */
export function sayStrike(strike: Strike, keys: readonly string[], phaseMicros: number): string {
  const who = strike.target.kind === 'machine' ? strike.target.machine : sayRole(keys, strike.target);
  const at = seconds(strike.when.at * phaseMicros);
  const fault = faultNamed(strike.fault);
  const lasts = fault.proceed === undefined ? ` (${seconds(strike.when.for)} s)` : '';
  return `${at} s  ${who} ${fault.say(strike.with)}${lasts}`;
}

function seconds(micros: number): string {
  return (micros / 1_000_000).toFixed(3);
}
