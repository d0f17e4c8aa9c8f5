import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { FetchResponse } from '../protocol/messages.js';
import { labWithLeader, MILLI, SECOND, type Lab } from './testing/lab.js';

/** The leader holds this many records, one a batch. */
function written(lab: Lab, count: number): void {
  for (let i = 0; i < count; i++) lab.awaitReply(lab.produce(1, 1));
}

describe("a follower's fetch", () => {
  it('brings the high watermark that stood before it was counted: its own effect comes with the next answer', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 1);
    expect(lab.fetched(2, 1, 0)).toMatchObject({ highWatermark: 0, error: 0 });
    const acknowledging = lab.fetched(2, 1, 1);
    expect(lab.replica(1).highWatermark).toBe(1);
    expect(acknowledging.highWatermark).toBe(0);
    expect(lab.fetched(2, 1, 1).highWatermark).toBe(1);
  });

  it('acknowledges by its offset, not by having been answered', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 1);
    expect(lab.fetched(2, 1, 0).batches).toHaveLength(1);
    lab.pass(SECOND);
    expect(lab.replica(1).highWatermark).toBe(0);
    expect(lab.all('follower-fetched')).toEqual([{ follower: 2, fetchOffset: 0, leaderEpoch: 0 }]);
  });

  it('of an older leader epoch is fenced, and of a later one the leader does not know', () => {
    const lab = labWithLeader();
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.fetched(2, 1, 0, { currentLeaderEpoch: 0 })).toMatchObject({
      error: KafkaError.FENCED_LEADER_EPOCH,
      currentLeader: 1,
      currentLeaderEpoch: 1,
    });
    expect(lab.fetched(2, 1, 0, { currentLeaderEpoch: 2 }).error).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
    expect(lab.all('follower-fetched')).toEqual([]);
  });

  it('is told of the epoch before it is told of the leadership', () => {
    const lab = labWithLeader();
    lab.decide({ leader: 3 });
    lab.awaitMetadata(1);
    expect(lab.fetched(2, 1, 0, { currentLeaderEpoch: 0 }).error).toBe(KafkaError.FENCED_LEADER_EPOCH);
    expect(lab.fetched(2, 1, 0, { currentLeaderEpoch: 1 }).error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });

  it('from a broker outside the assignment is refused (KAFKA-13837)', () => {
    const lab = labWithLeader({ brokers: 2 });
    const stranger = { replicaEpoch: 5 };
    expect(lab.fetched(4, 1, 0, stranger).error).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
    expect(lab.fetched(4, 1, 0, { ...stranger, currentLeaderEpoch: -1 }).error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });

  it('of a former incarnation is refused and not counted (KIP-903)', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 1);
    const former = lab.brokerEpoch(2);
    lab.register(2);
    lab.awaitMetadata(1);
    const answer = lab.fetched(2, 1, 1, { replicaEpoch: former });
    expect(answer.error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
    expect(lab.replica(1).highWatermark).toBe(0);
    expect(lab.fetched(2, 1, 1).error).toBe(KafkaError.NONE);
    expect(lab.replica(1).highWatermark).toBe(1);
  });

  it('whose history has parted is told where, gets no records, and does not count', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 2);
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    written(lab, 2);
    // Epoch 0 ended at 2, epoch 1 goes on to 4.
    const parted = lab.fetched(2, 1, 3, { lastFetchedEpoch: 0 });
    expect(parted).toMatchObject({ error: 0, divergingEpoch: 0, divergingEndOffset: 2, batches: [] });
    expect(lab.all('follower-fetched')).toEqual([]);
    expect(lab.fetched(2, 1, 2, { lastFetchedEpoch: 0 })).toMatchObject({ divergingEpoch: -1 });
    expect(lab.fetched(2, 1, 9, { lastFetchedEpoch: 1 })).toMatchObject({ divergingEpoch: 1, divergingEndOffset: 4 });
    expect(lab.fetched(2, 1, 0, { lastFetchedEpoch: 7 }).error).toBe(KafkaError.OFFSET_OUT_OF_RANGE);
  });

  it('whose last epoch the leader never saw has parted, be its offset within the log', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 5);
    lab.decide({ leader: 2 });
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.fetched(2, 1, 2, { lastFetchedEpoch: 1 })).toMatchObject({ divergingEpoch: 0, divergingEndOffset: 5 });
  });

  it('is compared with the epoch in which the leader leads before that has a record (KAFKA-7415)', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 2);
    lab.decide({ leader: 2 });
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    // Without an entry for epoch 2, epoch 1 would lie above all that the leader knows.
    const parted = { error: 0, divergingEpoch: 0, divergingEndOffset: 2 };
    expect(lab.fetched(2, 1, 4, { lastFetchedEpoch: 1 })).toMatchObject(parted);
  });

  it('waits up to replica.fetch.wait.max.ms, and wakes on an append', () => {
    const lab = labWithLeader({ brokers: 2 });
    const idle = lab.followerFetch(2, 1, 0);
    lab.pass(400 * MILLI);
    expect(lab.reply(idle, 2)).toBeUndefined();
    lab.pass(200 * MILLI);
    expect(lab.reply<FetchResponse>(idle, 2)?.partitions[0].batches).toEqual([]);
    const woken = lab.followerFetch(2, 1, 0);
    lab.pass(100 * MILLI);
    lab.produce(1, 1);
    lab.pass(50 * MILLI);
    expect(lab.reply<FetchResponse>(woken, 2)?.partitions[0].batches).toHaveLength(1);
  });

  it('does not wake on a move of the high watermark (KAFKA-9952)', () => {
    const lab = labWithLeader();
    written(lab, 1);
    const waiting = lab.followerFetch(2, 1, 1);
    lab.pass(100 * MILLI);
    lab.fetched(3, 1, 1);
    lab.pass(100 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(1);
    expect(lab.reply(waiting, 2)).toBeUndefined();
    lab.pass(400 * MILLI);
    expect(lab.reply<FetchResponse>(waiting, 2)?.partitions[0].highWatermark).toBe(1);
  });

  it('that waits is answered when the leadership goes', () => {
    const lab = labWithLeader();
    const waiting = lab.followerFetch(2, 1, 0, { maxWaitMs: 60_000 });
    lab.pass(100 * MILLI);
    lab.decide({ leader: 3 });
    expect(lab.awaitReply<FetchResponse>(waiting, 2).partitions[0].error).toBe(KafkaError.FENCED_LEADER_EPOCH);
  });

  it('that waited is read again, but its position is not taken in again', () => {
    const lab = labWithLeader();
    lab.followerFetch(2, 1, 0);
    lab.pass(100 * MILLI);
    lab.fetched(3, 1, 0);
    lab.produce(1, 1);
    lab.pass(100 * MILLI);
    expect(lab.all('follower-fetched').map(({ follower }) => follower)).toEqual([2, 3]);
  });
});

