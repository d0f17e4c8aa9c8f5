import { describe, expect, it } from 'vitest';
import { KernelProbe } from '../model/kernel/probes.js';
import type { StateView } from '../model/system.js';
import type { Plan, Strike, Target } from './plan.js';
import type { Assumptions, ProfileName } from './profile.js';
import { Nemesis } from './runner.js';
import { FakeSystem, unimpaired } from './testing/fake-system.js';

const SECOND = 1_000_000;
const PHASE = 60 * SECOND;
const assumptions: Assumptions = { bearsImpaired: [0], unsyncedMatters: [true], uncleanStopsCount: false };

const leader: Target = { kind: 'role', role: 'leader', key: 0, pick: 0 };
const broker = (name: string): Target => ({ kind: 'machine', machine: name });

/** A strike from one second of the phase to another. */
function strike(fault: string, target: Target, from: number, to: number, parameters: Strike['with'] = {}): Strike {
  return { fault, target, when: { at: from / 60, for: (to - from) * SECOND }, with: parameters };
}

interface Setup {
  readonly profile?: ProfileName;
  readonly state?: StateView;
  readonly assumptions?: Assumptions;
}

function begin(system: FakeSystem, strikes: Plan['strikes'], setup: Setup = {}): Nemesis {
  const nemesis = new Nemesis({
    world: system.world,
    system,
    plan: { profile: setup.profile ?? 'storm', strikes },
    phaseMicros: PHASE,
    state: setup.state ?? unimpaired,
    assumptions: setup.assumptions ?? assumptions,
  });
  nemesis.begin();
  return nemesis;
}

const threeBrokers = (): FakeSystem => new FakeSystem({ brokers: 3, controllers: 1, clients: 1 });

describe('a strike', () => {
  it('begins at its fraction of the phase, ends after its length, and is announced with its index and machines', () => {
    const system = threeBrokers();
    const announced: number[][] = [];
    system.world.probes.listen([KernelProbe.faultBegan, KernelProbe.faultEnded], {
      onProbe: (kind, machine, key, a, b) => announced.push([system.world.now, kind, machine, key, a, b]),
    });
    const nemesis = begin(system, [strike('leader-killed', leader, 6, 9)]);
    system.pass(20 * SECOND);
    expect(announced).toEqual([
      [6 * SECOND, KernelProbe.faultBegan, 1, 0, 0, 0b10],
      [9 * SECOND, KernelProbe.faultEnded, 1, 0, 0, 1],
    ]);
    expect(nemesis.outcomes()).toEqual([
      { strike: 0, status: 'over', reason: null, beganAt: 6 * SECOND, endedAt: 9 * SECOND, machines: [1], effect: 1 },
    ]);
  });

  it('finds out who leads when it begins, not when it was planned', () => {
    const system = threeBrokers();
    const nemesis = begin(system, [strike('leader-killed', leader, 6, 9)]);
    system.pass(5 * SECOND);
    system.leader = 3;
    system.pass(2 * SECOND);
    expect(nemesis.outcomes()[0].machines).toEqual([3]);
    expect(system.world.isRunning(3)).toBe(false);
  });

  it('waits, no longer than it would last, for somebody to play its role', () => {
    const system = threeBrokers();
    system.leader = 0;
    const nemesis = begin(system, [strike('leader-killed', leader, 6, 9), strike('leader-paused', leader, 10, 20)]);
    system.pass(15 * SECOND);
    expect(nemesis.outcomes()[0]).toMatchObject({ status: 'skipped', reason: 'nobody is the leader of orders-0 now' });
    expect(nemesis.outcomes()[1].status).toBe('waiting');
    system.leader = 2;
    system.pass(SECOND);
    expect(nemesis.outcomes()[1]).toMatchObject({ status: 'running', machines: [2] });
    expect(system.world.isPaused(2)).toBe(true);
  });

  it('waits, no longer than it would last, for its machine to run', () => {
    const system = threeBrokers();
    const nemesis = begin(system, [
      strike('leader-killed', leader, 6, 20),
      strike('broker-killed', broker('b1'), 8, 10),
      strike('broker-paused', broker('b1'), 9, 30),
      strike('broker-killed', broker('b9'), 12, 13),
    ]);
    system.pass(21 * SECOND);
    expect(nemesis.outcomes().map(({ status, reason }) => [status, reason])).toEqual([
      ['over', null],
      ['skipped', 'b1 is not running'],
      ['running', null],
      ['skipped', 'there is no machine b9'],
    ]);
    expect(system.world.isPaused(1)).toBe(true);
    expect(nemesis.outcomes()[2].beganAt).toBeLessThan(20.1 * SECOND);
  });

  it('does not begin after the safety phase', () => {
    const system = threeBrokers();
    const nemesis = begin(system, [strike('leader-killed', leader, 40, 45)]);
    system.pass(30 * SECOND);
    nemesis.healAll();
    system.pass(60 * SECOND);
    expect(nemesis.outcomes()[0]).toMatchObject({ status: 'skipped', reason: 'the safety phase was over' });
    expect(system.incarnation(1)).toBe(1);
  });
});

