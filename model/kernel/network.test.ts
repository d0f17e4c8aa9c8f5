import { describe, expect, it } from 'vitest';
import { message, Stage } from './testing/stage.js';

const MILLI = 1000;
const SECOND = 1_000_000;

function twoMachines(): { stage: Stage; a: number; b: number } {
  const stage = new Stage();
  const a = stage.add('a');
  const b = stage.add('b');
  stage.heard(a);
  stage.heard(b);
  return { stage, a, b };
}

function connected() {
  const { stage, a, b } = twoMachines();
  const [near, far] = stage.connect(a, b);
  return { stage, world: stage.world, a, b, near, far };
}

describe('setting a connection up', () => {
  it('takes a round trip for the end that asks, and half of one more for the end that accepts', () => {
    const { stage, a, b } = twoMachines();
    const began = stage.world.now;
    const connection = stage.actor(a).connect(b, SECOND, 7);
    expect(connection.open).toBe(false);
    stage.pass(SECOND);
    const [asking, accepting] = stage.happenings.slice(-2);
    expect(asking.what).toBe(`connected to ${b}`);
    expect(accepting.what).toBe(`connection from ${a}`);
    expect(asking.at).toBeGreaterThanOrEqual(began + 160);
    expect(accepting.at).toBeGreaterThan(asking.at);
    const [accepted] = stage.actor(b).connections;
    expect([connection.id, connection.purpose, connection.peer]).toEqual([accepted.id, 7, b]);
    expect([accepted.purpose, accepted.peer]).toEqual([7, a]);
    expect([connection.open, accepted.open]).toEqual([true, true]);
  });

  it('lets what was sent meanwhile wait, and delivers it after the acceptance', () => {
    const { stage, a, b } = twoMachines();
    const connection = stage.actor(a).connect(b);
    connection.send(message(1));
    connection.send(message(2));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual([`connection from ${a}`, 'message 1', 'message 2']);
  });

  it('is refused by a machine that is up without a process', () => {
    const { stage, a, b } = twoMachines();
    stage.world.kill(b);
    const connection = stage.actor(a).connect(b);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['broken: refused']);
    expect(connection.open).toBe(false);
  });

  it('is refused while setups are refused, and works again when two refusals have been taken back', () => {
    const { stage, a, b } = twoMachines();
    stage.world.net.refuse(b, true);
    stage.world.net.refuse(b, true);
    stage.world.net.refuse(b, false);
    stage.actor(a).connect(b);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['broken: refused']);
    stage.world.net.refuse(b, false);
    stage.actor(a).connect(b);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual([`connected to ${b}`]);
  });

  it('is refused by a process whose port for this purpose is closed, be another one open', () => {
    const { stage, a, b } = twoMachines();
    stage.actor(b).listensFor = (purpose) => purpose === 7;
    stage.actor(a).connect(b, SECOND, 8);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['broken: refused']);
    stage.actor(a).connect(b, SECOND, 7);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual([`connected to ${b}`]);
  });

  it.each(['no power', 'black hole', 'cut there', 'cut back'])('times out at the given limit: %s', (why) => {
    const { stage, a, b } = twoMachines();
    const { world } = stage;
    if (why === 'no power') world.powerLoss(b);
    if (why === 'black hole') world.net.blackHole(b, true);
    if (why === 'cut there') world.net.cut(a, b, true);
    if (why === 'cut back') world.net.cut(b, a, true);
    const began = world.now;
    stage.actor(a).connect(b, 10 * SECOND);
    stage.pass(60 * SECOND);
    expect(stage.heard(a)).toEqual(['broken: timeout']);
    expect(stage.happenings.at(-1)!.at).toBe(began + 10 * SECOND);
    expect(stage.heard(b).filter((what) => what.startsWith('connection'))).toEqual([]);
  });

  it('asks again with backoff, so that it succeeds when the cut heals in time', () => {
    const { stage, a, b } = twoMachines();
    const began = stage.world.now;
    stage.world.net.cut(a, b, true);
    stage.actor(a).connect(b, 30 * SECOND);
    stage.pass(5 * SECOND);
    stage.world.net.cut(a, b, false);
    stage.pass(25 * SECOND);
    expect(stage.heard(a)).toEqual([`connected to ${b}`]);
    // Asked at 0, 1 and 3 s in vain, then at 7 s.
    const { at } = stage.happenings.find(({ what }) => what.startsWith('connected'))!;
    expect(at - began).toBeGreaterThan(7 * SECOND);
    expect(at - began).toBeLessThan(7.2 * SECOND);
  });

  it('is accepted once, though the answer was lost and asked for again', () => {
    const { stage, a, b } = twoMachines();
    stage.world.net.cut(b, a, true);
    stage.actor(a).connect(b, 30 * SECOND);
    stage.pass(5 * SECOND);
    stage.world.net.cut(b, a, false);
    stage.pass(25 * SECOND);
    expect(stage.heard(b)).toEqual([`connection from ${a}`]);
  });

  it.each(['there', 'back'])('loses what is under way when a cut begins, and asks again: %s', (way) => {
    const { stage, a, b } = twoMachines();
    const [from, to] = way === 'there' ? [a, b] : [b, a];
    stage.world.net.slow(from, to, 1000, 0);
    stage.actor(a).connect(b, 60 * SECOND);
    stage.pass(50 * MILLI);
    stage.world.net.cut(from, to, true);
    stage.pass(50 * SECOND);
    expect(stage.heard(a)).toEqual([]);
    stage.world.net.slow(from, to, 1, 0);
    stage.world.net.cut(from, to, false);
    stage.pass(20 * SECOND);
    expect([stage.heard(a), stage.heard(b)]).toEqual([['broken: timeout'], []]);
  });

  it('is over with the first answer, though slowness brought several', () => {
    const { stage, a, b } = twoMachines();
    stage.world.net.slow(b, a, 40_000, 0);
    stage.actor(a).connect(b, 100 * SECOND);
    stage.pass(200 * SECOND);
    expect(stage.heard(a)).toEqual([`connected to ${b}`]);
    expect(stage.heard(b)).toEqual([`connection from ${a}`]);
  });

  it('says nothing more to a process that closed before it was through', () => {
    const { stage, a, b } = twoMachines();
    stage.actor(a).connect(b).close();
    stage.pass(60 * SECOND);
    expect(stage.heard(a)).toEqual([]);
    expect(stage.heard(b)).toEqual([]);
  });
});

