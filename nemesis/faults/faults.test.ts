import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../model/kernel/process.js';
import type { Fault, Parameters, Topology } from '../fault.js';
import type { Target } from '../plan.js';
import { faultNamed, faults } from '../registry.js';
import { Nemesis, type StrikeOutcome } from '../runner.js';
import { parameterProblem, parametersOf } from '../targets.js';
import { FakeSystem, unimpaired } from '../testing/fake-system.js';

const SECOND = 1_000_000;
/** Machines of the world below. */
const [B1, B2, B3, C1, P0] = [1, 2, 3, 4, 5];
const brokers = [B1, B2, B3];
const everybody = [B1, B2, B3, C1, P0];
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

/** Three brokers, one controller, one client, in which a fault lasts from second 10 to second 20. */
class Scene {
  readonly system = new FakeSystem({ brokers: 3, controllers: 1, clients: 1 });
  private readonly nemesis: Nemesis;

  constructor(fault: Fault, parameters: Parameters = {}, target?: Target) {
    const aim: Target = target ?? { kind: 'role', role: fault.role, key: 0, pick: 0 };
    const strike = { fault: fault.name, target: aim, when: { at: 0.1, for: 10 * SECOND }, with: parameters };
    this.nemesis = new Nemesis({
      world: this.system.world,
      system: this.system,
      plan: { profile: 'storm', strikes: [strike] },
      phaseMicros: 100 * SECOND,
      state: unimpaired,
      assumptions: { bearsImpaired: [0], unsyncedMatters: [true], uncleanStopsCount: false },
    });
    this.nemesis.begin();
  }

  at(second: number): void {
    this.system.world.runUntil(Math.round(second * SECOND));
  }

  outcome(): StrikeOutcome {
    return this.nemesis.outcomes()[0];
  }

  healAll(): void {
    this.nemesis.healAll();
  }

  /** Who heard whom between two seconds, as 'from>to'. */
  links(from: number, to: number): Set<string> {
    this.at(from);
    const before = this.counts();
    this.at(to);
    const after = this.counts();
    return new Set([...after].filter(([link, count]) => count > (before.get(link) ?? 0)).map(([link]) => link));
  }

  private counts(): Map<string, number> {
    return new Map(allLinks().map(([from, to]) => [`${from}>${to}`, this.system.heard(to, from)]));
  }
}

function allLinks(): (readonly [MachineId, MachineId])[] {
  return everybody.flatMap((from) => everybody.filter((to) => to !== from).map((to) => [from, to] as const));
}

/** Links that carried nothing while the fault lasted. */
function brokenLinks(scene: Scene): string[] {
  const alive = scene.links(12, 19);
  return allLinks()
    .map(([from, to]) => `${from}>${to}`)
    .filter((link) => !alive.has(link));
}

function bothWays(machine: MachineId, peers: readonly MachineId[]): string[] {
  return peers.flatMap((peer) => [`${machine}>${peer}`, `${peer}>${machine}`]).toSorted();
}

