import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsOf, type ClientStep } from '../../model/system.js';
import type { Plan } from '../../nemesis/plan.js';
import { drawPlan } from '../draw/draw.js';
import type { DrawInput } from '../draw/input.js';
import { shrinkPlan, type ShrunkPlan } from './shrink.js';

const SECOND = 1_000_000;
const input: DrawInput = {
  topology: {
    brokers: 3,
    controllers: 1,
    zookeeperServers: 0,
    producers: 2,
    consumers: 0,
    transactional: 0,
    racks: 0,
    logDirs: 1,
    keys: ['orders-0', 'orders-1'],
  },
  topics: [{ name: 'orders', firstKey: 0, partitions: 2 }],
  workload: {
    type: 'append',
    shape: { producers: 2, topics: 1, sends: 2_000, keys: 10, phaseMicros: 60 * SECOND, members: [] },
  },
  phaseMicros: 60 * SECOND,
  faults: ['leader-cut-off', 'broker-killed', 'broker-paused', 'slow-network', 'split-in-half'].map((fault) => ({
    fault,
    with: {},
    topic: null,
    from: null,
    to: null,
  })),
  profile: 'storm',
  lateRequests: true,
  settings: {
    group: null,
    fetchWaitMillis: 500,
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
    open: ['broker:broker.session.timeout.ms', 'broker:broker.heartbeat.interval.ms', 'producer:linger.ms'],
  },
};

const shrink = (plan: Plan, reproduces: (candidate: Plan) => boolean, attempts = 300): ShrunkPlan =>
  shrinkPlan(plan, reproduces, { attempts, input });

/** The micros of the phase in which a strike lasts. */
function covers(plan: Plan, fault: string, at: number): boolean {
  return plan.strikes.some(({ fault: name, when }) => {
    const begin = when.at * input.phaseMicros;
    return name === fault && begin <= at && at < begin + when.for;
  });
}

/** Of a step that sends one record. */
function valueOf(step: ClientStep): number {
  return recordsOf(step)[0]!.value;
}

/** Like a lost write: some fault lasts while a certain record is sent. */
function lostUnder(fault: string, value: number): (plan: Plan) => boolean {
  return (plan) => plan.workload.some((step) => valueOf(step) === value && covers(plan, fault, step.at));
}

const fullPlan = (seed: string): Plan => drawPlan(input, seed);
/** A plan in which the fault covers some send, and that send. */
function plansWith(fault: string): { plan: Plan; value: number }[] {
  return Array.from({ length: 200 }, (_, seed) => fullPlan(String(seed))).flatMap((plan) => {
    const step = plan.workload.find(({ at }) => covers(plan, fault, at));
    return step === undefined || plan.strikes.length < 4 ? [] : [{ plan, value: valueOf(step) }];
  });
}

