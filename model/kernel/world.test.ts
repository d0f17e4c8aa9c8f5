import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelProbes, type ProbeListener } from './probes.js';
import { anyScript, Chaos, MACHINES } from './testing/chaos.js';
import { Actor, Stage, type Happening } from './testing/stage.js';
import { createWorld } from './world.js';

describe('whatever is done to a world', () => {
  it('no process acts after its death, and none while it is paused', () => {
    fc.assert(
      fc.property(fc.string(), anyScript, (seed, script) => {
        const chaos = new Chaos(seed);
        const { world } = chaos.stage;
        const wrong: Happening[] = [];
        chaos.stage.onHappening = (happening) => {
          const { machine, incarnation, what } = happening;
          // A process starts before the world can show it.
          const acts = what === 'start' || world.process(machine)?.host.incarnation === incarnation;
          if (!acts || world.isPaused(machine)) wrong.push(happening);
        };
        chaos.run(script);
        chaos.healAll();
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('a connection delivers what was sent, in order, without gap or repetition, and all of it if it lasts', () => {
    fc.assert(
      fc.property(fc.string(), anyScript, (seed, script) => {
        const chaos = new Chaos(seed);
        chaos.run(script);
        for (const { sent, received } of chaos.traffic.values()) {
          expect(received).toEqual(sent.slice(0, received.length));
        }
        const sentInFaults = new Map([...chaos.traffic].map(([key, { sent }]) => [key, sent.length]));
        chaos.healAll();
        for (const { sent, received } of chaos.traffic.values()) {
          expect(received).toEqual(sent.slice(0, received.length));
        }
        for (let id = 1; id <= MACHINES; id++) {
          for (const connection of chaos.stage.actor(id).connections) {
            if (!connection.open || !knows(chaos, connection.peer, connection.id)) continue;
            const key = `${connection.id} from ${connection.peer}`;
            const { received } = chaos.flow(connection, connection.peer);
            expect(received.length).toBeGreaterThanOrEqual(sentInFaults.get(key) ?? 0);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('time does not go back, and the same seed and script give the same events', () => {
    fc.assert(
      fc.property(fc.string(), anyScript, (seed, script) => {
        const [one, other] = [1, 2].map(() => {
          const chaos = new Chaos(seed);
          const probes: number[][] = [];
          const listener: ProbeListener = { onProbe: (...fields) => probes.push([chaos.stage.world.now, ...fields]) };
          chaos.stage.world.probes.listen(
            kernelProbes.map(({ kind }) => kind),
            listener,
          );
          chaos.run(script);
          const { world, happenings } = chaos.stage;
          return { probes, happenings, events: world.events, now: world.now, disks: world.diskFingerprint() };
        });
        expect(one).toEqual(other);
        const times = one.happenings.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((x, y) => x - y));
      }),
      { numRuns: 30 },
    );
  });
});

/** Whether the process that runs there has this connection open. */
function knows(chaos: Chaos, machine: number, id: number): boolean {
  return chaos.stage.actor(machine).connections.some((connection) => connection.id === id && connection.open);
}

describe('a world', () => {
  it('runs one event a step, and says when nothing is left', () => {
    const world = createWorld({ seed: 's' });
    const heard: unknown[] = [];
    const handler = { onEvent: (...given: unknown[]) => heard.push([world.now, ...given]) };
    world.schedule(20, handler, 2, 0);
    world.schedule(10, handler, 1, 7, 'payload');
    expect(world.nextEventAt).toBe(10);
    expect([world.step(), world.now, world.events]).toEqual([true, 10, 1]);
    expect([world.step(), world.nextEventAt, world.step()]).toEqual([true, Infinity, false]);
    expect(heard).toEqual([
      [10, 1, 7, 'payload'],
      [20, 2, 0, undefined],
    ]);
  });

  it('runs up to and including a time, and stands at it', () => {
    const world = createWorld({ seed: 's' });
    const heard: number[] = [];
    const handler = {
      onEvent: (kind: number) => {
        heard.push(kind);
        if (kind === 1) world.schedule(world.now, handler, 3, 0);
      },
    };
    for (const at of [1, 2, 4]) world.schedule(at * 10, handler, at, 0);
    world.runUntil(20);
    expect([heard, world.now]).toEqual([[1, 3, 2], 20]);
    world.runUntil(30);
    expect([heard.length, world.now]).toEqual([3, 30]);
    expect(() => world.runUntil(29)).toThrow('time does not go back');
    expect(() => world.schedule(29, handler, 0, 0)).toThrow('nothing is scheduled for the past');
  });

  it('counts whole microseconds: what is asked for within one is at its end', () => {
    const world = createWorld({ seed: 's' });
    const heard: number[] = [];
    world.schedule(40.5, { onEvent: () => heard.push(world.now) }, 0, 0);
    world.runUntil(40.2);
    expect([heard, world.now]).toEqual([[41], 41]);
  });

  it('knows its machines by number and name', () => {
    const stage = new Stage();
    const { world } = stage;
    const [a, b] = [stage.add('b1'), stage.add('p0')];
    expect([a, b, world.machineCount, world.machineName(b)]).toEqual([1, 2, 2, 'p0']);
    expect(() => stage.add('b1')).toThrow('each machine has a name of its own');
    expect(() => world.kill(3)).toThrow('a machine of this world is meant');
    world.kill(a);
    expect([world.isRunning(a), world.process(a), world.hasPower(a)]).toEqual([false, undefined, true]);
  });

  it('throws dice of any purpose that depend on nothing but the seed', () => {
    const [one, other] = [createWorld({ seed: 's' }), createWorld({ seed: 's' })];
    one.dice('x').bits();
    expect(one.dice('nemesis').bits()).toBe(other.dice('nemesis').bits());
    expect(one.dice('nemesis').bits()).not.toBe(one.dice('workload').bits());
  });

  it('hands clients their recorder', () => {
    const heard: unknown[] = [];
    const world = createWorld({
      seed: 's',
      recorder: {
        invoke: (...given) => heard.push(given),
        amend: (...given) => heard.push(given),
        complete: (...given) => heard.push(given),
      },
    });
    const id = world.addMachine({ name: 'a', program: (host) => new Actor(host, new Stage(), {}) });
    world.start(id);
    const { recorder } = world.process(id)!.host;
    const operation = recorder.invoke(id, 65_537, 'send', 'v');
    recorder.amend(operation, 'w');
    recorder.complete(operation, 'ok', 'v');
    expect(heard).toEqual([
      [id, 65_537, 'send', 'v'],
      [1, 'w'],
      [1, 'ok', 'v'],
    ]);
  });
});
