import { describe, expect, it } from 'vitest';
import { LogStartReason } from '../../../model/kafka/probes.js';
import { TraceScript } from '../testing/script.js';

function committed(values = [7, 8]): TraceScript {
  return new TraceScript()
    .lead(1, [1, 2, 3])
    .append(1, ...values)
    .commit(1, 2, 3);
}

describe('W5: logs match', () => {
  it('is broken by another record at an equal offset and leader epoch', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7);
    script.appendRecord(2, { epoch: 1, value: 9 }, false);
    expect(script.breaches()).toMatchObject([{ type: 'W5', offsets: [0], values: [9, 7] }]);
  });

  it('is broken by a leader that uses its epoch again after it lost what it wrote', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7).losePower(1, 0).restart(1).unfence(1).apply(1);
    expect(script.append(1, 9).broken()).toEqual(['W5']);
  });

  it('is broken by a replica that differs below its own high watermark', () => {
    const script = committed().highWatermark(3, 1, false).truncate(3, 1);
    script.appendRecord(3, { epoch: 0, value: 9 }, false).highWatermark(3, 2, false);
    expect(script.broken()).toContain('W5');
  });

  it('holds when a deposed leader differs above its high watermark', () => {
    const script = committed().append(1, 9).elect(2, [2, 3]).apply(2, 3).append(2, 10).commit(2, 3);
    expect(script.apply(1).broken()).toEqual([]);
  });

  it("holds when a follower's high watermark lags or goes back", () => {
    const script = committed().highWatermark(2, 2, false).highWatermark(2, 1, false).highWatermark(2, 2, false);
    expect(script.broken()).toEqual([]);
  });

  it('holds when power loss undoes a truncation, and the record that had been cut off is back', () => {
    const script = committed().append(1, 9).replicate(1, 3).lead(2, [2]).apply(3).truncate(3, 2);
    script.append(2, 10).replicate(2, 3).losePower(3, 2).emit('process-started', 3, -1, 2);
    script.emit('log-loaded', 3, 0, 3, 2, 1, 1).apply(3);
    expect(script.breaches()).toEqual([]);
    script.emit('high-watermark', 3, 0, 3, 2, 2, 0).highWatermark(2, 3);
    const [breach] = script.breaches().filter(({ type }) => type === 'W5');
    expect(breach).toMatchObject({ offsets: [2], values: [9, 10] });
  });

  it('is broken by another record of an older epoch, too, and holds for the same one', () => {
    const newer = () => new TraceScript().lead(1, [1, 2, 3]).append(1, 7).lead(2, [2, 3]).append(2, 8);
    expect(newer().appendRecord(3, { epoch: 1, value: 7 }, false).broken()).toEqual([]);
    expect(newer().appendRecord(3, { epoch: 1, value: 9 }, false).breaches()).toMatchObject([
      { type: 'W5', offsets: [0], values: [9, 7] },
    ]);
    // Of an epoch that is first seen when a newer one stands there already.
    const oldest = () => newer().appendRecord(3, { epoch: 0, value: 5 }, false).truncate(3, 0);
    expect(oldest().appendRecord(3, { epoch: 0, value: 5 }, false).broken()).toEqual([]);
    expect(oldest().appendRecord(3, { epoch: 0, value: 6 }, false).broken()).toEqual(['W5']);
  });

  it('names a record that is missing where the log goes on', () => {
    const script = committed([7, 8, 9]).highWatermark(3, 3, false).changeIsr([1, 2]).loseSegmentEnd(3, 1, 2);
    const [breach] = script.restart(3, 3).unfence(3).apply(3).breaches();
    expect(breach).toMatchObject({ type: 'W5', machine: 3, offsets: [1], values: [8] });
    expect(breach!.story).toMatch(/^orders-0@1 is nothing on b3/);
  });

  it('is asked of no replica that is down', () => {
    const lost = (script: TraceScript) => script.lead(2, [2], 'unclean').append(2, 9).highWatermark(2, 2).broken();
    const begun = () => committed().highWatermark(3, 2, false).losePower(2, 1).restart(2).changeIsr([2]);
    expect(lost(begun())).toContain('W5');
    expect(lost(begun().kill(3).kill(1))).not.toContain('W5');
  });

  it('holds when a lost record is fetched again', () => {
    const script = committed().losePower(3, 0).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 3, 1);
    expect(script.restart(3).apply(3).replicate(1, 3).highWatermark(3, 2, false).broken()).toEqual([]);
  });
});

describe('what retention has deleted', () => {
  /** b1 and b2 hold 7 of epoch 1, and 8 and 9 of epoch 2; b3, which was away, holds 7 and 6 of epoch 1. */
  const diverged = () => {
    const script = committed([7]).appendRecord(3, { epoch: 1, value: 6 }, false).lead(1, [1, 2]);
    return script.append(1, 8, 9).replicate(1, 2).highWatermark(1, 3);
  };
  const startAt = (script: TraceScript, broker: number, offset: number) =>
    script.emit('log-start', broker, 0, offset, 0, LogStartReason.segmentDeletion);

  it('is asked of nobody', () => {
    const script = startAt(diverged(), 1, 2).apply(3).appendRecord(3, { epoch: 2, value: 9 }, false);
    expect(script.highWatermark(3, 3, false).changeIsr([1, 2, 3]).lead(3, [1, 2, 3]).broken()).toEqual([]);
  });

  it('is asked of everybody as long as it is there', () => {
    const script = diverged().apply(3).appendRecord(3, { epoch: 2, value: 9 }, false).highWatermark(3, 3, false);
    expect(script.broken()).toContain('W5');
  });

  it('excuses nothing above', () => {
    const script = startAt(diverged(), 1, 1).apply(3).appendRecord(3, { epoch: 2, value: 9 }, false);
    expect(script.highWatermark(3, 3, false).broken()).toContain('W5');
  });
});
