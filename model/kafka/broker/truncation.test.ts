/** Where a follower cuts its log in each of the forms that truncation has had (replication.md §6.5). */
import { describe, expect, it } from 'vitest';
import { TruncateReason } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  type FetchPartition,
  type ListOffsetsResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../protocol/messages.js';
import type { RecordBatch } from '../protocol/records.js';
import type { RuleValues } from '../protocol/versions/rules.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import { answerFetch, awaitFetch, labWithFollower, labWithLeader, MILLI, SECOND, type Lab } from './testing/lab.js';

type Answer = OffsetForLeaderEpochResponse['partitions'][number];

/** The data path of a release, under the controller of 3.9. */
function dataPathOf(version: string): Partial<RuleValues> {
  const { truncation, outOfRange, epochStartOnElection, leaderEpochStartOffset, fetchEpochFencing } =
    resolveRules(version);
  return { truncation, outOfRange, epochStartOnElection, leaderEpochStartOffset, fetchEpochFencing };
}

function batches(lab: Lab, epochs: readonly number[]): RecordBatch[] {
  return epochs.map((partitionLeaderEpoch, baseOffset) => lab.batch(1, { baseOffset, partitionLeaderEpoch }));
}

/** Broker 1 holds records of these epochs, fetched from broker 2, which leads in the last of them. */
function labOf(version: string, epochs: readonly number[], highWatermark = 0): Lab {
  const lab = labWithFollower({ rules: dataPathOf(version) }, epochs.at(-1));
  answerFetch(lab, 2, { batches: batches(lab, epochs), highWatermark });
  lab.until('the records are appended', () => lab.replica(1).logEnd === epochs.length);
  lab.pass(10 * MILLI);
  return lab;
}

/** Broker 3 becomes leader: another than the one that broker 1 has followed. */
function nextLeader(lab: Lab): void {
  lab.decide({ leader: 3 });
  lab.awaitMetadata(1);
}

/** The question that the puppet leader has got, once it has. */
function question(lab: Lab, leader = 3): OffsetForLeaderEpochRequest['partitions'][number] {
  const asked = () => lab.puppet(leader).inbox.find(({ request }) => request.kind === Api.offsetForLeaderEpoch);
  lab.until('the follower asks where its epoch ends', () => asked() !== undefined);
  return (asked()!.request as OffsetForLeaderEpochRequest).partitions[0];
}

function reply(lab: Lab, answer: Partial<Answer>, leader = 3): void {
  question(lab, leader);
  lab.puppet(leader).answer(Api.offsetForLeaderEpoch, ({ correlationId }): OffsetForLeaderEpochResponse => {
    const partitions = [{ partition: 0, error: KafkaError.NONE, leaderEpoch: -1, endOffset: -1, ...answer }];
    return { kind: Api.offsetForLeaderEpoch + 1000, bytes: 40, correlationId, partitions };
  });
}

function nextFetch(lab: Lab, leader = 3): FetchPartition {
  return awaitFetch(lab, leader).partitions[0];
}

const cuts = (lab: Lab): number[] => lab.all('truncate', 1).map(({ logEnd }) => logEnd);

describe('up to 0.10, a follower of a new leader', () => {
  it('cuts its log back to its own high watermark, and asks nobody', () => {
    const lab = labOf('0.10.2', [0, 0, 0], 1);
    nextLeader(lab);
    expect(nextFetch(lab)).toMatchObject({ fetchOffset: 1, currentLeaderEpoch: -1, lastFetchedEpoch: -1 });
    expect(lab.all('truncate', 1)).toEqual([{ logEnd: 1, oldLogEnd: 3, reason: TruncateReason.highWatermark }]);
  });

  it('does so before the leader was reached, so that it may be elected without what it has cut (KIP-101)', () => {
    const lab = labOf('0.10.2', [0, 0], 1);
    lab.world.kill(3);
    nextLeader(lab);
    lab.pass(100 * MILLI);
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.replica(1)).toMatchObject({ isLeader: true, logEnd: 1 });
  });

  it('takes an answer of a former epoch no more, if the cut has moved its offset', () => {
    const lab = labOf('0.10.2', [0, 0], 1);
    awaitFetch(lab, 2);
    nextLeader(lab);
    lab.decide({ leader: 2 });
    lab.awaitMetadata(1);
    answerFetch(lab, 2, { batches: [lab.batch(1, { baseOffset: 2, partitionLeaderEpoch: 0 })] });
    lab.pass(50 * MILLI);
    expect(lab.replica(1).logEnd).toBe(1);
  });

  it('follows on without a word when the leader stays the same', () => {
    const lab = labOf('0.10.2', [0, 0], 1);
    lab.decide({ leader: 2 });
    lab.awaitMetadata(1);
    lab.pass(50 * MILLI);
    expect(cuts(lab)).toEqual([]);
  });
});

