import { describe, expect, it } from 'vitest';
import { Probe } from '../../probes.js';
import { KafkaError } from '../../protocol/errors.js';
import { GroupLab, type GroupLabOptions } from './testing/group-lab.js';

function lab41(options: GroupLabOptions = {}): GroupLab {
  return new GroupLab({ version: '4.1', ...options });
}

describe('a member of a group of KIP-848', () => {
  it('gets all partitions when it is alone, with its first heartbeat', () => {
    const lab = lab41();
    const one = lab.consumer();
    expect(lab.beat(one)).toMatchObject({ error: KafkaError.NONE, memberEpoch: 1, assignment: [0, 1, 2] });
    expect(lab.beat(one)).toMatchObject({ memberEpoch: 1, heartbeatIntervalMs: 5000 });
  });

  it('gets what another has once that has said that it gave it up, and nobody waits for a barrier', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.beat(one);
    expect(lab.beat(two)).toMatchObject({ memberEpoch: 2, assignment: [] });
    // The first is told what is left to it, and stays in its epoch.
    const asked = lab.answer(one.heartbeat());
    expect(asked).toMatchObject({ memberEpoch: 1, assignment: [0, 1] });
    expect(lab.beat(two).assignment).toEqual([]);
    one.take(asked);
    expect(lab.beat(one)).toMatchObject({ memberEpoch: 2 });
    expect(lab.beat(two)).toMatchObject({ memberEpoch: 2, assignment: [2] });
  });

  it('keeps what it has when a third one comes, but for what that one is to have', () => {
    const lab = lab41();
    const [one, two, three] = [lab.consumer(), lab.consumer(), lab.consumer()];
    expect(lab.settle(one, two)).toEqual([[0, 1], [2]]);
    expect(lab.settle(one, two, three)).toEqual([[0], [2], [1]]);
  });

  it('is out when it leaves, and its partitions go to the others with their next heartbeats', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.settle(one, two);
    expect(lab.errorOf(one.heartbeat(-1))).toBe(KafkaError.NONE);
    expect(lab.settle(two)).toEqual([[0, 1, 2]]);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('is out when it is not heard for group.consumer.session.timeout.ms', () => {
    const lab = lab41({ settings: { 'group.consumer.session.timeout.ms': 45_000 } });
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.settle(one, two);
    for (let i = 0; i < 9; i++) {
      lab.run(4.9);
      lab.beat(two);
    }
    expect(two.owned).toEqual([2]);
    lab.run(2);
    lab.beat(two);
    expect(two.owned).toEqual([0, 1, 2]);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('is out when it does not give up what it is to give up within its rebalance time-out', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer({ rebalanceTimeoutMs: 10_000 }), lab.consumer()];
    lab.beat(one);
    lab.beat(two);
    for (let i = 0; i < 4; i++) {
      lab.answer(one.heartbeat(1, [0, 1, 2]));
      lab.beat(two);
      lab.run(3);
    }
    expect(lab.errorOf(one.heartbeat(1, [0, 1, 2]))).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.settle(two)).toEqual([[0, 1, 2]]);
  });

  it('is fenced with an epoch that it cannot have, and heard with the last if it may not know the next', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.settle(one, two);
    expect(one.memberEpoch).toBe(2);
    expect(lab.errorOf(one.heartbeat(3))).toBe(KafkaError.FENCED_MEMBER_EPOCH);
    expect(lab.errorOf(one.heartbeat(1, [0, 1, 2]))).toBe(KafkaError.FENCED_MEMBER_EPOCH);
    expect(lab.answer(one.heartbeat(1, [0, 1]))).toMatchObject({ error: KafkaError.NONE, memberEpoch: 2 });
  });

  it.each([
    [[], KafkaError.NONE],
    [['KAFKA-19233'], KafkaError.FENCED_MEMBER_EPOCH],
  ] as const)('may join again once it was fenced, but for %j', (defects, expected) => {
    const lab = lab41({ defects });
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.settle(one, two);
    lab.settle(one, two, lab.consumer());
    expect(lab.errorOf(one.heartbeat(7))).toBe(KafkaError.FENCED_MEMBER_EPOCH);
    expect(lab.errorOf(one.heartbeat(0, []))).toBe(expected);
  });

  it('is refused an assignor that there is not, and a group that is full', () => {
    const lab = lab41({ settings: { 'group.consumer.max.size': 1 } });
    expect(lab.errorOf(lab.consumer({ serverAssignor: 'sticky' }).heartbeat())).toBe(KafkaError.UNSUPPORTED_ASSIGNOR);
    lab.beat(lab.consumer());
    expect(lab.errorOf(lab.consumer().heartbeat())).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
  });

  it('is not served before 4.0', () => {
    const lab = new GroupLab();
    const asked = lab.consumer().heartbeat();
    lab.run(5);
    expect(asked.answer).toBeUndefined();
  });
});

