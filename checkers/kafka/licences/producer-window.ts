/**
 * The hole in idempotence: a leader that knows less of a producer than its log holds. Its state was reloaded from a
 * snapshot, which keeps a producer's newest batch alone (ProducerStateManager.writeSnapshot), or it expired. So it takes
 * a batch again that it has forgotten wholly; and to one below the newest that it knows it answers
 * OUT_OF_ORDER_SEQUENCE_NUMBER, upon which the producer may send all that is open again under a new epoch (KIP-360).
 */
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import type { Stay } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

const EXPIRED = 1;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;

/**
 * @param copies every time that a leader appended the record, in order
 * @returns null unless each copy but the first has such an event
 */
export function producerWindowLicence(trace: Trace, key: number, copies: readonly Stay[]): Licensed | null {
  let event = -1;
  for (let i = 1; i < copies.length; i++) {
    event = windowBefore(trace, key, copies[i]!);
    if (event < 0) return null;
  }
  return event < 0 ? null : licensed('producer-window', event);
}

/** The event by which some leader knew too little of the copy's producer, and which led to this copy; -1: none. */
function windowBefore(trace: Trace, key: number, copy: Stay): number {
  const kinds = probeKinds(trace.header.probes);
  const producerId = producerOf(trace, key, copy);
  if (producerId < 0) return -1;
  /** By broker: since when it knows too little; until a refusal shows it. */
  const since: (number | undefined)[] = [];
  let shown = -1;
  for (let i = 0; i < copy.from; i++) {
    if (trace.key[i] !== key) continue;
    const machine = trace.machine[i]!;
    if (trace.kind[i] === kinds.producerWindow && trace.a[i] === producerId) {
      since[machine] = i;
      if (trace.d[i] === EXPIRED && machine === copy.machine) shown = i;
    } else if (trace.kind[i] === kinds.refused && trace.a[i] === OUT_OF_ORDER_SEQUENCE_NUMBER) {
      shown = since[machine] ?? shown;
    }
  }
  return shown;
}

/** Of the batch by which a leader appended the copy; -1: it has none. */
function producerOf(trace: Trace, key: number, { machine, offset, from }: Stay): number {
  const { batchAppended } = probeKinds(trace.header.probes);
  for (let i = from; i < trace.length; i++) {
    if (trace.kind[i] !== batchAppended || trace.machine[i] !== machine || trace.key[i] !== key) continue;
    if (trace.a[i]! <= offset && offset <= trace.b[i]!) return trace.c[i]!;
  }
  return -1;
}
