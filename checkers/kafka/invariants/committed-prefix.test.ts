import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

/** b1 leads with 7 and 8 committed on everybody. */
function committed(): TraceScript {
  return new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8).commit(1, 2, 3);
}

describe('W1: every leader holds all that was ever committed', () => {
  it('is broken by a leader that begins without it', () => {
    const script = committed();
    script.logs[2]!.length = 1;
    script.emit('truncate', 2, 0, 1, 2, 0).lead(2, [2], 'unclean');
    const [breach] = script.breaches().filter(({ type }) => type === 'W1');
    expect(breach).toMatchObject({ key: 0, offsets: [1], values: [8] });
    expect(breach?.story).toBe('orders-0@1, value 8, was committed, and b2 leads in epoch 2 without it');
  });

  it('is broken by a leader of equal length that holds something else', () => {
    const script = committed().truncate(2, 1).appendRecord(2, { epoch: 1, value: 9 }, false).lead(2, [2, 3]);
    expect(script.broken()).toContain('W1');
  });

  it('is broken by a leader that cuts its own log', () => {
    expect(committed().truncate(1, 1).broken()).toContain('W1');
  });

  it('holds when the elected leader has it, however stale its high watermark', () => {
    expect(committed().lead(2, [2, 3]).append(2, 9).commit(2, 3).broken()).toEqual([]);
  });

  it('holds for what was never committed', () => {
    expect(committed().append(1, 9).elect(2, [2, 3]).apply(2, 3).apply(1).truncate(1, 2).broken()).toEqual([]);
  });

  it('holds for a broker that the controller elected and that never began to lead', () => {
    const script = committed().elect(2, [2, 3]).losePower(2, 0).fence(2);
    expect(script.lead(3, [3]).broken()).toEqual([]);
  });

  it('is told once: the committed log goes on from the leader that lost it', () => {
    const script = committed().losePower(2, 1).restart(2).unfence(2).lead(2, [2], 'unclean');
    script.append(2, 9).highWatermark(2, 2).lead(3, [3]);
    // b3 never truncated: it lacks what b2 committed afterwards.
    expect(
      script
        .breaches()
        .filter(({ type }) => type === 'W1')
        .map(({ values }) => values),
    ).toEqual([[8], [9]]);
  });

  it('names what is lacking alone, by identity, and by how many', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8, 9, 10, 11).commit(1, 2, 3);
    script.loseSegmentEnd(2, 1, 3).restart(2).unfence(2).lead(2, [2, 3]);
    const [breach, ...more] = script.breaches().filter(({ type }) => type === 'W1');
    expect(breach).toMatchObject({ machine: 2, offsets: [1, 2], values: [8, 9] });
    expect(breach?.story).toMatch(/without it \(and 1 more committed record up to offset 2\)$/);
    expect(more).toEqual([]);
  });

  it('holds for what differs below the start of its log, not above it', () => {
    /** b2 holds 8 at offset 1 in another epoch, and comes back when the log of its leader begins there. */
    const begun = (logStart: number) => {
      const script = committed().changeIsr([1, 3]).truncate(2, 1).appendRecord(2, { epoch: 9, value: 8 }, false);
      script.beginAt(1, logStart).highWatermark(2, 2, false).highWatermark(1, 2);
      return script.beginAt(2, logStart, 'leaderOffset').changeIsr([1, 2, 3]).lead(2, [2, 3]).broken();
    };
    expect(begun(2)).toEqual([]);
    expect(begun(1)).toEqual(['W1', 'W5', 'W6']);
  });

  it('is asked of what a follower alone has deleted', () => {
    const deleted = (broker: number) => committed().highWatermark(3, 2, false).beginAt(broker, 2).truncate(2, 0);
    expect(deleted(3).lead(2, [2, 3]).broken()).toContain('W1');
    expect(deleted(1).lead(2, [2, 3]).broken()).not.toContain('W1');
  });

  it('holds for a replica that begins where its leader does, above where it ended', () => {
    const script = committed().highWatermark(3, 2, false).losePower(3, 0).changeIsr([1, 2]).beginAt(1, 2);
    script.restart(3).unfence(3).apply(3).emptyTo(3, 2).replicate(1, 3).changeIsr([1, 2, 3]);
    expect(script.broken()).toEqual([]);
    expect(script.lead(3, [3]).broken()).toEqual([]);
  });

  it('names six records at most, and says how many more', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8];
    const script = new TraceScript()
      .lead(1, [1, 2, 3])
      .append(1, ...values)
      .commit(1, 2, 3)
      .truncate(2, 0);
    const [breach] = script
      .lead(2, [2], 'unclean')
      .breaches()
      .filter(({ type }) => type === 'W1');
    expect(breach).toMatchObject({ offsets: [0, 1, 2, 3, 4, 5], values: [1, 2, 3, 4, 5, 6] });
    expect(breach!.story).toMatch(/without it \(and 7 more committed records up to offset 7\)$/);
  });
});
