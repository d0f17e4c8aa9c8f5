/** The synchronous driver: workloads that are plain steps, in a tight loop. */
import type { EventHandler } from '../../model/kernel/event-queue.js';
import type { World } from '../../model/kernel/world.js';
import type { ClientStep, System } from '../../model/system.js';

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
 * Makes again the calls that a function of the user's own made: as the asynchronous driver makes them, when everything that
 * happens up to their time has happened.
 * @param steps in order of time
 */
export function playCalls(world: World, system: System, steps: readonly ClientStep[], from: number): void {
  for (const step of steps) {
    if (from + step.at > world.now) world.runUntil(from + step.at);
    system.invoke(step);
  }
}
