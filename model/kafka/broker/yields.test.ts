/** Where a broker lets go of its lock, something else can happen: each step, and an event that falls before it. */
import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type AlterPartitionRequest, type FetchResponse } from '../protocol/messages.js';
import { answerFetch, awaitFetch, labWithFollower, labWithLeader, MILLI, type Lab } from './testing/lab.js';
import { BrokerTimer } from './timers.js';
import { FetcherTimer } from './replica-fetcher.js';
import { TimerRange } from './components.js';

const mask = (...brokers: number[]): number => brokers.reduce((set, broker) => set | (1 << broker), 0);

/** Runs what is held up to the first step of this kind, which then waits. */
function holdAt(lab: Lab, kind: number, broker = 1): void {
  const host = lab.host(broker);
  host.hold();
  for (;;) {
    lab.until(`a step of kind ${kind} is due`, () => host.waiting.length > 0);
    if (host.waiting[0] === kind) return;
    host.step();
  }
}

/** Runs the held steps of broker 1 but those postponed, until that is so. */
function runUntil(lab: Lab, condition: () => boolean): void {
  while (!condition()) {
    lab.until('a step is due', () => lab.host(1).waiting.length > 0);
    lab.host(1).step();
  }
}

describe('socket read | handler', () => {
  it('a crash between them loses the request, which was received', () => {
    const lab = labWithLeader();
    lab.produce(1, 1);
    holdAt(lab, BrokerTimer.handleRequest);
    lab.world.kill(1);
    lab.pass(100 * MILLI);
    expect(lab.all('append')).toEqual([]);
  });

  it('the metadata may depose the leader between them', () => {
    const lab = labWithLeader();
    const id = lab.produce(1, 1);
    holdAt(lab, BrokerTimer.handleRequest);
    lab.host(1).postpone(BrokerTimer.handleRequest);
    lab.decide({ leader: 2 });
    runUntil(lab, () => !lab.replica(1).isLeader);
    lab.host(1).release();
    expect(lab.produceError(id)).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });
});

describe('produce append | purgatory check', () => {
  it('a crash between them leaves a record that nobody was told of', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    lab.produce(1, -1);
    holdAt(lab, BrokerTimer.purgatoryCheck);
    expect(lab.replica(1).highWatermark).toBe(1);
    lab.world.kill(1);
    expect(lab.all('append')).toHaveLength(1);
    expect(lab.all('acknowledged')).toEqual([]);
  });

  it('a follower may have fetched the record before anyone looks whether the write is complete', () => {
    const lab = labWithLeader({ brokers: 2 });
    const id = lab.produce(1, -1);
    holdAt(lab, BrokerTimer.purgatoryCheck);
    lab.host(1).postpone(BrokerTimer.purgatoryCheck);
    lab.followerFetch(2, 1, 1);
    runUntil(lab, () => lab.replica(1).highWatermark === 1);
    expect(lab.reply(id)).toBeUndefined();
    lab.host(1).release();
    expect(lab.produceError(id)).toBe(KafkaError.NONE);
  });
});

