/** Released bugs of replication, each beside what the protocol asks for (known-bugs.md §4, §6). */
import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { AlterPartitionRequest } from '../protocol/messages.js';
import type { DefectId } from '../protocol/versions/defects.js';
import { answerFetch, awaitFetch, labWithFollower, labWithLeader, MILLI, SECOND, type Lab } from './testing/lab.js';
import { BrokerTimer } from './timers.js';

const withAndWithout = (defect: DefectId): readonly (readonly DefectId[])[] => [[], [defect]];

describe('a fetch whose history has parted from the leader', () => {
  /** Broker 2's log has 0..3 in epoch 0; the leader has 0..1 of it, and 2..3 of its own. */
  function highWatermark(defects: readonly DefectId[]): number {
    const lab = labWithLeader({ brokers: 2, defects });
    for (let i = 0; i < 2; i++) lab.awaitReply(lab.produce(1, 1));
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    for (let i = 0; i < 2; i++) lab.awaitReply(lab.produce(1, 1));
    expect(lab.fetched(2, 1, 4, { lastFetchedEpoch: 0 })).toMatchObject({ divergingEpoch: 0, divergingEndOffset: 2 });
    return lab.replica(1).highWatermark;
  }

  it('does not count for the high watermark, but for KAFKA-13141: two records that the follower does not have', () => {
    expect(withAndWithout('KAFKA-13141').map(highWatermark)).toEqual([0, 4]);
  });
});

describe('a fetch of an older leader epoch', () => {
  /** Its second fetch on the connection. The leader was elected again, and appended; the follower was not told. */
  function outcome(defects: readonly DefectId[]): readonly [number, number] {
    const lab = labWithLeader({ brokers: 2, defects });
    lab.fetched(2, 1, 0);
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    lab.awaitReply(lab.produce(1, 1));
    const { error } = lab.fetched(2, 1, 1, { currentLeaderEpoch: 0 });
    return [error, lab.replica(1).highWatermark];
  }

  it('is fenced, but for KAFKA-9338: a fetch session forgot the epoch after its first fetch (KIP-227)', () => {
    expect(withAndWithout('KAFKA-9338').map(outcome)).toEqual([
      [KafkaError.FENCED_LEADER_EPOCH, 0],
      [KafkaError.NONE, 1],
    ]);
  });

  it('is fenced as the first fetch of a session even then', () => {
    const lab = labWithLeader({ brokers: 2, defects: ['KAFKA-9338'] });
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.fetched(2, 1, 0, { currentLeaderEpoch: 0 }).error).toBe(KafkaError.FENCED_LEADER_EPOCH);
  });
});

describe('a follower that was answered without records', () => {
  function lastFetchedEpoch(defects: readonly DefectId[]): number {
    const lab = labWithFollower({ defects });
    answerFetch(lab, 2, { batches: [lab.batch(1, { baseOffset: 0, partitionLeaderEpoch: 0 })] });
    answerFetch(lab, 2, {});
    return awaitFetch(lab, 2).partitions[0].lastFetchedEpoch;
  }

  it('says its last epoch all the same, but for KAFKA-15510: then no divergence can be seen', () => {
    expect(withAndWithout('KAFKA-15510').map(lastFetchedEpoch)).toEqual([0, -1]);
  });
});

describe('a follower that is sent a batch of a later epoch than that of its fetch', () => {
  function appended(defects: readonly DefectId[]): readonly number[] {
    const lab = labWithFollower({ defects });
    const batches = [0, 1].map((epoch, baseOffset) => lab.batch(1, { baseOffset, partitionLeaderEpoch: epoch }));
    answerFetch(lab, 2, { batches });
    lab.pass(50 * MILLI);
    return lab.epochs(1);
  }

  it('leaves it out, but for KAFKA-18723', () => {
    expect(withAndWithout('KAFKA-18723').map(appended)).toEqual([[0], [0, 1]]);
  });
});

describe('a joiner of the ISR that is restarted, empty, while the leader looks at it', () => {
  /** The old incarnation fetched at the leader's end; before the check goes on, the new one fetches from 0. */
  function proposals(defects: readonly DefectId[]): AlterPartitionRequest[] {
    const lab = labWithLeader({ brokers: 2, defects }, [1]);
    lab.script.confirmIsr = false;
    lab.awaitReply(lab.produce(1, -1));
    lab.followerFetch(2, 1, 1, { maxWaitMs: 0 });
    const host = lab.host(1);
    host.hold();
    until(lab, () => host.waiting[0] === BrokerTimer.expandIsr);
    host.postpone(BrokerTimer.expandIsr);
    lab.register(2);
    const published = lab.all('metadata-published').length;
    until(lab, () => lab.all('metadata-published').length > published);
    // Another connection: the reborn broker's.
    const partitions = [
      { partition: 0, currentLeaderEpoch: 0, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: 0 },
    ];
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, partitionMaxBytes: 1_000_000 };
    const fetch = { kind: 1, replicaId: 2, replicaEpoch: lab.brokerEpoch(2), rackId: '', ...limits, partitions };
    lab.send(2, 1, fetch as never, 1);
    const fetches = lab.all('follower-fetched').length;
    until(lab, () => lab.all('follower-fetched').length > fetches);
    host.release();
    lab.pass(SECOND);
    return lab.controller.inbox.map(({ request }) => request as AlterPartitionRequest);
  }

  function until(lab: Lab, condition: () => boolean): void {
    const host = lab.host(1);
    while (!condition()) {
      lab.until('a step is due', () => condition() || host.waiting.length > 0);
      if (!condition()) host.step();
    }
  }

  it('is not taken in, but for KAFKA-15221: log end of the one, broker epoch of the other', () => {
    expect(proposals([])).toEqual([]);
    const [{ partitions }] = proposals(['KAFKA-15221']);
    expect(partitions[0].newIsr.map(({ brokerId }) => brokerId)).toEqual([1, 2]);
  });
});
