/**
 * What producers did with their batches, as far as licences ask: how often the application sent a record, when the batch
 * that held it was put back for another attempt, and when it first went out.
 *
 * A batch holds consecutive sends of one session to one partition, so that a probe which names its first record, or its
 * first and last, tells of every record of it. Moments are indexes of trace records.
 */
import { SEND, type HistoryColumns } from '../../../histories/history-columns.js';
import type { History } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { probeKinds } from '../probe-kinds.js';

/** A probe about a batch: its records are the sends from `first` to `last`, as they are numbered here. */
interface BatchEvent {
  readonly event: number;
  readonly first: number;
  readonly last: number;
}

export class Attempts {
  private readonly index: HistoryIndex;
  private readonly operations: HistoryColumns;
  private readonly trace: Trace;
  /** By send, in the order of the history: its operation. */
  private readonly operationOf: number[] = [];
  /** By record: its sends, in order. */
  private readonly sends: number[][] = [];
  /** By key, in order of time. */
  private readonly retried: BatchEvent[][] = [];
  private readonly sent: BatchEvent[][] = [];

  constructor(history: History, trace: Trace) {
    this.index = historyIndex(history);
    this.trace = trace;
    this.operations = this.index.operations;
    for (let operation = 0; operation < this.operations.length; operation++) this.addSends(operation);
    const { batchRetried, batchSent } = probeKinds(trace.header.probes);
    const { kind, key, b, c } = trace;
    for (let i = 0; i < trace.length; i++) {
      if (kind[i] === batchRetried) this.add(this.retried, i, key[i]!, b[i]!, c[i]!);
      else if (kind[i] === batchSent) this.add(this.sent, i, key[i]!, b[i]!, b[i]!);
    }
  }

  /** How often the application had sent the record by then. */
  sendsBefore(key: number, value: number, event: number): number {
    return this.sendsOf(key, value).filter((send) => this.isInvokedBy(send, event)).length;
  }

  /** When batches that held the record were put back for another attempt, before a moment. */
  retriesBefore(key: number, value: number, event: number): readonly number[] {
    const sends = this.sendsOf(key, value);
    return (this.retried[key] ?? [])
      .filter((retry) => retry.event < event && sends.some((send) => this.holds(retry, send)))
      .map((retry) => retry.event);
  }

  /** When the batch that holds the record first went out; -1: it did not. */
  firstSent(key: number, value: number): number {
    const sends = this.sendsOf(key, value);
    const begun = (this.sent[key] ?? []).filter(({ first }) => sends.some((send) => this.isUpTo(first, send)));
    // It is the batch that began last before the record.
    const first = Math.max(-1, ...begun.map((batch) => batch.first));
    return begun.find((batch) => batch.first === first)?.event ?? -1;
  }

  private addSends(operation: number): void {
    const { firstMicroOp, microOpCount, microOpKind, firstRecord, key, value } = this.operations;
    const first = firstMicroOp[operation]!;
    for (let row = first; row < first + microOpCount[operation]!; row++) {
      if (microOpKind[row] !== SEND) continue;
      const record = this.index.recordOf(key[row]!, value[firstRecord[row]!]!);
      (this.sends[record] ??= []).push(this.operationOf.push(operation) - 1);
    }
  }

  private add(batches: BatchEvent[][], event: number, key: number, firstValue: number, lastValue: number): void {
    const first = this.newestSend(key, firstValue, event);
    const last = this.newestSend(key, lastValue, event);
    if (first >= 0 && last >= 0) (batches[key] ??= []).push({ event, first, last });
  }

  /** An application sends a record again only after it gave the last attempt up: a batch is of the newest send. */
  private newestSend(key: number, value: number, event: number): number {
    return this.sendsOf(key, value).findLast((send) => this.isInvokedBy(send, event)) ?? -1;
  }

  private holds({ first, last }: BatchEvent, send: number): boolean {
    return this.isUpTo(first, send) && send <= last;
  }

  private isUpTo(first: number, send: number): boolean {
    const { session } = this.operations;
    return first <= send && session[this.operationOf[first]!] === session[this.operationOf[send]!];
  }

  private isInvokedBy(send: number, event: number): boolean {
    return this.operations.invokedAt[this.operationOf[send]!]! <= this.trace.time[event]!;
  }

  private sendsOf(key: number, value: number): readonly number[] {
    const record = this.index.recordOf(key, value);
    return this.sends[record] ?? [];
  }
}