describe('fetch read | follower-state update', () => {
  it('an append between them does not keep the follower from being caught up: the log end at the read counts', () => {
    const lab = labWithLeader({ brokers: 2, settings: { 'replica.lag.time.max.ms': 1000 } });
    // The only fetch of the follower in a long time.
    lab.pass(900 * MILLI);
    lab.followerFetch(2, 1, 0);
    holdAt(lab, BrokerTimer.followerState);
    lab.host(1).postpone(BrokerTimer.followerState);
    lab.produce(1, 1);
    runUntil(lab, () => lab.replica(1).logEnd === 1);
    lab.host(1).release();
    lab.pass(800 * MILLI);
    expect(lab.all('isr-pending')).toEqual([]);
    lab.pass(1000 * MILLI);
    expect(lab.all('isr-pending')).toHaveLength(1);
  });

  it('the position counts in the next epoch when the leader is elected again: the epoch was checked at the read', () => {
    const lab = labWithLeader({ brokers: 2 });
    lab.awaitReply(lab.produce(1, 1));
    const id = lab.followerFetch(2, 1, 1, { maxWaitMs: 0 });
    holdAt(lab, BrokerTimer.followerState);
    lab.host(1).postpone(BrokerTimer.followerState);
    lab.decide({ leader: 1 });
    runUntil(lab, () => lab.replica(1).leaderEpoch === 1);
    lab.host(1).release();
    expect(lab.awaitReply<FetchResponse>(id, 2).partitions[0].error).toBe(KafkaError.NONE);
    expect(lab.replica(1).highWatermark).toBe(1);
    expect(lab.all('follower-fetched')).toEqual([{ follower: 2, fetchOffset: 1, leaderEpoch: 1 }]);
  });

  it('the position goes nowhere when the leader was deposed, be it leader again by now', () => {
    const lab = labWithLeader({ brokers: 2 });
    lab.awaitReply(lab.produce(1, 1));
    lab.followerFetch(2, 1, 1, { maxWaitMs: 0 });
    holdAt(lab, BrokerTimer.followerState);
    lab.host(1).postpone(BrokerTimer.followerState);
    lab.decide({ leader: 2 });
    runUntil(lab, () => lab.replica(1).leaderEpoch === 1);
    lab.decide({ leader: 1 });
    runUntil(lab, () => lab.replica(1).isLeader);
    lab.host(1).release();
    lab.pass(100 * MILLI);
    expect(lab.all('follower-fetched')).toEqual([]);
    expect(lab.replica(1).highWatermark).toBe(0);
  });
});

describe('follower-state update | ISR-expand check', () => {
  it('a fetch that brings no new position leaves the high watermark alone, though it could move by now', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    lab.fetched(2, 1, 0);
    lab.until('the joiner is proposed', () => lab.controller.inbox.length === 1);
    lab.awaitReply(lab.produce(1, 1));
    lab.fence(2);
    lab.awaitMetadata(1);
    lab.controller.answer(Api.alterPartition, (request) =>
      lab.controller.alterPartitionResponse(request as AlterPartitionRequest, KafkaError.INELIGIBLE_REPLICA),
    );
    lab.until('it is taken back', () => lab.replica(1).maximalIsr === mask(1));
    lab.fetched(2, 1, 0);
    lab.pass(100 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(0);
    lab.awaitReply(lab.produce(1, 1));
    expect(lab.replica(1).highWatermark).toBe(2);
  });

  it('a fetch that was refused in the update is not looked at for the ISR', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    const former = lab.brokerEpoch(2);
    lab.register(2);
    lab.awaitMetadata(1);
    lab.followerFetch(2, 1, 0);
    lab.pass(100 * MILLI);
    const proposed = lab.all('isr-pending').length;
    const id = lab.followerFetch(2, 1, 0, { replicaEpoch: former, maxWaitMs: 0 });
    expect(lab.awaitReply<FetchResponse>(id, 2).partitions[0].error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
    lab.pass(100 * MILLI);
    expect(lab.all('isr-pending')).toHaveLength(proposed);
  });

  it('a crash between them, and nothing was proposed', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.followerFetch(2, 1, 0);
    holdAt(lab, BrokerTimer.expandIsr);
    expect(lab.all('follower-fetched')).toHaveLength(1);
    lab.world.kill(1);
    expect(lab.all('isr-pending')).toEqual([]);
  });

  it('a follower that was fenced between them is not taken in', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.followerFetch(2, 1, 0);
    holdAt(lab, BrokerTimer.expandIsr);
    lab.host(1).postpone(BrokerTimer.expandIsr);
    lab.fence(2);
    const published = lab.all('metadata-published').length;
    runUntil(lab, () => lab.all('metadata-published').length > published);
    lab.host(1).release();
    lab.pass(100 * MILLI);
    expect(lab.all('isr-pending')).toEqual([]);
  });
});