describe("a consumer's fetch", () => {
  it('reads up to the high watermark', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 3);
    lab.fetched(2, 1, 2);
    const { batches, highWatermark } = lab.consumed(1, 0);
    expect(highWatermark).toBe(2);
    expect(batches.map(({ baseOffset }) => baseOffset)).toEqual([0, 1]);
    expect(lab.all('read-served')).toEqual([{ from: 0, to: 2, highWatermark: 2, consumer: lab.clientMachine }]);
  });

  it('wakes when the high watermark makes more readable', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 1);
    const waiting = lab.consumerFetch(1, 0, { maxWaitMs: 60_000 });
    lab.pass(SECOND);
    expect(lab.reply(waiting)).toBeUndefined();
    lab.fetched(2, 1, 1);
    lab.pass(50 * MILLI);
    expect(lab.reply<FetchResponse>(waiting)?.partitions[0].batches).toHaveLength(1);
  });

  it('waits for fetch.min.bytes', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    const waiting = lab.consumerFetch(1, 0, { maxWaitMs: 60_000, minBytes: 300 });
    written(lab, 1);
    lab.pass(SECOND);
    expect(lab.reply(waiting)).toBeUndefined();
    written(lab, 1);
    expect(lab.awaitReply<FetchResponse>(waiting).partitions[0].batches).toHaveLength(2);
  });

  it('gets whole batches within its limit, and one in any case (KIP-74)', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    written(lab, 3);
    expect(lab.consumed(1, 0, { partitionMaxBytes: 2 * 161 }).batches).toHaveLength(2);
    expect(lab.consumed(1, 0, { maxBytes: 200 }).batches).toHaveLength(1);
    expect(lab.consumed(1, 1, { partitionMaxBytes: 1 }).batches).toHaveLength(1);
  });

  it('above the log end is out of range; between high watermark and log end it finds nothing', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 2);
    expect(lab.consumed(1, 2)).toMatchObject({ error: 0, batches: [] });
    expect(lab.consumed(1, 3).error).toBe(KafkaError.OFFSET_OUT_OF_RANGE);
  });

  it('with an older leader epoch is fenced', () => {
    const lab = labWithLeader();
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.consumed(1, 0, { currentLeaderEpoch: 0 }).error).toBe(KafkaError.FENCED_LEADER_EPOCH);
  });

  it('of a batch that is damaged on the disk is answered with CORRUPT_MESSAGE', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    written(lab, 2);
    lab.world.diskFaults(1).corrupt('orders-0/00000000000000000000.log', 1);
    expect(lab.consumed(1, 1).error).toBe(KafkaError.CORRUPT_MESSAGE);
    expect(lab.consumed(1, 0, { partitionMaxBytes: 161 }).batches).toHaveLength(1);
  });
});

describe("a consumer's fetch above the high watermark", () => {
  it.each([
    ['is answered at once, empty (KAFKA-16452)', true],
    ['waited, before', false],
  ])('%s', (_, isAnswered) => {
    const lab = labWithLeader({ brokers: 2, rules: { fetchAboveEndAnswered: isAnswered } });
    written(lab, 2);
    const asked = lab.consumerFetch(1, 1, { maxWaitMs: 60_000 });
    lab.pass(100 * MILLI);
    expect(lab.reply(asked) !== undefined).toBe(isAnswered);
  });
});
