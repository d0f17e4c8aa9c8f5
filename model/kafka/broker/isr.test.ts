import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type AlterPartitionRequest } from '../protocol/messages.js';
import { labWithLeader, MILLI, SECOND, type Lab } from './testing/lab.js';

const mask = (...brokers: number[]): number => brokers.reduce((set, broker) => set | (1 << broker), 0);

/** The proposals that wait at the controller. */
function proposals(lab: Lab): AlterPartitionRequest['partitions'][number][] {
  return lab.controller.inbox
    .filter(({ request }) => request.kind === Api.alterPartition)
    .flatMap(({ request }) => (request as AlterPartitionRequest).partitions);
}

function written(lab: Lab, count: number): void {
  for (let i = 0; i < count; i++) lab.awaitReply(lab.produce(1, 1));
}

describe('the ISR shrinks', () => {
  it('when a member has not caught up for replica.lag.time.max.ms, found at the next half of it', () => {
    const lab = labWithLeader({ brokers: 2 });
    const from = lab.world.now;
    written(lab, 1);
    lab.until('the ISR shrinks', () => lab.all('isr-pending').length === 1);
    expect(lab.all('isr-pending')).toEqual([{ isr: mask(1), partitionEpoch: 0, leaderEpoch: 0, expand: 0 }]);
    const after = lab.world.now - from;
    expect(after).toBeGreaterThan(30 * SECOND);
    expect(after).toBeLessThanOrEqual(45 * SECOND);
  });

  it('never by a member that is at the log end, however long it is silent', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 1);
    lab.fetched(2, 1, 1);
    lab.pass(200 * SECOND);
    expect(lab.all('isr-pending')).toEqual([]);
  });

  it('never by a follower that is always one fetch behind: it counts as caught up at its fetch before', () => {
    const lab = labWithLeader({ brokers: 2 });
    for (let offset = 0; offset < 100; offset++) {
      written(lab, 1);
      lab.fetched(2, 1, offset);
      lab.pass(SECOND);
    }
    expect(lab.all('isr-pending')).toEqual([]);
  });

  it('by a follower that fetches all the time, and falls further behind', () => {
    const lab = labWithLeader({ brokers: 2 });
    for (let second = 0; second < 60; second++) {
      written(lab, 2);
      lab.fetched(2, 1, Math.trunc(second / 2));
      lab.pass(SECOND);
    }
    expect(lab.all('isr-pending')).toHaveLength(1);
  });

  it('by a member that has no replica any more, at the next look (KAFKA-9672)', () => {
    const lab = labWithLeader({ brokers: 3 });
    lab.decide({ replicas: [1, 2] });
    lab.awaitMetadata(1);
    lab.until('the ISR shrinks', () => lab.all('isr-pending').length === 1);
    expect(lab.all('isr-pending')[0]).toMatchObject({ isr: mask(1, 2), expand: 0 });
  });

  it('and the leaver counts for the high watermark until the controller has confirmed it', () => {
    const lab = labWithLeader({ brokers: 2 });
    lab.script.confirmIsr = false;
    written(lab, 1);
    lab.until('the ISR shrinks', () => proposals(lab).length === 1);
    lab.pass(SECOND);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 0, maximalIsr: mask(1, 2) });
    lab.script.withheld.add(1);
    lab.controller.answer(Api.alterPartition, (request) => lab.controller.confirm(request as AlterPartitionRequest));
    lab.pass(SECOND);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 1, maximalIsr: mask(1) });
    expect(lab.all('isr-adopted')).toEqual([{ isr: mask(1), partitionEpoch: 1, leaderEpoch: 0 }]);
  });
});