describe('ISR-expand check | its submission', () => {
  it('the joiner counts before anyone was asked, and a crash between them asks nobody', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    lab.followerFetch(2, 1, 0);
    holdAt(lab, BrokerTimer.submitIsr);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2));
    lab.world.kill(1);
    lab.pass(100 * MILLI);
    expect(lab.controller.inbox).toEqual([]);
  });

  it('a fetch of a later incarnation between them does not lend the proposal its broker epoch (KIP-903)', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    const judged = lab.brokerEpoch(2);
    lab.followerFetch(2, 1, 0);
    holdAt(lab, BrokerTimer.submitIsr);
    lab.host(1).postpone(BrokerTimer.submitIsr);
    lab.followerFetch(2, 1, 0, { replicaEpoch: judged + 1 });
    lab.pass(100 * MILLI);
    lab.host(1).release();
    lab.pass(100 * MILLI);
    const request = lab.controller.inbox[0]!.request as AlterPartitionRequest;
    expect(request.partitions[0]!.newIsr.find(({ brokerId }) => brokerId === 2)).toEqual({
      brokerId: 2,
      brokerEpoch: judged,
    });
  });

  it('a proposal that metadata has overridden between them is sent with its old epochs, and its reply ignored', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    lab.followerFetch(2, 1, 0);
    holdAt(lab, BrokerTimer.submitIsr);
    lab.host(1).postpone(BrokerTimer.submitIsr);
    lab.decide({ leader: 1 });
    runUntil(lab, () => lab.replica(1).leaderEpoch === 1);
    lab.host(1).release();
    lab.pass(100 * MILLI);
    const [proposal] = (lab.controller.inbox[0]!.request as AlterPartitionRequest).partitions;
    expect(proposal).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0 });
    lab.controller.answer(Api.alterPartition, (request) =>
      lab.controller.alterPartitionResponse(request as AlterPartitionRequest, KafkaError.FENCED_LEADER_EPOCH),
    );
    lab.pass(100 * MILLI);
    expect(lab.replica(1).maximalIsr).toBe(mask(1));
  });
});

describe('AlterPartition submit | send, reply | apply', () => {
  const SEND = TimerRange.alterPartition;
  const APPLY = TimerRange.alterPartition + 1;

  it('a crash between submit and send asks nobody', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    lab.followerFetch(2, 1, 0);
    holdAt(lab, SEND);
    lab.world.kill(1);
    lab.pass(100 * MILLI);
    expect(lab.controller.inbox).toEqual([]);
  });

  it('the metadata may bring the new ISR between reply and apply: the reply then changes nothing', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.followerFetch(2, 1, 0);
    holdAt(lab, APPLY);
    expect(lab.script.image.partition(0)!.isr).toEqual([1, 2]);
    lab.host(1).postpone(APPLY);
    runUntil(lab, () => lab.all('become-leader').length === 2);
    lab.host(1).release();
    expect(lab.all('isr-adopted')).toEqual([]);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2));
  });

  it('the high watermark stands between reply and apply of a shrink', () => {
    const lab = labWithLeader({ brokers: 2, settings: { 'replica.lag.time.max.ms': 1000 } });
    lab.awaitReply(lab.produce(1, 1));
    lab.script.confirmIsr = false;
    lab.until('the shrink is proposed', () => lab.controller.inbox.length === 1);
    lab.script.withheld.add(1);
    lab.controller.answer(Api.alterPartition, (request) => lab.controller.confirm(request as AlterPartitionRequest));
    holdAt(lab, APPLY);
    expect(lab.replica(1).highWatermark).toBe(0);
    lab.host(1).release();
    expect(lab.replica(1).highWatermark).toBe(1);
  });
});

describe('metadata image published | transition | fetcher start', () => {
  it('the cache names a new leader before that leads', () => {
    const lab = labWithFollower();
    lab.decide({ leader: 1 });
    const published = lab.all('metadata-published').length;
    holdAt(lab, BrokerTimer.transition);
    expect(lab.all('metadata-published').length).toBeGreaterThan(published);
    expect(lab.replica(1).isLeader).toBe(false);
    lab.host(1).step();
    expect(lab.replica(1).isLeader).toBe(true);
  });

  it('between publication and transition a deposed leader still takes writes', () => {
    const lab = labWithLeader();
    lab.decide({ leader: 2 });
    holdAt(lab, BrokerTimer.transition);
    lab.host(1).postpone(BrokerTimer.transition);
    lab.produce(1, 1);
    lab.until('the write is here', () => lab.host(1).waiting.includes(BrokerTimer.handleRequest));
    lab.host(1).step();
    expect(lab.epochs(1)).toEqual([0]);
    lab.host(1).release();
    lab.awaitMetadata(1);
    expect(lab.replica(1).isLeader).toBe(false);
  });

  it('between transition and fetcher start a follower fetches from nobody new, and its old writes still wait', () => {
    const lab = labWithLeader();
    const id = lab.produce(1, -1);
    lab.pass(100 * MILLI);
    lab.decide({ leader: 2 });
    holdAt(lab, BrokerTimer.startFetchers);
    expect(lab.replica(1).isLeader).toBe(false);
    lab.pass(100 * MILLI);
    expect(lab.puppet(2).inbox).toEqual([]);
    expect(lab.reply(id)).toBeUndefined();
    lab.host(1).release();
    expect(lab.produceError(id)).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
    awaitFetch(lab, 2);
  });
});

