import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest } from '../protocol/group-messages.js';
import { Api } from '../protocol/messages.js';
import type { GroupConsumer } from './group-consumer.js';
import { errorsFor, expectZombieProcessesTwice, groupLab, sendToPartition } from './testing/group-lab.js';
import type { Lab } from './testing/lab.js';
import { answer, drop, hold, lose } from './testing/scripted-broker.js';

const SECOND = 1000;

function memberIdOf(laboratory: Lab): string {
  return [...laboratory.cluster.group.members.keys()][0]!;
}

describe('a consumer that subscribes', () => {
  it('joins, is given what there is, and processes it', () => {
    const one = groupLab();
    const c = one.member();
    one.pass(1 * SECOND);
    expect(one.log.owned(c)).toEqual([[0, 1]]);
    expect(one.log.processed()).toEqual(['p0@0', 'p0@1', 'p0@2', 'p1@0', 'p1@1']);
    expect((one.process(c) as GroupConsumer).caughtUp()).toBe(true);
  });

  it('is told its id first, and joins with it (KIP-394)', () => {
    const one = groupLab();
    one.member();
    one.pass(1 * SECOND);
    const joins = one.broker(1).requestsOf<JoinGroupRequest>(Api.joinGroup);
    expect(joins.map(({ memberId }) => memberId)).toEqual(['', memberIdOf(one)]);
  });

  it('begins where the group has committed, and by its policy where it has not', () => {
    const one = groupLab();
    one.cluster.group.committed.set(0, 2);
    one.member({ settings: { 'auto.offset.reset': 'latest' } });
    one.pass(1 * SECOND);
    expect(one.log.processed()).toEqual(['p0@2']);
    sendToPartition(one, 1, [13]);
    one.pass(1 * SECOND);
    expect(one.log.processed()).toEqual(['p0@2', 'p1@2']);
  });

  it('ends with an exception where the group has not committed and there is no policy, and its process with it', () => {
    const one = groupLab();
    one.cluster.group.committed.set(0, 2);
    const c = one.member({ settings: { 'auto.offset.reset': 'none' } });
    one.pass(1 * SECOND);
    const polls = one.log.operations.filter(({ f }) => f === 'poll');
    expect(polls.at(-1)).toMatchObject({ outcome: 'fail', error: 'NoOffsetForPartitionException' });
    expect(one.world.isRunning(c)).toBe(false);
    expect(one.log.processed()).toEqual([]);
  });

  it('that was committed in a newer leader epoch than it knows, is not asked of the deposed leader', () => {
    const one = groupLab({ brokers: 2 });
    one.cluster.group.committed.set(0, 2);
    one.cluster.committedLeaderEpoch = 1;
    one.script = ({ kind }) => (kind === Api.offsetFetch ? hold : answer);
    one.member();
    one.pass(1 * SECOND);
    one.cluster.moveLeader(0, 2);
    for (const broker of [1, 2]) one.broker(broker).release();
    one.pass(1 * SECOND);
    expect(one.broker(1).requestsOf(Api.offsetForLeaderEpoch)).toEqual([]);
    expect(one.broker(2).requestsOf(Api.offsetForLeaderEpoch)).toMatchObject([
      { partitions: [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 1 }] },
    ]);
  });

  it('shares the partitions with who joins later, once all have given theirs up', () => {
    const one = groupLab();
    const first = one.member();
    one.pass(1 * SECOND);
    const second = one.member();
    one.pass(10 * SECOND);
    expect(one.log.owned(first)).toEqual([[0, 1], [], [0]]);
    expect(one.log.owned(second)).toEqual([[1]]);
  });

  it('talks to its coordinator over a connection of its own, so that a parked JoinGroup stops no fetch', () => {
    const one = groupLab();
    const c = one.member({ settings: { 'heartbeat.interval.ms': 500 } });
    one.pass(2 * SECOND);
    one.broker(1).requests.length = 0;
    one.pass(3 * SECOND);
    expect(one.broker(1).requestsOf(Api.heartbeat).length).toBeGreaterThanOrEqual(5);
    expect(one.log.owned(c)).toHaveLength(1);
  });

  it('looks for another coordinator when the one it has says that it is none', () => {
    const one = groupLab({ brokers: 2 });
    one.script = errorsFor(Api.joinGroup, KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
    const c = one.member();
    one.pass(3 * SECOND);
    const lookups = [1, 2].flatMap((broker) => one.broker(broker).requestsOf(Api.findCoordinator));
    expect(lookups).toHaveLength(2);
    expect(one.log.owned(c)).toEqual([[0, 1]]);
  });

  it.each([KafkaError.INCONSISTENT_GROUP_PROTOCOL, KafkaError.FENCED_INSTANCE_ID, KafkaError.INVALID_SESSION_TIMEOUT])(
    'ends when it is refused for good, with error %i',
    (error) => {
      const one = groupLab();
      one.script = errorsFor(Api.joinGroup, error);
      const c = one.member();
      one.pass(30 * SECOND);
      expect(one.broker(1).requestsOf(Api.joinGroup)).toHaveLength(1);
      expect(one.log.operations.at(-1)).toMatchObject({ f: 'poll', outcome: 'fail' });
      expect(one.world.isRunning(c)).toBe(false);
    },
  );

  it('joins again at once as whom it was after ILLEGAL_GENERATION, as somebody new after UNKNOWN_MEMBER_ID', () => {
    const one = groupLab();
    const c = one.member();
    one.pass(1 * SECOND);
    one.script = errorsFor(Api.heartbeat, KafkaError.ILLEGAL_GENERATION);
    one.pass(5 * SECOND);
    one.cluster.group.evict(memberIdOf(one));
    one.pass(5 * SECOND);
    const ids = one
      .broker(1)
      .requestsOf<JoinGroupRequest>(Api.joinGroup)
      .map(({ memberId }) => memberId);
    expect(ids).toEqual(['', 'c2-1', 'c2-1', '', 'c2-2']);
    expect(one.log.owned(c)).toEqual([[0, 1], [], [0, 1], [], [0, 1]]);
  });
});

