import { describe, expect, it } from 'vitest';
import type { GroupConsumerSettings } from '../cluster-spec.js';
import { KafkaError } from '../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequest,
  OffsetCommitRequest,
  OffsetFetchRequest,
} from '../protocol/group-messages.js';
import { Api } from '../protocol/messages.js';
import type { GroupConsumer } from './group-consumer.js';
import { errorsFor, expectZombieProcessesTwice, groupLab, sendToPartition } from './testing/group-lab.js';
import type { Lab, MemberOptions } from './testing/lab.js';
import { answer, drop, lose, refuse } from './testing/scripted-broker.js';

const SECOND = 1000;

function member(laboratory: Lab, options: MemberOptions = {}): number {
  const settings: Partial<GroupConsumerSettings> = { 'group.protocol': 'consumer', ...options.settings };
  return laboratory.member({ ...options, settings });
}

function heartbeats(laboratory: Lab, broker = 1): readonly ConsumerGroupHeartbeatRequest[] {
  return laboratory.broker(broker).requestsOf<ConsumerGroupHeartbeatRequest>(Api.consumerGroupHeartbeat);
}

describe('a member of KIP-848’s protocol', () => {
  it('joins under an id of its own with epoch 0, is given what there is, acknowledges it, and processes it', () => {
    const one = groupLab();
    const c = member(one);
    one.pass(1 * SECOND);
    expect(one.log.owned(c)).toEqual([[0, 1]]);
    expect(one.log.processed()).toEqual(['p0@0', 'p0@1', 'p0@2', 'p1@0', 'p1@1']);
    const [join, acknowledgement] = heartbeats(one);
    expect(join).toMatchObject({
      memberEpoch: 0,
      rebalanceTimeoutMs: 300_000,
      subscribedTopics: [0],
      topicPartitions: [],
    });
    expect(join!.memberId).toMatch(/^[0-9a-f]{32}$/);
    expect(acknowledgement).toMatchObject({ memberId: join!.memberId, memberEpoch: 1, topicPartitions: [0, 1] });
    expect((one.process(c) as GroupConsumer).caughtUp()).toBe(true);
  });

  it('sends a heartbeat whenever the coordinator says, and says nothing twice', () => {
    const one = groupLab();
    member(one);
    one.pass(1 * SECOND);
    one.broker(1).requests.length = 0;
    one.pass(20 * SECOND);
    const sent = heartbeats(one);
    expect(sent).toHaveLength(4);
    for (const { rebalanceTimeoutMs, subscribedTopics, topicPartitions } of sent) {
      expect([rebalanceTimeoutMs, subscribedTopics, topicPartitions]).toEqual([-1, null, null]);
    }
  });

  it('names the assignor of group.remote.assignor, and its rack', () => {
    const one = groupLab();
    member(one, { settings: { 'group.remote.assignor': 'range', 'client.rack': 'a' } });
    one.pass(1 * SECOND);
    expect(heartbeats(one)[0]).toMatchObject({ serverAssignor: 'range', rackId: 'a' });
  });

  it('says everything once more after an answer that is missing', () => {
    const one = groupLab();
    const c = member(one);
    one.pass(1 * SECOND);
    const script = errorsFor(Api.consumerGroupHeartbeat, KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
    let lost = 0;
    one.script = (request, broker) =>
      request.kind === Api.consumerGroupHeartbeat && lost++ === 1 ? lose : script(request, broker);
    one.broker(1).requests.length = 0;
    one.pass(6 * SECOND);
    const said = heartbeats(one).map(({ memberEpoch, topicPartitions }) => [memberEpoch, topicPartitions]);
    expect(said).toEqual([
      [1, null],
      [1, [0, 1]],
      [1, [0, 1]],
    ]);
    expect(one.log.owned(c)).toHaveLength(1);
  });

  it('looks for another coordinator when the one it has says that it is none, and goes on as the member that it is', () => {
    const one = groupLab({ brokers: 2 });
    const c = member(one);
    one.pass(1 * SECOND);
    one.script = (request, broker) =>
      request.kind === Api.consumerGroupHeartbeat && broker === one.broker(1)
        ? refuse(KafkaError.NOT_COORDINATOR)
        : answer;
    one.cluster.coordinator = 2;
    one.pass(10 * SECOND);
    expect(heartbeats(one, 2)[0]).toMatchObject({ memberEpoch: 1, topicPartitions: [0, 1] });
    expect(one.log.owned(c)).toEqual([[0, 1]]);
  });

  it.each(['GROUP_MAX_SIZE_REACHED', 'UNRELEASED_INSTANCE_ID'] as const)(
    'ends when it is refused for good: %s',
    (error) => {
      const one = groupLab();
      one.script = errorsFor(Api.consumerGroupHeartbeat, KafkaError[error]);
      const c = member(one);
      one.pass(30 * SECOND);
      expect(heartbeats(one)).toHaveLength(1);
      expect(one.log.operations.at(-1)).toMatchObject({ f: 'poll', outcome: 'fail', error });
      expect(one.world.isRunning(c)).toBe(false);
    },
  );

  it('comes as somebody else when it is started again after its group.instance.id was not released', () => {
    const one = groupLab();
    one.script = errorsFor(Api.consumerGroupHeartbeat, KafkaError.UNRELEASED_INSTANCE_ID);
    const c = member(one, { settings: { 'group.instance.id': 'i' } });
    one.pass(1 * SECOND);
    one.world.start(c);
    one.pass(5 * SECOND);
    const [refused, admitted] = heartbeats(one).map(({ memberId }) => memberId);
    expect(admitted).not.toBe(refused);
    expect(one.log.owned(c)).toEqual([[0, 1]]);
  });
});

describe('its reconciliation', () => {
  it('gives up only what another is to have, who gets it once that is acknowledged', () => {
    const one = groupLab();
    const first = member(one);
    one.pass(1 * SECOND);
    const second = member(one);
    one.pass(15 * SECOND);
    expect(one.log.owned(first)).toEqual([[0, 1], [0], [0]]);
    expect(one.log.owned(second).at(-1)).toEqual([1]);
    expect(one.probed('partitions-revoked')).toEqual(['-1 1 1 1 0']);
  });

  it('waits for the application to poll, and goes on reading what it keeps', () => {
    const one = groupLab();
    const busy = member(one, { recordMicros: 4_000_000 });
    one.pass(1 * SECOND);
    const other = member(one);
    one.pass(15 * SECOND);
    expect(one.log.owned(busy)).toEqual([[0, 1]]);
    expect(one.log.owned(other).at(-1)).toEqual([]);
    one.pass(15 * SECOND);
    expect(one.log.owned(busy).at(-1)).toEqual([0]);
    expect(one.log.owned(other).at(-1)).toEqual([1]);
    sendToPartition(one, 0, [4]);
    one.pass(5 * SECOND);
    expect(one.log.polled(0)).toContain(4);
  });

  it('commits before it gives anything up, if it commits by itself', () => {
    const one = groupLab();
    const settings = { 'auto.commit.interval.ms': 600_000 };
    member(one, { commit: 'auto', settings });
    one.pass(1 * SECOND);
    const second = member(one, { commit: 'auto', settings });
    one.pass(15 * SECOND);
    expect(one.log.commits()).toEqual(['ok p0=3 p1=2']);
    expect(one.log.owned(second).at(-1)).toEqual([1]);
    expect(one.log.processed()).toHaveLength(5);
  });

  it('commits anew in its next epoch what was refused in the last (STALE_MEMBER_EPOCH)', () => {
    const one = groupLab();
    const settings = { 'auto.commit.interval.ms': 600_000 };
    const first = member(one, { commit: 'auto', settings });
    one.pass(1 * SECOND);
    one.script = errorsFor(Api.offsetCommit, KafkaError.STALE_MEMBER_EPOCH);
    member(one, { commit: 'auto', settings });
    one.pass(15 * SECOND);
    expect(one.log.commits().slice(0, 2)).toEqual(['fail StaleMemberEpochException', 'ok p0=3 p1=2']);
    expect(one.log.owned(first).at(-1)).toEqual([0]);
  });

  it('returns nothing any more of what it is about to give up', () => {
    const one = groupLab();
    const settings = { 'auto.commit.interval.ms': 600_000 };
    const first = member(one, { commit: 'auto', settings });
    one.pass(1 * SECOND);
    // Its last commit is not answered: it is still about to give the partition up.
    one.script = (request) => (request.kind === Api.offsetCommit ? drop : answer);
    member(one, { commit: 'auto', settings });
    one.pass(6 * SECOND);
    sendToPartition(one, 1, [13]);
    sendToPartition(one, 0, [4]);
    one.pass(5 * SECOND);
    expect(one.log.owned(first)).toEqual([[0, 1]]);
    expect(one.log.polled(0)).toContain(4);
    expect(one.log.polled(1)).not.toContain(13);
  });
});

describe('a member that is none any more', () => {
  it.each([KafkaError.FENCED_MEMBER_EPOCH, KafkaError.UNKNOWN_MEMBER_ID])(
    'loses what it has and joins again under the same id, after error %i',
    (error) => {
      const one = groupLab();
      const c = member(one);
      one.pass(1 * SECOND);
      one.script = errorsFor(Api.consumerGroupHeartbeat, error);
      one.pass(6 * SECOND);
      expect(one.log.owned(c)).toEqual([[0, 1], [], [0, 1]]);
      expect(one.probed('partitions-revoked')).toEqual(['-1 2 0 1 1']);
      const joins = heartbeats(one).filter(({ memberEpoch }) => memberEpoch === 0);
      expect(joins.map(({ memberId }) => memberId)).toEqual([joins[0]!.memberId, joins[0]!.memberId]);
    },
  );

  it('leaves by itself after max.poll.interval.ms; what it then commits is refused, and it joins with its next poll', () => {
    const one = groupLab();
    const zombie = member(one, { recordMicros: 3_000_000, settings: { 'max.poll.interval.ms': 5000 } });
    one.pass(1 * SECOND);
    member(one);
    one.pass(13 * SECOND);
    const leaving = heartbeats(one).filter(({ memberEpoch }) => memberEpoch === -1);
    expect(leaving).toHaveLength(1);
    expect(one.log.owned(zombie)).toEqual([[0, 1]]);
    one.pass(4 * SECOND);
    const failed = one.log.commits().filter((line) => line.startsWith('fail'));
    expect(failed).toEqual(['fail CommitFailedException: UNKNOWN_MEMBER_ID']);
    expect(one.log.owned(zombie)[1]).toEqual([]);
    one.pass(10 * SECOND);
    expect(
      heartbeats(one).filter(({ memberId, memberEpoch }) => memberId === leaving[0]!.memberId && memberEpoch === 0),
    ).toHaveLength(2);
  });

  it('says that it will be back if it is static', () => {
    const one = groupLab();
    const settings = { 'max.poll.interval.ms': 5000, 'group.instance.id': 'i' };
    member(one, { recordMicros: 3_000_000, settings });
    one.pass(9 * SECOND);
    expect(heartbeats(one).map(({ memberEpoch }) => memberEpoch)).toContain(-2);
  });

  it('finishes what it had, is replaced meanwhile, and cannot commit it', () => {
    const one = groupLab();
    const { consumerGroup } = one.cluster;
    const join = (options?: MemberOptions): number => member(one, options);
    expectZombieProcessesTwice(one, join, () => consumerGroup.evict(consumerGroup.memberIds[0]!));
  });
});

describe('its epoch', () => {
  it('stands in commits, in questions for committed offsets, and in its group metadata', () => {
    const one = groupLab();
    const c = member(one);
    one.pass(1 * SECOND);
    const { memberId } = heartbeats(one)[0]!;
    const [commit] = one.broker(1).requestsOf<OffsetCommitRequest>(Api.offsetCommit);
    expect(commit).toMatchObject({ memberId, generationIdOrMemberEpoch: 1 });
    const [question] = one.broker(1).requestsOf<OffsetFetchRequest>(Api.offsetFetch);
    expect(question).toMatchObject({ memberId, memberEpoch: 1 });
    expect((one.process(c) as GroupConsumer).groupMetadata).toMatchObject({ memberId, generationId: 1 });
  });

  it('that is over fails a commitSync', () => {
    const one = groupLab();
    one.script = errorsFor(Api.offsetCommit, KafkaError.STALE_MEMBER_EPOCH);
    member(one);
    one.pass(1 * SECOND);
    expect(one.log.commits()).toEqual(['fail CommitFailedException: STALE_MEMBER_EPOCH']);
  });

  it('that is over when it asks for offsets is asked with again once the next is known', () => {
    const one = groupLab();
    one.script = errorsFor(Api.offsetFetch, KafkaError.STALE_MEMBER_EPOCH);
    member(one);
    one.pass(1 * SECOND);
    expect(one.log.processed()).toHaveLength(5);
  });
});

describe('who closes its consumer', () => {
  it('leaves with epoch -1, and others get its partitions with their next heartbeats', () => {
    const one = groupLab();
    const first = member(one);
    const second = member(one);
    one.pass(15 * SECOND);
    (one.process(first) as GroupConsumer).shutDown();
    one.pass(6 * SECOND);
    expect(heartbeats(one).filter(({ memberEpoch }) => memberEpoch === -1)).toHaveLength(1);
    expect(one.log.owned(second).at(-1)).toEqual([0, 1]);
  });
});
