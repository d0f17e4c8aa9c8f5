/** The directed way from one machine to another: what it costs in time, and whether anything gets through. */
import type { Core } from './core.js';
import type { MachineId } from './process.js';
import { Weather, weatherKey } from './weather.js';
import { LATENCY, LOOPBACK } from './weather-tables.js';

export class Link {
  readonly from: MachineId;
  readonly to: MachineId;
  /** Reasons why nothing gets through: cuts, black holes at either end, no power at the far end. 0: it is open. */
  blocked = 0;
  /** Messages and connection setups that found it blocked, so far. */
  held = 0;
  private readonly core: Core;
  private readonly source: string;
  private weather: Weather | null = null;
  private cuts = 0;
  private factor = 1;
  private jitterMicros = 0;

  constructor(core: Core, from: MachineId, to: MachineId, source: string) {
    this.core = core;
    this.from = from;
    this.to = to;
    this.source = source;
  }

  /** A machine's way to itself: no cable, so neither a cut nor a black hole concerns it. */
  get isLoopback(): boolean {
    return this.from === this.to;
  }

  cut(on: boolean): void {
    if (this.isLoopback || (!on && this.cuts === 0)) return;
    this.cuts += on ? 1 : -1;
    this.blocked += on ? 1 : -1;
  }

  slow(factor: number, jitterMicros: number): void {
    this.factor = factor;
    this.jitterMicros = Math.floor(jitterMicros);
  }

  /** How long something that sets out now is under way, in microseconds. */
  latency(): number {
    this.weather ??= this.observe();
    const micros = this.weather.sample(this.core.now);
    if (this.factor === 1 && this.jitterMicros === 0) return micros;
    const jitter = this.jitterMicros > 0 ? this.weather.extra(this.jitterMicros + 1) : 0;
    return Math.floor(micros * this.factor) + jitter;
  }

  /** Made on first use: most pairs of machines never talk. */
  private observe(): Weather {
    return new Weather(weatherKey(this.core.seed, this.source), this.isLoopback ? LOOPBACK : LATENCY);
  }
}
