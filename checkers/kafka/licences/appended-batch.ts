/** The batch of an idempotent producer by which a leader appended a record. */
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import type { Stay } from './partition-timeline.js';

/** Index of its batch-appended; -1: the record came in none. */
export function appendedBatch(trace: Trace, key: number, { machine, offset, from }: Stay): number {
  const { batchAppended } = probeKinds(trace.header.probes);
  // It is announced behind its records.
  for (let i = from; i < trace.length; i++) {
    if (trace.kind[i] !== batchAppended || trace.machine[i] !== machine || trace.key[i] !== key) continue;
    if (trace.a[i]! <= offset && offset <= trace.b[i]!) return i;
  }
  return -1;
}

/** The value of its first record; -1: it is not in the trace. */
export function firstValueOf(trace: Trace, batch: number): number {
  const { append } = probeKinds(trace.header.probes);
  for (let i = batch; i >= 0; i--) {
    if (trace.kind[i] !== append || trace.machine[i] !== trace.machine[batch] || trace.key[i] !== trace.key[batch]) {
      continue;
    }
    if (trace.a[i] === trace.a[batch]) return trace.c[i]!;
  }
  return -1;
}
