/**
 * The asynchronous driver: a world in which code of the user's own takes part, written as async functions.
 *
 * The kernel never awaits. When something is done for that code (a call returned, a sleep is over), the world stands still
 * and the code has a turn, in which its promises go on in the order in which they were resolved. What it calls for is done
 * one microsecond later, when all that happens up to then has happened: so its calls can be written down with their times
 * and made again, without the code, to the same effect (`playCalls`).
 */
// Imported by name: a test that puts false timers into their places does not stop the world.
import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import type { World } from '../../model/kernel/world.js';

/** Code outside the world, as the driver sees it. Times are virtual microseconds; Infinity: never. */
export interface Guest {
  /** Something was done for it that it has not reacted to. */
  readonly hasNews: boolean;
  /** When the first of its calls is to be made. */
  readonly callsAt: number;
  /** When it wants to go on by itself. */
  readonly wakesAt: number;
  /** Makes the calls that are due. */
  makeCalls(): void;
  /** Lets it go on with what is due by time. */
  wake(): void;
  /** It has had its turn. False: it is not to go on. */
  afterTurn(): boolean;
}

/** Between the end of a turn and the calls that were made in it. */
export const CALL_MICROS = 1;

/** Runs the world up to this time, with the guest in it. */
export async function drive(world: World, guest: Guest, until: number): Promise<void> {
  for (;;) {
    const at = Math.min(until, guest.callsAt, guest.wakesAt);
    while (!guest.hasNews && world.nextEventAt <= at) world.step();
    if (!guest.hasNews) {
      world.runUntil(at);
      if (guest.callsAt <= at) guest.makeCalls();
      if (guest.wakesAt <= at) guest.wake();
      if (!guest.hasNews && at === until) return;
    }
    if (!guest.hasNews) continue;
    await turn();
    if (!guest.afterTurn()) {
      world.runUntil(until);
      return;
    }
  }
}

/**
 * Ends when every promise has gone on that can without the event loop: no file, socket or timer gets a turn meanwhile, so
 * code that waits for one is always found waiting. Twice, for code that uses nextTick itself.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    nextTick(() => nextTick(resolve));
  });
}

/** A real turn of the event loop, so that whoever shares the process stays alive: between two trials. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
