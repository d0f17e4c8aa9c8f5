/**
 * What producers and coordinators appended to a partition, whoever holds it now: where each batch of an idempotent
 * producer begins, and each marker that ends a transaction. A leader announces both; which of them a replica holds, its
 * log tells, whose records have offset and leader epoch. So a replica that was restored from its disk is read as any other.
 */
import type { RecordLog } from './record-log.js';

export interface ProducerBatch {
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly lastOffset: number;
  /** -1: it is a marker. */
  readonly baseSequence: number;
}

/** Sequences count on from 0 after 2^31 - 1 (DefaultRecordBatch.incrementSequence). */
const SEQUENCES = 0x8000_0000;

/** The batches and markers of one partition, by their first offset: several, if an offset was given out again. */
export class ProducerBatches {
  readonly #at: ProducerBatch[][] = [];

  add(offset: number, batch: ProducerBatch): void {
    (this.#at[offset] ??= []).push(batch);
  }

  /** That which begins at an offset of this log; undefined: none does. */
  in(log: RecordLog, offset: number): ProducerBatch | undefined {
    const batches = this.#at[offset];
    if (batches === undefined) return undefined;
    const leaderEpoch = log.epochAt(offset);
    return batches.findLast((batch) => batch.leaderEpoch === leaderEpoch);
  }
}

/** What a log below some offset says of one producer. */
export interface ProducerInLog {
  /** The sequence that its next batch has, unless it begins another epoch; -1: it has no batch. */
  nextSequence: number;
  /** How often it began at sequence 0. */
  beginnings: number;
  lastOffset: number;
  /** Where its open transaction begins; -1: none is open. */
  openFrom: number;
}

/** Reads one replica's log from its start, as far as somebody asks, and goes on from there when asked again. */
export class LogScan {
  readonly producers = new Map<number, ProducerInLog>();
  #end = 0;

  /** The log was cut: read it anew. */
  forget(): void {
    this.producers.clear();
    this.#end = 0;
  }

  to(end: number, log: RecordLog, batches: ProducerBatches): void {
    if (end < this.#end) this.forget();
    for (; this.#end < end; this.#end++) {
      const batch = batches.in(log, this.#end);
      if (batch !== undefined) this.#take(batch, this.#end);
    }
  }

  #take({ producerId, lastOffset, baseSequence }: ProducerBatch, offset: number): void {
    let producer = this.producers.get(producerId);
    if (producer === undefined) {
      producer = { nextSequence: -1, beginnings: 0, lastOffset: -1, openFrom: -1 };
      this.producers.set(producerId, producer);
    }
    if (baseSequence < 0) {
      producer.openFrom = -1;
      return;
    }
    producer.nextSequence = (baseSequence + lastOffset - offset + 1) % SEQUENCES;
    producer.lastOffset = lastOffset;
    if (baseSequence === 0) producer.beginnings++;
    if (producer.openFrom < 0) producer.openFrom = offset;
  }
}

/** A scan for each replica of each partition, by key and machine. */
export class LogScans {
  readonly #scans: LogScan[][] = [];

  of(machine: number, key: number): LogScan {
    const ofKey = (this.#scans[key] ??= []);
    return (ofKey[machine] ??= new LogScan());
  }
}
