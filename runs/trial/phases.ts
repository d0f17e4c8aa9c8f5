/**
 * The three phases of a trial (DESIGN): safety, with faults; liveness, after a sufficient set was healed; the final
 * read, after everything was. Time is virtual; whoever waits looks again every POLL_MICROS.
 */
import type { ClientStep, FinalReader, System } from '../../model/system.js';
import { KernelProbe } from '../../model/kernel/probes.js';
import type { EventHandler } from '../../model/kernel/event-queue.js';
import type { World } from '../../model/kernel/world.js';

const POLL_MICROS = 50_000;

export const Phase = { safety: 1, liveness: 2, finalRead: 3 } as const;

/** Announces a phase, for trace and report. */
export function announce(world: World, phase: number): void {
  world.probes.emit(KernelProbe.phase, 0, -1, phase, 0, 0, 0);
}

/** Runs the world until the condition holds. True; or the last reason why it does not, once the bound has passed. */
export function waitUntil(world: World, boundMicros: number, condition: () => true | string): true | string {
  const deadline = world.now + boundMicros;
  for (;;) {
    const state = condition();
    if (state === true || world.now >= deadline) return state;
    world.runUntil(Math.min(deadline, world.now + POLL_MICROS));
  }
}

/** Feeds the workload's steps to the system, each at its time after `from`. One pending event at a time. */
export class WorkloadFeed implements EventHandler {
  private next = 0;
  private readonly world: World;
  private readonly system: System;
  private readonly steps: readonly ClientStep[];
  private readonly from: number;

  /** @param steps in order of time */
  constructor(world: World, system: System, steps: readonly ClientStep[], from: number) {
    this.world = world;
    this.system = system;
    this.steps = steps;
    this.from = from;
  }

  begin(): void {
    this.scheduleNext();
  }

  onEvent(): void {
    this.system.invoke(this.steps[this.next]!);
    this.next++;
    this.scheduleNext();
  }

  private scheduleNext(): void {
    const step = this.steps[this.next];
    if (step !== undefined) this.world.schedule(Math.max(this.world.now, this.from + step.at), this, 0, 0);
  }
}

/**
 * Moves leadership of every key to each of its replicas in turn, by clean election, and reads it there in full.
 * What a fail-over tomorrow would show is found today.
 * @returns true, or why some read could not be made
 */
export function readEveryReplica(world: World, system: System, boundMicros: number): true | string {
  const keys = system.keys();
  const rounds = Math.max(...keys.map((_, key) => system.replicas(key).length));
  for (let round = 0; round < rounds; round++) {
    const read = readOneRound(world, system, round, boundMicros);
    if (read !== true) return read;
  }
  return true;
}

/** Every key at its replica number `round`: move, settle, read. */
function readOneRound(world: World, system: System, round: number, boundMicros: number): true | string {
  const keys = system.keys();
  const moves: { key: number; to: number }[] = [];
  for (let key = 0; key < keys.length; key++) {
    const to = system.replicas(key)[round];
    if (to !== undefined) moves.push({ key, to });
  }
  for (const { key, to } of moves) if (!system.leads(key, to)) system.transferLeadership(key, to);
  const moved = waitUntil(world, boundMicros, () => {
    const missing = moves.find(({ key, to }) => !system.leads(key, to));
    return missing === undefined ? system.settled() : `b${missing.to} does not lead ${keys[missing.key]} yet`;
  });
  if (moved !== true) return `final read: ${moved}`;
  const readers: FinalReader[] = moves.map(({ key }) => system.finalRead(key));
  const done = waitUntil(world, boundMicros, () => {
    for (const reader of readers) {
      const state = reader.done();
      if (state !== true) return state;
    }
    return true;
  });
  return done === true ? true : `final read: ${done}`;
}
