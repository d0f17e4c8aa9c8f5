/** Batches fill, end and are split where Apache Kafka's own do, with the same sizes, offsets and sequences. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { incrementSequence, ProducerBatch } from '../../../model/kafka/clients/producer-batch.js';
import {
  BATCH_OVERHEAD_BYTES,
  lastOffset,
  markerBatch,
  maxTimestamp,
  recordSizeUpperBound,
  type ProducerRecord,
} from '../../../model/kafka/protocol/records.js';

/** batches.mjs and Batches.java say what each field means. */
interface Filling {
  readonly batchSize: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  readonly split: number;
  readonly records: readonly (readonly [key: number, value: number, afterMs: number])[];
  /** Of each record, as it stands in its batch. */
  readonly sizes: readonly number[];
  /** Of a record that begins another batch, as it would have stood in the last one; 0 of the others. */
  readonly refused: readonly number[];
  /** After each record: 1 if its batch was full. */
  readonly full: readonly number[];
  /** Count, bytes, base sequence, last sequence, last offset, newest timestamp. */
  readonly batches: readonly (readonly number[])[];
  /** Of each batch: count and base sequence; none where the sequence wraps. */
  readonly pieces: readonly (readonly (readonly number[])[])[];
}

/** Batches.java's. */
const BASE_TIMESTAMP = 1_700_000_000_000;

const [marker, ...fillings] = read().toReversed() as [{ readonly bytes: number }, ...Filling[]];

test('a record joins a batch that has room for it, or begins another, and a batch has the size of its records and header', () => {
  for (const asked of fillings) {
    const { batches, full } = fill(asked);
    expect({ ...asked, full, batches: batches.map(headerOf) }).toEqual(asked);
  }
  expect(fillings.length).toBe(150);
});

test('a batch that is too large is split at the same records', () => {
  let split = 0;
  for (const asked of fillings) {
    for (const [at, batch] of fill(asked).batches.entries()) {
      const pieces = batch.split(asked.split).map((piece) => [piece.records.length, piece.baseSequence]);
      const answer = asked.pieces[at];
      if (answer.length === 0 || !sizesStay(batch)) continue;
      expect({ asked, at, pieces }).toEqual({ asked, at, pieces: answer });
      split++;
    }
  }
  expect(split).toBeGreaterThan(200);
});

test('a marker is a batch of its own', () => {
  expect(markerBatch(7, 1, { committed: true, coordinatorEpoch: 3 }, 0).bytes).toBe(marker.bytes);
});

/** In a piece, offsets and timestamps begin anew: a record is as long there as here if both deltas take one byte anyway. */
function sizesStay({ records }: ProducerBatch): boolean {
  const timestamps = records.map(({ timestamp }) => timestamp);
  return records.length <= 64 && Math.max(...timestamps) - Math.min(...timestamps) < 64;
}

/** As RecordAccumulator does. */
function fill(asked: Filling): { batches: ProducerBatch[]; full: number[] } {
  const batches: ProducerBatch[] = [];
  const full: number[] = [];
  let timestamp = BASE_TIMESTAMP;
  asked.records.forEach(([, , afterMs], at) => {
    timestamp += afterMs;
    const record: ProducerRecord = { key: null, value: at, timestamp, bytes: asked.sizes[at] };
    const asNext = { ...record, bytes: asked.refused[at] || record.bytes };
    if (batches.at(-1)?.tryAppend(asNext, at, 0) !== true) {
      const capacity = Math.max(asked.batchSize, BATCH_OVERHEAD_BYTES + recordSizeUpperBound(record.bytes));
      const batch = new ProducerBatch(0, 0, capacity, false);
      batch.tryAppend(record, at, 0);
      batches.push(batch);
    }
    full.push(batches.at(-1)!.isFull ? 1 : 0);
  });
  let sequence = asked.baseSequence;
  for (const batch of batches) {
    batch.isTransactional = asked.isTransactional;
    batch.setProducerState(asked.producerId, asked.producerEpoch, sequence);
    sequence = incrementSequence(batch.lastSequence, 1);
  }
  return { batches, full };
}

function headerOf(batch: ProducerBatch): readonly number[] {
  const wire = batch.toRecordBatch();
  const { records, bytes, baseSequence } = wire;
  return [
    records.length,
    bytes,
    baseSequence,
    batch.lastSequence,
    lastOffset({ ...wire, baseOffset: 0 }),
    maxTimestamp(wire) - BASE_TIMESTAMP,
  ];
}

function read(): readonly unknown[] {
  const file = new URL('./answers/batches.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly unknown[] }).cases;
}
