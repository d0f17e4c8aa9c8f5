import { describe, expect, it } from 'vitest';
import { Probe } from '../../probes.js';
import { KafkaError } from '../../protocol/errors.js';
import { GroupLab } from './testing/group-lab.js';

const MINUTE = 60;

describe('a committed offset', () => {
  it('can be fetched, and may go back', () => {
    const lab = new GroupLab();
    const member = lab.member();
    lab.stable([[0, 1, 2]], member);
    expect(lab.committed(member, 0)).toBe(-1);
    for (const offset of [7, 3]) {
      expect(lab.commitError(member.commit(0, offset))).toBe(KafkaError.NONE);
      expect(lab.committed(member, 0)).toBe(offset);
    }
    expect(lab.committed(member, 1)).toBe(-1);
  });

  it('is taken from members of the present generation alone', () => {
    const lab = new GroupLab();
    const [member, stranger, old, nobody] = [lab.member(), lab.member(), lab.member(), lab.member()];
    lab.stable([[0]], member);
    Object.assign(stranger, { memberId: 'stranger', generationId: 1 });
    Object.assign(old, { memberId: member.memberId, generationId: 0 });
    expect(lab.commitError(stranger.commit(0, 1))).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.commitError(old.commit(0, 1))).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(lab.commitError(nobody.commit(0, 1))).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.committed(member, 0)).toBe(-1);
  });

  it('is taken from anyone who names no generation, if the group has no members', () => {
    const lab = new GroupLab();
    const [manual, stale] = [lab.member(), lab.member()];
    stale.generationId = 3;
    expect(lab.commitError(stale.commit(0, 1))).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(lab.commitError(manual.commit(0, 5))).toBe(KafkaError.NONE);
    expect(lab.committed(manual, 0)).toBe(5);
  });

  it('of the old generation still counts while members are called to join, and no more once the next has begun', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0, 1, 2]], one);
    const joining = lab.enter(two);
    lab.run(1);
    expect(lab.commitError(one.commit(0, 4))).toBe(KafkaError.NONE);
    const { generationId } = lab.answer(one.join());
    lab.answer(joining);
    expect(lab.commitError(one.commit(0, 5))).toBe(KafkaError.ILLEGAL_GENERATION);
    one.generationId = generationId;
    expect(lab.commitError(one.commit(0, 5))).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(lab.committed(one, 0)).toBe(4);
  });

  it('counts once it is replicated: until then the one before is told, or none to whoever wants a stable one', () => {
    const lab = new GroupLab();
    const member = lab.member();
    lab.stable([[0]], member);
    lab.commitError(member.commit(0, 1));
    const others = [1, 2, 3].filter((broker) => broker !== lab.coordinator);
    for (const broker of others) lab.world.pause(broker);
    const committing = member.commit(0, 2);
    lab.run(1);
    expect(committing.answer).toBeUndefined();
    expect(lab.committed(member, 0)).toBe(1);
    expect(lab.committed(member, 0, true)).toBe(-KafkaError.UNSTABLE_OFFSET_COMMIT);
    for (const broker of others) lab.world.resume(broker);
    expect(lab.commitError(committing)).toBe(KafkaError.NONE);
    expect(lab.committed(member, 0, true)).toBe(2);
  });

  it('that is not replicated in time is answered REQUEST_TIMED_OUT, and is in the log for the next coordinator', () => {
    const lab = new GroupLab();
    const member = lab.member({ sessionTimeoutMs: 60_000 });
    lab.stable([[0]], member);
    const others = [1, 2, 3].filter((broker) => broker !== lab.coordinator);
    for (const broker of others) lab.world.pause(broker);
    expect(lab.commitError(member.commit(0, 2))).toBe(KafkaError.REQUEST_TIMED_OUT);
    expect(lab.committed(member, 0)).toBe(-1);
    for (const broker of others) lab.world.resume(broker);
    lab.run(5);
    lab.failOver();
    expect(lab.committed(member, 0)).toBe(2);
  });

  it('counts at once with offsets.commit.required.acks=1', () => {
    const lab = new GroupLab({ settings: { 'offsets.commit.required.acks': 1 } });
    const member = lab.member();
    lab.stable([[0]], member);
    for (const broker of [1, 2, 3]) if (broker !== lab.coordinator) lab.world.pause(broker);
    expect(lab.commitError(member.commit(0, 2))).toBe(KafkaError.NONE);
    expect(lab.committed(member, 0)).toBe(2);
  });

  it('expires when its group has been without members for offsets.retention.minutes (KIP-211)', () => {
    const lab = new GroupLab({
      settings: { 'offsets.retention.minutes': 10, 'offsets.retention.check.interval.ms': 30_000 },
    });
    const member = lab.member();
    lab.stable([[0]], member);
    lab.commitError(member.commit(0, 2));
    for (let i = 0; i < 12 * 12; i++) {
      lab.run(5);
      lab.errorOf(member.heartbeat());
    }
    expect(lab.committed(member, 0)).toBe(2);
    lab.answer(member.leave());
    lab.run(9 * MINUTE);
    expect(lab.committed(member, 0)).toBe(2);
    const expired = lab.count('offsetExpired');
    lab.run(2 * MINUTE);
    expect(lab.committed(member, 0)).toBe(-1);
    expect(expired.count).toBe(1);
    lab.failOver();
    expect(lab.committed(member, 0)).toBe(-1);
  });

  it('is announced with the generation that it was sent in and the one that it met', () => {
    const lab = new GroupLab();
    const seen: number[][] = [];
    lab.world.probes.listen([Probe.offsetPending], {
      onProbe: (_kind: number, _machine: number, key: number, ...fields: number[]) => seen.push([key, ...fields]),
    });
    const member = lab.member();
    lab.stable([[2]], member);
    lab.commitError(member.commit(2, 9));
    expect(seen).toEqual([[2, 0, 9, 1, 1]]);
  });
});
