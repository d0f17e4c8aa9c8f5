/** Consumers that read from followers (KIP-392; replication.md §3.5). */
import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { FetchResponse } from '../protocol/messages.js';
import { RACK_AWARE_SELECTOR } from './read-replica.js';
import { FetcherTimer } from './replica-fetcher.js';
import {
  answerFetch,
  labWithFollower,
  labWithLeader,
  MILLI,
  SECOND,
  type Lab,
  type LabOptions,
} from './testing/lab.js';
import { BrokerTimer } from './timers.js';

const selecting: LabOptions = {
  settings: { 'replica.selector.class': RACK_AWARE_SELECTOR },
  racks: ['a', 'b', 'b'],
};

/** A leader in rack a; both followers, in rack b, have fetched so far. */
function labOf(options: LabOptions, [second, third]: readonly [number, number], isr?: readonly number[]): Lab {
  const lab = labWithLeader(options, isr);
  lab.script.confirmIsr = isr === undefined;
  for (let i = 0; i < 3; i++) lab.awaitReply(lab.produce(1, 1));
  lab.fetched(2, 1, second);
  lab.fetched(3, 1, third);
  return lab;
}

const preferred = (lab: Lab, fetchOffset: number, rackId: string): number =>
  lab.consumed(1, fetchOffset, { rackId }).preferredReadReplica;

describe('a leader that selects replicas by rack', () => {
  it('sends a consumer to a follower in its rack, and reads nothing for it', () => {
    const lab = labOf(selecting, [3, 2]);
    expect(lab.consumed(1, 0, { rackId: 'b' })).toMatchObject({ preferredReadReplica: 2, batches: [], error: 0 });
    expect(lab.consumed(1, 0, { rackId: 'b' }).highWatermark).toBe(2);
    expect(lab.all('read-served')).toEqual([]);
  });

  it('answers at once when it sends the consumer elsewhere', () => {
    const lab = labOf(selecting, [3, 3]);
    const waiting = lab.consumerFetch(1, 3, { rackId: 'b', maxWaitMs: 60_000 });
    lab.pass(SECOND);
    expect(lab.reply<FetchResponse>(waiting)?.partitions[0]).toMatchObject({ preferredReadReplica: 2 + 1 });
  });

  it('serves a consumer of its own rack itself, and one that names no rack or one where nobody is', () => {
    const lab = labOf(selecting, [3, 3]);
    for (const rackId of ['a', '', 'c']) expect(preferred(lab, 0, rackId), rackId).toBe(-1);
    expect(lab.all('read-served')).toHaveLength(3);
  });

  it('names no follower that does not hold the offset', () => {
    const lab = labOf(selecting, [1, 2]);
    expect(preferred(lab, 1, 'b')).toBe(3);
    expect(preferred(lab, 2, 'b')).toBe(3);
    expect(preferred(lab, 3, 'b')).toBe(-1);
  });

  it('names no follower outside the ISR: it might lag for ever (KAFKA-14372)', () => {
    const lab = labOf(selecting, [3, 2], [1, 3]);
    expect(preferred(lab, 0, 'b')).toBe(3);
  });

  it('names no follower that is fenced', () => {
    const lab = labOf(selecting, [3, 2]);
    lab.fence(2);
    lab.awaitMetadata(1);
    expect(preferred(lab, 0, 'b')).toBe(3);
  });

  it('checks the leader epoch all the same', () => {
    const lab = labOf(selecting, [3, 3]);
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.consumed(1, 0, { rackId: 'b', currentLeaderEpoch: 0 }).error).toBe(KafkaError.FENCED_LEADER_EPOCH);
  });

  it('never sends a follower elsewhere', () => {
    const lab = labOf(selecting, [0, 0]);
    expect(lab.fetched(2, 1, 0)).toMatchObject({ preferredReadReplica: -1 });
  });

  it('does none of this without replica.selector.class', () => {
    const lab = labOf({ racks: ['a', 'b', 'b'] }, [3, 3]);
    expect(preferred(lab, 0, 'b')).toBe(-1);
  });
});

describe('a follower that a consumer reads from', () => {
  /** Broker 1 follows broker 2 and holds three records, one of them committed as far as it knows. */
  function labWithRecords(options: LabOptions = {}): Lab {
    const lab = labWithFollower(options);
    const batches = [0, 1, 2].map((baseOffset) => lab.batch(1, { baseOffset, partitionLeaderEpoch: 0 }));
    answerFetch(lab, 2, { batches, highWatermark: 1 });
    lab.until('it has them', () => lab.replica(1).highWatermark === 1);
    return lab;
  }

  it('serves up to its own high watermark', () => {
    const lab = labWithRecords();
    const { batches, highWatermark, error } = lab.consumed(1, 0);
    expect([error, highWatermark, batches.length]).toEqual([KafkaError.NONE, 1, 1]);
  });

  it('finds nothing between its high watermark and its log end, and calls what lies beyond out of range', () => {
    const lab = labWithRecords();
    expect(lab.consumed(1, 2)).toMatchObject({ error: KafkaError.NONE, batches: [] });
    expect(lab.consumed(1, 4).error).toBe(KafkaError.OFFSET_OUT_OF_RANGE);
  });

  it('wakes the consumer when it learns a higher high watermark', () => {
    const lab = labWithRecords();
    const waiting = lab.consumerFetch(1, 1, { maxWaitMs: 60_000 });
    lab.pass(SECOND);
    expect(lab.reply(waiting)).toBeUndefined();
    answerFetch(lab, 2, { highWatermark: 3 });
    lab.pass(50 * MILLI);
    expect(lab.reply<FetchResponse>(waiting)?.partitions[0].batches).toHaveLength(2);
  });

  it('checks the leader epoch that the consumer believes in', () => {
    const lab = labWithRecords();
    expect(lab.consumed(1, 0, { currentLeaderEpoch: 1 }).error).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
    expect(lab.consumed(1, 0, { currentLeaderEpoch: 0 }).error).toBe(KafkaError.NONE);
  });

  it('refuses before 2.4', () => {
    const lab = labWithRecords({ rules: { followerReads: false } });
    expect(lab.consumed(1, 0).error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });

  it('refuses other followers in any case', () => {
    const lab = labWithRecords();
    expect(lab.fetched(3, 1, 0).error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });

  it.each([
    ['truncates first, and shows nothing of its own', [], 1],
    ['shows records that never were committed, with KAFKA-14704', ['KAFKA-14704'], 3],
  ] as const)('whose history parts from its leader %s', (_what, defects, shown) => {
    const lab = labWithRecords({ defects });
    lab.script.shownEnd = lab.script.records.length;
    // The leader has other records at 1 and 2, and has committed them.
    answerFetch(lab, 2, { divergingEpoch: 0, divergingEndOffset: 1, highWatermark: 3 });
    const host = lab.host(1);
    host.hold();
    lab.until('the answer is here', () => host.waiting.length > 0);
    while (host.waiting.length > 0 && host.waiting[0] !== FetcherTimer.truncate) host.step();
    host.postpone(FetcherTimer.truncate);
    const read = lab.consumerFetch(1, 0, { maxWaitMs: 0 });
    lab.until('the consumer asks', () => host.waiting.includes(BrokerTimer.handleRequest));
    host.release();
    const { batches } = lab.awaitReply<FetchResponse>(read).partitions[0];
    expect(batches).toHaveLength(shown);
    expect(lab.replica(1).logEnd).toBe(1);
  });
});
