import { describe, expect, it } from 'vitest';
import { KernelProbe } from './probes.js';
import { message, Stage } from './testing/stage.js';

const MILLI = 1000;
const SECOND = 1_000_000;

describe('a process', () => {
  it('has its timers in the order of their times, with what was given', () => {
    const given: unknown[] = [];
    const stage = new Stage();
    const a = stage.add('a', {
      start: ({ host }) => {
        host.timer(2, 2 * MILLI, 20, 'late');
        host.timer(1, MILLI, 10);
        host.cancel(host.timer(3, MILLI, 30));
      },
      timer: (_actor, ...arguments_) => given.push(arguments_),
    });
    stage.pass(SECOND);
    expect(given).toEqual([
      [1, 10, undefined],
      [2, 20, 'late'],
    ]);
    expect(stage.happenings.map(({ at }) => at)).toEqual([0, MILLI, 2 * MILLI]);
    expect(stage.actor(a).host.incarnation).toBe(1);
  });

  it('has its yields in the order in which it asked, each after some CPU time, and others fall between', () => {
    const stage = new Stage();
    const yielder = {
      start: ({ host }: { host: { later(kind: number, arg: number): void } }) => {
        for (let kind = 0; kind < 50; kind++) host.later(kind, 0);
      },
    };
    const a = stage.add('a', yielder);
    const b = stage.add('b', yielder);
    stage.pass(SECOND);
    const inOrder = ['start', ...Array.from({ length: 50 }, (_, kind) => `timer ${kind}`)];
    expect(stage.heard(a)).toEqual(inOrder);
    expect(stage.heard(b)).toEqual(inOrder);
    expect(stage.happenings.filter(({ what }) => what !== 'start').every(({ at }) => at > 0)).toBe(true);
    const switches = stage.happenings.filter(({ machine }, i, all) => i > 0 && machine !== all[i - 1].machine);
    expect(switches.length).toBeGreaterThan(2);
  });

  it('draws its choices from streams of its own, new in each incarnation', () => {
    const stage = new Stage();
    const a = stage.add('a');
    const b = stage.add('b');
    const first = stage.actor(a).host.dice('election').bits();
    expect(stage.actor(b).host.dice('election').bits()).not.toBe(first);
    expect(stage.actor(a).host.dice('sticky').bits()).not.toBe(first);
    // The same stream goes on when it is asked for again.
    expect(stage.actor(a).host.dice('election').bits()).not.toBe(first);
    stage.world.kill(a);
    stage.world.start(a);
    expect(stage.actor(a).host.dice('election').bits()).not.toBe(first);
  });

  it('runs its timers by its own clock', () => {
    const stage = new Stage();
    const a = stage.add('a');
    stage.world.driftClock(a, 100_000);
    stage.actor(a).host.timer(1, 1_100_000, 0);
    stage.pass(10 * SECOND);
    expect(stage.happenings.at(-1)).toMatchObject({ at: SECOND, what: 'timer 1' });
  });

  it('has pending timers moved when its clock changes its rate, but neither yields nor messages', () => {
    const stage = new Stage();
    const a = stage.add('a');
    stage.actor(a).host.timer(1, 2 * SECOND, 0);
    stage.pass(SECOND);
    stage.world.driftClock(a, 1_000_000);
    stage.pass(10 * SECOND);
    expect(stage.happenings.at(-1)).toMatchObject({ at: 1.5 * SECOND, what: 'timer 1' });
    expect(stage.actor(a).host.monotonicMicros()).toBe(21 * SECOND);
  });

  it('sees its wall clock jump, and no timer moves', () => {
    const stage = new Stage();
    const a = stage.add('a');
    const { host } = stage.actor(a);
    const before = host.wallMicros();
    host.timer(1, SECOND, 0);
    stage.world.jumpClock(a, -3600 * SECOND);
    stage.pass(2 * SECOND);
    expect(host.wallMicros()).toBe(before - 3600 * SECOND + 2 * SECOND);
    expect(stage.happenings.at(-1)).toMatchObject({ at: SECOND });
  });
});

