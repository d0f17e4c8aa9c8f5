/**
 * The hole in idempotence: a leader that knows less of a producer than its log holds. Its state was reloaded from a
 * snapshot, which keeps a producer's newest batch alone (ProducerStateManager.writeSnapshot), or it expired. So it takes
 * a batch again that it has forgotten wholly; and to one below the newest that it knows it answers
 * OUT_OF_ORDER_SEQUENCE_NUMBER, upon which the producer may send all that is open again under a new epoch (KIP-360).
 */
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import { appendedBatch } from './appended-batch.js';
import type { Stay } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

const EXPIRED = 1;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
/** ProducerStateEntry.NUM_BATCHES_TO_RETAIN; a producer has no more in flight. */
const BATCHES_REMEMBERED = 5;
/** What was in flight at a refusal, and what followed until the producer heard of it. */
const BATCHES_AFTER_REFUSAL = 2 * BATCHES_REMEMBERED;

/**
 * @param again copies of a record that stood in the log already, in the order in which leaders appended them
 * @param client the machine of the producer that sent it
 * @returns null unless each of them has such an event, one of its own
 */
export function producerWindowLicence(
  trace: Trace,
  key: number,
  again: readonly Stay[],
  client: number,
): Licensed | null {
  let shown: Shown | null = null;
  for (const copy of again) {
    shown = windowBefore(trace, key, copy, client, shown?.at ?? -1);
    if (shown === null) return null;
  }
  return shown === null ? null : licensed('producer-window', shown.event);
}

/** That a leader knew too little was seen at a moment: at a refusal, or when it wrote the copy itself. */
interface Shown {
  readonly event: number;
  readonly at: number;
}

/**
 * The event by which some leader knew too little of the copy's producer, and which led to this copy; null: none.
 * @param after the moment that led to the copy before
 */
function windowBefore(trace: Trace, key: number, copy: Stay, client: number, after: number): Shown | null {
  const kinds = probeKinds(trace.header.probes);
  const batch = appendedBatch(trace, key, copy);
  if (batch < 0) return null;
  const producerId = trace.c[batch]!;
  const windows = new OpenWindows();
  let shown: Shown | null = null;
  let writtenSince = 0;
  for (let i = 0; i < copy.from; i++) {
    if (trace.key[i] !== key) continue;
    const machine = trace.machine[i]!;
    switch (trace.kind[i]) {
      case kinds.producerWindow:
        if (trace.a[i] === producerId) windows.open(machine, i);
        break;
      case kinds.batchAppended:
        if (trace.c[i] !== producerId) break;
        windows.written(machine, trace.b[i]!);
        if (++writtenSince === BATCHES_AFTER_REFUSAL) shown = null;
        break;
      case kinds.append:
        if (trace.d[i] !== 1) windows.copied(machine, trace.a[i]!);
        break;
      case kinds.refused: {
        const event = windows.since(machine);
        if (i <= after || event < 0 || trace.b[i] !== client) break;
        if (trace.a[i] !== OUT_OF_ORDER_SEQUENCE_NUMBER) break;
        shown = { event, at: i };
        writtenSince = 0;
      }
    }
  }
  const event = windows.since(copy.machine);
  return event > after && trace.d[event] === EXPIRED ? { event, at: copy.from } : shown;
}

/** By broker: since when it knows too little of one producer. It knows enough once it has as many newer batches as it keeps. */
class OpenWindows {
  private readonly opened: (number | undefined)[] = [];
  private readonly newer: number[] = [];
  /** The offsets at which batches of the producer end. */
  private readonly ends = new Set<number>();

  open(machine: number, event: number): void {
    this.opened[machine] = event;
    this.newer[machine] = 0;
  }

  /** A leader appended a batch of the producer. */
  written(machine: number, lastOffset: number): void {
    this.ends.add(lastOffset);
    this.learn(machine);
  }

  /** A follower appended a record: of the producer's batches the last tells of all. */
  copied(machine: number, offset: number): void {
    if (this.ends.has(offset)) this.learn(machine);
  }

  /** The event; -1: it knows enough. */
  since(machine: number): number {
    return this.opened[machine] ?? -1;
  }

  private learn(machine: number): void {
    const known = (this.newer[machine] = (this.newer[machine] ?? 0) + 1);
    if (known >= BATCHES_REMEMBERED) this.opened[machine] = undefined;
  }
}