describe('fetcher build | send', () => {
  it('a fetch that was built before the epoch changed is sent, and its answer taken: the offset is the same', () => {
    const lab = labWithFollower();
    answerFetch(lab, 2, {});
    holdAt(lab, FetcherTimer.send);
    lab.host(1).postpone(FetcherTimer.send);
    lab.decide({ leader: 2 });
    runUntil(lab, () => lab.replica(1).leaderEpoch === 1 && lab.host(1).waiting.length === 0);
    lab.host(1).release();
    expect(awaitFetch(lab, 2).partitions[0].currentLeaderEpoch).toBe(0);
    answerFetch(lab, 2, { batches: [lab.batch(1, { baseOffset: 0, partitionLeaderEpoch: 0 })] });
    lab.pass(100 * MILLI);
    expect(lab.replica(1).logEnd).toBe(1);
    expect(awaitFetch(lab, 2).partitions[0]).toMatchObject({ currentLeaderEpoch: 1, fetchOffset: 1 });
  });
});

describe('response | append | high watermark', () => {
  it('a crash between response and append appends nothing', () => {
    const lab = labWithFollower();
    answerFetch(lab, 2, { batches: [lab.batch(1, { baseOffset: 0, partitionLeaderEpoch: 0 })] });
    holdAt(lab, FetcherTimer.apply);
    lab.world.kill(1);
    expect(lab.all('append')).toEqual([]);
  });

  it('a follower that became leader between response and append takes nothing from the former leader', () => {
    const lab = labWithFollower();
    answerFetch(lab, 2, { batches: [lab.batch(1, { baseOffset: 0, partitionLeaderEpoch: 0 })] });
    holdAt(lab, FetcherTimer.apply);
    lab.host(1).postpone(FetcherTimer.apply);
    lab.decide({ leader: 1 });
    runUntil(lab, () => lab.replica(1).isLeader);
    lab.host(1).release();
    expect(lab.replica(1)).toMatchObject({ logEnd: 0, leaderEpochStartOffset: 0 });
  });

  it('a crash between append and high watermark leaves records above the high watermark', () => {
    const lab = labWithFollower();
    answerFetch(lab, 2, { batches: [lab.batch(2, { baseOffset: 0, partitionLeaderEpoch: 0 })], highWatermark: 1 });
    holdAt(lab, FetcherTimer.highWatermarks);
    expect(lab.replica(1)).toMatchObject({ logEnd: 2, highWatermark: 0 });
    lab.world.kill(1);
    expect(lab.all('high-watermark')).toEqual([]);
  });

  it('a follower that became leader between append and high watermark does not take the high watermark over', () => {
    const lab = labWithFollower();
    answerFetch(lab, 2, { batches: [lab.batch(2, { baseOffset: 0, partitionLeaderEpoch: 0 })], highWatermark: 1 });
    holdAt(lab, FetcherTimer.highWatermarks);
    lab.host(1).postpone(FetcherTimer.highWatermarks);
    lab.decide({ leader: 1 });
    runUntil(lab, () => lab.replica(1).isLeader);
    // Before the fetcher is closed: it has partitions of other leaders' to see to.
    lab.host(1).stepPostponed();
    lab.host(1).release();
    expect(lab.replica(1)).toMatchObject({ logEnd: 2, highWatermark: 0 });
  });
});