describe('since KIP-101 (0.11), a follower of a new leader', () => {
  it('asks where its latest epoch ends, without saying in which epoch it lives, and cuts there', () => {
    const lab = labOf('0.11', [0, 0, 1, 1], 1);
    nextLeader(lab);
    expect(question(lab)).toEqual({ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 1 });
    reply(lab, { endOffset: 3 });
    expect(nextFetch(lab).fetchOffset).toBe(3);
    expect(cuts(lab)).toEqual([3]);
  });

  it('cuts back to its high watermark when the leader knows nothing of the epoch', () => {
    const lab = labOf('0.11', [0, 0, 1, 1], 1);
    nextLeader(lab);
    reply(lab, {});
    expect(nextFetch(lab).fetchOffset).toBe(1);
  });

  it('keeps what it has when the leader has more', () => {
    const lab = labOf('0.11', [0, 0], 1);
    nextLeader(lab);
    reply(lab, { endOffset: 9 });
    expect(nextFetch(lab).fetchOffset).toBe(2);
    expect(cuts(lab)).toEqual([]);
  });

  it('keeps records of an epoch that the leader never saw: after two elections in a row the logs differ (KAFKA-6361)', () => {
    // The leader has 0..4 of epoch 0 and went on with epoch 2; this follower has 0..2 of epoch 0 and 3..4 of epoch 1.
    const lab = labOf('0.11', [0, 0, 0, 1, 1], 1);
    nextLeader(lab);
    reply(lab, { endOffset: 5 });
    expect(nextFetch(lab).fetchOffset).toBe(5);
  });

  it('waits for its epoch to be answered for before it fetches', () => {
    const lab = labOf('0.11', [0, 0], 1);
    nextLeader(lab);
    question(lab);
    lab.pass(SECOND);
    expect(lab.puppet(3).inbox.filter(({ request }) => request.kind === Api.fetch)).toEqual([]);
  });
});

describe('since KIP-279 (2.0), a follower of a new leader', () => {
  it('whose last epoch the leader never saw cuts to where its own older one ends, and asks again', () => {
    const lab = labOf('2.0', [0, 0, 0, 2, 2], 1);
    nextLeader(lab);
    expect(question(lab).leaderEpoch).toBe(2);
    // The leader: 0..1 of epoch 0, 2..4 of epoch 1.
    reply(lab, { leaderEpoch: 1, endOffset: 5 });
    lab.until('it has cut', () => cuts(lab).length === 1);
    expect(cuts(lab)).toEqual([3]);
    expect(question(lab).leaderEpoch).toBe(0);
    reply(lab, { leaderEpoch: 0, endOffset: 2 });
    expect(nextFetch(lab).fetchOffset).toBe(2);
  });

  it('cuts to the end of an epoch that both have, on whichever side it ends first', () => {
    const lab = labOf('2.0', [0, 0, 0, 1, 1], 1);
    nextLeader(lab);
    reply(lab, { leaderEpoch: 0, endOffset: 5 });
    expect(nextFetch(lab).fetchOffset).toBe(3);
  });

  it('takes the answer to a question of a former epoch for one to the present (what KIP-320 mended)', () => {
    const lab = labOf('2.0', [0, 0, 0], 1);
    nextLeader(lab);
    question(lab);
    // Broker 1 hears of both elections at once.
    lab.script.withheld.add(1);
    lab.decide({ leader: 2 });
    lab.decide({ leader: 3 });
    lab.script.withheld.clear();
    lab.controller.tell();
    lab.awaitMetadata(1);
    reply(lab, { leaderEpoch: 0, endOffset: 2 });
    expect(nextFetch(lab).fetchOffset).toBe(2);
  });
});

describe('since KIP-320 (2.1), a follower of a new leader', () => {
  it('says in which epoch it asks', () => {
    const lab = labOf('2.1', [0, 0], 1);
    nextLeader(lab);
    expect(question(lab)).toEqual({ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 });
    reply(lab, { leaderEpoch: 0, endOffset: 2 });
    expect(nextFetch(lab)).toMatchObject({ fetchOffset: 2, currentLeaderEpoch: 1, lastFetchedEpoch: -1 });
  });

  it('drops the answer to a question of a former epoch, and asks anew', () => {
    const lab = labOf('2.1', [0, 0, 0], 1);
    nextLeader(lab);
    expect(question(lab).currentLeaderEpoch).toBe(1);
    lab.decide({ leader: 3 });
    lab.awaitMetadata(1);
    reply(lab, { leaderEpoch: 0, endOffset: 2 });
    expect(question(lab).currentLeaderEpoch).toBe(2);
    expect(cuts(lab)).toEqual([]);
  });

  it('stops on FENCED_LEADER_EPOCH until metadata tells of the new epoch, and tries others again after a while', () => {
    const lab = labOf('2.1', [0, 0], 1);
    nextLeader(lab);
    reply(lab, { error: KafkaError.UNKNOWN_LEADER_EPOCH });
    const from = lab.world.now;
    expect(question(lab).currentLeaderEpoch).toBe(1);
    expect(lab.world.now - from).toBeGreaterThanOrEqual(SECOND);
    reply(lab, { error: KafkaError.FENCED_LEADER_EPOCH });
    lab.pass(10 * SECOND);
    expect(lab.puppet(3).inbox).toEqual([]);
  });
});