describe('a cut', () => {
  it('stalls what is sent; after the heal it arrives in order at the next retransmission', () => {
    const { stage, world, a, b, near } = connected();
    const began = world.now;
    world.net.cut(a, b, true);
    near.send(message(1));
    near.send(message(2));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual([]);
    world.net.cut(a, b, false);
    stage.pass(10 * SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2']);
    // Retransmitted after 0.2, 0.6 and 1.4 s.
    const first = stage.happenings.find(({ what }) => what === 'message 1')!;
    expect(first.at - began).toBeGreaterThan(1.4 * SECOND);
    expect(first.at - began).toBeLessThan(1.5 * SECOND);
  });

  it('stalls what was in flight when it began', () => {
    const { stage, world, a, b, near } = connected();
    near.send(message(1));
    world.net.cut(a, b, true);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual([]);
    world.net.cut(a, b, false);
    stage.pass(5 * SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
  });

  it('is directed: the other way goes on', () => {
    const { stage, world, a, b, near, far } = connected();
    world.net.cut(a, b, true);
    far.send(message(1));
    near.send(message(2));
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['message 1']);
    expect(stage.heard(b)).toEqual([]);
  });

  it('counts: two cuts need two heals', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(a, b, true);
    world.net.cut(a, b, true);
    world.net.cut(a, b, false);
    near.send(message(1));
    stage.pass(5 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    world.net.cut(a, b, false);
    stage.pass(5 * SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
  });

  it('counts what it held', () => {
    const { stage, world, a, b, near } = connected();
    near.send(message(1));
    world.net.cut(a, b, true);
    near.send(message(2));
    stage.pass(SECOND);
    expect(world.net.held(a, b)).toBeGreaterThanOrEqual(2);
    expect(world.net.held(b, a)).toBe(0);
  });

  it('ends the connection for the sender when the retransmission limit is reached, 924.6 s', () => {
    const { stage, world, a, b, near } = connected();
    const began = world.now;
    world.net.cut(a, b, true);
    near.send(message(1));
    stage.pass(924 * SECOND);
    expect(stage.heard(a)).toEqual([]);
    stage.pass(2 * SECOND);
    expect(stage.heard(a)).toEqual(['broken: timeout']);
    expect(stage.happenings.at(-1)!.at - began).toBe(924.6 * SECOND);
    expect(near.open).toBe(false);
    world.net.cut(a, b, false);
    stage.pass(300 * SECOND);
    expect(stage.heard(b)).toEqual([]);
  });

  it('of the way back alone lets data through, but the sender, unacknowledged, gives up all the same', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(b, a, true);
    near.send(message(1));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
    stage.pass(1000 * SECOND);
    expect(stage.heard(a)).toEqual(['broken: timeout']);
  });

  it('of the way back that heals in time is forgotten', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(b, a, true);
    near.send(message(1));
    stage.pass(100 * SECOND);
    world.net.cut(b, a, false);
    stage.pass(2000 * SECOND);
    near.send(message(2));
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual([]);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2']);
  });

  it('that is over is forgotten: the next one is retried from the beginning, with all the time there is', () => {
    const { stage, world, a, b, near } = connected();
    for (let kind = 1; kind <= 3; kind++) {
      world.net.cut(a, b, true);
      near.send(message(kind));
      stage.pass(500 * SECOND);
      world.net.cut(a, b, false);
      stage.pass(120 * SECOND);
    }
    expect(stage.heard(b)).toEqual(['message 1', 'message 2', 'message 3']);
    world.net.cut(a, b, true);
    near.send(message(4));
    stage.pass(100 * MILLI);
    world.net.cut(a, b, false);
    stage.pass(200 * MILLI);
    expect(stage.heard(b)).toEqual(['message 4']);
    expect(stage.heard(a)).toEqual([]);
  });

  it('that is over is forgotten even if the reader takes nothing: its machine has answered', () => {
    const { stage, world, a, b, near, far } = connected();
    far.pauseReading();
    for (let kind = 1; kind <= 3; kind++) near.send(message(kind, 200_000));
    for (let n = 0; n < 8; n++) {
      world.net.cut(a, b, true);
      stage.pass(500 * SECOND);
      world.net.cut(a, b, false);
      stage.pass(300 * SECOND);
    }
    expect(stage.heard(a)).toEqual([]);
    far.resumeReading();
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2', 'message 3']);
  });

  it('does not concern an idle connection', () => {
    const { stage, world, a, b, near, far } = connected();
    world.net.cut(a, b, true);
    world.net.cut(b, a, true);
    stage.pass(5000 * SECOND);
    world.net.cut(a, b, false);
    world.net.cut(b, a, false);
    expect([near.open, far.open]).toEqual([true, true]);
    near.send(message(1));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
  });

  it('does not concern the loopback interface, nor does a black hole', () => {
    const { stage, a } = twoMachines();
    stage.world.net.cut(a, a, true);
    stage.world.net.blackHole(a, true);
    const connection = stage.actor(a).connect(a);
    connection.send(message(1));
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual([`connected to ${a}`, `connection from ${a}`, 'message 1']);
  });
});

