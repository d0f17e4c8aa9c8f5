/** What a page leaves out of a trial that is too large for it, so that the rest can still be stepped through. */
import type { JudgedAnomaly } from '../anomaly.js';
import { writeHistory } from '../format/history-format.js';
import { writeTrace } from '../format/trace-format.js';
import type { History } from '../operation.js';
import { TraceColumns } from '../trace-columns.js';
import { TraceReader } from '../trace-record.js';
import type { Trace } from '../trace.js';
import { packed } from './embed.js';
import { counted, seconds } from './words.js';

export interface Narrowed {
  /** What is left of the trace. */
  readonly trace: Trace;
  /** null: even the least of it has no room. */
  readonly files: { readonly history: string; readonly trace: string } | null;
  readonly leftOut: readonly string[];
  /** The anomaly with its events as they are numbered in what is left. */
  renumbered(judged: JudgedAnomaly): JudgedAnomaly;
}

/** @param room bytes that both files may take as base64 of gzip */
export function narrowed(
  history: History,
  trace: Trace,
  anomalies: readonly JudgedAnomaly[],
  room: number,
  what: string,
): Narrowed {
  const leftOut: string[] = [];
  const historyText = writeHistory(history);
  const left = room - packed(historyText).length;
  let kept: Kept = { trace, numbers: null };
  const fits = (): string | null => {
    const written = writeTrace(kept.trace);
    return packed(written).length <= left ? written : null;
  };
  let text = fits();
  if (text === null) {
    const keys = new Set(anomalies.map(({ anomaly }) => trace.header.keys.indexOf(history.keys[anomaly.key] ?? '')));
    if (keys.size === 0) keys.add(0);
    const before = kept.trace;
    // A group's members come and go at its partition of __consumer_offsets, whichever partitions they own.
    const reader = new TraceReader(before);
    const members = new Set(
      (['group-state', 'member-joined', 'member-left'] as const).map((one) => reader.kindOf(one)),
    );
    const isKept = (index: number): boolean =>
      before.key[index] === -1 || keys.has(before.key[index]!) || members.has(before.kind[index]!);
    kept = filtered(kept, isKept);
    leftOut.push(`${counted(before.length - kept.trace.length, 'event')} of other partitions (${what})`);
    text = fits();
  }
  if (text === null) {
    const before = kept.trace;
    const end = Math.max(0, ...anomalies.map(({ anomaly }) => lastChange(before, anomaly.at)));
    kept = filtered(kept, (index) => before.time[index]! <= end);
    leftOut.push(`${counted(before.length - kept.trace.length, 'event')} after ${seconds(end)} s (${what})`);
    text = fits();
  }
  if (text === null) leftOut.push(`the ${what}, which is too large for a page`);
  const { numbers } = kept;
  return {
    trace: kept.trace,
    files: text === null ? null : { history: historyText, trace: text },
    leftOut,
    renumbered: (judged) => (numbers === null ? judged : renumber(judged, numbers)),
  };
}

interface Kept {
  readonly trace: Trace;
  /** By number in the whole trace: the number in what is left; absent for what is gone. null: nothing is gone. */
  readonly numbers: ReadonlyMap<number, number> | null;
}

function filtered(before: Kept, keep: (index: number) => boolean): Kept {
  const trace = new TraceColumns();
  trace.header = before.trace.header;
  const original = before.numbers === null ? null : new Map([...before.numbers].map(([from, to]) => [to, from]));
  const numbers = new Map<number, number>();
  const { time, kind, machine, key, a, b, c, d } = before.trace;
  for (let i = 0; i < before.trace.length; i++) {
    if (!keep(i)) continue;
    numbers.set(original?.get(i) ?? i, trace.length);
    trace.append(time[i]!, kind[i]!, machine[i]!, key[i]!, a[i]!, b[i]!, c[i]!, d[i]!);
  }
  return { trace, numbers };
}

function renumber(judged: JudgedAnomaly, numbers: ReadonlyMap<number, number>): JudgedAnomaly {
  const { anomaly, licence } = judged;
  const events = anomaly.events.flatMap((index) => numbers.get(index) ?? []);
  return {
    ...judged,
    anomaly: { ...anomaly, events },
    licence: licence === null ? null : { ...licence, event: numbers.get(licence.event) ?? -1 },
  };
}

/** The last truncation, loss or election up to an anomaly: what comes after it is the final read. */
function lastChange(trace: Trace, at: number): number {
  const reader = new TraceReader(trace);
  let last = 0;
  for (const record of reader.scan(['truncate', 'data-lost', 'elected'], -1)) {
    if (record.time <= at) last = record.time;
  }
  return last === 0 ? at : last + 1_000_000;
}