describe('a machine that two strikes hit', () => {
  it('is started when the second lets go of it', () => {
    const system = threeBrokers();
    begin(system, [
      strike('broker-killed', broker('b1'), 5, 10),
      strike('power-loss', broker('b1'), 7, 20, { 'at-most': 3 }),
    ]);
    system.pass(15 * SECOND);
    expect(system.world.isRunning(1)).toBe(false);
    system.pass(6 * SECOND);
    expect(system.world.isRunning(1)).toBe(true);
    expect(system.world.hasPower(1)).toBe(true);
    expect(system.incarnation(1)).toBe(2);
  });

  it('runs after it was killed in its pause, and is not paused again', () => {
    const system = threeBrokers();
    begin(system, [strike('broker-paused', broker('b1'), 5, 20), strike('broker-killed', broker('b1'), 7, 9)]);
    system.pass(10 * SECOND);
    expect(system.world.isRunning(1)).toBe(true);
    expect(system.world.isPaused(1)).toBe(false);
    system.pass(15 * SECOND);
    expect(system.world.isPaused(1)).toBe(false);
  });

  it('hears its peers again only when both cuts are over', () => {
    const system = threeBrokers();
    begin(system, [strike('broker-cut-off', broker('b1'), 5, 10), strike('leader-cut-off', leader, 7, 20)]);
    system.pass(15 * SECOND);
    const during = system.heard(1, 2);
    system.pass(4 * SECOND);
    expect(system.heard(1, 2)).toBe(during);
    system.pass(30 * SECOND);
    expect(system.heard(1, 2)).toBeGreaterThan(during);
  });
});

describe('the network profile', () => {
  it('touches no process', () => {
    const system = threeBrokers();
    const nemesis = begin(system, [strike('leader-killed', leader, 5, 10), strike('leader-cut-off', leader, 20, 30)], {
      profile: 'network',
    });
    system.pass(50 * SECOND);
    expect(nemesis.outcomes().map(({ status }) => status)).toEqual(['skipped', 'over']);
    expect(nemesis.outcomes()[0].reason).toBe('the network profile leaves process alone');
  });
});

