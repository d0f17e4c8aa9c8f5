import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import { unseen } from './unseen.js';

const check = (...operations: readonly OperationBuilder[]) => unseen.check(historyOf(operations));

describe('unseen', () => {
  it('finds an acknowledged tail that no full read has', () => {
    const { anomalies } = check(send('x', 7).ok(0), send('x', 8).ok(1), finalRead('x', 1, [0, 7]));
    expect(anomalies).toMatchObject([{ type: 'unseen', key: 0, offsets: [1], values: [8], operations: [1, 2] }]);
  });

  it('finds one whose offset acks=0 never told', () => {
    const { anomalies } = check(send('x', 7).ok(), finalRead('x', 1));
    expect(anomalies).toMatchObject([{ type: 'unseen', offsets: [], values: [7] }]);
  });

  it('says nothing of what some read has', () => {
    const reads = [finalRead('x', 1), finalRead('x', 2, [0, 7])];
    expect(check(send('x', 7).ok(0), ...reads).anomalies).toEqual([]);
  });

  it('leaves what others read past to lost-write', () => {
    const read = finalRead('x', 1, [1, 8]);
    expect(check(send('x', 7).ok(0), send('x', 8).ok(1), read).anomalies).toEqual([]);
  });

  it('says nothing of what is not acknowledged', () => {
    expect(check(send('x', 7).info(), send('x', 8).ok(1), finalRead('x', 1, [1, 8])).anomalies).toEqual([]);
  });

  it('is undecided without a full read: perhaps nobody has read so far yet', () => {
    const { anomalies, undecided } = check(send('x', 7).ok(0), send('x', 8).ok(1), poll('x', [0, 7]));
    expect(anomalies).toEqual([]);
    expect(undecided).toBe('x was never read to its end, and not all that was acknowledged was read');
  });

  it('is decided without one if polls had everything', () => {
    expect(check(send('x', 7).ok(0), poll('x', [0, 7]))).toEqual({ anomalies: [] });
  });
});