describe('a static member of a group of KIP-848', () => {
  it('that says that it will be back is taken over by whoever comes with its instance id', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer({ instanceId: 'a' }), lab.consumer()];
    lab.settle(one, two);
    const successor = lab.consumer({ instanceId: 'a' });
    expect(lab.errorOf(successor.heartbeat())).toBe(KafkaError.UNRELEASED_INSTANCE_ID);
    expect(lab.answer(one.heartbeat(-2))).toMatchObject({ error: KafkaError.NONE, memberEpoch: -2 });
    expect(lab.settle(successor, two)).toEqual([[0, 1], [2]]);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.FENCED_INSTANCE_ID);
  });
});

describe('offsets of a group of KIP-848', () => {
  it('are taken from members in their present epoch, in a transaction too', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.settle(one, two);
    expect(lab.commitError(one.commit(0, 5, 1))).toBe(KafkaError.STALE_MEMBER_EPOCH);
    expect(lab.commitError(lab.consumer().commit(0, 5, 2))).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.commitError(one.commit(0, 5))).toBe(KafkaError.NONE);
    expect(lab.errorOf(one.fetch(0, 1))).toBe(KafkaError.STALE_MEMBER_EPOCH);
    expect(lab.answer(two.fetch(0)).partitions[0].committedOffset).toBe(5);
    const stale = lab.member();
    Object.assign(stale, { memberId: one.memberId, generationId: 1 });
    expect(lab.commitError(lab.transaction().commitOffsets(0, 9, stale))).toBe(KafkaError.ILLEGAL_GENERATION);
  });

  it('are those that the group had before it spoke the new protocol, and those of the other go on with them', () => {
    const lab = lab41();
    const classic = lab.member();
    lab.stable([[0, 1, 2]], classic);
    lab.commitError(classic.commit(0, 7));
    lab.answer(classic.leave());
    lab.run(1);
    const consumer = lab.consumer();
    lab.settle(consumer);
    expect(lab.answer(consumer.fetch(0)).partitions[0].committedOffset).toBe(7);
    lab.failOver();
    expect(lab.beat(consumer)).toMatchObject({ error: KafkaError.NONE, assignment: [0, 1, 2] });
    expect(lab.answer(consumer.fetch(0)).partitions[0].committedOffset).toBe(7);
  });
});

describe('a coordinator of a group of KIP-848 that dies', () => {
  it('leaves epochs, targets and what is being given up to the next', () => {
    const lab = lab41();
    const [one, two] = [lab.consumer(), lab.consumer()];
    lab.beat(one);
    lab.beat(two);
    one.take(lab.answer(one.heartbeat()));
    lab.failOver();
    expect(lab.beat(two)).toMatchObject({ error: KafkaError.NONE, memberEpoch: 2, assignment: [] });
    expect(lab.beat(one)).toMatchObject({ memberEpoch: 2, assignment: [0, 1] });
    expect(lab.beat(two).assignment).toEqual([2]);
  });

  it('tells nobody of what it could not store', () => {
    const lab = lab41({ minIsr: 3 });
    const other = [1, 2, 3].find((broker) => broker !== lab.coordinator)!;
    const one = lab.consumer();
    lab.beat(one);
    lab.world.kill(other);
    lab.run(15);
    const two = lab.consumer();
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    expect(lab.beat(one)).toMatchObject({ error: KafkaError.NONE, memberEpoch: 1, assignment: [0, 1, 2] });
  });

  it('tells nobody of what is not replicated yet, even when a heartbeat changes nothing more', () => {
    const lab = lab41();
    const one = lab.consumer();
    const told: number[] = [];
    lab.world.probes.listen([Probe.partitionAssigned], { onProbe: (_kind, _machine, key) => void told.push(key) });
    const followers = [1, 2, 3].filter((broker) => broker !== lab.coordinator);
    for (const follower of followers) lab.world.pause(follower);
    expect(lab.errorOf(one.heartbeat(0))).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    expect(lab.errorOf(one.heartbeat(0))).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    expect(told).toEqual([]);
    for (const follower of followers) lab.world.resume(follower);
    lab.run(2);
    expect(lab.beat(one)).toMatchObject({ memberEpoch: 1, assignment: [0, 1, 2] });
    expect(told).toEqual([0, 1, 2]);
  });
});
