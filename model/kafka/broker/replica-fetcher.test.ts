import { describe, expect, it } from 'vitest';
import { TruncateReason } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  Purpose,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../protocol/messages.js';
import type { RecordBatch } from '../protocol/records.js';
import { answerFetch, awaitFetch, labWithFollower, MILLI, SECOND, type Lab } from './testing/lab.js';

/** Batches as a leader wrote them: one record each, with these leader epochs, from this offset on. */
function batches(lab: Lab, baseOffset: number, ...epochs: number[]): RecordBatch[] {
  return epochs.map((partitionLeaderEpoch, index) =>
    lab.batch(1, { baseOffset: baseOffset + index, partitionLeaderEpoch }),
  );
}

/** Broker 1 has fetched records of these epochs, from broker 2, which leads in the last of them. */
function labWithLog(...epochs: number[]): Lab {
  const lab = labWithFollower({}, epochs.at(-1));
  answerFetch(lab, 2, { batches: batches(lab, 0, ...epochs) });
  lab.until('the records are appended', () => lab.replica(1).logEnd === epochs.length);
  return lab;
}

/** Broker 2 leads in another epoch, and broker 1 has turned to it. */
function nextEpoch(lab: Lab): void {
  lab.decide({ leader: 2 });
  lab.awaitMetadata(1);
  lab.puppet(2).inbox.length = 0;
}

