import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

function appended(): TraceScript {
  return new TraceScript().lead(1, [1, 2, 3]).append(1, 7);
}

describe('W2: what is acknowledged is held', () => {
  it('is broken by an acknowledgement of what is not in the log', () => {
    expect(appended().acknowledge(1, 1, 1).broken()).toEqual(['W2']);
  });

  it('is broken under acks=all by a member of the ISR that lacks it', () => {
    const script = appended().replicate(1, 2).fetched(1, 3, 1).highWatermark(1, 1).acknowledge(1, 0);
    expect(script.breaches().find(({ type }) => type === 'W2')?.story).toBe(
      'b1 acknowledged orders-0@0, value 7, and b3 in the ISR lacks it',
    );
  });

  it('is broken by a member that holds another record there: another value, or of another epoch', () => {
    const other = (epoch: number, value: number) => {
      const script = appended().replicate(1, 2).appendRecord(3, { epoch, value }, false).fetched(1, 3, 1);
      return script.highWatermark(1, 1).acknowledge(1, 0).broken();
    };
    expect(other(1, 7)).toEqual([]);
    expect(other(1, 8)).toContain('W2');
    expect(other(0, 7)).toContain('W2');
  });

  it('holds under acks=1 for what the leader alone has', () => {
    expect(appended().acknowledge(1, 0, 1).broken()).toEqual([]);
  });

  it('holds when a member that lacks it is down', () => {
    const script = appended().commit(1, 2, 3).losePower(3, 0).acknowledge(1, 0);
    expect(script.broken()).toEqual([]);
  });

  it('holds for a deposed leader that does not know it yet, whose successors have the record', () => {
    const script = appended().replicate(1, 2, 3).elect(2, [2, 3]).highWatermark(1, 1).acknowledge(1, 0);
    expect(script.apply(2, 3).broken()).toEqual([]);
  });
});

describe('W3: a success under acks=all follows the high watermark and a large enough ISR', () => {
  it('is broken by an acknowledgement before the high watermark', () => {
    expect(appended().replicate(1, 2, 3).acknowledge(1, 0).broken()).toEqual(['W3']);
  });

  it('is broken by an acknowledgement below min.insync.replicas', () => {
    const script = appended().commit(1, 2, 3).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    expect(script.acknowledge(1, 0).broken()).toEqual(['W3']);
  });

  it('holds while a second replica is proposed', () => {
    const script = appended().commit(1, 2, 3).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    expect(script.emit('isr-pending', 1, 0, 0b110, 2, 1, 1).acknowledge(1, 0).broken()).toEqual([]);
  });

  it('counts at most as many replicas as there are', () => {
    const alone = new TraceScript({ brokers: 1, minInsyncReplicas: 2 }).lead(1, [1]).append(1, 7);
    expect(alone.highWatermark(1, 1).acknowledge(1, 0).broken()).toEqual([]);
  });

  it('goes by what the leader has heard of, not by what was decided meanwhile', () => {
    const alone = () => appended().commit(1, 2, 3).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    expect(alone().alter(1).acknowledge(1, 0).broken()).toEqual(['W3']);
    expect(alone().alter(1).hear(2, 3).acknowledge(1, 0).broken()).toEqual(['W3']);
    expect(alone().alter(1).hear(1).acknowledge(1, 0).broken()).toEqual([]);
    expect(alone().alter(1).hear(1).alter(2).acknowledge(1, 0).broken()).toEqual([]);
    expect(alone().alter(1).hear(1).alter(2).hear(1).acknowledge(1, 0).broken()).toEqual(['W3']);
  });
});
