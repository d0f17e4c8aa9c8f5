import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../protocol/errors.js';
import { GroupLab } from './testing/group-lab.js';

describe('joining', () => {
  it('puts those who come within the initial delay into one generation, led by the first', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    const first = lab.enter(one);
    lab.run(1);
    const second = lab.enter(two);
    const leader = lab.answer(first);
    const follower = lab.answer(second);
    expect(leader).toMatchObject({
      error: KafkaError.NONE,
      generationId: 1,
      leader: one.memberId,
      protocolName: 'range',
    });
    expect(leader.members.map(({ memberId }) => memberId)).toEqual([one.memberId, two.memberId]);
    expect(follower).toMatchObject({ generationId: 1, leader: one.memberId, members: [] });
  });

  it('tells a new member its id first, so that a repeated request makes no second member (KIP-394)', () => {
    const lab = new GroupLab();
    const member = lab.member();
    const { error, memberId } = lab.answer(member.join());
    expect(error).toBe(KafkaError.MEMBER_ID_REQUIRED);
    expect(memberId).toMatch(/^scripted-[0-9a-f]{16}$/);
    lab.answer(member.join());
    member.memberId = memberId;
    expect(lab.answer(member.join()).members).toHaveLength(1);
  });

  it('made two members of a repeated request before', () => {
    const lab = new GroupLab({ rules: { memberIdRequired: false } });
    const member = lab.member();
    const asks = [member.join(), member.join()];
    expect(asks.map((asked) => lab.answer(asked).members.length)).toEqual([2, 0]);
  });

  it('refuses a session time-out out of bounds, and a protocol that not all support', () => {
    const lab = new GroupLab();
    expect(lab.errorOf(lab.member({ sessionTimeoutMs: 5999 }).join())).toBe(KafkaError.INVALID_SESSION_TIMEOUT);
    lab.stable([[0]], lab.member());
    expect(lab.errorOf(lab.member({ protocols: ['sticky'] }).join())).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  });

  it('chooses the protocol that most members like best of those that all support', () => {
    const lab = new GroupLab();
    const preferences = [
      ['range', 'sticky'],
      ['sticky', 'range'],
      ['roundrobin', 'sticky', 'range'],
    ];
    const asks = preferences.map((protocols) => lab.enter(lab.member({ protocols })));
    for (const asked of asks) expect(lab.answer(asked).protocolName).toBe('sticky');
  });

  it('turns away whoever comes when the group is full (KIP-389)', () => {
    const lab = new GroupLab({ settings: { 'group.max.size': 1 } });
    lab.stable([[0, 1, 2]], lab.member());
    const late = lab.member();
    late.memberId = lab.answer(late.join()).memberId;
    expect(lab.errorOf(late.join())).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
  });
});

describe('a rebalance', () => {
  it('calls all members by their heartbeats, and ends when all have joined', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0, 1, 2]], one);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.NONE);
    const joining = lab.enter(two);
    lab.run(1);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(joining.answer).toBeUndefined();
    const rejoined = lab.answer(one.join());
    expect(rejoined.generationId).toBe(2);
    expect(lab.answer(joining).generationId).toBe(2);
  });

  it('holds a follower until the leader has decided, and gives each its own', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    const asks = [lab.enter(one), lab.enter(two)];
    for (const [index, member] of [one, two].entries()) member.generationId = lab.answer(asks[index]).generationId;
    const waiting = two.sync();
    lab.run(2);
    expect(waiting.answer).toBeUndefined();
    lab.answer(one.sync({ [one.memberId]: [0], [two.memberId]: [1, 2] }));
    expect(lab.answer(waiting).assignment.assignedPartitions).toEqual([1, 2]);
    expect(lab.answer(two.sync()).assignment.assignedPartitions).toEqual([1, 2]);
  });

  it('goes on without the dynamic members that do not join within the longest of their time-outs', () => {
    const lab = new GroupLab();
    const [one, two, three] = [
      lab.member({ sessionTimeoutMs: 60_000 }),
      lab.member({ sessionTimeoutMs: 60_000 }),
      lab.member(),
    ];
    lab.stable([[0], [1]], one, two);
    const started = lab.world.now;
    const joining = lab.enter(three);
    const rejoining = one.join();
    expect(lab.answer(rejoining).members).toHaveLength(2);
    expect(lab.answer(joining).generationId).toBe(2);
    expect((lab.world.now - started) / 1_000_000).toBeGreaterThan(19.9);
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('begins anew without those that do not ask for their assignments in time', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member({ sessionTimeoutMs: 60_000 }), lab.member({ sessionTimeoutMs: 60_000 })];
    const asks = [lab.enter(one), lab.enter(two)];
    for (const [index, member] of [one, two].entries()) member.generationId = lab.answer(asks[index]).generationId;
    lab.answer(one.sync({ [one.memberId]: [0, 1, 2] }));
    lab.run(21);
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  });

  it('is called for by a leader at any time, by a follower with other metadata alone', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0], [1]], one, two);
    expect(lab.answer(two.join()).generationId).toBe(1);
    two.userData = [7];
    const rejoining = [two.join(), one.join()];
    expect(rejoining.map((asked) => lab.answer(asked).generationId)).toEqual([2, 2]);
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.ILLEGAL_GENERATION);
    for (const member of [one, two]) member.generationId = 2;
    lab.assign([[0], [1]], one, two);
    const again = one.join();
    lab.run(1);
    expect(again.answer).toBeUndefined();
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  });

  it('elects another leader if the last one does not come', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0], [1]], one, two);
    lab.answer(one.leave());
    expect(lab.answer(two.join())).toMatchObject({ generationId: 2, leader: two.memberId });
  });
});

