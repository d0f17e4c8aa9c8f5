import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../protocol/errors.js';
import { GroupLab } from './testing/group-lab.js';

describe('a coordinator that dies', () => {
  it('leaves generation, members and offsets to the next, and no rebalance follows', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0], [1, 2]], one, two);
    lab.commitError(two.commit(1, 5));
    lab.failOver();
    for (const member of [one, two]) expect(lab.errorOf(member.heartbeat())).toBe(KafkaError.NONE);
    expect(lab.answer(two.sync()).assignment.assignedPartitions).toEqual([1, 2]);
    expect(lab.committed(one, 1)).toBe(5);
    expect(lab.commitError(two.commit(1, 6))).toBe(KafkaError.NONE);
  });

  it('after the members have joined and before they were assigned anything takes their generation with it', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0, 1, 2]], one);
    const joining = lab.enter(two);
    const rejoined = one.join();
    lab.answer(joining);
    Object.assign(one, { generationId: lab.answer(rejoined).generationId });
    Object.assign(two, { generationId: one.generationId });
    expect(one.generationId).toBe(2);
    lab.failOver();
    expect(lab.errorOf(one.sync())).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(lab.errorOf(two.sync())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.commitError(one.commit(0, 1))).toBe(KafkaError.ILLEGAL_GENERATION);
    one.generationId = 1;
    expect(lab.commitError(one.commit(0, 1))).toBe(KafkaError.NONE);
  });

  it('counts the sessions of members that are gone anew with its successor', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0], [1, 2]], one, two);
    lab.run(8);
    lab.failOver();
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.NONE);
    lab.run(11);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });
});

describe('a broker that is no longer the coordinator', () => {
  it('says so to those who ask it, and to those who wait in its rebalance', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member({ sessionTimeoutMs: 60_000 }), lab.member()];
    lab.stable([[0, 1, 2]], one);
    const waiting = lab.enter(two);
    lab.run(1);
    const deposed = lab.coordinator;
    const successor = [1, 2, 3].find((broker) => broker !== deposed)!;
    lab.moveCoordinator(successor);
    expect(lab.answer(waiting)).toMatchObject({ error: KafkaError.NOT_COORDINATOR, memberId: two.memberId });
    expect(lab.errorOf(one.heartbeat(deposed))).toBe(KafkaError.NOT_COORDINATOR);
    expect(lab.commitError(one.commit(0, 1, deposed))).toBe(KafkaError.NOT_COORDINATOR);
    expect(lab.errorOf(one.join(deposed))).toBe(KafkaError.NOT_COORDINATOR);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.NONE);
  });
});

describe('an assignment that cannot be stored', () => {
  it('is refused to all who wait for it, and members are called again', () => {
    const lab = new GroupLab({ minIsr: 3 });
    const [one, two] = [lab.member({ sessionTimeoutMs: 60_000 }), lab.member({ sessionTimeoutMs: 60_000 })];
    const asks = [lab.enter(one), lab.enter(two)];
    for (const [index, member] of [one, two].entries()) member.generationId = lab.answer(asks[index]).generationId;
    const waiting = two.sync();
    lab.run(0.5);
    const other = [1, 2, 3].find((broker) => broker !== lab.coordinator)!;
    lab.world.kill(other);
    lab.run(12);
    expect(lab.errorOf(one.sync({ [one.memberId]: [0] }))).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    expect(lab.errorOf(waiting)).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(lab.commitError(one.commit(0, 1))).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
  });
});