describe('a follower', () => {
  it('asks from its log end, in its leader epoch, with its last epoch and its broker epoch', () => {
    const lab = labWithLog(0, 0);
    expect(awaitFetch(lab, 2)).toMatchObject({
      replicaId: 1,
      replicaEpoch: lab.brokerEpoch(1),
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 10_485_760,
      partitionMaxBytes: 1_048_576,
      partitions: [{ partition: 0, currentLeaderEpoch: 0, fetchOffset: 2, lastFetchedEpoch: 0, logStartOffset: 0 }],
    });
  });

  it('takes the high watermark from the answer, held within its own log, forward and back', () => {
    const lab = labWithLog(0, 0);
    answerFetch(lab, 2, { highWatermark: 9 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(2);
    answerFetch(lab, 2, { highWatermark: 1 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(1);
    expect(lab.all('high-watermark', 1).map(({ highWatermark, old }) => [old, highWatermark])).toEqual([
      [0, 2],
      [2, 1],
    ]);
  });

  it('truncates to where its history parts from the leader, by epochs (KIP-279), and takes no high watermark with it', () => {
    const lab = labWithLog(0, 0, 0, 1, 1);
    answerFetch(lab, 2, { highWatermark: 3 });
    lab.pass(50 * MILLI);
    nextEpoch(lab);
    // The leader knows no epoch 1; its epoch 0 goes on to 4, the follower's ends at 3.
    answerFetch(lab, 2, { divergingEpoch: 0, divergingEndOffset: 4, highWatermark: 4 });
    lab.pass(50 * MILLI);
    expect(lab.epochs(1)).toEqual([0, 0, 0]);
    expect(lab.replica(1).highWatermark).toBe(3);
    expect(lab.all('truncate')).toEqual([{ logEnd: 3, oldLogEnd: 5, reason: TruncateReason.divergence }]);
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ fetchOffset: 3, lastFetchedEpoch: 0 });
  });

  it('truncates to the end of the epoch that both share, if the leader ends it earlier', () => {
    const lab = labWithLog(0, 0, 0);
    nextEpoch(lab);
    answerFetch(lab, 2, { divergingEpoch: 0, divergingEndOffset: 1 });
    lab.pass(50 * MILLI);
    expect(lab.log(1)).toHaveLength(1);
  });

  it('truncates to the end of its own smaller epoch where the leader names one that it does not know', () => {
    // Leader: epoch 0 to 2, epoch 2 to 3, then 4. Follower: epoch 0 to 2, epoch 1 to 5, then 3.
    const lab = labWithLog(0, 0, 1, 1, 1, 3);
    nextEpoch(lab);
    answerFetch(lab, 2, { divergingEpoch: 2, divergingEndOffset: 3 });
    lab.pass(50 * MILLI);
    expect(lab.epochs(1)).toEqual([0, 0, 1, 1, 1]);
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ fetchOffset: 5, lastFetchedEpoch: 1 });
  });

  it('asks again after a truncation until no divergence is left', () => {
    const lab = labWithLog(0, 1, 3, 3);
    nextEpoch(lab);
    // The leader has epochs 0, 2 and 4: the largest not above 3 is 2, of which the follower knows nothing.
    answerFetch(lab, 2, { divergingEpoch: 2, divergingEndOffset: 9 });
    lab.pass(50 * MILLI);
    expect(lab.epochs(1)).toEqual([0, 1]);
    answerFetch(lab, 2, { divergingEpoch: 0, divergingEndOffset: 1 });
    lab.pass(50 * MILLI);
    expect(lab.epochs(1)).toEqual([0]);
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ fetchOffset: 1, lastFetchedEpoch: 0 });
  });

  it('lets its high watermark go back with a truncation below it', () => {
    const lab = labWithLog(0, 0, 0);
    answerFetch(lab, 2, { highWatermark: 3 });
    lab.pass(50 * MILLI);
    nextEpoch(lab);
    answerFetch(lab, 2, { divergingEpoch: 0, divergingEndOffset: 1 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(1);
  });

  it('takes an answer of a former epoch, if it comes from the same leader and it would ask for the same offset still', () => {
    const lab = labWithLog(0);
    awaitFetch(lab, 2);
    lab.decide({ leader: 2 });
    lab.awaitMetadata(1);
    // The answer to the fetch of the former epoch.
    answerFetch(lab, 2, { batches: batches(lab, 1, 0), highWatermark: 1 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1)).toMatchObject({ logEnd: 2, highWatermark: 1 });
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ currentLeaderEpoch: 1, fetchOffset: 2 });
  });

  it('takes nothing from a former leader', () => {
    const lab = labWithLog(0);
    awaitFetch(lab, 2);
    lab.decide({ leader: 3 });
    lab.awaitMetadata(1);
    answerFetch(lab, 2, { batches: batches(lab, 1, 0), highWatermark: 1 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1)).toMatchObject({ logEnd: 1, highWatermark: 0 });
  });

  it('appends nothing of a later leader than the one it asked (KAFKA-18723)', () => {
    const lab = labWithLog(0);
    answerFetch(lab, 2, { batches: batches(lab, 1, 0, 1) });
    lab.pass(50 * MILLI);
    expect(lab.epochs(1)).toEqual([0, 0]);
  });

  it('stops on FENCED_LEADER_EPOCH until metadata tells of the new epoch', () => {
    const lab = labWithLog(0);
    answerFetch(lab, 2, { error: KafkaError.FENCED_LEADER_EPOCH });
    lab.pass(10 * SECOND);
    expect(lab.puppet(2).inbox).toEqual([]);
    nextEpoch(lab);
    expect(awaitFetch(lab, 2).partitions[0].currentLeaderEpoch).toBe(1);
  });

  it.each([
    ['UNKNOWN_LEADER_EPOCH', KafkaError.UNKNOWN_LEADER_EPOCH],
    ['NOT_LEADER_OR_FOLLOWER', KafkaError.NOT_LEADER_OR_FOLLOWER],
    ['UNKNOWN_TOPIC_OR_PARTITION', KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ['CORRUPT_MESSAGE', KafkaError.CORRUPT_MESSAGE],
  ])('waits replica.fetch.backoff.ms after %s', (_name, error) => {
    const lab = labWithLog(0);
    answerFetch(lab, 2, { error });
    lab.pass(950 * MILLI);
    expect(lab.puppet(2).inbox).toEqual([]);
    lab.pass(100 * MILLI);
    expect(lab.puppet(2).inbox).toHaveLength(1);
  });

  it('waits twice that after its connection broke, and fetches on a new one', () => {
    const lab = labWithLog(0);
    awaitFetch(lab, 2);
    const { connection } = lab.puppet(2).inbox[0];
    expect(connection.purpose).toBe(Purpose.replicaFetcher);
    connection.reset();
    lab.puppet(2).inbox.length = 0;
    lab.pass(1950 * MILLI);
    expect(lab.puppet(2).inbox).toEqual([]);
    lab.pass(100 * MILLI);
    expect(lab.puppet(2).inbox).toHaveLength(1);
    expect(lab.puppet(2).inbox[0].connection.id).not.toBe(connection.id);
  });

  it('gives a fetch up after replica.socket.timeout.ms', () => {
    const lab = labWithLog(0);
    awaitFetch(lab, 2);
    const { id } = lab.puppet(2).inbox[0].connection;
    lab.puppet(2).inbox.length = 0;
    lab.pass(31 * SECOND);
    expect(lab.puppet(2).inbox).toEqual([]);
    lab.until('it fetches anew', () => lab.puppet(2).inbox.length === 1, 2 * SECOND);
    expect(lab.puppet(2).inbox[0].connection.id).not.toBe(id);
  });

  it('out of range asks for the log end of the leader and cuts back to that', () => {
    const lab = labWithLog(0, 0, 0);
    answerFetch(lab, 2, { error: KafkaError.OFFSET_OUT_OF_RANGE });
    const asksForEnd = (): boolean => lab.puppet(2).inbox.some(({ request }) => request.kind === Api.listOffsets);
    lab.until('it asks', asksForEnd);
    lab.puppet(2).answer(Api.listOffsets, ({ correlationId }): ListOffsetsResponse => {
      const partitions = [{ partition: 0, error: 0, offset: 2, leaderEpoch: 0 }];
      return { kind: Api.listOffsets + 1000, bytes: 10, correlationId, partitions };
    });
    lab.pass(50 * MILLI);
    expect(lab.all('truncate')).toEqual([{ logEnd: 2, oldLogEnd: 3, reason: TruncateReason.outOfRange }]);
    expect(awaitFetch(lab, 2).partitions[0].fetchOffset).toBe(2);
  });

  /** Answers the question for a log offset that it asks next, and says for which it was. */
  function answerOffset(lab: Lab, offset: number): number {
    const asked = (): boolean => lab.puppet(2).inbox.some(({ request }) => request.kind === Api.listOffsets);
    lab.until('it asks', asked);
    let timestamp = 0;
    lab.puppet(2).answer(Api.listOffsets, (request): ListOffsetsResponse => {
      timestamp = (request as ListOffsetsRequest).partitions[0].timestamp;
      const partitions = [{ partition: 0, error: 0, offset, leaderEpoch: 0 }];
      return { kind: Api.listOffsets + 1000, bytes: 10, correlationId: request.correlationId, partitions };
    });
    return timestamp;
  }

  it('out of range below the log start of the leader starts its log anew there', () => {
    const lab = labWithLog(0, 0, 0);
    answerFetch(lab, 2, { error: KafkaError.OFFSET_OUT_OF_RANGE });
    expect([answerOffset(lab, 9), answerOffset(lab, 7)]).toEqual([LATEST_TIMESTAMP, EARLIEST_TIMESTAMP]);
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ fetchOffset: 7, logStartOffset: 7 });
    expect(lab.replica(1)).toMatchObject({ logStart: 7, logEnd: 7 });
  });

  it('whose empty log begins within a batch, since records were deleted up to there, begins it anew with the whole batch', () => {
    const lab = labWithLog(0, 0, 0);
    answerFetch(lab, 2, { error: KafkaError.OFFSET_OUT_OF_RANGE });
    answerOffset(lab, 9);
    answerOffset(lab, 7);
    const batch = lab.batch(4, { baseOffset: 5, partitionLeaderEpoch: 0 });
    answerFetch(lab, 2, { batches: [batch], highWatermark: 9, logStartOffset: 7 });
    lab.until('the batch is appended', () => lab.replica(1).logEnd === 9);
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ fetchOffset: 9 });
    expect(lab.replica(1)).toMatchObject({ logStart: 7, logEnd: 9, highWatermark: 9 });
  });

  it('that begins below its end is given up for what else begins there', () => {
    const lab = labWithLog(0, 0, 0);
    awaitFetch(lab, 2);
    answerFetch(lab, 2, { batches: [lab.batch(4, { baseOffset: 1, partitionLeaderEpoch: 0 })] });
    lab.pass(2 * SECOND);
    expect(lab.replica(1).logEnd).toBe(3);
    expect(lab.puppet(2).inbox).toEqual([]);
  });

  it('out of range for a moment only, it asks for the same offset again', () => {
    const lab = labWithLog(0, 0, 0);
    answerFetch(lab, 2, { error: KafkaError.OFFSET_OUT_OF_RANGE });
    answerOffset(lab, 9);
    answerOffset(lab, 1);
    expect(awaitFetch(lab, 2).partitions[0].fetchOffset).toBe(3);
    expect(lab.all('truncate')).toEqual([]);
  });

  it("deletes what its leader has deleted, up to its own high watermark: the leader's log start comes with each answer", () => {
    const lab = labWithLog(0, 0, 0);
    answerFetch(lab, 2, { highWatermark: 2, logStartOffset: 1 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1)).toMatchObject({ logStart: 1, highWatermark: 2, logEnd: 3 });
    answerFetch(lab, 2, { highWatermark: 2, logStartOffset: 3 });
    lab.pass(50 * MILLI);
    expect(lab.replica(1).logStart).toBe(1);
  });

  it('fetches from nobody while there is no leader, and lets the connection go', () => {
    const lab = labWithLog(0);
    awaitFetch(lab, 2);
    lab.decide({ leader: -1 });
    lab.awaitMetadata(1);
    lab.pass(SECOND);
    expect(lab.puppet(2).broken).toEqual([{ peer: 1, why: 'closed' }]);
  });

  it('goes on with the same fetch when only the ISR changed', () => {
    const lab = labWithLog(0);
    awaitFetch(lab, 2);
    lab.decide({ isr: [2, 3] });
    lab.awaitMetadata(1);
    answerFetch(lab, 2, { batches: batches(lab, 1, 0) });
    lab.pass(50 * MILLI);
    expect(lab.replica(1).logEnd).toBe(2);
  });
});