describe('cooperative rebalancing', () => {
  const settings = { 'partition.assignment.strategy': ['cooperative-sticky'] } as const;

  it('takes from a member only what another is to have, which gets it in a second rebalance (KIP-429)', () => {
    const one = groupLab();
    const first = one.member({ settings });
    one.pass(1 * SECOND);
    const second = one.member({ settings });
    one.pass(10 * SECOND);
    expect(one.log.owned(first)).toEqual([[0, 1], [0], [0], [0]]);
    expect(one.log.owned(second).at(-1)).toEqual([1]);
    expect(one.probed('partitions-revoked')).toEqual(['-1 1 1 1 0']);
  });

  it('goes on reading what it keeps while the others are waited for', () => {
    const one = groupLab();
    const first = one.member({ settings });
    const second = one.member({ settings, recordMicros: 3_000_000 });
    one.pass(20 * SECOND);
    const [kept] = one.log.owned(first).at(-1)!;
    sendToPartition(one, 1 - kept!, [99]);
    one.pass(500);
    one.cluster.group.rebalance();
    one.pass(1 * SECOND);
    sendToPartition(one, kept!, [100]);
    one.pass(1 * SECOND);
    expect(one.log.polled(kept!)).toContain(100);
    expect(one.log.owned(second).at(-1)).toEqual([1 - kept!]);
  });

  it('with an assignor that knows no such thing gives up everything', () => {
    const one = groupLab();
    const strategy = { 'partition.assignment.strategy': ['range', 'cooperative-sticky'] } as const;
    const c = one.member({ settings: strategy });
    one.pass(1 * SECOND);
    one.cluster.group.rebalance();
    one.pass(10 * SECOND);
    expect(one.log.owned(c)).toEqual([[0, 1], [], [0, 1]]);
  });
});

describe('a busy application', () => {
  it('keeps its place by the heartbeats of another thread, and is asked to join only when it polls again', () => {
    const one = groupLab();
    one.member({ recordMicros: 10_000_000 });
    one.pass(20 * SECOND);
    one.cluster.group.rebalance();
    one.pass(20 * SECOND);
    expect(one.broker(1).requestsOf<HeartbeatRequest>(Api.heartbeat).length).toBeGreaterThan(10);
    expect(one.broker(1).requestsOf(Api.joinGroup)).toHaveLength(2);
    one.pass(20 * SECOND);
    expect(one.broker(1).requestsOf(Api.joinGroup)).toHaveLength(3);
  });

  it('leaves by itself after max.poll.interval.ms; what it then commits is refused, and it loses its partitions', () => {
    const one = groupLab();
    const c = one.member({ recordMicros: 2_000_000, settings: { 'max.poll.interval.ms': 5000 } });
    one.pass(9 * SECOND);
    expect(one.broker(1).requestsOf<LeaveGroupRequest>(Api.leaveGroup)).toHaveLength(1);
    one.pass(3 * SECOND);
    expect(one.log.commits()).toEqual(['fail CommitFailedException']);
    expect(one.log.processed()).toHaveLength(5);
    // It begins anew where the group has committed, which is nowhere.
    expect(one.log.owned(c)).toEqual([[0, 1], [], [0, 1]]);
    one.pass(20 * SECOND);
    expect(one.log.processed().length).toBeGreaterThan(5);
  });

  it('before KIP-62 sends no heartbeat while it is busy, and does not leave by itself', () => {
    const one = groupLab();
    const settings = { 'max.poll.interval.ms': 5000, 'session.timeout.ms': 10_000 };
    one.member({ recordMicros: 10_000_000, rules: { backgroundHeartbeat: false }, settings });
    one.pass(20 * SECOND);
    expect(one.broker(1).requestsOf(Api.heartbeat)).toEqual([]);
    expect(one.broker(1).requestsOf(Api.leaveGroup)).toEqual([]);
    const [join] = one.broker(1).requestsOf<JoinGroupRequest>(Api.joinGroup);
    expect(join!.rebalanceTimeoutMs).toBe(10_000);
  });

  it('that was paused, and replaced meanwhile, finishes what it had and cannot commit it', () => {
    const one = groupLab();
    const member = one.member.bind(one);
    expectZombieProcessesTwice(one, member, () => one.cluster.group.evict(memberIdOf(one)));
  });
});

