import { expect, it } from 'vitest';
import { markerBatch, type RecordBatch } from '../protocol/records.js';
import { visibleBatches } from './visible-batches.js';

function data(baseOffset: number, producerId: number, isTransactional = true): RecordBatch {
  const records = [{ key: null, value: baseOffset, timestamp: 0, bytes: 10 }];
  const batch = {
    baseOffset,
    partitionLeaderEpoch: 0,
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    records,
    bytes: 71,
  };
  return isTransactional ? { ...batch, isTransactional: true } : batch;
}

function marker(baseOffset: number, producerId: number, committed: boolean): RecordBatch {
  return { ...markerBatch(producerId, 0, { committed, coordinatorEpoch: 0 }, 0), baseOffset };
}

const offsets = (batches: readonly RecordBatch[]) => batches.map(({ baseOffset }) => baseOffset);

it('markers are never seen, and aborted records only by those who read uncommitted', () => {
  const log = [data(0, 7), data(1, 8), marker(2, 7, false), marker(3, 8, true)];
  expect(offsets(visibleBatches(log, null))).toEqual([0, 1]);
  expect(offsets(visibleBatches(log, [{ producerId: 7, firstOffset: 0 }]))).toEqual([1]);
});

it('the next transaction of a producer is seen, although its last one was aborted', () => {
  const log = [data(0, 7), marker(1, 7, false), data(2, 7), marker(3, 7, true)];
  expect(offsets(visibleBatches(log, [{ producerId: 7, firstOffset: 0 }]))).toEqual([2]);
});

it('a transaction that began before what was fetched is recognised', () => {
  expect(offsets(visibleBatches([data(5, 7), data(6, 8)], [{ producerId: 7, firstOffset: 2 }]))).toEqual([6]);
});

it('aborted transactions count from their first offset on, in whatever order they come', () => {
  const log = [data(0, 7), marker(1, 7, true), data(2, 8), data(3, 7), marker(4, 8, false), marker(5, 7, false)];
  const aborted = [
    { producerId: 8, firstOffset: 2 },
    { producerId: 7, firstOffset: 3 },
  ];
  expect(offsets(visibleBatches(log, aborted.toReversed()))).toEqual([0]);
});

it('what is no transaction is handed out as it came', () => {
  const log = [data(0, 7, false), data(1, 8, false)];
  expect(visibleBatches(log, [])).toBe(log);
});
