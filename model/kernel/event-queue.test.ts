import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue, Recipient, type EventHandler, type EventId } from './event-queue.js';

/** Writes down the number that each event carries. */
class Listener implements EventHandler {
  readonly heard: number[] = [];
  readonly recipient = new Recipient(this);
  onEvent(_kind: number, a: number): void {
    this.heard.push(a);
  }
}

function drain(queue: EventQueue): number[] {
  const times: number[] = [];
  while (queue.take()) {
    times.push(queue.time);
    queue.dispatch();
  }
  return times;
}

/** Few distinct times, so that many are equal, near 0 and beyond 2^40 µs. */
const anyTime = fc.oneof(
  fc.nat(20),
  fc.nat(20).map((n) => 0x10000000000 + n),
  fc.integer({ min: 0, max: 0x1fffffffffffff }),
);
type Command = { push: number } | { take: true } | { cancel: number } | { delay: number };
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: anyTime.map((push) => ({ push })) },
  { weight: 3, arbitrary: fc.constant({ take: true as const }) },
  { weight: 2, arbitrary: fc.nat().map((cancel) => ({ cancel })) },
  { weight: 1, arbitrary: fc.nat(20).map((delay) => ({ delay })) },
);

describe('the event queue', () => {
  it('gives events in the order of a sorted array, whatever is pushed, taken, cancelled and moved between', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 400 }), (commands) => {
        const queue = new EventQueue();
        const listener = new Listener();
        const expected: number[] = [];
        const ids: EventId[] = [];
        let pending: { time: number; order: number }[] = [];
        const takeBoth = (): void => {
          pending.sort((x, y) => x.time - y.time || x.order - y.order);
          const first = pending.shift();
          expect(queue.nextTime()).toBe(first?.time ?? Infinity);
          expect(queue.take()).toBe(first !== undefined);
          if (first === undefined) return;
          expected.push(first.order);
          queue.dispatch();
        };
        for (const command of commands) {
          if ('push' in command) {
            pending.push({ time: command.push, order: ids.length });
            ids.push(queue.push(command.push, listener.recipient, 0, ids.length, undefined));
          } else if ('take' in command) {
            takeBoth();
          } else if ('delay' in command) {
            const later = (time: number): number => Math.min(time + command.delay, Number.MAX_SAFE_INTEGER);
            queue.retime(listener.recipient, later);
            pending = pending.map(({ time, order }) => ({ time: later(time), order }));
          } else if (ids.length > 0) {
            const order = command.cancel % ids.length;
            queue.cancel(ids[order]);
            pending = pending.filter((event) => event.order !== order);
          }
          expect(queue.length).toBe(pending.length);
        }
        while (pending.length > 0) takeBoth();
        expect(queue.take()).toBe(false);
        expect(listener.heard).toEqual(expected);
      }),
    );
  });

  it('hands back what was given, whole', () => {
    const queue = new EventQueue();
    const payload = { some: 'thing' };
    const heard: unknown[] = [];
    queue.push(5, new Recipient({ onEvent: (...given) => heard.push(...given) }), -7, 0x1000000000001, payload);
    drain(queue);
    expect(heard).toEqual([-7, 0x1000000000001, payload]);
  });

  it('does not let an id of an event that ran cancel another in the same slot', () => {
    const queue = new EventQueue();
    const listener = new Listener();
    const ran = queue.push(1, listener.recipient, 0, 1, undefined);
    drain(queue);
    queue.push(2, listener.recipient, 0, 2, undefined);
    queue.cancel(ran);
    queue.cancel(0);
    drain(queue);
    expect(listener.heard).toEqual([1, 2]);
  });

  it('refuses times that are none', () => {
    const queue = new EventQueue();
    for (const time of [NaN, Infinity, 0x20000000000000]) {
      expect(() => queue.push(time, new Listener().recipient, 0, 0, undefined)).toThrow('time is counted below 2^53');
    }
  });

  it('gives ids that are never 0 and never the same', () => {
    const queue = new EventQueue();
    const listener = new Listener();
    const ids = new Set<EventId>([0]);
    for (let i = 1; i <= 1000; i++) {
      ids.add(queue.push(i, listener.recipient, 0, i, undefined));
      if (i % 3 === 0 && queue.take()) queue.dispatch();
    }
    expect(ids.size).toBe(1001);
  });

  it('keeps working, in order, when thousands are cancelled', () => {
    const queue = new EventQueue();
    const listener = new Listener();
    const ids: EventId[] = [];
    for (let i = 0; i < 10_000; i++) ids.push(queue.push((i * 7919) % 10_007, listener.recipient, 0, i, undefined));
    ids.forEach((id, i) => {
      if (i % 10 !== 0) queue.cancel(id);
    });
    expect(queue.length).toBe(1000);
    const times = drain(queue);
    expect(times).toEqual(times.toSorted((x, y) => x - y));
    expect(listener.heard.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 1000 }, (_, i) => i * 10));
  });

  it('has one that is earlier than all, and is cancelled, moved or overtaken, before the rest as before', () => {
    const queue = new EventQueue();
    const listener = new Listener();
    const push = (time: number): EventId => queue.push(time, listener.recipient, 0, time, undefined);
    push(50);
    queue.cancel(push(10));
    expect(queue.nextTime()).toBe(50);
    push(20);
    push(15);
    queue.retime(listener.recipient, (time) => time + 100);
    push(5);
    expect(drain(queue)).toEqual([5, 115, 120, 150]);
    expect(listener.heard).toEqual([5, 15, 20, 50]);
    expect(queue.length).toBe(0);
  });

  it('moves the events of one handler to other times', () => {
    const queue = new EventQueue();
    const heard: string[] = [];
    const moved = new Recipient({ onEvent: (_kind, a) => heard.push(`moved ${a}`) });
    const other = new Recipient({ onEvent: (_kind, a) => heard.push(`other ${a}`) });
    const cancelled = queue.push(4, moved, 0, 4, undefined);
    for (const time of [1, 2, 3]) {
      queue.push(time, moved, 0, time, undefined);
      queue.push(time, other, 0, time, undefined);
    }
    queue.retime(moved, (time) => time * 2);
    queue.cancel(cancelled);
    expect(drain(queue)).toEqual([1, 2, 2, 3, 4, 6]);
    expect(heard).toEqual(['other 1', 'moved 1', 'other 2', 'other 3', 'moved 2', 'moved 3']);
  });
});