describe('a black hole', () => {
  it('swallows both ways until it ends', () => {
    const { stage, world, a, b, near, far } = connected();
    world.net.blackHole(b, true);
    near.send(message(1));
    far.send(message(2));
    stage.pass(SECOND);
    expect([stage.heard(a), stage.heard(b)]).toEqual([[], []]);
    world.net.blackHole(b, false);
    stage.pass(5 * SECOND);
    expect([stage.heard(a), stage.heard(b)]).toEqual([['message 2'], ['message 1']]);
  });
});

describe('a machine that is added later', () => {
  it('reaches neither a black hole nor a machine without power', () => {
    const { stage, a, b } = twoMachines();
    stage.world.net.blackHole(a, true);
    stage.world.powerLoss(b);
    const c = stage.add('c');
    stage.actor(c).connect(a, SECOND);
    stage.actor(c).connect(b, SECOND);
    stage.pass(5 * SECOND);
    expect(stage.heard(c)).toEqual(['start', 'broken: timeout', 'broken: timeout']);
    stage.world.net.blackHole(a, false);
    stage.world.start(b);
    stage.actor(c).connect(a);
    stage.actor(c).connect(b);
    stage.pass(5 * SECOND);
    expect(stage.heard(c).toSorted()).toEqual([`connected to ${a}`, `connected to ${b}`]);
  });
});

describe('close()', () => {
  it('queues the end behind the bytes already written: they are read first, then closed', () => {
    const { stage, a, b, near, far } = connected();
    near.send(message(1));
    near.send(message(2));
    near.close();
    near.send(message(3));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2', 'broken: closed']);
    expect(stage.heard(a)).toEqual([]);
    expect([near.open, far.open]).toEqual([false, false]);
  });

  it('lets late bytes arrive after a cut, when their sender has long forgotten them', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(a, b, true);
    near.send(message(1));
    near.close();
    stage.pass(20 * SECOND);
    world.net.cut(a, b, false);
    stage.pass(30 * SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'broken: closed']);
  });

  it('lets them be lost when an orphaned socket reaches its own limit, 102.2 s', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(a, b, true);
    near.send(message(1));
    near.close();
    stage.pass(103 * SECOND);
    world.net.cut(a, b, false);
    stage.pass(300 * SECOND);
    expect(stage.heard(b)).toEqual([]);
  });

  it('means that the closing end hears nothing more', () => {
    const { stage, a, near, far } = connected();
    far.send(message(1));
    far.close();
    near.close();
    stage.pass(10 * SECOND);
    expect(stage.heard(a)).toEqual([]);
  });

  it('answers data that come too late with a reset', () => {
    const { stage, world, a, b, near, far } = connected();
    // The end of the stream cannot come through, so that the far end still believes in the connection.
    world.net.cut(a, b, true);
    near.close();
    far.send(message(1));
    world.net.cut(a, b, false);
    stage.pass(100 * MILLI);
    expect(stage.heard(b)).toEqual(['broken: reset']);
    expect(stage.heard(a)).toEqual([]);
  });
});

