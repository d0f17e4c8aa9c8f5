/** The yields of one process: each takes CPU time, and they run in the order in which they were asked for. */
import type { Core } from './core.js';
import { Recipient, type EventHandler } from './event-queue.js';
import type { Incarnation } from './incarnation.js';
import type { Weather } from './weather.js';

export class YieldLane implements EventHandler {
  private readonly core: Core;
  private readonly owner: Incarnation;
  private readonly cpu: Weather;
  private lastMicros = 0;
  readonly recipient = new Recipient(this);

  constructor(core: Core, owner: Incarnation, cpu: Weather) {
    this.core = core;
    this.owner = owner;
    this.cpu = cpu;
  }

  push(kind: number, arg: number, payload: unknown): void {
    const { core } = this;
    this.lastMicros = Math.max(this.lastMicros + 1, core.now + this.cpu.sample(core.now));
    core.queue.push(this.lastMicros, this.recipient, kind, arg, payload);
  }

  onEvent(kind: number, arg: number, payload: unknown): void {
    const { owner } = this;
    if (!owner.alive) return;
    if (owner.paused) owner.postpone(this.recipient, kind, arg, payload);
    else owner.expire(kind, arg, payload);
  }
}