describe('the one-at-a-time profile', () => {
  it('begins the next strike when the last is over and every replica is back', () => {
    const system = threeBrokers();
    const nemesis = begin(
      system,
      [strike('leader-killed', leader, 5, 10), strike('broker-paused', broker('b2'), 6, 9)],
      {
        profile: 'one-at-a-time',
      },
    );
    system.pass(6 * SECOND);
    system.isWhole = 'orders-0 lacks b1';
    system.pass(14 * SECOND);
    expect(nemesis.outcomes()[1]).toMatchObject({ status: 'waiting', reason: 'orders-0 lacks b1' });
    system.isWhole = true;
    system.pass(SECOND);
    const second = nemesis.outcomes()[1];
    expect(second.status).toBe('running');
    expect(second.beganAt).toBeGreaterThanOrEqual(20 * SECOND);
    system.pass(3 * SECOND);
    expect(nemesis.outcomes()[1].endedAt - second.beganAt).toBe(3 * SECOND);
  });

  it('keeps the order of those that wait', () => {
    const system = threeBrokers();
    system.isWhole = 'orders-0 lacks b1';
    // The plan's order is not that of time.
    const strikes = [6, 7, 5].map((at) => strike('broker-paused', broker('b2'), at, at + 2));
    const nemesis = begin(system, strikes, { profile: 'one-at-a-time' });
    system.pass(10 * SECOND);
    system.isWhole = true;
    system.pass(20 * SECOND);
    const [second, third, first] = nemesis.outcomes().map(({ beganAt }) => beganAt);
    const began = [first, second, third];
    expect(began).toEqual(began.toSorted((a, b) => a - b));
    expect(began[1] - began[0]).toBeGreaterThanOrEqual(2 * SECOND);
    expect(began[2] - began[1]).toBeGreaterThanOrEqual(2 * SECOND);
  });
});

describe('the within-assumptions profile', () => {
  const powerLoss = [strike('power-loss', broker('b1'), 5, 10, { 'at-most': 3 })];
  const reason = (system: FakeSystem, nemesis: Nemesis): string | null => {
    system.pass(12 * SECOND);
    return nemesis.outcomes()[0].reason;
  };

  it('refuses a power loss that the guarantee does not bear', () => {
    const system = threeBrokers();
    const nemesis = begin(system, powerLoss, { profile: 'within-assumptions' });
    expect(reason(system, nemesis)).toBe('orders-0 would have 1 impaired; the guarantee bears 0');
    expect(system.incarnation(1)).toBe(1);
  });

  it('lets a broker lose power that has fsynced everything', () => {
    const system = threeBrokers();
    const nemesis = begin(system, powerLoss, {
      profile: 'within-assumptions',
      assumptions: { bearsImpaired: [0], unsyncedMatters: [false], uncleanStopsCount: false },
    });
    expect(reason(system, nemesis)).toBeNull();
    expect(system.incarnation(1)).toBe(2);
  });

  it('counts the replicas that are impaired already', () => {
    const bearsOne: Assumptions = { bearsImpaired: [1], unsyncedMatters: [true], uncleanStopsCount: false };
    const impaired = (machine: number): StateView => ({
      impaired: (_key, other) => other === machine,
      stoppedUncleanly: () => false,
    });
    const profile = 'within-assumptions';
    const alone = threeBrokers();
    expect(reason(alone, begin(alone, powerLoss, { profile, assumptions: bearsOne }))).toBeNull();
    const again = threeBrokers();
    expect(reason(again, begin(again, powerLoss, { profile, assumptions: bearsOne, state: impaired(1) }))).toBeNull();
    const second = threeBrokers();
    expect(reason(second, begin(second, powerLoss, { profile, assumptions: bearsOne, state: impaired(2) }))).toBe(
      'orders-0 would have 2 impaired; the guarantee bears 1',
    );
  });

  it('counts who stopped without order as impaired once one is, where the guarantee does', () => {
    const profile = 'within-assumptions';
    const assumptions: Assumptions = { bearsImpaired: [1], unsyncedMatters: [true], uncleanStopsCount: true };
    const stateOf = (impaired: number, stopped: number): StateView => ({
      impaired: (_key, machine) => machine === impaired,
      stoppedUncleanly: (_key, machine) => machine === stopped,
    });
    const refused = 'orders-0 would have 2 impaired; the guarantee bears 1';
    const strikeUnder = (strikes: readonly Strike[], state: StateView) => {
      const world = threeBrokers();
      return reason(world, begin(world, strikes, { profile, assumptions, state }));
    };
    const killed = [strike('broker-killed', broker('b1'), 5, 10)];
    expect(strikeUnder(powerLoss, stateOf(-1, 2))).toBe(refused);
    expect(strikeUnder(powerLoss, stateOf(-1, 1))).toBeNull();
    expect(strikeUnder(killed, stateOf(2, -1))).toBe(refused);
    expect(strikeUnder(killed, stateOf(-1, 2))).toBeNull();
  });

  it('counts every machine that a fault strikes, not its target alone', () => {
    const system = threeBrokers();
    const wholeRack = [strike('rack-power-loss', broker('b1'), 5, 10, { 'at-most': 3 })];
    const bearsOne: Assumptions = { bearsImpaired: [1], unsyncedMatters: [true], uncleanStopsCount: false };
    const nemesis = begin(system, wholeRack, { profile: 'within-assumptions', assumptions: bearsOne });
    expect(reason(system, nemesis)).toBe('orders-0 would have 2 impaired; the guarantee bears 1');
  });

  it('refuses nothing to those that harm no disk', () => {
    const system = threeBrokers();
    const nemesis = begin(system, [strike('broker-killed', broker('b1'), 5, 10)], { profile: 'within-assumptions' });
    expect(reason(system, nemesis)).toBeNull();
  });
});

