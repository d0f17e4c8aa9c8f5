import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Lab, labWithLeader, MILLI, SECOND } from './testing/lab.js';

/** A write of acks=all that waits for brokers 2 and 3. */
function parked(lab: Lab, timeoutMs = 30_000): number {
  const id = lab.produce(1, -1, lab.batch(), { timeoutMs });
  lab.pass(SECOND);
  expect(lab.reply(id)).toBeUndefined();
  return id;
}

describe('a produce request of acks=all that waits', () => {
  it('times out, and its record stays in the log', () => {
    const lab = labWithLeader();
    const id = parked(lab, 3000);
    lab.pass(SECOND);
    expect(lab.reply(id)).toBeUndefined();
    lab.pass(1100 * MILLI);
    expect(lab.produceError(id)).toBe(KafkaError.REQUEST_TIMED_OUT);
    expect(lab.log(1)).toEqual([1]);
    // And may be committed yet.
    lab.fetched(2, 1, 1);
    lab.fetched(3, 1, 1);
    expect(lab.replica(1).highWatermark).toBe(1);
  });

  it('ends with NOT_LEADER_OR_FOLLOWER when the leadership is gone, and its record stays', () => {
    const lab = labWithLeader();
    const id = parked(lab);
    lab.decide({ leader: 2 });
    expect(lab.produceError(id)).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
    expect(lab.log(1)).toEqual([1]);
  });

  it('goes on waiting when the controller shrinks the ISR to one that still suffices, and then succeeds', () => {
    const lab = labWithLeader({ topic: { 'min.insync.replicas': 2 } });
    const id = parked(lab);
    lab.fetched(2, 1, 1);
    lab.decide({ isr: [1, 2] });
    expect(lab.produceError(id)).toBe(KafkaError.NONE);
  });

  it('times out when the ISR shrinks below min.insync.replicas: the high watermark stands still (KAFKA-15583)', () => {
    const lab = labWithLeader({ topic: { 'min.insync.replicas': 2 } });
    const id = parked(lab, 5000);
    lab.decide({ isr: [1] });
    lab.awaitMetadata(1);
    expect(lab.replica(1).highWatermark).toBe(0);
    expect(lab.produceError(id)).toBe(KafkaError.REQUEST_TIMED_OUT);
  });

  it('ends with NOT_ENOUGH_REPLICAS_AFTER_APPEND when the ISR shrinks after the high watermark got there', () => {
    const lab = labWithLeader({ topic: { 'min.insync.replicas': 2 } });
    // The purgatory check of the write is held back, while the high watermark passes it and the ISR shrinks.
    lab.host(1).hold();
    const id = lab.produce(1, -1);
    lab.pass(SECOND);
    lab.host(1).step();
    expect(lab.log(1)).toEqual([1]);
    for (const follower of [2, 3]) lab.followerFetch(follower, 1, 1);
    lab.pass(100 * MILLI);
    const check = lab.host(1).waiting[0];
    lab.host(1).postpone(check);
    while (lab.replica(1).highWatermark < 1) lab.host(1).step();
    lab.decide({ isr: [1] });
    lab.pass(100 * MILLI);
    while (lab.replica(1).maximalIsr !== 1 << 1) lab.host(1).step();
    lab.host(1).release();
    expect(lab.produceError(id)).toBe(KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    expect(lab.log(1)).toEqual([1]);
  });
});
