/** The first operation, the first record, offset 0, and things that happen at one moment: where comparisons go wrong. */
import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, other, poll, send, type OperationBuilder } from '../../histories/builders.js';
import type { Anomaly } from '../../histories/anomaly.js';
import { abortedRead } from './aborted-read.js';
import { ackOffsetMismatch } from './ack-offset-mismatch.js';
import type { Checker } from '../checker.js';
import { keyOrder } from './key-order.js';
import { lostWrite } from './lost-write.js';
import { nonmonotonicSend } from './nonmonotonic-send.js';
import { phantom } from './phantom.js';
import { unseen } from './unseen.js';

const found = (checker: Checker, ...operations: readonly OperationBuilder[]): readonly Anomaly[] =>
  checker.check(historyOf(operations)).anomalies;

describe('a read that is the first operation of a history', () => {
  it('counts as a read of what is sent later', () => {
    const operations = [poll('x', [0, 7]), send('x', 7).ok(0), finalRead('x', 1, [0, 7])];
    expect(found(lostWrite, ...operations)).toEqual([]);
    expect(found(unseen, poll('x', [0, 7]), send('x', 7).ok(0), finalRead('x', 1))).toEqual([]);
  });

  it('shows an aborted send', () => {
    expect(found(abortedRead, poll('x', [0, 7]), send('x', 7).fail())).toMatchObject([
      { type: 'G1a', offsets: [0], operations: [0, 1] },
    ]);
  });

  it('shows a record elsewhere than acknowledged', () => {
    expect(found(ackOffsetMismatch, poll('x', [12, 5]), send('x', 5).ok(0))).toMatchObject([
      { offsets: [0, 12], operations: [0, 1] },
    ]);
  });
});

describe('the record at offset 0', () => {
  it('is lost where a read went past it', () => {
    expect(found(lostWrite, send('x', 8).ok(1), poll('x', [1, 8]), send('x', 7).ok(0))).toMatchObject([
      { values: [7], offsets: [0] },
    ]);
  });

  it('is left to lost-write by unseen', () => {
    expect(found(unseen, send('x', 8).ok(1), send('x', 7).ok(0), finalRead('x', 1, [1, 8]))).toEqual([]);
  });

  it('is unseen where nothing stands above it', () => {
    expect(found(unseen, send('x', 7).ok(0), finalRead('x', 1))).toMatchObject([{ offsets: [0] }]);
  });

  it('is named where nobody sent it, and where nobody knows its offset none is', () => {
    const [known] = found(phantom, send('x', 7).ok(1), poll('x', [0, 99]));
    expect(known).toMatchObject({ type: 'phantom', offsets: [0], operations: [1] });
    expect(known!.story).toBe('x@0, value 99 was read, and nobody sent it');
    expect(found(phantom, send('x', 7).ok(0), poll('x', [-1, 99]))).toMatchObject([{ type: 'phantom', offsets: [] }]);
  });
});

describe('a record at the very offset that bounds what must have been read', () => {
  const overwritten = [send('x', 7).ok(1), send('x', 8)];

  it('is lost, not unseen', () => {
    expect(found(lostWrite, ...overwritten, poll('x', [1, 8]))).toMatchObject([{ values: [7], offsets: [1] }]);
    expect(found(unseen, ...overwritten, finalRead('x', 1, [1, 8]))).toEqual([]);
  });
});

describe('what happens at the moment when a final read begins, comes before it', () => {
  it('an acknowledgement', () => {
    const sent = send('x', 7).ok(0).from(1000).to(5000);
    const read = finalRead('x', 1).from(5000).to(6000);
    expect(found(unseen, sent, read)).toHaveLength(1);
    expect(found(lostWrite, sent, read, poll('x', [0, 7]).from(7000))).toMatchObject([{ values: [7] }]);
  });

  it('the end of a poll', () => {
    const polled = [send('x', 7).from(500), poll('x', [0, 7]).from(1000).to(5000)];
    expect(found(lostWrite, ...polled, finalRead('x', 1).from(5000))).toMatchObject([{ values: [7] }]);
  });
});

describe('a final read', () => {
  it('that returns one record twice does not pass for one that returned all', () => {
    const reads = [finalRead('x', 1, [0, 7], [2, 8]), finalRead('x', 2, [0, 7], [1, 7])];
    expect(found(lostWrite, send('x', 7).ok(0), send('x', 8).ok(2), ...reads)).toMatchObject([{ values: [8] }]);
  });

  it('need not have what nobody sent', () => {
    const reads = [finalRead('x', 1, [0, 7], [1, 99]), finalRead('x', 2, [0, 7])];
    expect(found(lostWrite, send('x', 7).ok(0), ...reads)).toEqual([]);
  });

  it('that did not reach the end shows nothing unseen', () => {
    const { anomalies, undecided } = unseen.check(historyOf([send('x', 7).ok(0), finalRead('x', 1).info()]));
    expect(anomalies).toEqual([]);
    expect(undecided).toBe('the final read of x with b1 as leader did not reach its end');
  });

  it('that never said which partition it read leaves all open', () => {
    const history = historyOf([send('x', 7).ok(0), poll('x', [0, 7]), other('poll', 'final').info()]);
    const operations = history.operations.map((one) => (one.client === 'final' ? { ...one, finalReadOf: 1 } : one));
    const expected = 'a final read ended without saying which partition it read';
    expect(lostWrite.check({ ...history, operations }).undecided).toBe(expected);
  });
});

describe('order', () => {
  it('is judged within a partition, wherever the session sent last', () => {
    const interleaved = [send('x', 1).ok(0), send('y', 2).ok(0), send('x', 3).ok(1)];
    expect(found(nonmonotonicSend, ...interleaved)).toEqual([]);
    expect(found(keyOrder, ...interleaved.map((one) => one.keyed('a')))).toEqual([]);
  });

  it('of record keys leaves out what the application sent again, and what nobody sent', () => {
    const again = [send('x', 7).info(), send('x', 8).ok(0), send('x', 7).ok(1)].map((one) => one.keyed('a'));
    expect(found(keyOrder, ...again, poll('x', [0, 8], [1, 7], [2, 99]))).toEqual([]);
  });
});

describe('an offset that was acknowledged', () => {
  it('is no mismatch while the record was never read, though it was sent twice', () => {
    expect(found(ackOffsetMismatch, send('x', 5).ok(0), send('x', 5).ok(3), poll('x', [9, 1]))).toEqual([]);
  });
});