describe('the storm profile', () => {
  it('lets every machine lose power at once, unless at-most says otherwise', () => {
    const names = ['b1', 'b2', 'b3'];
    const all = (atMost: number): Strike[] =>
      names.map((name, i) => strike('power-loss', broker(name), 5 + i, 20, { 'at-most': atMost }));
    const unlimited = threeBrokers();
    begin(unlimited, all(3));
    unlimited.pass(10 * SECOND);
    expect(unlimited.brokers.filter((machine) => unlimited.world.hasPower(machine))).toEqual([]);
    const limited = threeBrokers();
    const nemesis = begin(limited, all(1));
    limited.pass(10 * SECOND);
    expect(limited.brokers.filter((machine) => limited.world.hasPower(machine))).toEqual([2, 3]);
    expect(nemesis.outcomes()[1]).toMatchObject({ status: 'waiting', reason: '1 without power already, at-most is 1' });
  });
});

describe('healing', () => {
  it('of a set leaves the others as broken as they were', () => {
    const system = threeBrokers();
    const nemesis = begin(system, [
      strike('broker-killed', broker('b1'), 5, 50),
      strike('broker-killed', broker('b2'), 6, 50),
      strike('broker-cut-off', broker('b3'), 7, 50),
    ]);
    system.pass(10 * SECOND);
    nemesis.heal([2, 3, 4]);
    system.pass(55 * SECOND);
    expect(system.world.isRunning(1)).toBe(false);
    expect(system.world.isRunning(2)).toBe(true);
    expect(system.heard(2, 3)).toBeGreaterThan(0);
    expect(system.heard(5, 3)).toBeGreaterThan(0);
    expect(nemesis.outcomes().map(({ status }) => status)).toEqual(['running', 'over', 'running']);
    nemesis.healAll();
    system.pass(10 * SECOND);
    expect(system.world.isRunning(1)).toBe(true);
    expect(system.heard(1, 3)).toBeGreaterThan(0);
    expect(nemesis.outcomes().map(({ status }) => status)).toEqual(['over', 'over', 'over']);
  });

  it('starts a process that ended by itself', () => {
    const system = threeBrokers();
    const nemesis = begin(system, []);
    system.pass(SECOND);
    system.world.process(2)!.host.die('halt');
    nemesis.healAll();
    expect(system.incarnation(2)).toBe(2);
  });

  it('is the same in every run', () => {
    const run = (): unknown => {
      const system = threeBrokers();
      const nemesis = begin(system, [
        strike('power-loss', broker('b1'), 5, 9, { 'at-most': 3 }),
        strike('split-in-half', broker('b2'), 6, 12, { controllers: 'with', clients: 'against' }),
        strike('leader-cut-off', leader, 10, 20),
      ]);
      system.pass(30 * SECOND);
      nemesis.healAll();
      system.pass(10 * SECOND);
      return [nemesis.outcomes(), system.world.events, system.world.diskFingerprint()];
    };
    expect(run()).toEqual(run());
  });
});
