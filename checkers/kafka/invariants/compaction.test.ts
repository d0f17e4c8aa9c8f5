import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

const TOMBSTONE = -1;

/** b1 leads with 7, 8, 9 committed on everybody; 9 is of the key of 7. */
function committed(): TraceScript {
  return new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8, 9).commit(1, 2, 3).highWatermark(2, 3, false);
}

describe('W23: compaction removes only what is committed and superseded', () => {
  it('holds for a record that a committed one supersedes, and for a tombstone whose time is over', () => {
    expect(committed().compact(1, 0, 2).compact(2, 0, 2).compact(1, 1, TOMBSTONE).broken()).toEqual([]);
  });

  it('is broken above the high watermark', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8, 9).replicate(1, 2).highWatermark(1, 2);
    const breach = script
      .compact(1, 0, 2)
      .breaches()
      .find(({ type }) => type === 'W23');
    expect(breach).toMatchObject({ offsets: [0], values: [7] });
    expect(breach!.story).toBe(
      'b1 compacted orders-0@0, value 7, away, superseded at offset 2, with its high watermark at 2',
    );
  });

  it('is broken by the record that is not below the high watermark, though nothing superseded it', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8, 9).replicate(1, 2, 3).highWatermark(1, 2);
    expect(script.compact(1, 2, TOMBSTONE).broken()).toEqual(['W23']);
  });

  it('is broken by what the log does not hold: another value, or one of another epoch', () => {
    const why = (epoch: number, value: number) => committed().emit('compacted', 1, 0, 0, epoch, value, 2).breaches();
    expect(why(1, 7)).toEqual([]);
    for (const found of [why(1, 6), why(2, 7)]) {
      expect(found).toMatchObject([{ type: 'W23', story: expect.stringContaining('which its log does not hold') }]);
    }
  });

  it('is broken by a record that goes because of itself', () => {
    expect(committed().compact(1, 1, 1).broken()).toEqual(['W23']);
  });

  it('is broken by one that goes because of a record that the log has lost', () => {
    const hole = committed().loseSegmentEnd(1, 1, 2).compact(1, 0, 1);
    expect(hole.breaches().find(({ type }) => type === 'W23')?.story).toMatch(
      /superseded at offset 1, where its log holds nothing$/,
    );
  });

  it('asks nothing of what policy, or a client, has deleted somewhere', () => {
    const other = (script: TraceScript, offset: number) => script.emit('compacted', 2, 0, offset, 1, 6, TOMBSTONE);
    expect(other(committed().beginAt(1, 2).beginAt(2, 1), 1).broken()).toEqual([]);
    expect(other(committed().beginAt(1, 2, 'clientDeletion'), 1).broken()).toEqual([]);
    expect(other(committed().beginAt(1, 2), 2).broken()).toEqual(['W23']);
    // Where a replica merely began after its leader, nothing was.
    expect(other(committed().beginAt(1, 2, 'leaderOffset'), 1).broken()).toEqual(['W23']);
  });

  it('is broken by a record that goes because of an earlier one', () => {
    expect(committed().compact(1, 2, 0).broken()).toEqual(['W23']);
  });

  it('is broken by one that goes because of a record that is not there', () => {
    const script = committed().highWatermark(1, 5);
    expect(script.compact(1, 0, 4).broken()).toContain('W23');
  });
});

describe('replicas of a compacted log', () => {
  it('may differ in what their cleaners have removed', () => {
    const script = committed().compact(1, 0, 2).lead(2, [1, 2, 3]).append(2, 10).commit(2, 1, 3);
    expect(script.acknowledge(2, 3).broken()).toEqual([]);
  });

  it('may begin with what a leader has left', () => {
    const script = new TraceScript().lead(1, [1, 2]).append(1, 7, 8, 9).commit(1, 2).compact(1, 0, 2);
    script.apply(3).copyGap(1, 3, 1).replicate(1, 3).highWatermark(3, 3, false).changeIsr([1, 2, 3]);
    expect(script.lead(3, [1, 2, 3]).append(3, 10).broken()).toEqual([]);
  });

  it('may not lack what nobody removed', () => {
    const script = new TraceScript().lead(1, [1, 2]).append(1, 7, 8, 9).commit(1, 2);
    script.apply(3).copyGap(1, 3, 1).replicate(1, 3).highWatermark(3, 3, false);
    expect(script.broken()).toEqual(['W5']);
    expect(script.changeIsr([1, 2, 3]).broken()).toEqual(['W5', 'W6']);
    expect(script.lead(3, [1, 2, 3]).broken()).toContain('W1');
  });

  it('may not hold another record where one was removed', () => {
    const script = committed().compact(1, 0, 2).compact(2, 0, 2).apply(3).truncate(3, 0);
    script.appendRecord(3, { epoch: 1, value: 6 }, false);
    expect(script.broken()).toContain('W5');
  });

  it('may not lose the record that superseded another', () => {
    const script = committed().compact(1, 0, 2).compact(2, 0, 2).truncate(2, 2);
    const lost = script
      .lead(2, [2])
      .breaches()
      .filter(({ type }) => type === 'W1');
    expect(lost).toMatchObject([{ offsets: [2], values: [9] }]);
  });

  it('end where their last batch ends, be its records gone', () => {
    const script = committed().compact(1, 2, TOMBSTONE).changeIsr([1, 2]).apply(3).truncate(3, 2).copyGap(1, 3, 3);
    expect(script.highWatermark(3, 3, false).broken()).toEqual([]);
  });
});
