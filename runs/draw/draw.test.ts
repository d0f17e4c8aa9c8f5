import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faults } from '../../nemesis/registry.js';
import type { SpecFault } from '../spec/spec.js';
import type { DrawInput } from './input.js';
import { drawPlan, lengthsFor } from './draw.js';

const SECOND = 1_000_000;
const seeds = fc.string({ minLength: 1, maxLength: 12 });

const input: DrawInput = {
  topology: {
    brokers: 3,
    controllers: 1,
    zookeeperServers: 0,
    producers: 2,
    consumers: 1,
    transactional: 0,
    racks: 0,
    logDirs: 1,
    keys: ['orders-0', 'orders-1', 'payments-0'],
  },
  topics: [
    { name: 'orders', firstKey: 0, partitions: 2 },
    { name: 'payments', firstKey: 2, partitions: 1 },
  ],
  workload: {
    type: 'append',
    shape: { producers: 2, topics: 2, sends: 40, keys: 10, phaseMicros: 60 * SECOND, members: [] },
  },
  phaseMicros: 60 * SECOND,
  faults: null,
  profile: 'storm',
  lateRequests: true,
  settings: {
    fetchWaitMillis: 500,
    group: null,
    session: 'broker:broker.session.timeout.ms',
    inForce: {
      'broker:broker.session.timeout.ms': 9_000,
      'broker:broker.heartbeat.interval.ms': 2_000,
      'broker:zookeeper.session.timeout.ms': 18_000,
      'broker:replica.lag.time.max.ms': 30_000,
      'broker:replica.socket.timeout.ms': 30_000,
      'producer:request.timeout.ms': 30_000,
      'producer:delivery.timeout.ms': 120_000,
      'producer:linger.ms': 0,
    },
    open: [
      'broker:broker.session.timeout.ms',
      'broker:broker.heartbeat.interval.ms',
      'broker:replica.lag.time.max.ms',
      'broker:replica.socket.timeout.ms',
      'producer:request.timeout.ms',
      'producer:delivery.timeout.ms',
      'producer:linger.ms',
    ],
  },
};

const listed = (fault: string, more: Partial<SpecFault> = {}): SpecFault => ({
  fault,
  with: {},
  topic: null,
  from: null,
  to: null,
  ...more,
});
const withFaults = (...entries: readonly SpecFault[]): DrawInput => ({ ...input, faults: entries });
const many = Array.from({ length: 300 }, (_, i) => String(i));

describe('a plan', () => {
  it('is a function of what it is drawn from and the seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(drawPlan(structuredClone(input), seed)).toEqual(drawPlan(input, seed));
      }),
      { numRuns: 30 },
    );
  });

  it('is another one for another seed', () => {
    expect(drawPlan(input, '1')).not.toEqual(drawPlan(input, '01'));
  });

  it('survives being saved', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = drawPlan(input, seed);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps its workload, settings and healing when the faults change', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = drawPlan(input, seed);
        const other = drawPlan(withFaults(listed('leader-killed')), seed);
        expect({ ...other, strikes: plan.strikes }).toEqual(plan);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps its faults, settings and healing when the workload changes', () => {
    const shape = { ...input.workload.shape, sends: 17, keys: 2, producers: 1 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = drawPlan(input, seed);
        const other = drawPlan({ ...input, workload: { type: 'append', shape } }, seed);
        expect({ ...other, workload: plan.workload }).toEqual(plan);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps everything but lengths when the time-outs are others', () => {
    const inForce = { ...input.settings.inForce, 'broker:broker.session.timeout.ms': 4_000 };
    const other: DrawInput = { ...input, settings: { ...input.settings, inForce, open: [] } };
    for (const seed of many) {
      const [here, there] = [drawPlan(input, seed), drawPlan(other, seed)];
      const withoutLengths = (plan: typeof here) => plan.strikes.map((strike) => ({ ...strike, when: strike.when.at }));
      expect(withoutLengths(there)).toEqual(withoutLengths(here));
      expect(there.workload).toEqual(here.workload);
    }
  });
});