describe('killing a process', () => {
  it('ends its timers, yields and fsync completions; the next incarnation knows nothing of them', () => {
    const stage = new Stage();
    const a = stage.add('a');
    const { host } = stage.actor(a);
    host.timer(1, SECOND, 0);
    host.later(2, 0);
    const file = host.disk.open('log');
    file.append({}, 1);
    file.fsync(3, 0);
    stage.world.kill(a);
    stage.world.start(a);
    stage.pass(10 * SECOND);
    expect(stage.happenings.map(({ what, incarnation }) => `${incarnation} ${what}`)).toEqual(['1 start', '2 start']);
    // The page cache and the fsync are the machine's.
    expect([stage.world.disk(a).open('log').length, stage.world.disk(a).open('log').synced]).toEqual([1, 1]);
  });

  it('lets the machine say so to its peers, behind what had been written', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [near, far] = stage.connect(a, b);
    near.send(message(1));
    far.send(message(2));
    stage.world.kill(a);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'broken: reset']);
    expect(stage.heard(a)).toEqual([]);
    expect(far.open).toBe(false);
  });

  it('is not heard by a peer behind a cut, until a retransmission gets through', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    stage.connect(a, b);
    stage.world.net.cut(a, b, true);
    stage.world.kill(a);
    stage.pass(10 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    stage.world.net.cut(a, b, false);
    stage.pass(20 * SECOND);
    expect(stage.heard(b)).toEqual(['broken: reset']);
  });

  it('is learnt by a peer that sends, when the machine no longer tries to tell it', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [, far] = stage.connect(a, b);
    stage.world.net.cut(a, b, true);
    stage.world.kill(a);
    stage.pass(200 * SECOND);
    stage.world.net.cut(a, b, false);
    stage.pass(200 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    far.send(message(1));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['broken: reset']);
  });

  it('while it dies by itself leaves the rest of its handler without effect', () => {
    const stage = new Stage();
    const a = stage.add('a', {
      start: ({ host }) => {
        host.die('halt');
        host.timer(1, MILLI, 0);
        host.later(2, 0);
        host.disk.open('log').append({}, 1);
        host.disk.replace('checkpoint', {}, 1);
      },
    });
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['start']);
    expect(stage.world.isRunning(a)).toBe(false);
    expect(stage.world.disk(a).exists('checkpoint')).toBe(false);
    expect(stage.world.disk(a).open('log').length).toBe(0);
  });

  it('announces who died and why', () => {
    const stage = new Stage();
    const a = stage.add('a');
    const heard: number[][] = [];
    const { processStarted, processKilled } = KernelProbe;
    stage.world.probes.listen([processStarted, processKilled], { onProbe: (...fields) => heard.push(fields) });
    stage.world.kill(a);
    stage.world.kill(a);
    stage.world.start(a);
    stage.world.start(a);
    stage.actor(a).host.die('exit');
    expect(heard.map((fields) => fields.slice(0, 5))).toEqual([
      [processKilled, a, -1, 1, 0],
      [processStarted, a, -1, 2, 0],
      [processKilled, a, -1, 2, 1],
    ]);
  });
});

describe('power loss', () => {
  it('says nothing to peers: they hear silence, and a reset when they send to the restarted machine', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [, far] = stage.connect(a, b);
    stage.world.powerLoss(a);
    far.send(message(1));
    stage.pass(10 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    expect([stage.world.isRunning(a), stage.world.hasPower(a)]).toEqual([false, false]);
    stage.world.start(a);
    expect([stage.world.isRunning(a), stage.world.hasPower(a)]).toEqual([true, true]);
    stage.pass(20 * SECOND);
    expect(stage.heard(b)).toEqual(['broken: reset']);
    expect(stage.heard(a)).toEqual(['start']);
  });

  it('leaves a peer that has nothing to send alone', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [, far] = stage.connect(a, b);
    stage.world.powerLoss(a);
    stage.world.start(a);
    stage.pass(5000 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    expect(far.open).toBe(true);
  });

  it('is noticed by a sender after its retransmission limit', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [, far] = stage.connect(a, b);
    stage.world.powerLoss(a);
    far.send(message(1));
    stage.pass(1000 * SECOND);
    expect(stage.heard(b)).toEqual(['broken: timeout']);
  });

  it('loses what waits at the machine, but not what is under way', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [near] = stage.connect(a, b);
    near.send(message(1));
    stage.world.powerLoss(a);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
  });

  it('loses what a closed connection still had to deliver', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [near] = stage.connect(a, b);
    stage.world.net.cut(a, b, true);
    near.send(message(1));
    near.close();
    stage.world.powerLoss(a);
    stage.world.start(a);
    stage.world.net.cut(a, b, false);
    stage.pass(200 * SECOND);
    expect(stage.heard(b)).toEqual([]);
  });
});