describe('the ISR grows', () => {
  it('by a follower that fetches at the high watermark, and the joiner counts from the proposal on', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    written(lab, 2);
    lab.fetched(2, 1, 0);
    expect(proposals(lab)).toEqual([]);
    lab.fetched(2, 1, 2);
    lab.until('the ISR grows', () => proposals(lab).length === 1);
    expect(proposals(lab)[0]).toEqual({
      partition: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      newIsr: [
        { brokerId: 1, brokerEpoch: lab.brokerEpoch(1) },
        { brokerId: 2, brokerEpoch: lab.brokerEpoch(2) },
      ],
      leaderRecoveryState: 0,
    });
    written(lab, 1);
    lab.pass(SECOND);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 2, maximalIsr: mask(1, 2) });
  });

  it('and a joiner that was proposed counts on, though it is fenced by now: the controller may have taken it in', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.script.confirmIsr = false;
    lab.fetched(2, 1, 0);
    lab.until('the ISR grows', () => proposals(lab).length === 1);
    lab.fence(2);
    lab.awaitMetadata(1);
    written(lab, 1);
    lab.pass(SECOND);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 0, maximalIsr: mask(1, 2) });
  });

  it('not by a joiner below the start of the leader epoch, though above the high watermark (KAFKA-7128)', () => {
    const lab = labWithLeader({}, [1, 2, 3]);
    written(lab, 4);
    // Broker 3 is out; 2 has fetched nothing in the new epoch, so that the high watermark stands at 0.
    lab.decide({ leader: 1, isr: [1, 2] });
    lab.awaitMetadata(1);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 0, leaderEpochStartOffset: 4 });
    lab.fetched(3, 1, 3);
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toEqual([]);
    lab.fetched(3, 1, 4);
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toHaveLength(1);
  });

  it('not by a fenced broker (KIP-841), and not by one that is shutting down', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.fence(2);
    lab.awaitMetadata(1);
    lab.fetched(2, 1, 0);
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toEqual([]);
    lab.fence(2, -1);
    lab.awaitMetadata(1);
    const brokerEpoch = lab.brokerEpoch(2);
    const kind = 'broker-registration-change';
    lab.commit({ kind, brokerId: 2, brokerEpoch, fenced: 0, inControlledShutdown: 1 });
    lab.awaitMetadata(1);
    lab.fetched(2, 1, 0);
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toEqual([]);
    lab.register(2);
    lab.awaitMetadata(1);
    lab.fetched(2, 1, 0);
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toHaveLength(1);
  });

  it('not by an incarnation that the leader does not know yet (KIP-903)', () => {
    const lab = labWithLeader({ brokers: 2 }, [1]);
    lab.fetched(2, 1, 0, { replicaEpoch: lab.brokerEpoch(2) + 10 });
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toEqual([]);
  });

  it('by one change at a time', () => {
    const lab = labWithLeader({}, [1]);
    lab.script.confirmIsr = false;
    lab.fetched(2, 1, 0);
    lab.fetched(3, 1, 0);
    lab.pass(SECOND);
    expect(proposals(lab)).toHaveLength(1);
    lab.controller.answer(Api.alterPartition, (request) => lab.controller.confirm(request as AlterPartitionRequest));
    lab.pass(SECOND);
    lab.fetched(3, 1, 0);
    lab.pass(SECOND);
    expect(proposals(lab).map(({ newIsr }) => newIsr.map(({ brokerId }) => brokerId))).toEqual([[1, 2, 3]]);
  });
});

describe('the high watermark', () => {
  it('waits for a caught-up follower that may join, so that it can reach it at all', () => {
    const lab = labWithLeader({}, [1, 2]);
    lab.script.confirmIsr = false;
    lab.fetched(2, 1, 0);
    lab.fetched(3, 1, 0);
    lab.pass(SECOND);
    // The controller refuses the join; 3 is outside, and caught up.
    lab.controller.answer(Api.alterPartition, (request) =>
      lab.controller.alterPartitionResponse(request as AlterPartitionRequest, KafkaError.INELIGIBLE_REPLICA),
    );
    lab.pass(SECOND);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2));
    written(lab, 1);
    lab.fetched(2, 1, 1);
    lab.pass(SECOND);
    expect(lab.replica(1).highWatermark).toBe(0);
    lab.fetched(3, 1, 1);
    expect(lab.replica(1).highWatermark).toBe(1);
  });

  it('does not wait for a follower outside the ISR that has yet to catch up', () => {
    const lab = labWithLeader({}, [1, 2]);
    written(lab, 1);
    lab.fetched(2, 1, 1);
    written(lab, 1);
    lab.fetched(3, 1, 0);
    lab.fetched(2, 1, 2);
    expect(lab.replica(1).highWatermark).toBe(2);
  });

  it('of a new leader stands until each member of the ISR has fetched from it', () => {
    const lab = labWithLeader();
    written(lab, 1);
    for (const follower of [2, 3]) lab.fetched(follower, 1, 1);
    expect(lab.replica(1).highWatermark).toBe(1);
    lab.decide({ leader: 2 });
    lab.awaitMetadata(1);
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    written(lab, 1);
    lab.fetched(2, 1, 2);
    lab.pass(SECOND);
    expect(lab.replica(1).highWatermark).toBe(1);
    lab.fetched(3, 1, 2);
    expect(lab.replica(1).highWatermark).toBe(2);
  });

  it('of a new leader counts nothing that it knew of its followers from a former leadership', () => {
    const lab = labWithLeader({}, [1, 2, 3]);
    written(lab, 2);
    lab.fetched(3, 1, 1);
    lab.fetched(2, 1, 2);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 1, logEnd: 2 });
    lab.decide({ leader: 3 });
    lab.awaitMetadata(1);
    lab.decide({ leader: 1, isr: [1, 2] });
    lab.awaitMetadata(1);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 1, isLeader: true });
    lab.fetched(2, 1, 2);
    expect(lab.replica(1).highWatermark).toBe(2);
  });

  it('of a leader that is elected again counts what it knew of its followers', () => {
    const lab = labWithLeader({ brokers: 2 });
    written(lab, 1);
    lab.fetched(2, 1, 1);
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.replica(1)).toMatchObject({ highWatermark: 1, leaderEpochStartOffset: 1 });
  });

  it('moves at once when the ISR is the leader alone', () => {
    const lab = labWithLeader({ brokers: 1 }, [1]);
    lab.produce(1, -1);
    lab.until('it moves', () => lab.replica(1).highWatermark === 1);
    expect(lab.replica(1).logEnd).toBe(1);
  });

  it('never moves while the ISR is smaller than min.insync.replicas (KAFKA-15583)', () => {
    const lab = labWithLeader({ topic: { 'min.insync.replicas': 2 } }, [1]);
    written(lab, 1);
    lab.pass(100 * MILLI);
    expect(lab.replica(1).highWatermark).toBe(0);
  });
});