describe('a session', () => {
  it('ends when its member is not heard, and the others are called to join', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0], [1, 2]], one, two);
    for (let second = 0; second < 9; second++) {
      expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.NONE);
      lab.run(1);
    }
    lab.run(1.5);
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  });

  it('is kept alive by commits as well', () => {
    const lab = new GroupLab();
    const member = lab.member();
    lab.stable([[0]], member);
    for (let i = 0; i < 4; i++) {
      lab.run(6);
      expect(lab.commitError(member.commit(0, i))).toBe(KafkaError.NONE);
    }
    expect(lab.errorOf(member.heartbeat())).toBe(KafkaError.NONE);
  });
});

describe('a static member (KIP-345)', () => {
  it('comes back into the same generation with the same partitions, and its former self is fenced', () => {
    const lab = new GroupLab();
    const [one, two] = [lab.member({ groupInstanceId: 'a' }), lab.member({ groupInstanceId: 'b' })];
    lab.stable([[0], [1, 2]], one, two);
    const restarted = lab.member({ groupInstanceId: 'b' });
    const { error, memberId, generationId } = lab.answer(restarted.join());
    expect({ error, generationId }).toEqual({ error: KafkaError.NONE, generationId: 1 });
    Object.assign(restarted, { memberId, generationId });
    expect(lab.answer(restarted.sync()).assignment.assignedPartitions).toEqual([1, 2]);
    expect(lab.errorOf(two.heartbeat())).toBe(KafkaError.FENCED_INSTANCE_ID);
    expect(lab.commitError(two.commit(1, 5))).toBe(KafkaError.FENCED_INSTANCE_ID);
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.NONE);
  });

  it('is known under its new id by the next coordinator', () => {
    const lab = new GroupLab();
    lab.stable([[0]], lab.member({ groupInstanceId: 'a' }));
    const restarted = lab.member({ groupInstanceId: 'a' });
    const { memberId, generationId } = lab.answer(restarted.join());
    Object.assign(restarted, { memberId, generationId });
    lab.failOver();
    expect(lab.errorOf(restarted.heartbeat())).toBe(KafkaError.NONE);
  });

  it.each([
    [true, true],
    [false, false],
  ])('that leads is told so when it comes back, and not to assign (KIP-814: %s)', (skips, isLeader) => {
    const lab = new GroupLab({ rules: { staticLeaderSkipsAssignment: skips } });
    lab.stable([[0]], lab.member({ groupInstanceId: 'a' }));
    const { leader, memberId, skipAssignment } = lab.answer(lab.member({ groupInstanceId: 'a' }).join());
    expect({ isLeader: leader === memberId, skipAssignment }).toEqual({ isLeader, skipAssignment: skips });
  });

  it('stays through a rebalance that it does not join, until its session is over', () => {
    const lab = new GroupLab();
    const statics = { groupInstanceId: 'a', sessionTimeoutMs: 60_000 };
    const [one, two] = [lab.member(statics), lab.member({ rebalanceTimeoutMs: 8000 })];
    lab.stable([[0], [1]], one, two);
    two.userData = [1];
    const { members, generationId } = lab.answer(two.join());
    expect(generationId).toBe(2);
    expect(members).toHaveLength(2);
  });
});