describe('commits', () => {
  it('after processing: of what was processed, before the next poll', () => {
    const one = groupLab();
    one.member({ settings: { 'max.poll.records': 3 } });
    one.pass(1 * SECOND);
    expect(one.log.commits()).toEqual(['ok p0=3 p1=0', 'ok p0=3 p1=2']);
  });

  it('before processing: what cannot be committed is not processed', () => {
    const one = groupLab();
    one.script = errorsFor(Api.offsetCommit, KafkaError.REBALANCE_IN_PROGRESS);
    one.member({ commit: 'before-processing', settings: { 'max.poll.records': 3 } });
    one.pass(1 * SECOND);
    expect(one.log.commits()[0]).toBe('fail RebalanceInProgressException');
    expect(one.log.polled(0)).toEqual([1, 2, 3, 1, 2, 3]);
    expect(one.log.processed()).toEqual(['p0@0', 'p0@1', 'p0@2', 'p1@0', 'p1@1']);
  });

  it('automatic: every interval, before a rebalance, and of positions', () => {
    const one = groupLab();
    one.member({ commit: 'auto', settings: { 'auto.commit.interval.ms': 2000 } });
    one.pass(1 * SECOND);
    expect(one.log.commits()).toEqual([]);
    one.pass(2 * SECOND);
    expect(one.log.commits()).toEqual(['ok p0=3 p1=2']);
    sendToPartition(one, 0, [4]);
    one.pass(500);
    one.cluster.group.rebalance();
    one.pass(4 * SECOND);
    expect(one.log.commits()).toContain('ok p0=4 p1=2');
    expect(one.log.processed().filter((record) => record === 'p0@3')).toHaveLength(1);
  });

  it('are tried again when an answer is missing, and nobody knows of one that never came', () => {
    const one = groupLab();
    one.script = (request) => (request.kind === Api.offsetCommit ? lose : answer);
    one.member({ settings: { 'default.api.timeout.ms': 3000 } });
    one.pass(5 * SECOND);
    expect(one.log.commits()[0]).toBe('info TimeoutException');
    expect(one.broker(1).requestsOf(Api.offsetCommit).length).toBeGreaterThan(5);
  });

  it.each([
    [KafkaError.COORDINATOR_NOT_AVAILABLE, 'ok p0=3 p1=2'],
    [KafkaError.NOT_COORDINATOR, 'ok p0=3 p1=2'],
    [KafkaError.REQUEST_TIMED_OUT, 'ok p0=3 p1=2'],
    [KafkaError.COORDINATOR_LOAD_IN_PROGRESS, 'ok p0=3 p1=2'],
    [KafkaError.UNKNOWN_MEMBER_ID, 'fail CommitFailedException: UNKNOWN_MEMBER_ID'],
    [KafkaError.ILLEGAL_GENERATION, 'fail CommitFailedException: ILLEGAL_GENERATION'],
    [KafkaError.FENCED_INSTANCE_ID, 'fail FENCED_INSTANCE_ID'],
  ])('that are answered with %i end as "%s"', (error, end) => {
    const one = groupLab();
    one.script = errorsFor(Api.offsetCommit, error);
    one.member();
    one.pass(2 * SECOND);
    expect(one.log.commits()[0]).toBe(end);
  });

  it('of a question for committed offsets that is lost, it is asked again', () => {
    const one = groupLab();
    let lost = 0;
    one.script = (request) => (request.kind === Api.offsetFetch && lost++ < 2 ? drop : answer);
    one.member();
    one.pass(2 * SECOND);
    expect(one.log.operations.filter(({ f }) => f === 'committed').map(({ outcome }) => outcome)).toEqual([
      'fail',
      'fail',
      'ok',
    ]);
    expect(one.log.processed()).toHaveLength(5);
  });
});

describe('a member that ends', () => {
  it('in order: commits if it does so by itself, and leaves', () => {
    const one = groupLab();
    const c = one.member({ commit: 'auto' });
    one.pass(1 * SECOND);
    (one.process(c) as GroupConsumer).shutDown();
    one.pass(100);
    expect(one.cluster.group.members.size).toBe(0);
    expect(one.cluster.group.committed.get(0)).toBe(3);
  });

  it('as a static one: stays (KIP-345)', () => {
    const one = groupLab();
    const c = one.member({ settings: { 'group.instance.id': 'one' } });
    one.pass(1 * SECOND);
    (one.process(c) as GroupConsumer).shutDown();
    one.pass(100);
    expect(one.broker(1).requestsOf(Api.leaveGroup)).toEqual([]);
  });
});
