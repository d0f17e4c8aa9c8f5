import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import { lostWrite } from './lost-write.js';

const check = (...operations: readonly OperationBuilder[]) => lostWrite.check(historyOf(operations));

describe('lost-write, below what others read', () => {
  it('finds an acknowledged record that a read went past', () => {
    const { anomalies } = check(
      send('x', 7).ok(0),
      send('x', 8).keyed('acct-8').ok(1),
      poll('x', [0, 7], [2, 9]),
      send('x', 9).ok(2),
    );
    expect(anomalies).toMatchObject([
      { type: 'lost-write', key: 0, offsets: [1], values: [8], operations: [1, 2], at: 3500 },
    ]);
    expect(anomalies[0]!.story).toBe(
      'x@1, value 8 (key acct-8): acknowledged at 0.003 s, in no read, though reads went on to offset 2',
    );
  });

  it('says nothing of what stands above all reads', () => {
    expect(check(send('x', 7).ok(0), send('x', 8).ok(1), poll('x', [0, 7])).anomalies).toEqual([]);
  });

  it('finds one that an operation says was acknowledged, though that ended unknown, if another record of it was read', () => {
    const unknown = send('x', 7).send('x', 8).ok(0, 1).info();
    const later = send('x', 9).ok(2).by('p1');
    expect(check(unknown, later, poll('x', [1, 8], [2, 9])).anomalies).toMatchObject([
      { type: 'lost-write', offsets: [0], values: [7], story: expect.stringContaining('acknowledged at 0.002 s') },
    ]);
    // Nothing of it was read: nobody knows whether it was carried out.
    expect(check(unknown, later, poll('x', [2, 9])).anomalies).toEqual([]);
    // It names no offset: that record was not acknowledged.
    expect(check(send('x', 7).send('x', 8).info(), later, poll('x', [1, 8], [2, 9])).anomalies).toEqual([]);
  });

  it('says nothing of sends that failed or whose outcome is unknown', () => {
    const unacknowledged = [send('x', 7).info(), send('x', 8).fail(), send('x', 9).ok(2)];
    expect(check(...unacknowledged, poll('x', [2, 9])).anomalies).toEqual([]);
  });

  it('keeps partitions apart', () => {
    const { anomalies } = check(send('x', 7).ok(0), send('y', 8).ok(5), poll('y', [5, 8]));
    expect(anomalies).toEqual([]);
  });

  it('bounds reads by the lowest offset of a record that stands twice', () => {
    const twice = [send('x', 7).ok(0), send('x', 8).ok(1), poll('x', [0, 7], [4, 7])];
    expect(check(...twice).anomalies).toEqual([]);
  });

  it('says nothing of a partition that nobody names, nor of one that nobody read', () => {
    expect(check(send(null, 7).ok(0), send('x', 8).ok(5), poll('x', [5, 8])).anomalies).toEqual([]);
    expect(check(send('y', 7).ok(0), send('x', 8).ok(5), poll('x', [5, 8])).anomalies).toEqual([]);
  });

  it('says nothing of a record whose offset nobody knows', () => {
    expect(check(send('x', 7).ok(), send('x', 8).ok(5), poll('x', [5, 8])).anomalies).toEqual([]);
  });

  it('takes huge and sparse offsets', () => {
    const { anomalies } = check(send('x', 7).ok(5), send('x', 8).ok(9e12), poll('x', [9e12, 8]));
    expect(anomalies).toMatchObject([{ offsets: [5], values: [7], operations: [0, 2], events: [] }]);
  });
});