describe('every fault', () => {
  it.each(faults.filter(({ role }) => role !== 'consumer'))(
    '$name has an effect, ends, and leaves the world as it was',
    (fault) => {
      fc.assert(
        fc.property(fault.arbitrary(topology), (drawn) => {
          const role = fault.role === 'client' ? 'producer' : fault.role;
          const scene = new Scene(fault, drawn, { kind: 'role', role, key: 0, pick: 0 });
          scene.at(90);
          scene.healAll();
          scene.at(100);
          expect(scene.outcome()).toMatchObject({ status: 'over', reason: null });
          expect(scene.outcome().effect).toBeGreaterThan(0);
          expect(scene.links(130, 140).size).toBe(allLinks().length);
          for (const machine of everybody) {
            expect(scene.system.world.isRunning(machine)).toBe(true);
            expect(scene.system.world.isPaused(machine)).toBe(false);
          }
        }),
        { numRuns: 5 },
      );
    },
  );

  it('has a name of its own, a sentence, and words for what it does', () => {
    const names = faults.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const fault of faults) {
      expect(fault.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(fault.sentence).toMatch(/^[A-Z].*\.$/);
      const [drawn] = fc.sample(fault.arbitrary(topology), { seed: 1, numRuns: 1 });
      expect(fault.say(drawn)).not.toMatch(/undefined|NaN|\.$/);
      expect(Object.keys(drawn).toSorted()).toEqual(fault.parameters.map(({ name }) => name).toSorted());
    }
  });

  it('draws only parameters that a spec could give it', () => {
    for (const fault of faults) {
      for (const drawn of fc.sample(fault.arbitrary(topology), { seed: 3, numRuns: 50 })) {
        for (const parameter of fault.parameters) expect(parameterProblem(parameter, drawn[parameter.name])).toBeNull();
      }
    }
  });

  it('draws parameters that shrink from their saved form', () => {
    for (const fault of faults) {
      const arbitrary = fault.arbitrary(topology);
      for (const drawn of fc.sample(arbitrary, { seed: 7, numRuns: 20 })) {
        expect(arbitrary.canShrinkWithoutContext(JSON.parse(JSON.stringify(drawn)))).toBe(true);
      }
    }
  });
});

describe('request-delayed', () => {
  const held = (target: Target, request = 'Ping'): Scene =>
    new Scene(faultNamed('request-delayed'), { request, nth: 1 }, target);
  const producer: Target = { kind: 'role', role: 'producer', key: 0, pick: 0 };
  const leader: Target = { kind: 'role', role: 'leader', key: 0, pick: 0 };

  it('holds what a client asks every broker, or what every client asks a broker, behind one request', () => {
    expect(brokenLinks(held(producer))).toEqual(brokers.map((broker) => `${P0}>${broker}`));
    expect(brokenLinks(held(leader))).toEqual([`${P0}>${B1}`]);
  });

  it('lets it arrive when it ends, with all that was sent behind it', () => {
    const scene = held(leader);
    scene.at(19);
    const before = scene.system.heard(B1, P0);
    scene.at(21);
    // Twenty pings a second, for two seconds, and for the nine before.
    expect(scene.system.heard(B1, P0) - before).toBeGreaterThan(10 * 20);
  });

  it('is none where the protocol has no such request', () => {
    const scene = held(producer, 'Pong');
    scene.at(90);
    expect(scene.outcome()).toMatchObject({ status: 'skipped', reason: 'there is no request Pong' });
  });
});

describe('cuts', () => {
  const cases: readonly (readonly [string, Parameters, MachineId, readonly string[]])[] = [
    ['leader-cut-off', {}, B1, bothWays(B1, [B2, B3, C1])],
    ['leader-cut-off-from-followers', {}, B1, bothWays(B1, [B2, B3])],
    ['leader-cut-off-from-controller', {}, B1, bothWays(B1, [C1])],
    ['follower-cut-off', {}, B2, bothWays(B2, [B1, B3, C1])],
    ['broker-cut-off', {}, B1, bothWays(B1, [B2, B3, C1, P0])],
    ['controller-cut-off', {}, C1, bothWays(C1, [B1, B2, B3])],
    ['client-cut-off', {}, P0, bothWays(P0, [B1, B2, B3])],
    ['one-way-cut', { direction: 'out', peers: 'all' }, B1, [`1>2`, `1>3`, `1>4`, `1>5`]],
    ['one-way-cut', { direction: 'in', peers: 'brokers' }, B1, [`2>1`, `3>1`]],
    ['one-way-cut', { direction: 'out', peers: 'controllers' }, B1, [`1>4`]],
  ];
  it.each(cases)('%s %j of machine %i breaks these links and no others', (name, parameters, machine, broken) => {
    const fault = faultNamed(name);
    const role = fault.role === 'client' ? 'producer' : fault.role;
    const scene = new Scene(fault, parameters, { kind: 'role', role, key: 0, pick: 0 });
    expect(brokenLinks(scene).toSorted()).toEqual([...broken].toSorted());
    expect(scene.outcome().machines).toEqual([machine]);
  });

  it('split-in-half puts the smaller half of the brokers on the side of its target', () => {
    const scene = new Scene(faultNamed('split-in-half'), { controllers: 'with', clients: 'against' });
    const near = [B1, C1];
    const far = [B2, B3, P0];
    const expected = near.flatMap((here) => bothWays(here, far)).toSorted();
    expect(brokenLinks(scene).toSorted()).toEqual(expected);
    expect(scene.outcome().machines).toEqual([B1]);
  });

  it('leaves the messages on their way to arrive after the heal', () => {
    const scene = new Scene(faultNamed('broker-cut-off'));
    scene.at(19);
    const during = scene.system.heard(B1, B2);
    scene.at(60);
    // Twenty pings a second: those of the ten seconds of the cut came too.
    expect(scene.system.heard(B1, B2) - during).toBeGreaterThan(20 * 45);
  });
});

