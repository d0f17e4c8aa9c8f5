/**
 * What producers did with their batches, as far as licences ask: how often the application sent a record, when the batch
 * that held it was put back for another attempt, and when it first went out.
 *
 * A batch holds consecutive sends of one session to one partition, so that a probe which names its first record, or its
 * first and last, tells of every record of it. Moments are indexes of trace records.
 */
import type { History } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';

/** One send of a value. Sends are numbered in the order in which they were invoked. */
interface Send {
  readonly number: number;
  /** -1: the client never learnt the partition. */
  readonly key: number;
  readonly session: number;
  readonly invokedAt: number;
}

/** A probe about a batch: its records are the sends from `first` to `last`. */
interface BatchEvent {
  readonly event: number;
  readonly first: Send;
  readonly last: Send;
}

/** What a batch is told by on the wire, as its leader sees it. */
export interface BatchOnWire {
  readonly broker: number;
  readonly firstValue: number;
  readonly baseSequence: number;
}

interface SentBatch extends BatchOnWire {
  readonly event: number;
  readonly first: Send;
}

export class Attempts {
  private readonly trace: Trace;
  /** By value, in order. */
  private readonly sends = new Map<number, Send[]>();
  /** By key, in order of time. */
  private readonly retried: BatchEvent[][] = [];
  private readonly sent: SentBatch[][] = [];

  constructor(history: History, trace: Trace) {
    this.trace = trace;
    this.numberSends(history);
    const { batchRetried, batchSent } = probeKinds(trace.header.probes);
    for (let i = 0; i < trace.length; i++) {
      if (trace.kind[i] === batchRetried) this.addRetried(i);
      else if (trace.kind[i] === batchSent) this.addSent(i);
    }
  }

  /** The application's sends of the record by then, by their numbers. */
  sendsBefore(key: number, value: number, event: number): readonly number[] {
    const time = this.trace.time[event]!;
    return this.sendsOf(key, value).flatMap(({ number, invokedAt }) => (invokedAt <= time ? [number] : []));
  }

  /** Those of them that such a batch held when it went out, before a moment. Two batches may look the same. */
  sendsInBatch(key: number, value: number, batch: BatchOnWire, event: number): readonly number[] {
    const sends = this.sendsOf(key, value);
    return (this.sent[key] ?? [])
      .filter((sent) => sent.event < event && isSameOnWire(sent, batch))
      .flatMap(({ first }) => sends.find((send) => isUpTo(first, send))?.number ?? []);
  }

  /** When batches that held the record were put back for another attempt, before a moment. */
  retriesBefore(key: number, value: number, event: number): readonly number[] {
    const sends = this.sendsOf(key, value);
    return (this.retried[key] ?? [])
      .filter((retry) => retry.event < event && sends.some((send) => holds(retry, send)))
      .map((retry) => retry.event);
  }

  /** When the batch that holds the record first went out; -1: it did not. */
  firstSent(key: number, value: number): number {
    const sends = this.sendsOf(key, value);
    const begun = (this.sent[key] ?? []).filter(({ first }) => sends.some((send) => isUpTo(first, send)));
    // It is the batch that began last before the record.
    const newest = Math.max(-1, ...begun.map(({ first }) => first.number));
    return begun.find(({ first }) => first.number === newest)?.event ?? -1;
  }

  private numberSends({ operations }: History): void {
    let number = 0;
    for (const { value, session, invokedAt } of operations) {
      for (const microOp of value) {
        if (microOp.kind !== 'send') continue;
        const send = { number: number++, key: microOp.key, session, invokedAt };
        const same = this.sends.get(microOp.value);
        if (same === undefined) this.sends.set(microOp.value, [send]);
        else same.push(send);
      }
    }
  }

  private addRetried(event: number): void {
    const { key, b, c } = this.trace;
    const first = this.newestSend(key[event]!, b[event]!, event);
    const last = this.newestSend(key[event]!, c[event]!, event);
    if (first !== undefined && last !== undefined) (this.retried[key[event]!] ??= []).push({ event, first, last });
  }

  private addSent(event: number): void {
    const { key, a, b, c } = this.trace;
    const first = this.newestSend(key[event]!, b[event]!, event);
    if (first === undefined) return;
    const onWire = { broker: a[event]!, firstValue: b[event]!, baseSequence: c[event]! };
    (this.sent[key[event]!] ??= []).push({ event, first, ...onWire });
  }

  /** An application sends a record again only after it gave the last attempt up: a batch is of the newest send. */
  private newestSend(key: number, value: number, event: number): Send | undefined {
    const time = this.trace.time[event]!;
    return this.sendsOf(key, value).findLast(({ invokedAt }) => invokedAt <= time);
  }

  private sendsOf(key: number, value: number): readonly Send[] {
    return (this.sends.get(value) ?? []).filter((send) => send.key === key || send.key < 0);
  }
}

function holds({ first, last }: BatchEvent, send: Send): boolean {
  return isUpTo(first, send) && send.number <= last.number;
}

function isSameOnWire(one: BatchOnWire, other: BatchOnWire): boolean {
  return one.broker === other.broker && one.firstValue === other.firstValue && one.baseSequence === other.baseSequence;
}

function isUpTo(first: Send, send: Send): boolean {
  return first.number <= send.number && first.session === send.session;
}