describe('reset()', () => {
  it('drops what is under way in both directions, and tells the peer', () => {
    const { stage, a, b, near, far } = connected();
    near.send(message(1));
    far.send(message(2));
    near.reset();
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual([]);
    expect(stage.heard(b)).toEqual(['broken: reset']);
  });

  it('is not heard through a cut; the peer learns of it when it next sends', () => {
    const { stage, world, a, b, near, far } = connected();
    world.net.cut(a, b, true);
    near.reset();
    stage.pass(10 * SECOND);
    world.net.cut(a, b, false);
    stage.pass(100 * SECOND);
    expect(stage.heard(b)).toEqual([]);
    expect(far.open).toBe(true);
    far.send(message(1));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['broken: reset']);
    expect(stage.heard(a)).toEqual([]);
  });

  it('stands behind what had already reached the peer', () => {
    const { stage, b, near, far } = connected();
    far.pauseReading();
    near.send(message(1));
    stage.pass(SECOND);
    near.reset();
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual([]);
    far.resumeReading();
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'broken: reset']);
  });
});

describe('reading', () => {
  it('that is paused lets messages wait, and delivers them in order, one event each, when resumed', () => {
    const { stage, b, near, far } = connected();
    far.pauseReading();
    for (const kind of [1, 2, 3]) near.send(message(kind));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual([]);
    far.resumeReading();
    expect(stage.heard(b)).toEqual([]);
    for (const kind of [1, 2, 3]) {
      stage.world.step();
      expect(stage.heard(b)).toEqual([`message ${kind}`]);
    }
  });

  it('can be paused in the handler, so that one request is taken at a time', () => {
    const stage = new Stage();
    const a = stage.add('a');
    const b = stage.add('b', { message: (_actor, connection) => connection.pauseReading() });
    const [near, far] = stage.connect(a, b);
    for (const kind of [1, 2, 3]) near.send(message(kind));
    for (const kind of [1, 2, 3]) {
      stage.pass(SECOND);
      expect(stage.heard(b)).toEqual([`message ${kind}`]);
      far.resumeReading();
    }
  });

  it('leaves 256 KiB at the reader; the rest waits at the sender, and is lost with it', () => {
    const { stage, world, a, b, near, far } = connected();
    far.pauseReading();
    for (let kind = 1; kind <= 5; kind++) near.send(message(kind, 100_000));
    stage.pass(10 * SECOND);
    world.powerLoss(a);
    far.resumeReading();
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2']);
  });

  it('resumed opens the window: all arrives, in order', () => {
    const { stage, b, near, far } = connected();
    far.pauseReading();
    for (let kind = 1; kind <= 5; kind++) near.send(message(kind, 100_000));
    stage.pass(10 * SECOND);
    far.resumeReading();
    stage.pass(100 * MILLI);
    expect(stage.heard(b)).toEqual([1, 2, 3, 4, 5].map((kind) => `message ${kind}`));
  });

  it('lets a message through that is larger than the window', () => {
    const { stage, b, near, far } = connected();
    far.pauseReading();
    near.send(message(1, 1_000_000));
    near.send(message(2, 1_000_000));
    stage.pass(SECOND);
    far.resumeReading();
    // Well before the sender would have tried again.
    stage.pass(100 * MILLI);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2']);
  });
});

describe('a slow link', () => {
  it('multiplies the latency and adds jitter, until factor 1 and jitter 0', () => {
    const latencies = (factor: number, jitterMicros: number): number[] => {
      const { stage, world, a, b, near } = connected();
      world.net.slow(a, b, factor, jitterMicros);
      const sent = world.now;
      near.send(message(1));
      stage.pass(SECOND);
      near.send(message(2));
      stage.pass(SECOND);
      return stage.happenings.slice(-2).map(({ at }, index) => at - sent - index * SECOND);
    };
    const [first, second] = latencies(1, 0);
    expect(latencies(10, 0)).toEqual([10 * first, 10 * second]);
    const jittered = latencies(1, 5000);
    expect(jittered[0]).toBeGreaterThanOrEqual(first);
    expect(jittered[0]).toBeLessThanOrEqual(first + 5000);
    expect(jittered).not.toEqual([first, second]);
  });
});