describe('shrinking a plan', () => {
  const found = plansWith('leader-cut-off');

  it('leaves the one fault and the one send that are needed, well within 300 attempts', () => {
    expect(found.length).toBeGreaterThan(10);
    for (const { plan, value } of found.slice(0, 10)) {
      const shrunk = shrink(plan, lostUnder('leader-cut-off', value));
      expect(shrunk.plan.strikes.map(({ fault }) => fault)).toEqual(['leader-cut-off']);
      expect(shrunk.plan.workload.map(valueOf)).toEqual([value]);
      expect(shrunk.minimal).toBe(true);
      expect(shrunk.attempts).toBeLessThan(120);
    }
  });

  it('finds two faults and three sends that are needed together', () => {
    const plan = found.map((one) => one.plan).find(({ strikes }) => strikes.length >= 8)!;
    const [first, second] = [plan.strikes[2], plan.strikes[6]];
    const values = [17, 900, 1_801];
    const has = (candidate: Plan, strike: Plan['strikes'][number]): boolean =>
      candidate.strikes.some(({ fault, target }) => fault === strike.fault && target === strike.target);
    const shrunk = shrink(
      plan,
      (candidate) =>
        has(candidate, first) &&
        has(candidate, second) &&
        values.every((value) => candidate.workload.some((step) => valueOf(step) === value)),
    );
    expect(shrunk.plan.strikes).toHaveLength(2);
    expect(shrunk.plan.workload.map(valueOf)).toEqual(values);
  });

  it('makes what is left simpler: earlier, shorter, plain parameters, default settings, everything healed', () => {
    const { plan } = plansWith('slow-network').find((one) => Object.keys(one.plan.settings).length > 0)!;
    const slowFor = (candidate: Plan): boolean =>
      candidate.strikes.some(
        ({ fault, when, with: parameters }) =>
          fault === 'slow-network' && when.for >= SECOND && Number(parameters['factor']) >= 2,
      );
    const { plan: shrunk } = shrink(plan, slowFor);
    expect(shrunk.workload).toEqual([]);
    expect(shrunk.settings).toEqual({});
    expect(shrunk).toMatchObject({ healAll: true, healPick: 0 });
    expect(shrunk.strikes).toHaveLength(1);
    expect(shrunk.strikes[0].with).toEqual({ factor: 2, 'jitter-ms': 0 });
    expect(shrunk.strikes[0].when.at).toBe(0);
    expect(shrunk.strikes[0].when.for).toBeLessThan(2 * SECOND);
  });

  it('takes scaled time-outs back together, or not at all', () => {
    const plan = Array.from({ length: 100 }, (_, seed) => fullPlan(String(seed))).find(
      ({ settings }) =>
        Number(settings['broker:broker.session.timeout.ms']) < 2_000 && 'producer:linger.ms' in settings,
    )!;
    const { plan: shrunk } = shrink(
      plan,
      ({ settings }) => Number(settings['broker:broker.session.timeout.ms'] ?? 9_000) < 5_000,
    );
    expect(shrunk.settings).toEqual({
      'broker:broker.session.timeout.ms': 4_500,
      'broker:broker.heartbeat.interval.ms': 1_000,
    });
  });

  it('tries the records of the anomaly first', () => {
    const { plan, value } = found[0];
    const reproduces = lostUnder('leader-cut-off', value);
    const hint = { values: [value], at: 60 * SECOND };
    const sizes: number[] = [];
    shrinkPlan(
      plan,
      (candidate) => {
        sizes.push(candidate.workload.length);
        return reproduces(candidate);
      },
      { attempts: 300, input, hint },
    );
    const sendsTried = sizes.filter((size) => size > 1 && size < plan.workload.length);
    expect(sendsTried).toEqual([]);
  });

  it('never tries more than its attempts, and says that it was not done', () => {
    const { plan, value } = found[1];
    let tried = 0;
    const reproduces = (candidate: Plan): boolean => {
      tried += 1;
      return lostUnder('leader-cut-off', value)(candidate);
    };
    const shrunk = shrink(plan, reproduces, 7);
    expect(tried).toBe(7);
    expect(shrunk).toMatchObject({ attempts: 7, minimal: false });
    expect(lostUnder('leader-cut-off', value)(shrunk.plan)).toBe(true);
  });

  it('tries no candidate twice, and ends with one that reproduces, whatever the anomaly needs', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 9 }), (salt, modulus) => {
        const plan = fullPlan(String(salt));
        // A jagged predicate: what reproduces depends on the sum of what is there.
        const reproduces = (candidate: Plan): boolean =>
          candidate === plan || (candidate.workload.length * 3 + candidate.strikes.length + salt) % modulus === 0;
        const prints = new Set<string>();
        const shrunk = shrink(plan, (candidate) => {
          const print = JSON.stringify(candidate);
          expect(prints.has(print)).toBe(false);
          prints.add(print);
          return reproduces(candidate);
        });
        expect(reproduces(shrunk.plan)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('works from the saved form alone', () => {
    const { plan, value } = found[3];
    const saved = JSON.parse(JSON.stringify(plan)) as Plan;
    const reproduces = lostUnder('leader-cut-off', value);
    expect(shrink(saved, reproduces)).toEqual(shrink(plan, reproduces));
  });
});
