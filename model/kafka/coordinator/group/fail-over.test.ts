import { describe, expect, it } from 'vitest';
import { Probe } from '../../probes.js';
import { KafkaError } from '../../protocol/errors.js';
import type { Response } from '../../protocol/messages.js';
import { GroupLab } from './testing/group-lab.js';
import type { Ask, ScriptedMember } from './testing/scripted-member.js';

describe('a coordinator that dies', () => {
  it.each(['kraft', 'zookeeper'] as const)('leaves generation, members and offsets to the next (%s)', (control) => {
    const lab = new GroupLab({ control });
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

describe('a coordinator that is loading', () => {
  /** Stops in the step in which it comes to lead, so that what is asked meanwhile falls between the chunks that it loads. */
  function askWhileLoading<R extends Response>(ask: (member: ScriptedMember, broker: number) => Ask<R>): R {
    const lab = new GroupLab();
    const member = lab.member({ sessionTimeoutMs: 60_000 });
    lab.stable([[0]], member);
    const commits = Array.from({ length: 600 }, (_, offset) => member.commit(0, offset));
    for (const asked of commits) lab.commitError(asked);
    let loading = 0;
    lab.world.probes.listen([Probe.becomeLeader], {
      onProbe: (_kind: number, machine: number, key: number) => {
        if (key !== lab.offsetsPartition || loading !== 0) return;
        loading = machine;
        lab.world.schedule(lab.world.now, { onEvent: () => lab.world.pause(machine) }, 0, 0);
      },
    });
    lab.world.kill(lab.coordinator);
    lab.until(60, () => loading !== 0 || 'nobody else leads');
    const asked = ask(member, loading);
    lab.run(0.5);
    lab.world.resume(loading);
    return lab.answer(asked);
  }

  it('lets members live, and has those that sync join again', () => {
    expect(askWhileLoading((member, broker) => member.heartbeat(broker)).error).toBe(KafkaError.NONE);
    const synced = askWhileLoading((member) => member.sync());
    expect(synced.error).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  });

  it('tells others to ask again', () => {
    const joined = askWhileLoading((member, broker) => member.join(broker));
    expect(joined.error).toBe(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
    const committed = askWhileLoading((member, broker) => member.commit(0, 7, broker));
    expect(committed.partitions[0].error).toBe(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
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