describe('a rule about messages', () => {
  it('holds the nth match and all behind it on its connection until it is dropped', () => {
    const { stage, world, a, b, near } = connected();
    const rule = world.net.rule({ from: a, to: b, kind: 7, nth: 2 }, 'hold', 0);
    for (const kind of [7, 1, 7, 2, 7]) near.send(message(kind));
    stage.pass(2000 * SECOND);
    expect(stage.heard(b)).toEqual(['message 7', 'message 1']);
    expect(world.net.dropRule(rule)).toBe(1);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 7', 'message 2', 'message 7']);
    expect(world.net.dropRule(rule)).toBe(1);
    expect(stage.heard(a)).toEqual([]);
  });

  it('delays a match, and with it what is behind', () => {
    const { stage, world, b, near } = connected();
    const began = world.now;
    world.net.rule({ kind: 2, nth: 1 }, 'delay', 50 * MILLI);
    for (const kind of [1, 2, 3]) near.send(message(kind));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2', 'message 3']);
    const [first, second, third] = stage.happenings.slice(-3).map(({ at }) => at - began);
    expect(first).toBeLessThan(50 * MILLI);
    expect(second).toBeGreaterThanOrEqual(50 * MILLI);
    expect(third).toBeGreaterThan(second);
  });

  it('that delays every match delays each by as much, and not by the sum', () => {
    const { stage, world, near } = connected();
    world.net.rule({ kind: 1 }, 'delay', 500 * MILLI);
    for (let n = 0; n < 10; n++) near.send(message(1));
    stage.pass(600 * MILLI);
    expect(stage.happenings.filter(({ what }) => what === 'message 1').length).toBe(10);
  });

  it('is about messages sent after it was set, those written before the connection stood included', () => {
    const { stage, world, a, b, near } = connected();
    near.send(message(1));
    const early = stage.actor(a).connect(b);
    for (const kind of [2, 3, 4]) early.send(message(kind));
    const rule = world.net.rule({ from: a, kind: 3 }, 'hold', 0);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', `connection from ${a}`, 'message 2']);
    world.net.dropRule(rule);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 3', 'message 4']);
  });

  it('holds through a cut and a heal, and lets what stood before it pass', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(a, b, true);
    const rule = world.net.rule({ kind: 2 }, 'hold', 0);
    for (const kind of [1, 2, 3]) near.send(message(kind));
    stage.pass(SECOND);
    world.net.cut(a, b, false);
    stage.pass(10 * SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
    world.net.dropRule(rule);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 2', 'message 3']);
  });

  it('that holds with another lets go when both are dropped', () => {
    const { stage, world, b, near } = connected();
    const rules = [1, 2].map((kind) => world.net.rule({ kind }, 'hold', 0));
    for (const kind of [0, 1, 2]) near.send(message(kind));
    world.net.dropRule(rules[0]);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 0']);
    world.net.dropRule(rules[1]);
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'message 2']);
  });

  it('that resets across a cut leaves no gap: what is sent later does not arrive either', () => {
    const { stage, world, a, b, near } = connected();
    world.net.cut(a, b, true);
    world.net.rule({ from: a, nth: 1 }, 'reset-before', 0);
    near.send(message(1));
    near.send(message(2));
    expect(near.open).toBe(true);
    stage.pass(SECOND);
    expect(stage.heard(a)).toEqual(['broken: reset']);
    world.net.cut(a, b, false);
    stage.pass(200 * SECOND);
    expect(stage.heard(b).filter((what) => what.startsWith('message'))).toEqual([]);
  });

  it('resets the connection before a match, which is lost; what came before is not', () => {
    const { stage, world, a, b, near } = connected();
    world.net.rule({ from: a, kind: 2 }, 'reset-before', 0);
    for (const kind of [1, 2, 3]) near.send(message(kind));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1', 'broken: reset']);
    expect(stage.heard(a)).toEqual(['broken: reset']);
  });

  it('of one direction leaves the other alone', () => {
    const { stage, world, a, b, near, far } = connected();
    world.net.rule({ from: b, to: a }, 'hold', 0);
    near.send(message(1));
    far.send(message(2));
    stage.pass(SECOND);
    expect(stage.heard(b)).toEqual(['message 1']);
    expect(stage.heard(a)).toEqual([]);
  });
});
