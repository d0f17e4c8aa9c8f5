/** A trace being recorded: columns that grow by doubling and are used again for the next trial. */
import type { Trace, TraceHeader } from './trace.js';

const INITIAL_CAPACITY = 1 << 15;

export class TraceColumns implements Trace {
  header: TraceHeader = { probes: [], machines: [], keys: [], faults: [] };
  length = 0;
  time = new Float64Array(INITIAL_CAPACITY);
  kind = new Uint16Array(INITIAL_CAPACITY);
  machine = new Int16Array(INITIAL_CAPACITY);
  key = new Int16Array(INITIAL_CAPACITY);
  a = new Float64Array(INITIAL_CAPACITY);
  b = new Float64Array(INITIAL_CAPACITY);
  c = new Float64Array(INITIAL_CAPACITY);
  d = new Float64Array(INITIAL_CAPACITY);

  append(time: number, kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    const index = this.length;
    if (index === this.time.length) this.grow();
    this.time[index] = time;
    this.kind[index] = kind;
    this.machine[index] = machine;
    this.key[index] = key;
    this.a[index] = a;
    this.b[index] = b;
    this.c[index] = c;
    this.d[index] = d;
    this.length = index + 1;
  }

  private grow(): void {
    const capacity = this.time.length * 2;
    this.time = grown(this.time, new Float64Array(capacity));
    this.kind = grown(this.kind, new Uint16Array(capacity));
    this.machine = grown(this.machine, new Int16Array(capacity));
    this.key = grown(this.key, new Int16Array(capacity));
    this.a = grown(this.a, new Float64Array(capacity));
    this.b = grown(this.b, new Float64Array(capacity));
    this.c = grown(this.c, new Float64Array(capacity));
    this.d = grown(this.d, new Float64Array(capacity));
  }
}

function grown<T extends Float64Array | Uint16Array | Int16Array>(from: T, to: T): T {
  to.set(from as never);
  return to;
}