describe('slow-network', () => {
  it('lets everything arrive', () => {
    const scene = new Scene(faultNamed('slow-network'), { factor: 100, 'jitter-ms': 200 });
    expect(brokenLinks(scene)).toEqual([]);
  });
});

describe('faults of processes', () => {
  const killed = ['leader-killed', 'follower-killed', 'broker-killed', 'controller-killed', 'client-killed'];
  it.each(killed)('%s: the process is gone while it lasts, and a new one runs afterwards', (name) => {
    const { scene, machine } = struck(name);
    expect(scene.system.world.isRunning(machine)).toBe(false);
    expect(scene.system.world.hasPower(machine)).toBe(true);
    scene.at(21);
    expect(scene.system.incarnation(machine)).toBe(2);
  });

  const paused = ['leader-paused', 'broker-paused', 'controller-paused', 'client-paused'];
  it.each(paused)('%s: the process stands still while it lasts, and the same one goes on', (name) => {
    const { scene, machine } = struck(name);
    expect(scene.system.world.isPaused(machine)).toBe(true);
    scene.at(21);
    expect(scene.system.world.isPaused(machine)).toBe(false);
    expect(scene.system.incarnation(machine)).toBe(1);
  });

  it.each(['power-loss', 'leader-power-loss', 'last-replica-power-loss'])(
    '%s: what was not fsynced may be gone',
    (name) => {
      const { scene, machine } = struck(name, { 'at-most': 3 });
      expect(scene.system.world.hasPower(machine)).toBe(false);
      scene.at(21);
      expect(scene.system.incarnation(machine)).toBe(2);
      // 200 pings were written before; a drawn part of them has survived.
      expect(scene.system.world.disk(machine).open('orders-0/log').length).toBeLessThan(210);
    },
  );

  it('rack-power-loss: every broker of the rack is without power, and nobody else', () => {
    const { scene } = struck('rack-power-loss', { 'at-most': 3 });
    expect(scene.outcome()).toMatchObject({ machines: [B1, B2], effect: 2 });
    const dark = (): MachineId[] => everybody.filter((machine) => !scene.system.world.hasPower(machine));
    expect(dark()).toEqual([B1, B2]);
    scene.at(21);
    expect(dark()).toEqual([]);
  });

  function struck(name: string, parameters: Parameters = {}): { scene: Scene; machine: MachineId } {
    const fault = faultNamed(name);
    const role = fault.role === 'client' ? 'producer' : fault.role;
    const scene = new Scene(fault, parameters, { kind: 'role', role, key: 0, pick: 0 });
    scene.at(15);
    return { scene, machine: scene.outcome().machines[0] };
  }
});

