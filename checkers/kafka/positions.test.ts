import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import { abortedRead } from './aborted-read.js';
import { ackOffsetMismatch } from './ack-offset-mismatch.js';
import { duplicate } from './duplicate.js';
import { inconsistentOffsets } from './inconsistent-offsets.js';
import { phantom } from './phantom.js';

const history = (...operations: readonly OperationBuilder[]) => historyOf(operations);

describe('duplicate', () => {
  it('finds a record that polls show at two offsets', () => {
    const { anomalies } = duplicate.check(history(send('x', 7).ok(4), poll('x', [4, 7], [5, 7])));
    expect(anomalies).toMatchObject([{ type: 'duplicate', offsets: [4, 5], values: [7], operations: [0, 1] }]);
    expect(anomalies[0]!.story).toBe('x@4, value 7 stands at offset 5 too');
  });

  it('finds one between an acknowledgement and a poll', () => {
    expect(duplicate.check(history(send('x', 7).ok(1), poll('x', [2, 8], [3, 7]))).anomalies).toHaveLength(1);
  });

  it('says nothing of an offset that is read twice', () => {
    const twice = history(send('x', 7).ok(4), poll('x', [4, 7]), poll('x', [4, 7]));
    expect(duplicate.check(twice).anomalies).toEqual([]);
  });

  it('says nothing of equal values in two partitions', () => {
    const two = history(send('x', 7).ok(0), send('y', 7).ok(1), poll('x', [0, 7]), poll('y', [1, 7]));
    expect(duplicate.check(two).anomalies).toEqual([]);
  });
});

describe('inconsistent-offsets', () => {
  it('finds two records acknowledged at one offset', () => {
    const { anomalies } = inconsistentOffsets.check(history(send('x', 641).ok(537), send('x', 645).ok(537)));
    expect(anomalies).toMatchObject([{ offsets: [537], values: [641, 645], operations: [0, 1] }]);
    expect(anomalies[0]!.story).toBe('x@537 held value 641 and value 645');
  });

  it('finds one acknowledged and another read there', () => {
    const { anomalies } = inconsistentOffsets.check(history(send('x', 7).ok(4), send('x', 8), poll('x', [4, 8])));
    expect(anomalies).toMatchObject([{ offsets: [4], values: [7, 8] }]);
  });

  it('says nothing of the offset of a send that is neither ok nor proven', () => {
    const unproven = history(send('x', 7).ok(4).info(), send('x', 8).ok(4), poll('x', [4, 8]));
    expect(inconsistentOffsets.check(unproven).anomalies).toEqual([]);
  });

  it('believes the offset of an unknown send that was read', () => {
    const proven = history(send('x', 7).ok(4).info(), send('x', 8).ok(4), poll('x', [9, 7]));
    expect(inconsistentOffsets.check(proven).anomalies).toHaveLength(1);
  });
});

describe('ack-offset-mismatch', () => {
  it('waits for a read that reached the offset, or the end: until then another copy may stand there', () => {
    const copy = [send('x', 5).ok(9), poll('x', [4, 5])];
    const mismatches = (...more: readonly OperationBuilder[]) =>
      ackOffsetMismatch.check(history(...copy, ...more)).anomalies.map(({ offsets }) => offsets);
    expect(mismatches()).toEqual([]);
    expect(mismatches(send('x', 6), poll('x', [8, 6]))).toEqual([]);
    expect(mismatches(send('x', 6), poll('x', [10, 6]))).toEqual([[9, 4]]);
    expect(mismatches(finalRead('x', 1, [4, 5]))).toEqual([[9, 4]]);
    expect(mismatches(finalRead('x', 1, [4, 5]).info())).toEqual([]);
    expect(mismatches(finalRead('x', 1, [4, 5], [9, 5]))).toEqual([]);
  });

  it('finds a record that was read elsewhere than acknowledged', () => {
    const { anomalies } = ackOffsetMismatch.check(history(send('x', 5).ok(0), poll('x', [12, 5])));
    expect(anomalies).toMatchObject([{ type: 'ack-offset-mismatch', offsets: [0, 12], operations: [0, 1] }]);
  });

  it('says nothing when it was read where it was acknowledged, and elsewhere too', () => {
    expect(ackOffsetMismatch.check(history(send('x', 5).ok(0), poll('x', [0, 5], [12, 5]))).anomalies).toEqual([]);
  });

  it('says nothing of a record that was not read', () => {
    expect(ackOffsetMismatch.check(history(send('x', 5).ok(0), poll('x', [1, 6]))).anomalies).toEqual([]);
  });
});

describe('phantom and misplaced', () => {
  it('find a record that nobody sent', () => {
    const { anomalies } = phantom.check(history(send('x', 1).ok(0), poll('x', [0, 1], [1, 99])));
    expect(anomalies).toMatchObject([{ type: 'phantom', offsets: [1], values: [99], operations: [1] }]);
  });

  it('find a record in another partition than it was sent to', () => {
    const { anomalies } = phantom.check(history(send('x', 7).ok(0), poll('y', [4, 7])));
    expect(anomalies).toMatchObject([{ type: 'misplaced', key: 1, values: [7], operations: [0, 1] }]);
    expect(anomalies[0]!.story).toBe('y@4, value 7 was read there, and sent to x');
  });

  it('say nothing of a send whose partition its client never learnt', () => {
    expect(phantom.check(history(send(null, 7).info(), poll('x', [0, 7]))).anomalies).toEqual([]);
  });

  it('find such a send in a second partition', () => {
    const { anomalies } = phantom.check(history(send(null, 7).info(), poll('x', [0, 7]), poll('y', [0, 7])));
    expect(anomalies).toMatchObject([{ type: 'misplaced', key: 1 }]);
  });
});

describe('G1a', () => {
  it('finds a failed send that was read', () => {
    const { anomalies } = abortedRead.check(history(send('x', 7).fail('NOT_ENOUGH_REPLICAS'), poll('x', [0, 7])));
    expect(anomalies).toMatchObject([{ type: 'G1a', values: [7], operations: [0, 1] }]);
  });

  it('is G1a-failed-reader of an operation that did not end ok itself', () => {
    const found = (...reads: readonly OperationBuilder[]) =>
      abortedRead
        .check(history(send('x', 7).fail(), ...reads))
        .anomalies.map(({ type, operations }) => [type, ...operations]);
    const read = poll('x', [0, 7]);
    expect(found(read.fail())).toEqual([['G1a-failed-reader', 0, 1]]);
    expect(found(read.info())).toEqual([['G1a-failed-reader', 0, 1]]);
    expect(found(read)).toEqual([['G1a', 0, 1]]);
    expect(found(read.fail(), read)).toEqual([
      ['G1a', 0, 2],
      ['G1a-failed-reader', 0, 1],
    ]);
  });

  it('names a reader of committed records before one of all, and the first of equals', () => {
    const settings = { 'c1:isolation.level': 'read_committed', 'c2:isolation.level': 'read_committed' };
    const readers = ['c0', 'c1', 'c2'].map((client) => poll('x', [0, 7]).by(client));
    const { anomalies } = abortedRead.check(historyOf([send('x', 7).fail(), ...readers], { settings }));
    expect(anomalies).toMatchObject([{ type: 'G1a', operations: [0, 2] }]);
  });

  it('says nothing of sends that are unknown, or failed and unread', () => {
    const sends = history(send('x', 7).info(), send('x', 8).fail(), poll('x', [0, 7]));
    expect(abortedRead.check(sends).anomalies).toEqual([]);
  });
});
