/** How a strike is said to people. */
import { faultNamed } from './registry.js';
import type { Strike, Target } from './plan.js';
import { sayRole } from './roles.js';

/** "4.200 s  leader of orders-0 is cut off from the other brokers and the controllers; ... (14.800 s)". */
export function sayStrike(strike: Strike, keys: readonly string[], phaseMicros: number): string {
  const fault = faultNamed(strike.fault);
  const who = sayTarget(strike.target, keys, fault.befalls === 'key');
  const at = seconds(strike.when.at * phaseMicros);
  const lasts = fault.proceed === undefined ? ` (${seconds(strike.when.for)} s)` : '';
  return `${at} s  ${who} ${fault.say(strike.with)}${lasts}`;
}

function sayTarget(target: Target, keys: readonly string[], isKey: boolean): string {
  if (target.kind === 'machine') return target.machine;
  return isKey ? (keys[target.key] ?? 'a key that does not exist') : sayRole(keys, target);
}

function seconds(micros: number): string {
  return (micros / 1_000_000).toFixed(3);
}