describe('rolling-restart', () => {
  const incarnations = (scene: Scene): number[] => brokers.map((broker) => scene.system.incarnation(broker));

  it('restarts every broker once, one after the other', () => {
    const scene = new Scene(faultNamed('rolling-restart'), { how: 'kill', 'down-ms': 1_000 });
    for (let tenth = 0; tenth < 300; tenth++) {
      scene.at(10 + tenth / 10);
      expect(brokers.filter((broker) => !scene.system.world.isRunning(broker)).length).toBeLessThanOrEqual(1);
    }
    expect(incarnations(scene)).toEqual([2, 2, 2]);
    expect(scene.outcome()).toMatchObject({ status: 'over', machines: brokers, effect: 3 });
  });

  it('goes on only when every replica is back', () => {
    const scene = new Scene(faultNamed('rolling-restart'), { how: 'kill', 'down-ms': 1_000 });
    scene.at(10.5);
    scene.system.isWhole = 'orders-0 lacks b1';
    scene.at(30);
    expect(incarnations(scene)).toEqual([2, 1, 1]);
    scene.system.isWhole = true;
    scene.at(31);
    expect(scene.system.world.isRunning(B2)).toBe(false);
  });

  it('asks for an orderly shutdown, and waits for it', () => {
    const scene = new Scene(faultNamed('rolling-restart'), { how: 'graceful', 'down-ms': 1_000 });
    scene.system.knowsShutdown = true;
    scene.at(14);
    expect(scene.system.asked).toEqual([B1]);
    expect(scene.system.world.isRunning(B1)).toBe(true);
    scene.system.world.process(B1)!.host.die('exit');
    scene.at(16);
    expect(incarnations(scene)).toEqual([2, 1, 1]);
    expect(scene.system.asked).toEqual([B1, B2]);
  });

  it('leaves no process behind that would end by itself after the heal', () => {
    const scene = new Scene(faultNamed('rolling-restart'), { how: 'graceful', 'down-ms': 1_000 });
    scene.system.knowsShutdown = true;
    scene.at(14);
    scene.healAll();
    expect(incarnations(scene)).toEqual([2, 1, 1]);
    expect(scene.outcome().status).toBe('over');
  });
});

describe('rolling-upgrade', () => {
  const parameters = { kafka: '4.1', 'down-ms': 1_000 };
  const installed = ['c1', 'b1', 'b2', 'b3'].map((name) => `${name} 4.1`);

  it('installs the release on every machine while it is down, and asks then that all agree on it', () => {
    const scene = new Scene(faultNamed('rolling-upgrade'), { ...parameters, agree: 'protocol' });
    scene.at(60);
    expect(scene.system.upgraded).toEqual([...installed, 'all agree']);
    expect(everybody.map((machine) => scene.system.incarnation(machine))).toEqual([2, 2, 2, 2, 1]);
    expect(scene.outcome()).toMatchObject({ status: 'over', machines: [C1, B1, B2, B3], effect: 4 });
  });

  it('restarts every machine once more where each reads what is agreed on when it starts', () => {
    const scene = new Scene(faultNamed('rolling-upgrade'), { ...parameters, agree: 'everything' });
    scene.system.agreesByRestart = true;
    scene.at(60);
    expect(scene.system.upgraded).toEqual([...installed, 'c1 agrees', 'b1 agrees', 'b2 agrees', 'b3 agrees']);
    expect(everybody.map((machine) => scene.system.incarnation(machine))).toEqual([3, 3, 3, 3, 1]);
  });

  it('leaves it at what was agreed on, if it is told so', () => {
    const scene = new Scene(faultNamed('rolling-upgrade'), { ...parameters, agree: 'nothing' });
    scene.at(60);
    expect(scene.system.upgraded).toEqual(installed);
  });

  it('goes on only when every replica is back, and stands still half-way when everything is healed', () => {
    const scene = new Scene(faultNamed('rolling-upgrade'), { ...parameters, agree: 'protocol' });
    scene.at(12.2);
    scene.system.isWhole = 'orders-0 lacks b1';
    scene.at(30);
    scene.healAll();
    scene.at(60);
    expect(scene.system.upgraded).toEqual(installed.slice(0, scene.system.upgraded.length));
    expect(scene.system.upgraded.length).toBeLessThan(4);
    for (const machine of everybody) expect(scene.system.world.isRunning(machine)).toBe(true);
  });

  it('does not begin where the system cannot go there', () => {
    const scene = new Scene(faultNamed('rolling-upgrade'), { ...parameters, agree: 'protocol' });
    scene.system.upgradable = 'Kafka 4.1 has no ZooKeeper';
    scene.at(60);
    expect(scene.outcome()).toMatchObject({ status: 'skipped', reason: 'Kafka 4.1 has no ZooKeeper' });
    expect(scene.system.upgraded).toEqual([]);
  });
});

