/**
 * A partition that waits for a transaction which cannot end because of another.
 *
 * A transaction is complete when each of its partitions has its marker; until then its producer begins no other
 * (CONCURRENT_TRANSACTIONS), wherever that would write. A partition that takes no writes, since it stalled, takes no
 * marker. What licenses its stall licenses what waits for the producer.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import type { Licensed } from './rows.js';

/** `transaction-changed`: the states in which markers are written. */
const PREPARE_COMMIT = 2;
const PREPARE_ABORT = 3;

/** @param stallOf what licenses that a partition stalled, by the `stalled` records about it */
export function blockedTransactionLicence(
  trace: Trace,
  stuck: Anomaly,
  stallOf: (key: number, events: readonly number[]) => Licensed | null,
): Licensed | null {
  const { stalled } = probeKinds(trace.header.probes);
  const moment = stuck.events[0] ?? trace.length - 1;
  const others = new Map<number, number[]>();
  for (let i = 0; i < trace.length && trace.time[i]! <= trace.time[moment]!; i++) {
    const key = trace.key[i]!;
    if (trace.kind[i] !== stalled || trace.time[i] !== trace.time[moment] || key < 0 || key === stuck.key) continue;
    others.set(key, [...(others.get(key) ?? []), i]);
  }
  for (const [key, events] of others) {
    const licence = isAwaitedThere(trace, key, moment) ? stallOf(key, events) : null;
    if (licence === null) continue;
    const words = `${licence.licence.words}: a transaction that cannot end there keeps its producer from another`;
    return { ...licence, licence: { ...licence.licence, words } };
  }
  return null;
}

/** Some transaction was decided, is not complete, and has no marker in this partition since. */
function isAwaitedThere(trace: Trace, key: number, moment: number): boolean {
  const { transactionChanged, transactionMarker } = probeKinds(trace.header.probes);
  /** By producer id: its transaction is decided, and not marked in the partition. */
  const open = new Map<number, boolean>();
  for (let i = 0; i < moment; i++) {
    if (trace.kind[i] === transactionChanged) {
      open.set(trace.a[i]!, trace.c[i] === PREPARE_COMMIT || trace.c[i] === PREPARE_ABORT);
    } else if (trace.kind[i] === transactionMarker && trace.key[i] === key) {
      open.set(trace.b[i]!, false);
    }
  }
  return [...open.values()].includes(true);
}