describe('lost-write, in final reads', () => {
  it('finds a record that only some replicas hold', () => {
    const { anomalies } = check(
      send('x', 7).ok(0),
      send('x', 8).ok(1),
      finalRead('x', 1, [0, 7], [1, 8]),
      finalRead('x', 2, [0, 7]),
    );
    expect(anomalies).toMatchObject([{ type: 'lost-write', values: [8], operations: [1, 2, 3] }]);
    expect(anomalies[0]!.story).toBe(
      'x@1, value 8: acknowledged at 0.003 s, missing from the full read with b2 as leader',
    );
  });

  it('finds one that the first read lacks and a later one has', () => {
    const { anomalies } = check(send('x', 7).ok(0), finalRead('x', 1), finalRead('x', 2, [0, 7]));
    expect(anomalies).toMatchObject([{ type: 'lost-write', values: [7] }]);
  });

  it('finds a record that a consumer had read, though its send was never acknowledged', () => {
    const { anomalies } = check(send('x', 7).info(), poll('x', [0, 7]), finalRead('x', 1));
    expect(anomalies).toMatchObject([{ type: 'lost-write', values: [7], offsets: [0] }]);
    expect(anomalies[0]!.story).toContain('read at 0.003 s, missing from');
  });

  it('finds one at an offset that nobody learnt', () => {
    const { anomalies } = check(send('x', 7).ok(), finalRead('x', 1), finalRead('x', 2, [-1, 7]));
    expect(anomalies).toMatchObject([{ type: 'lost-write', values: [7], offsets: [] }]);
  });

  it('reports a record once, however many reads lack it', () => {
    const reads = [finalRead('x', 1), finalRead('x', 2), finalRead('x', 3, [0, 7])];
    expect(check(send('x', 7).ok(0), ...reads).anomalies).toHaveLength(1);
  });

  it('leaves what no read has, with nothing above it, to unseen', () => {
    expect(check(send('x', 7).ok(0), finalRead('x', 1)).anomalies).toEqual([]);
  });

  it('asks of a read only what was committed before it began', () => {
    const late = send('x', 8).ok(1).from(9000).to(9500);
    expect(check(send('x', 7).ok(0), finalRead('x', 1, [0, 7]), late, poll('x', [1, 8])).anomalies).toEqual([]);
  });

  it('asks of a read that ended below it nothing that was committed later: other reads may come too late', () => {
    const between = (...first: readonly [number, number][]) => {
      const late = [send('x', 8).from(400_000).info(), send('x', 9).from(400_000).info()];
      const reads = [finalRead('x', 1, [0, 7], ...first).from(500_000), finalRead('x', 2, [0, 7], [1, 8], [2, 9])];
      return check(send('x', 7).ok(0), ...late, reads[0]!, reads[1]!.from(600_000)).anomalies;
    };
    expect(between()).toEqual([]);
    expect(between([1, 8])).toEqual([]);
    // Another record stands at its offset: which of them is gone, inconsistent-offsets says.
    expect(between([1, 9])).toEqual([]);
    expect(between([2, 9])).toMatchObject([{ type: 'lost-write', offsets: [1], values: [8] }]);
  });

  it('nor what a consumer alone read later: no replica has shown it to be there since', () => {
    const late = send('x', 8).from(400_000).info();
    const beyond = [send('x', 9).from(400_000).info(), finalRead('x', 1, [0, 7], [2, 9]).from(500_000)];
    const consumer = poll('x', [1, 8]).from(600_000);
    expect(check(send('x', 7).ok(0), late, ...beyond, consumer).anomalies).toEqual([]);
  });

  it('asks nothing of a read that returned nothing, but what was committed before', () => {
    const late = send('x', 8).from(400_000).info();
    const empty = finalRead('x', 1).from(500_000);
    expect(check(send('y', 7).ok(0), late, empty, finalRead('x', 2, [0, 8]).from(600_000)).anomalies).toEqual([]);
  });

  it('finds one that the first operation of all had read', () => {
    const first = poll('x', [0, 7]).from(0).to(900);
    expect(check(first, send('x', 7).from(10).info(), finalRead('x', 1)).anomalies).toMatchObject([{ values: [7] }]);
  });

  it('is content when every read has every record', () => {
    const reads = [1, 2, 3].map((machine) => finalRead('x', machine, [0, 7], [1, 8]));
    expect(check(send('x', 7).ok(0), send('x', 8).ok(1), ...reads)).toEqual({ anomalies: [] });
  });

  it('puts the operations of one session together', () => {
    const parts = [finalRead('x', 1, [0, 7]), finalRead('x', 1, [1, 8])];
    expect(check(send('x', 7).ok(0), send('x', 8).ok(1), ...parts).anomalies).toEqual([]);
  });
});

describe('lost-write is undecided', () => {
  it('when a final read did not reach the end', () => {
    const { anomalies, undecided } = check(send('x', 7).ok(0), finalRead('x', 1).info(), finalRead('x', 2, [0, 7]));
    expect(anomalies).toEqual([]);
    expect(undecided).toBe('the final read of x with b1 as leader did not reach its end');
  });

  it('unless it was made again and did', () => {
    const again = finalRead('x', 1, [0, 7]).session(99);
    expect(check(send('x', 7).ok(0), finalRead('x', 1).fail(), again)).toEqual({ anomalies: [] });
  });

  it('however complete the reads of other partitions and replicas were', () => {
    const incomplete = [send('x', 7).ok(0), send('y', 8).ok(0), finalRead('x', 1).fail(), finalRead('x', 2, [0, 7])];
    expect(check(...incomplete, finalRead('y', 1, [0, 8])).undecided).toBe(
      'the final read of x with b1 as leader did not reach its end',
    );
  });

  it('when nothing was acknowledged, or nothing read', () => {
    expect(check(send('x', 7).info(), poll('x')).undecided).toBe('no send was acknowledged');
    expect(check(send('x', 7).ok(0)).undecided).toBe('nothing was read');
    expect(check().undecided).toBe('no send was acknowledged');
  });
});