describe('faults of single messages', () => {
  it('response-lost loses the chosen message to a client, with its connection, and no more', () => {
    const scene = new Scene(faultNamed('response-lost'), { nth: 3 });
    scene.at(9.9);
    const before = scene.system.heard(P0, B1);
    scene.at(19.9);
    // Two hundred were sent; one was lost, and the connection was made anew.
    expect(scene.system.heard(P0, B1) - before).toBeGreaterThan(190);
    scene.at(21);
    expect(scene.outcome().effect).toBe(1);
  });

  it('connection-reset resets the connection to every peer once', () => {
    const scene = new Scene(faultNamed('connection-reset'), { peers: 'brokers', direction: 'out' });
    scene.at(21);
    expect(scene.outcome().effect).toBe(2);
  });
});

describe('faults of clocks', () => {
  it('clock-jump sets the wall clock, not the monotonic one, and sets it back', () => {
    const scene = new Scene(faultNamed('clock-jump'), { seconds: -3_600 }, { kind: 'machine', machine: 'b1' });
    const clocks = (): number[] => {
      const { host } = scene.system.world.process(B1)!;
      return [host.wallMicros() - host.monotonicMicros()];
    };
    scene.at(9);
    const [before] = clocks();
    scene.at(15);
    expect(clocks()[0] - before).toBe(-3_600 * SECOND);
    scene.at(21);
    expect(clocks()[0]).toBe(before);
  });

  it('clock-drift makes a machine live faster, until it ends', () => {
    const scene = new Scene(faultNamed('clock-drift'), { ppm: 100_000 }, { kind: 'machine', machine: 'b1' });
    const monotonic = (): number => scene.system.world.process(B1)!.host.monotonicMicros();
    scene.at(10);
    const begun = monotonic();
    scene.at(20);
    const ended = monotonic();
    expect((ended - begun) / (10 * SECOND)).toBeCloseTo(1.1, 2);
    scene.at(30);
    expect((monotonic() - ended) / (10 * SECOND)).toBeCloseTo(1, 2);
  });
});

describe('disk-corruption', () => {
  it("damages one entry of a replica's log", () => {
    const scene = new Scene(faultNamed('disk-corruption'), { replica: 0, entry: 500 });
    scene.at(15);
    const log = scene.system.world.disk(B1).open('orders-0/log');
    const damaged = Array.from({ length: log.length }, (_, i) => log.state(i)).filter((state) => state !== 0);
    expect(damaged).toEqual([2]);
    expect(scene.outcome().effect).toBe(1);
  });
});

