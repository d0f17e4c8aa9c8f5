import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

function appended(): TraceScript {
  return new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8);
}
/** b1 was told that the ISR is b1 and b2. */
function shrunk(script: TraceScript): TraceScript {
  return script.changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
}

describe('W4: the high watermark passes only what the maximal ISR has fetched', () => {
  it('is broken when a member has not fetched so far', () => {
    const script = appended().replicate(1, 2).fetched(1, 3, 1).highWatermark(1, 2);
    expect(script.breaches().find(({ type }) => type === 'W4')?.story).toBe(
      'b1 moved the high watermark of orders-0 to 2, while b3 has fetched up to 1',
    );
  });

  it('is broken by advancing on a shrunk ISR before the controller confirmed it (KIP-497)', () => {
    const script = appended().replicate(1, 2).emit('isr-pending', 1, 0, 0b110, 2, 1, 0).highWatermark(1, 2);
    expect(script.broken()).toContain('W4');
  });

  it('is broken by not counting a proposed member', () => {
    const script = shrunk(appended()).replicate(1, 2).emit('isr-pending', 1, 0, 0b1110, 3, 1, 1).highWatermark(1, 2);
    expect(script.broken()).toEqual(['W4']);
  });

  it('is broken by counting what a follower fetched in an earlier epoch', () => {
    const script = appended().commit(1, 2, 3).lead(2, [2, 3]).append(2, 9).lead(1, [1, 2]).lead(2, [2, 3]);
    expect(script.highWatermark(2, 3).broken()).toContain('W4');
  });

  it('is broken by advancing below min.insync.replicas (KAFKA-15583)', () => {
    const alone = appended().changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1).highWatermark(1, 2);
    expect(alone.broken()).toEqual(['W4']);
  });

  it('is broken by advancing below what the leader has heard that it is now', () => {
    const alone = () => appended().changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    expect(alone().alter(1).highWatermark(1, 2).broken()).toEqual(['W4']);
    expect(alone().alter(1).hear(1).highWatermark(1, 2).broken()).toEqual([]);
  });

  it('holds once everybody has fetched, or the controller confirmed that others left', () => {
    expect(appended().commit(1, 2, 3).broken()).toEqual([]);
    expect(shrunk(appended()).commit(1, 2).broken()).toEqual([]);
  });

  it('holds where it does not move: a new leader says again what it has', () => {
    const script = appended().commit(1, 2, 3).highWatermark(2, 2, false).lead(2, [2, 3]).highWatermark(2, 2);
    expect(script.broken()).toEqual([]);
  });

  it('is broken by a leader that was away, and takes what followers had fetched before for what they have', () => {
    const away = appended().commit(1, 2, 3).append(1, 9).fetched(1, 2, 3).fetched(1, 3, 3);
    expect(away.restart(1, 2).unfence(1).lead(1, [1, 2, 3]).highWatermark(1, 3).broken()).toContain('W4');
  });

  it('holds for a leader that is elected again, and knows what they have fetched', () => {
    const again = appended().replicate(1, 2, 3).lead(1, [1, 2, 3]).highWatermark(1, 2);
    expect(again.broken()).toEqual([]);
  });

  it('is broken by not counting a proposed member, although the controller refused it for another reason', () => {
    const script = shrunk(appended()).replicate(1, 2).emit('isr-pending', 1, 0, 0b1110, 3, 1, 1);
    expect(script.emit('alter-partition-refused', 4, 0, 1, 6, 3).highWatermark(1, 2).broken()).toEqual(['W4']);
  });

  it('holds when the proposal was never sent', () => {
    const script = shrunk(appended()).replicate(1, 2).emit('isr-pending', 1, 0, 0b1110, 3, 1, 1);
    expect(script.emit('isr-not-attempted', 1, 0).highWatermark(1, 2).broken()).toEqual([]);
  });

  it('holds when the controller refused the proposed member', () => {
    const script = shrunk(appended()).replicate(1, 2).emit('isr-pending', 1, 0, 0b1110, 3, 1, 1);
    expect(script.emit('alter-partition-refused', 4, 0, 1, 107, 3).highWatermark(1, 2).broken()).toEqual([]);
  });

  it('holds before 3.7 below min.insync.replicas', () => {
    const old = new TraceScript({ rules: { highWatermarkGate: false } }).lead(1, [1, 2, 3]).append(1, 7);
    expect(old.changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1).highWatermark(1, 1).broken()).toEqual([]);
  });
});

