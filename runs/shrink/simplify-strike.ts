/** Makes each strike that is left simpler, part by part, by the arbitraries that drew it. */
import type { Arbitrary } from 'fast-check';
import type { Parameters } from '../../nemesis/fault.js';
import type { Plan, Strike } from '../../nemesis/plan.js';
import { faultNamed } from '../../nemesis/registry.js';
import type { DrawInput } from '../draw/input.js';
import { lengthArbitrary } from '../draw/lengths.js';
import { fractionArbitrary } from '../draw/fractions.js';
import { lengthsFor } from '../draw/draw.js';
import { shrinkValue } from './shrink-value.js';
import type { Search } from './shrink.js';

/** One part of a strike that shrinks by itself. */
interface Part<T> {
  readonly arbitrary: Arbitrary<T>;
  readonly get: (strike: Strike) => T;
  readonly set: (strike: Strike, value: T) => Strike;
}

export function* simplerStrikes(search: Search, input: DrawInput): Generator<Plan, void, boolean> {
  for (let index = 0; index < search.best.strikes.length; index++) {
    for (const part of partsOf(search.best.strikes[index], search.best, input)) {
      yield* simplerPart(search, index, part);
    }
  }
}

function* simplerPart<T>(search: Search, index: number, part: Part<T>): Generator<Plan, void, boolean> {
  const { strikes } = search.best;
  yield* shrinkValue(part.arbitrary, part.get(strikes[index]), (value) => {
    const strike = part.set(search.best.strikes[index], value);
    return search.tryWith({ strikes: search.best.strikes.with(index, strike) });
  });
}

function partsOf(strike: Strike, plan: Plan, input: DrawInput): readonly Part<never>[] {
  const fault = faultNamed(strike.fault);
  const shorter = lengthsFor(input, plan.settings).filter((length) => length < strike.when.for);
  const parameters: Part<Parameters> = {
    arbitrary: fault.arbitrary(input.topology),
    get: (from) => from.with,
    set: (from, value) => ({ ...from, with: value }),
  };
  const length: Part<number> = {
    arbitrary: lengthArbitrary([...shorter, strike.when.for]),
    get: (from) => from.when.for,
    set: (from, value) => ({ ...from, when: { ...from.when, for: value } }),
  };
  const at: Part<number> = {
    arbitrary: fractionArbitrary(0, 1),
    get: (from) => from.when.at,
    set: (from, value) => ({ ...from, when: { ...from.when, at: value } }),
  };
  return [parameters, length, at, ...targetParts(strike)] as readonly unknown[] as readonly Part<never>[];
}

function targetParts(strike: Strike): readonly Part<number>[] {
  if (strike.target.kind !== 'role') return [];
  const target = strike.target;
  return [
    {
      arbitrary: fractionArbitrary(0, 1),
      get: () => target.pick,
      set: (from, pick) => ({ ...from, target: { ...target, pick } }),
    },
  ];
}