describe('segment-corrupted', () => {
  const states = (scene: Scene, path: string): number[] => {
    const file = scene.system.world.disk(B1).open(path);
    return Array.from({ length: file.length }, (_, i) => file.state(i));
  };

  it('kills the broker, damages a batch in the file that is written to, and lets it start again', () => {
    const scene = new Scene(
      faultNamed('segment-corrupted'),
      { where: 'active', replica: 0, entry: 999 },
      { kind: 'machine', machine: 'b1' },
    );
    scene.at(9);
    scene.system.world.disk(B1).open('orders-0/zzz').append({}, 1);
    scene.at(15);
    expect(scene.system.world.isRunning(B1)).toBe(false);
    expect(states(scene, 'orders-0/zzz')).toEqual([2]);
    expect(states(scene, 'orders-0/log').includes(2)).toBe(false);
    scene.at(30);
    expect(scene.system.world.isRunning(B1)).toBe(true);
  });

  it('damages an old one where it is told to, and only kills where there is none', () => {
    const target = { kind: 'machine', machine: 'b1' } as const;
    const old = { where: 'old', replica: 0, entry: 0 };
    const scene = new Scene(faultNamed('segment-corrupted'), old, target);
    scene.at(9);
    scene.system.world.disk(B1).open('orders-0/zzz').append({}, 1);
    scene.at(15);
    expect(states(scene, 'orders-0/log')[0]).toBe(2);
    const alone = new Scene(faultNamed('segment-corrupted'), old, target);
    alone.at(15);
    expect(states(alone, 'orders-0/log').includes(2)).toBe(false);
    expect(alone.outcome().effect).toBe(1);
  });
});

describe('parameters in a spec', () => {
  const problem = (fault: string, name: string, value: unknown): string | null =>
    parameterProblem(
      parametersOf(faultNamed(fault)).find((parameter) => parameter.name === name)!,
      value,
    );

  it('are words of a list, whole numbers between bounds, or names', () => {
    expect(problem('rolling-restart', 'how', 'graceful')).toBeNull();
    expect(problem('rolling-restart', 'how', 'gently')).toBe('is none of graceful, kill');
    expect(problem('power-loss', 'at-most', 1)).toBeNull();
    expect(problem('power-loss', 'at-most', 0)).toBe('is no whole number from 1 to 30');
    expect(problem('power-loss', 'at-most', 'one')).toBe('is no whole number from 1 to 30');
    expect(problem('broker-killed', 'machine', 'b2')).toBeNull();
    expect(problem('broker-killed', 'machine', 2)).toBe('is no name');
  });
});

it('an addition asks for as many partitions as the topic is to have', () => {
  const scene = new Scene(faultNamed('partitions-added'), { partitions: 6 });
  scene.at(30);
  expect(scene.system.additions).toEqual([6]);
});

it('an alteration asks for the settings that it names, and for nothing when it ends', () => {
  const scene = new Scene(faultNamed('settings-altered'), {
    'min.insync.replicas': 1,
    'unclean.leader.election.enable': 'unchanged',
  });
  scene.at(30);
  expect(scene.system.alterations).toEqual([{ 'min.insync.replicas': 1 }]);
});

it('a voter that is removed is added again when the strike ends', () => {
  const scene = new Scene(faultNamed('voter-removed'), {}, { kind: 'machine', machine: 'c1' });
  scene.at(15);
  expect(scene.system.voterChanges).toEqual(['-c1']);
  scene.at(30);
  expect(scene.system.voterChanges).toEqual(['-c1', '+c1']);
});

describe('a reassignment', () => {
  const asked = (parameters: Parameters): readonly (readonly MachineId[] | null)[] => {
    const drawn = { moved: 1, 'taken-back': 'no', replicas: 'any', ...parameters };
    const scene = new Scene(faultNamed('partition-reassigned'), drawn);
    scene.at(30);
    return scene.system.reassignments;
  };

  it('moves as many replicas as there are other brokers for, at most', () => {
    const [replicas, ...others] = asked({ moved: 2 });
    expect(others).toEqual([]);
    expect(replicas).toHaveLength(2);
    expect(replicas).toContain(B3);
  });

  it('goes to the brokers that are named', () => {
    expect(asked({ replicas: 'b3, b1' })).toEqual([[B3, B1]]);
  });

  it('is taken back when the strike ends, if that is wanted', () => {
    expect(asked({ replicas: 'b3,b1', 'taken-back': 'yes' })).toEqual([[B3, B1], null]);
  });

  it('waits where a broker is named that there is not', () => {
    expect(asked({ replicas: 'b9' })).toEqual([]);
  });
});