describe('W10: a leader never takes its high watermark back', () => {
  it('is broken while it leads', () => {
    expect(appended().commit(1, 2, 3).highWatermark(1, 1).broken()).toEqual(['W10']);
  });

  it('holds for followers, and for a new leader that begins with a stale one', () => {
    const script = appended().commit(1, 2, 3).highWatermark(2, 2, false).highWatermark(2, 1, false);
    expect(script.lead(2, [2, 3]).replicate(2, 3).highWatermark(2, 2).broken()).toEqual([]);
  });

  it('holds for a restart that restores an older checkpoint', () => {
    const script = appended().commit(1, 2, 3).kill(1).lead(2, [2, 3]).commit(2, 3).restart(1, 1);
    expect(script.apply(1).highWatermark(1, 2, false).broken()).toEqual([]);
  });
});

describe('W11: a high watermark stays within the log, and below the one its leader has', () => {
  it('is broken where the log begins above it', () => {
    expect(appended().commit(1, 2, 3).emit('log-start', 1, 0, 2).broken()).toEqual([]);
    expect(appended().replicate(1, 2, 3).highWatermark(1, 1).emit('log-start', 1, 0, 2).broken()).toEqual(['W11']);
  });

  it('holds where a log is emptied to begin where its leader does: its high watermark moves there next', () => {
    const behind = () => {
      const script = appended().commit(1, 2, 3).changeIsr([1, 2]).losePower(3, 0).beginAt(1, 2);
      return script.restart(3).unfence(3).apply(3);
    };
    expect(behind().emptyTo(3, 2).broken()).toEqual([]);
    expect(behind().emptyTo(3, 2, 3).broken()).toEqual(['W11']);
    expect(behind().beginAt(3, 2, 'leaderOffset').broken()).toEqual(['W11']);
  });

  it('is broken above the end of the log', () => {
    expect(appended().commit(1, 2, 3).highWatermark(1, 3).broken()).toContain('W11');
  });

  it('is broken by a follower that passes its leader', () => {
    expect(appended().replicate(1, 2, 3).highWatermark(2, 1, false).broken()).toEqual(['W11']);
    const behind = appended().replicate(1, 2, 3).highWatermark(1, 1);
    expect(behind.highWatermark(2, 2, false).broken()).toEqual(['W11']);
  });

  it('holds before 2.1 for a follower that was answered in an epoch of which it had not heard (KIP-320)', () => {
    const inNextEpoch = (script: TraceScript): TraceScript =>
      script.lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2, 3).elect(1, [1, 2]).apply(1).append(1, 8).replicate(1, 2);
    const early = (script: TraceScript): TraceScript =>
      script.highWatermark(1, 2).emit('high-watermark', 2, 0, 2, 0, 1, 0);
    expect(early(inNextEpoch(new TraceScript())).broken()).toEqual(['W11']);
    expect(early(inNextEpoch(new TraceScript({ rules: { fetchEpochFencing: false } }))).broken()).toEqual([]);
    const beyond = inNextEpoch(new TraceScript({ rules: { fetchEpochFencing: false } })).highWatermark(1, 1);
    expect(beyond.emit('high-watermark', 2, 0, 2, 0, 1, 0).broken()).toEqual(['W11']);
  });

  it('holds for a follower that learnt what its leader had', () => {
    expect(appended().commit(1, 2, 3).highWatermark(2, 2, false).broken()).toEqual([]);
  });

  it('holds for a follower that keeps a higher one than a new leader begins with', () => {
    const script = appended().commit(1, 2, 3).highWatermark(3, 2, false).lead(2, [2, 3]);
    expect(script.append(2, 9).replicate(2, 3).broken()).toEqual([]);
  });

  it('holds for a follower that says again what it has, and for one that learns what its leader began with', () => {
    const script = () => appended().commit(1, 2, 3).highWatermark(3, 2, false);
    expect(script().lead(2, [2, 3]).highWatermark(3, 2, false).broken()).toEqual([]);
    expect(
      script()
        .highWatermark(2, 2, false)
        .lead(2, [2, 3])
        .highWatermark(3, 1, false)
        .highWatermark(3, 2, false)
        .broken(),
    ).toEqual([]);
  });

  it('is broken below the start of the log', () => {
    const script = appended().commit(1, 2, 3).highWatermark(2, 2, false).beginAt(2, 2);
    expect(script.highWatermark(2, 1, false).broken()).toEqual(['W11']);
  });

  it('names where it moved, or where the log begins', () => {
    expect(appended().commit(1, 2, 3).highWatermark(1, 3).breaches()).toContainEqual(
      expect.objectContaining({ type: 'W11', key: 0, offsets: [3], values: [] }),
    );
    const begins = appended().replicate(1, 2, 3).highWatermark(1, 1).beginAt(1, 2);
    expect(begins.breaches()).toMatchObject([{ type: 'W11', key: 0, offsets: [2], values: [] }]);
  });
});