describe('a paused process', () => {
  it('does nothing; on resume all that expired runs, once each, in an order that is drawn', () => {
    const orders = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const stage = new Stage(`seed ${n}`);
      const a = stage.add('a', {
        start: ({ host }) => {
          for (let kind = 1; kind <= 4; kind++) host.timer(kind, kind * MILLI, 0);
        },
      });
      stage.world.pause(a);
      stage.pass(SECOND);
      expect(stage.heard(a)).toEqual(['start']);
      stage.world.resume(a);
      stage.pass(SECOND);
      const ran = stage.heard(a);
      expect(ran.toSorted()).toEqual(['timer 1', 'timer 2', 'timer 3', 'timer 4']);
      orders.add(ran.join());
    }
    expect(orders.size).toBeGreaterThan(5);
  });

  it('has timers that expire later at their time', () => {
    const stage = new Stage();
    const a = stage.add('a', { start: ({ host }) => host.timer(1, 2 * SECOND, 0) });
    stage.world.pause(a);
    stage.pass(SECOND);
    stage.world.resume(a);
    stage.pass(5 * SECOND);
    expect(stage.happenings.at(-1)).toMatchObject({ at: 2 * SECOND, what: 'timer 1' });
  });

  it('keeps the order of its yields', () => {
    const stage = new Stage();
    const a = stage.add('a', {
      start: ({ host }) => {
        for (let kind = 0; kind < 20; kind++) host.later(kind, 0);
      },
    });
    stage.world.pause(a);
    stage.pass(SECOND);
    stage.world.resume(a);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['start', ...Array.from({ length: 20 }, (_, kind) => `timer ${kind}`)]);
  });

  it('can cancel a timer that expired meanwhile and has not run, after any number of pauses', () => {
    const stage = new Stage();
    const a = stage.add('a');
    const { host } = stage.actor(a);
    const timer = host.timer(1, MILLI, 0);
    for (let pause = 0; pause < 2; pause++) {
      stage.world.pause(a);
      stage.pass(SECOND);
      stage.world.resume(a);
      stage.world.pause(a);
      stage.pass(SECOND);
      stage.world.resume(a);
    }
    host.cancel(timer);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['start']);
  });

  it("has its peers' bytes taken by the machine up to the window; then they stall at the sender", () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [near] = stage.connect(a, b);
    stage.world.pause(b);
    for (let kind = 1; kind <= 4; kind++) near.send(message(kind, 100 * 1024));
    stage.pass(10 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    // Two fit into 256 KiB: those are safe from the sender's end.
    stage.world.powerLoss(a);
    stage.world.resume(b);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2']);
  });

  it('reads everything after a long pause, in order, and its peers did not give up', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    const [near] = stage.connect(a, b);
    stage.world.pause(b);
    for (let kind = 1; kind <= 10; kind++) near.send(message(kind, 100 * 1024));
    stage.pass(3000 * SECOND);
    stage.world.resume(b);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(Array.from({ length: 10 }, (_, i) => `message ${i + 1}`));
    expect(stage.heard(a)).toEqual([]);
  });

  it('is connected to by its machine, and learns of it on resume', () => {
    const stage = new Stage();
    const [a, b] = [stage.add('a'), stage.add('b')];
    stage.world.pause(b);
    const connection = stage.actor(a).connect(b);
    stage.pass(SECOND);
    expect(connection.open).toBe(true);
    expect(stage.heard(b)).toEqual(['start']);
    connection.send(message(1));
    stage.pass(SECOND);
    stage.world.resume(b);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual([`connection from ${a}`, 'message 1']);
  });

  it('can be killed', () => {
    const stage = new Stage();
    const a = stage.add('a', { start: ({ host }) => host.timer(1, MILLI, 0) });
    stage.world.pause(a);
    stage.pass(SECOND);
    stage.world.kill(a);
    stage.world.start(a);
    stage.world.resume(a);
    expect([stage.world.isRunning(a), stage.world.isPaused(a)]).toEqual([true, false]);
    stage.pass(SECOND);
    expect(stage.happenings.filter(({ what }) => what === 'timer 1')).toMatchObject([{ incarnation: 2 }]);
  });

  it('is told of an fsync that ended meanwhile', () => {
    const stage = new Stage();
    const a = stage.add('a', {
      start: ({ host }) => {
        const file = host.disk.open('log');
        file.append({}, 1);
        file.fsync(5, 0);
      },
    });
    stage.world.pause(a);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['start']);
    stage.world.resume(a);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['timer 5']);
  });
});