describe('strikes', () => {
  it('of one fault stay where they are when another is added to the list, if it exists in both trials', () => {
    const one = withFaults(listed('leader-killed'), listed('broker-paused'));
    const two = withFaults(listed('one-way-cut'), listed('leader-killed'), listed('broker-paused'));
    let compared = 0;
    for (const seed of many) {
      const of = (drawn: DrawInput): unknown[] =>
        drawPlan(drawn, seed).strikes.filter(({ fault }) => fault === 'leader-killed');
      if (of(one).length === 0 || of(two).length === 0) continue;
      compared += 1;
      expect(of(two)).toEqual(of(one));
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('are in order of time, of faults on the list, and never none', () => {
    const names = ['leader-cut-off', 'broker-killed', 'rolling-restart'];
    const few = withFaults(...names.map((name) => listed(name)));
    for (const seed of many) {
      const { strikes } = drawPlan(few, seed);
      expect(strikes.length).toBeGreaterThan(0);
      const times = strikes.map(({ when }) => when.at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const { fault } of strikes) expect(names).toContain(fault);
    }
  });

  it('come in swarms: some trials leave a fault out, some have it alone, some have all', () => {
    const names = ['leader-cut-off', 'broker-killed', 'broker-paused', 'client-cut-off'];
    const four = withFaults(...names.map((name) => listed(name)));
    const kinds = many.map((seed) => new Set(drawPlan(four, seed).strikes.map(({ fault }) => fault)).size);
    for (const size of [1, 2, 3, 4]) expect(kinds.filter((kind) => kind === size).length).toBeGreaterThan(15);
  });

  it('last around the time-outs in force', () => {
    for (const seed of many) {
      const plan = drawPlan(input, seed);
      const lengths = lengthsFor(input, plan.settings);
      for (const { when } of plan.strikes) expect(lengths).toContain(when.for);
    }
  });

  it('of every fault are drawn without a list, but corruption only in a storm', () => {
    const drawn = (from: DrawInput): Set<string> =>
      new Set(many.flatMap((seed) => drawPlan(from, seed).strikes.map(({ fault }) => fault)));
    const names = (from: typeof faults): string[] => from.map(({ name }) => name).toSorted();
    const unasked = faults.filter(({ drawnIfListed }) => drawnIfListed !== true);
    const bare = { ...input, topology: { ...input.topology, consumers: 0 } };
    expect([...drawn(bare)].toSorted()).toEqual(names(unasked.filter(({ needs }) => needs === undefined)));
    const everything = {
      ...input.topology,
      controllers: 3,
      zookeeperServers: 3,
      racks: 3,
      transactional: 1,
      logDirs: 2,
    };
    expect([...drawn({ ...input, topology: everything })].toSorted()).toEqual(names(unasked));
    const calm = drawn({ ...input, profile: 'one-at-a-time' });
    expect(calm.has('power-loss')).toBe(true);
    expect(calm.has('disk-corruption')).toBe(false);
    expect(calm.has('segment-corrupted')).toBe(false);
    for (const name of drawn({ ...input, profile: 'network' })) {
      expect(faults.find((fault) => fault.name === name)!.family).toBe('network');
    }
  });

  it('delay no request where late requests are ruled out', () => {
    for (const seed of many) {
      for (const { fault } of drawPlan({ ...input, lateRequests: false }, seed).strikes) {
        expect(faults.find(({ name }) => name === fault)!.delaysRequests).toBe(false);
      }
    }
  });

  it('timed by hand are in every trial, at their time', () => {
    const byHand = listed('leader-cut-off', { topic: 'payments', from: 4.2 * SECOND, to: 19 * SECOND });
    for (const seed of many) {
      const { strikes } = drawPlan(withFaults(byHand), seed);
      expect(strikes).toHaveLength(1);
      expect(strikes[0].target).toEqual({ kind: 'role', role: 'leader', key: 2, pick: 0 });
      expect(Math.round(strikes[0].when.at * input.phaseMicros)).toBe(4.2 * SECOND);
      expect(strikes[0].when.for).toBe(14.8 * SECOND);
    }
  });

  it('with an end but no beginning last from the start of the phase', () => {
    const [strike] = drawPlan(withFaults(listed('leader-cut-off', { to: 19 * SECOND })), '1').strikes;
    expect(strike.when).toEqual({ at: 0, for: 19 * SECOND });
  });

  it('strike the topic, the partition, the machine and the role that the spec names, with its parameters', () => {
    const targets = (entry: SpecFault): unknown[] =>
      many.flatMap((seed) => drawPlan(withFaults(entry), seed).strikes.map(({ target }) => target));
    for (const target of targets(listed('leader-killed', { topic: 'orders' }))) {
      expect(target).toMatchObject({ kind: 'role', role: 'leader' });
      expect([0, 1]).toContain((target as { key: number }).key);
    }
    for (const target of targets(listed('leader-killed', { topic: 'orders', with: { partition: 1 } }))) {
      expect(target).toMatchObject({ key: 1 });
    }
    for (const target of targets(listed('broker-killed', { with: { machine: 'b2' } }))) {
      expect(target).toEqual({ kind: 'machine', machine: 'b2' });
    }
    const powerLoss = listed('power-loss', { with: { role: 'last-in-isr', 'at-most': 1 } });
    const [strike] = drawPlan(withFaults(powerLoss), '1').strikes;
    expect(strike.target).toMatchObject({ role: 'last-in-isr' });
    expect(strike.with).toEqual({ 'at-most': 1 });
  });
});

describe('settings', () => {
  const divisors = many.map((seed) => {
    const { settings } = drawPlan(input, seed);
    return 30_000 / Number(settings['producer:request.timeout.ms'] ?? 30_000);
  });

  it('scale all time-outs down together in one trial of four', () => {
    const scaled = divisors.filter((divisor) => divisor > 1).length;
    expect(scaled).toBeGreaterThan(many.length / 6);
    expect(scaled).toBeLessThan(many.length / 3);
    many.forEach((seed, i) => {
      const { settings } = drawPlan(input, seed);
      if (divisors[i] === 1) expect(settings).not.toHaveProperty(['broker:broker.session.timeout.ms']);
      else expect(settings['broker:replica.lag.time.max.ms']).toBe(30_000 / divisors[i]);
    });
  });

  it('leave alone what the spec sets', () => {
    const open = input.settings.open.filter((name) => name !== 'broker:replica.lag.time.max.ms');
    const set: DrawInput = { ...input, settings: { ...input.settings, open } };
    for (const seed of many) {
      expect(drawPlan(set, seed).settings).not.toHaveProperty(['broker:replica.lag.time.max.ms']);
    }
  });

  it("keep to what Kafka's producer accepts: delivery.timeout.ms holds linger.ms and request.timeout.ms", () => {
    const open = input.settings.open.filter((name) => name !== 'producer:request.timeout.ms');
    for (const drawn of [input, { ...input, settings: { ...input.settings, open } }]) {
      for (const seed of many) {
        const values = { ...drawn.settings.inForce, ...drawPlan(drawn, seed).settings };
        const needed = Number(values['producer:linger.ms']) + Number(values['producer:request.timeout.ms']);
        expect(Number(values['producer:delivery.timeout.ms'])).toBeGreaterThanOrEqual(needed);
      }
    }
  });

  it('draws nothing beyond what Kafka has in force, whatever the spec sets', () => {
    const inForce = {
      ...input.settings.inForce,
      'broker:broker.heartbeat.interval.ms': 5_000,
      'broker:replica.lag.time.max.ms': 1_500,
    };
    const open = input.settings.open.filter((name) => name !== 'broker:broker.heartbeat.interval.ms');
    for (const seed of many) {
      const { settings } = drawPlan({ ...input, settings: { ...input.settings, inForce, open } }, seed);
      expect(Number(settings['broker:broker.session.timeout.ms'] ?? 9_000)).toBe(9_000);
      expect(Number(settings['broker:replica.lag.time.max.ms'] ?? 1_500)).toBeGreaterThanOrEqual(1_000);
    }
  });
});

it("faults last as long as a group's session, or an application may be busy, where there are groups", () => {
  const group = { session: 6 * SECOND, maxPoll: 10 * SECOND };
  const lengths = lengthsFor({ ...input, settings: { ...input.settings, group } }, {});
  for (const length of [6.06 * SECOND, 10.1 * SECOND]) {
    expect(lengths).toContain(length);
    expect(lengthsFor(input, {})).not.toContain(length);
  }
});
