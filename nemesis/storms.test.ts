import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Topology } from './fault.js';
import type { Strike, Target } from './plan.js';
import type { ProfileName } from './profile.js';
import { faults } from './registry.js';
import { Nemesis, type StrikeOutcome } from './runner.js';
import { FakeSystem, unimpaired } from './testing/fake-system.js';

const SECOND = 1_000_000;
const PHASE = 30 * SECOND;
const topology: Topology = {
  brokers: 3,
  controllers: 1,
  zookeeperServers: 0,
  producers: 1,
  consumers: 0,
  transactional: 0,
  racks: 2,
  logDirs: 2,
  keys: ['orders-0'],
};

const targets: Arbitrary<Target> = fc.oneof(
  fc
    .record({
      role: fc.constantFrom('leader', 'follower', 'broker', 'controller'),
      pick: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ role, pick }): Target => ({ kind: 'role', role, key: 0, pick: pick / 10 })),
  fc.constantFrom('b1', 'b2', 'c1', 'p0').map((machine): Target => ({ kind: 'machine', machine })),
);

const strikes: Arbitrary<readonly Strike[]> = fc
  .array(
    fc.constantFrom(...faults).chain((fault) =>
      fc.record({
        fault: fc.constant(fault.name),
        target: targets,
        when: fc.record({
          at: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
          for: fc.integer({ min: 1, max: 10 * SECOND }),
        }),
        with: fault.arbitrary(topology),
      }),
    ),
    { maxLength: 12 },
  )
  .map((all) => all.toSorted((a, b) => a.when.at - b.when.at));

interface End {
  readonly system: FakeSystem;
  readonly outcomes: readonly StrikeOutcome[];
}

/** A phase with these strikes; then a part is healed, and then the rest. */
function storm(plan: readonly Strike[], profile: ProfileName): End {
  const system = new FakeSystem({ brokers: 3, controllers: 1, clients: 1 });
  const nemesis = new Nemesis({
    world: system.world,
    system,
    plan: { profile, strikes: plan },
    phaseMicros: PHASE,
    state: unimpaired,
    assumptions: { bearsImpaired: [0], unsyncedMatters: [true], uncleanStopsCount: false },
  });
  nemesis.begin();
  system.pass(PHASE);
  nemesis.heal([1, 2, 4]);
  system.pass(5 * SECOND);
  nemesis.healAll();
  system.pass(60 * SECOND);
  return { system, outcomes: nemesis.outcomes() };
}

const numRuns = 40;

describe('whatever the strikes', () => {
  it('everything runs and everybody is heard again after the heal', () => {
    fc.assert(
      fc.property(strikes, (plan) => {
        const { system, outcomes } = storm(plan, 'storm');
        for (const { status } of outcomes) expect(['over', 'skipped']).toContain(status);
        const everybody = system.machines().map(({ id }) => id);
        const heard = (): number[] => everybody.flatMap((to) => everybody.map((from) => system.heard(to, from)));
        const before = heard();
        system.pass(10 * SECOND);
        heard().forEach((count, i) => {
          const self = i % (everybody.length + 1) === 0;
          if (!self) expect(count).toBeGreaterThan(before[i]);
        });
        for (const machine of everybody) {
          expect(system.world.isRunning(machine)).toBe(true);
          expect(system.world.isPaused(machine)).toBe(false);
          expect(system.world.hasPower(machine)).toBe(true);
        }
      }),
      { numRuns },
    );
  });

  it('two runs are the same', () => {
    fc.assert(
      fc.property(strikes, (plan) => {
        const [first, second] = [storm(plan, 'storm'), storm(plan, 'storm')];
        expect(second.outcomes).toEqual(first.outcomes);
        expect(second.system.world.events).toBe(first.system.world.events);
        expect(second.system.world.diskFingerprint()).toEqual(first.system.world.diskFingerprint());
      }),
      { numRuns: 20 },
    );
  });

  it('one-at-a-time never has two at one time', () => {
    fc.assert(
      fc.property(strikes, (plan) => {
        const began = storm(plan, 'one-at-a-time').outcomes.filter(({ beganAt }) => beganAt >= 0);
        const inOrder = began.toSorted((a, b) => a.beganAt - b.beganAt);
        inOrder.slice(1).forEach((next, i) => expect(next.beganAt).toBeGreaterThanOrEqual(inOrder[i].endedAt));
      }),
      { numRuns },
    );
  });

  it('network kills and pauses nothing', () => {
    fc.assert(
      fc.property(strikes, (plan) => {
        const { system } = storm(plan, 'network');
        for (const { id } of system.machines()) expect(system.incarnation(id)).toBe(1);
      }),
      { numRuns },
    );
  });

  it('within-assumptions lets no broker lose what it wrote', () => {
    fc.assert(
      fc.property(strikes, (plan) => {
        const lossy = storm(plan, 'within-assumptions').outcomes.filter(
          ({ strike, beganAt, machines }) =>
            beganAt >= 0 &&
            faults.find(({ name }) => name === plan[strike].fault)!.harm !== 'nothing' &&
            machines.some((machine) => machine <= 3),
        );
        expect(lossy).toEqual([]);
      }),
      { numRuns },
    );
  });
});
