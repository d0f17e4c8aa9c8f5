import fc from 'fast-check';
import murmurhash from 'murmurhash';
import { describe, expect, it } from 'vitest';
import { message, Stage } from './testing/stage.js';
import { Weather, weatherHash, weatherKey } from './weather.js';
import { CPU, FSYNC, LATENCY, LOOPBACK } from './weather-tables.js';

const MILLI = 1000;

describe('the hash of weather', () => {
  it('is MurmurHash3 of the two words', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.nat(), (key, milli, ordinal) => {
        const bytes = new Uint8Array(new Uint32Array([milli, ordinal]).buffer);
        expect(weatherHash(key, milli, ordinal) >>> 0).toBe(murmurhash.v3(bytes, key >>> 0));
      }),
    );
  });
});

describe('weather', () => {
  it('comes from tables whose quantiles rise', () => {
    for (const table of [LATENCY, LOOPBACK, FSYNC, CPU]) {
      expect(table.length).toBe(4096);
      expect([...table]).toEqual([...table].toSorted((x, y) => x - y));
      expect(table[0]).toBeGreaterThan(0);
    }
    expect([LATENCY[2048], FSYNC[2048], CPU[2048]]).toEqual([300, 1000, 25]);
  });

  it('follows its table, as many samples show', () => {
    const weather = new Weather(weatherKey('s', 'link/a/b'), LATENCY);
    const samples = Array.from({ length: 20_000 }, (_, i) => weather.sample(i * 700)).toSorted((x, y) => x - y);
    for (const [share, micros] of [
      [0.25, LATENCY[1024]],
      [0.5, LATENCY[2048]],
      [0.9, LATENCY[3686]],
    ]) {
      expect(Math.abs(samples[share * 20_000] / micros - 1)).toBeLessThan(0.1);
    }
  });

  it('at a time does not depend on what was sampled at others', () => {
    const times = fc.array(fc.nat(50 * MILLI));
    fc.assert(
      fc.property(fc.string(), times, times, fc.nat(50), (seed, some, others, milli) => {
        const samples = (all: number[]): number[] => {
          const weather = new Weather(weatherKey(seed, 'disk/b1'), FSYNC);
          const at = all.toSorted((x, y) => x - y);
          return at
            .map((time) => [time, weather.sample(time)])
            .filter(isIn(milli))
            .map(([, sample]) => sample);
        };
        const inMilli = some.filter((time) => isIn(milli)([time]));
        const outside = others.filter((time) => !isIn(milli)([time]));
        expect(samples([...inMilli, ...outside])).toEqual(samples(inMilli));
      }),
    );
    function isIn(milli: number): (sample: number[]) => boolean {
      return ([time]) => Math.floor(time / MILLI) === milli;
    }
  });

  it('differs between sources', () => {
    const [one, other] = ['link/a/b', 'link/b/a'].map((name) => new Weather(weatherKey('s', name), LATENCY));
    const same = Array.from({ length: 100 }, (_, i) => one.sample(i * MILLI) === other.sample(i * MILLI));
    expect(same.filter(Boolean).length).toBeLessThan(10);
  });
});

interface Step {
  readonly at: number;
  readonly what: 'send' | 'fsync' | 'yield';
  readonly from: number;
  readonly to: number;
}

const anyStep = fc.record({
  at: fc.integer({ min: 1_000_000, max: 1_060_000 }),
  what: fc.constantFrom('send' as const, 'fsync' as const, 'yield' as const),
  from: fc.constantFrom(1, 2, 3),
  to: fc.constantFrom(1, 2, 3),
});

/** What the weather of a step is drawn from: two steps of the same source influence each other within a millisecond. */
function source({ at, what, from, to }: Step): string {
  return `${what === 'send' ? `link ${from} ${to}` : `${what} ${from}`} at ${Math.floor(at / MILLI)}`;
}

/** When each step was over. Each message has a connection of its own, so that none waits for another. */
function runSteps(seed: string, steps: readonly Step[], left: number): Map<number, number> {
  const stage = new Stage(seed);
  for (const name of ['a', 'b', 'c']) stage.add(name);
  const connections = steps.map(({ from, to }) => stage.actor(from).connect(to));
  const perform = {
    onEvent: (index: number) => {
      const { what, from } = steps[index];
      const { host } = stage.actor(from);
      if (what === 'send') connections[index].send(message(index));
      if (what === 'fsync') host.disk.open('log').fsync(index, 0);
      if (what === 'yield') host.later(index, 0);
    },
  };
  steps.forEach(({ at }, index) => {
    if (index !== left) stage.world.schedule(at, perform, index, 0);
  });
  stage.pass(10_000_000);
  const over = new Map<number, number>();
  for (const { what, at } of stage.happenings) {
    const index = /^(?:message|timer) (\d+)$/.exec(what);
    if (index !== null) over.set(Number(index[1]), at);
  }
  return over;
}

describe('leaving one step out', () => {
  it('leaves the weather of all others as it was, but for those of its source in its millisecond', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(anyStep, { minLength: 1, maxLength: 25 }), fc.nat(), (seed, drawn, pick) => {
        // Yields of one process queue behind each other, so one a machine is enough.
        const seen = new Set<number>();
        const steps = drawn.filter(({ what, from }) => what !== 'yield' || (!seen.has(from) && seen.add(from)));
        fc.pre(steps.length > 0);
        const left = pick % steps.length;
        const [with_, without] = [runSteps(seed, steps, -1), runSteps(seed, steps, left)];
        expect([with_.size, without.size]).toEqual([steps.length, steps.length - 1]);
        steps.forEach((step, index) => {
          if (source(step) !== source(steps[left])) expect(without.get(index)).toBe(with_.get(index));
        });
      }),
    );
  });
});