describe('a leader that is asked where an epoch ends', () => {
  /** Epoch 1 begins at 2 in its log, epoch 3 at 4. */
  function ends(version: string, epoch: number): Pick<Answer, 'leaderEpoch' | 'endOffset'> {
    const lab = labOf(version, [1, 1, 1, 1], 1);
    lab.decide({ leader: 3 });
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    lab.awaitReply(lab.produce(1, 1));
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: epoch }];
    const id = lab.send(3, 1, { kind: Api.offsetForLeaderEpoch, replicaId: 3, namesEpoch: true, partitions } as never);
    const { leaderEpoch, endOffset } = lab.awaitReply<OffsetForLeaderEpochResponse>(id, 3).partitions[0];
    return { leaderEpoch, endOffset };
  }

  it('answers with an offset alone under KIP-101, and with nothing below its first epoch', () => {
    expect(ends('0.11', 1)).toEqual({ leaderEpoch: -1, endOffset: 4 });
    expect(ends('0.11', 2)).toEqual({ leaderEpoch: -1, endOffset: 4 });
    expect(ends('0.11', 3)).toEqual({ leaderEpoch: -1, endOffset: 5 });
    expect(ends('0.11', 0)).toEqual({ leaderEpoch: -1, endOffset: -1 });
    expect(ends('0.11', 7)).toEqual({ leaderEpoch: -1, endOffset: -1 });
  });

  it('names the largest epoch that is not above it since KIP-279', () => {
    expect(ends('2.0', 2)).toEqual({ leaderEpoch: 1, endOffset: 4 });
    expect(ends('2.0', 0)).toEqual({ leaderEpoch: 0, endOffset: 0 });
    expect(ends('2.0', 7)).toEqual({ leaderEpoch: -1, endOffset: -1 });
  });
});

describe('a follower that is ahead of its leader', () => {
  function ahead(version: string, unclean: boolean): Lab {
    const options = { rules: dataPathOf(version), topic: { 'unclean.leader.election.enable': unclean } };
    const lab = labWithFollower(options, 0);
    answerFetch(lab, 2, { batches: batches(lab, [0, 0, 0]), highWatermark: 3 });
    lab.until('the records are appended', () => lab.replica(1).highWatermark === 3);
    answerFetch(lab, 2, { error: KafkaError.OFFSET_OUT_OF_RANGE });
    const asked = (): boolean => lab.puppet(2).inbox.some(({ request }) => request.kind === Api.listOffsets);
    lab.until('it asks for the log end', asked);
    lab.puppet(2).answer(Api.listOffsets, ({ correlationId }): ListOffsetsResponse => {
      const partitions = [{ partition: 0, error: 0, offset: 1, leaderEpoch: 0 }];
      return { kind: Api.listOffsets + 1000, bytes: 40, correlationId, partitions };
    });
    lab.pass(50 * MILLI);
    return lab;
  }

  it('stops its broker up to 1.1, where unclean elections are off: no such leader should ever be', () => {
    const lab = ahead('1.1', false);
    expect(lab.world.process(1)).toBeUndefined();
    expect(cuts(lab)).toEqual([]);
  });

  it('cuts its log to the end of the leader where they are on, and since 2.0 in any case', () => {
    expect(cuts(ahead('1.1', true))).toEqual([1]);
    expect(cuts(ahead('2.0', false))).toEqual([1]);
  });
});

describe('a leader before KAFKA-7415 (2.0.1)', () => {
  it.each([
    ['1.1', { leaderEpoch: -1, endOffset: -1 }],
    ['2.0', { leaderEpoch: 0, endOffset: 2 }],
  ])('knows its epoch only from its first record on: %s', (version, expected) => {
    const lab = labWithLeader({ rules: dataPathOf(version) });
    for (let i = 0; i < 2; i++) lab.awaitReply(lab.produce(1, 1));
    lab.decide({ leader: 2 });
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 1 }];
    const id = lab.send(2, 1, { kind: Api.offsetForLeaderEpoch, replicaId: 2, namesEpoch: true, partitions } as never);
    expect(lab.awaitReply<OffsetForLeaderEpochResponse>(id, 2).partitions[0]).toMatchObject(expected);
  });
});
