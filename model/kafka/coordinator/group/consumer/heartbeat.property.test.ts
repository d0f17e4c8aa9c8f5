import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsumerGroupHeartbeatRequest, JoinGroupRequest } from '../../../protocol/group-messages.js';
import { classicJoin, mustRejoin } from './classic-requests.js';
import { changes, replay } from './consumer-group-log.js';
import { EMPTY_CONSUMER_GROUP, withoutMember, type ConsumerGroupState } from './consumer-group-state.js';
import { heartbeat } from './heartbeat.js';
import type { GroupLimits } from './member-update.js';
import { serverAssignors, type ServerAssignorName, type SubscribedMember } from './server-assignors.js';

/** Topics 0, 1 and 2 with four, three and two partitions. */
const TOPICS: readonly (readonly number[])[] = [
  [0, 1, 2, 3],
  [4, 5, 6],
  [7, 8],
];
const ALL = TOPICS.flat();
const MEMBERS = 4;

const assignorNames = fc.constantFrom<ServerAssignorName>('uniform', 'range');
const subscriptions = fc.subarray([0, 1, 2], { minLength: 1 });

/** A member as a client is: it has what it was told, and gives up what it is to give up when it comes to it. */
interface Client {
  memberEpoch: number;
  owned: readonly number[];
  /** Told, and not yet done. */
  told: readonly number[] | null;
}

type Step =
  | { readonly kind: 'beat'; readonly member: number; readonly topics: readonly number[]; readonly isHeard: boolean }
  | { readonly kind: 'obey'; readonly member: number }
  | { readonly kind: 'expire'; readonly member: number };

const members = fc.nat(MEMBERS - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('beat' as const),
        member: members,
        topics: subscriptions,
        isHeard: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('obey' as const), member: members }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), member: members }) },
  ),
  { maxLength: 60 },
);

class GroupModel {
  state: ConsumerGroupState = EMPTY_CONSUMER_GROUP;
  /** What the log makes of it. */
  logged: ConsumerGroupState | null = null;
  readonly clients: Client[] = Array.from({ length: MEMBERS }, () => ({ memberEpoch: 0, owned: [], told: null }));
  readonly #limits: GroupLimits;

  /** Members from this one on speak the classic protocol, cooperatively. */
  readonly #firstClassic: number;

  constructor(defaultAssignor: ServerAssignorName, firstClassic: number) {
    this.#firstClassic = firstClassic;
    this.#limits = { defaultAssignor, maxSize: 100, refusesRejoin: false, partitionsOf: (topic) => TOPICS[topic] };
  }

  step(step: Step): void {
    const client = this.clients[step.member];
    switch (step.kind) {
      case 'obey':
        if (client.told !== null) client.owned = client.told;
        client.told = null;
        return;
      case 'expire':
        if (this.state.members.has(`m${step.member}`)) this.#become(withoutMember(this.state, `m${step.member}`));
        return;
      case 'beat':
        this.beat(step.member, step.topics, step.isHeard);
    }
  }

  beat(member: number, topics: readonly number[], isHeard: boolean): void {
    if (member >= this.#firstClassic) this.#rejoin(member, topics, isHeard);
    else this.#heartbeat(member, topics, isHeard);
  }

  /** JoinGroup and SyncGroup. A heartbeat has told it whether it is a member. */
  #rejoin(index: number, topics: readonly number[], isHeard: boolean): void {
    const client = this.clients[index];
    const memberId = `m${index}`;
    if (!this.state.members.has(memberId)) Object.assign(client, { memberEpoch: 0, owned: [], told: null });
    const metadata = { topics, userData: null, ownedPartitions: client.owned, generationId: -1, rackId: null };
    const request: JoinGroupRequest = {
      kind: 11,
      bytes: 0,
      correlationId: 0,
      groupId: 'g',
      clientId: 'c',
      memberId,
      groupInstanceId: null,
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 1000,
      protocolType: 'consumer',
      protocols: [{ name: 'cooperative-sticky', metadata }],
    };
    const outcome = classicJoin(this.state, request, memberId, 1, this.#limits);
    if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.error}`);
    this.#become(outcome.group);
    if (!isHeard) return;
    client.memberEpoch = outcome.member.memberEpoch;
    client.told = outcome.member.assigned;
  }

  /** A member of the classic protocol joins only if it is called to. */
  isCalled(index: number): boolean {
    const member = this.state.members.get(`m${index}`);
    const isKnown = member?.classic !== undefined && member.memberEpoch === this.clients[index].memberEpoch;
    return !isKnown || mustRejoin(this.state, member);
  }

  #heartbeat(member: number, topics: readonly number[], isHeard: boolean): void {
    const client = this.clients[member];
    const request: ConsumerGroupHeartbeatRequest = {
      kind: 68,
      bytes: 0,
      correlationId: 0,
      groupId: 'g',
      memberId: `m${member}`,
      memberEpoch: client.memberEpoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: 1000,
      subscribedTopics: topics,
      serverAssignor: null,
      topicPartitions: client.owned,
    };
    const outcome = heartbeat(this.state, request, 1, this.#limits);
    if (outcome.kind === 'refused') {
      // It gives everything up at once, and joins again.
      Object.assign(client, { memberEpoch: 0, owned: [], told: null });
      return;
    }
    this.#become(outcome.group);
    if (!isHeard) return;
    client.memberEpoch = outcome.member!.memberEpoch;
    if (outcome.tellsAssignment) client.told = outcome.member!.assigned;
  }

  #become(next: ConsumerGroupState): void {
    for (const record of changes('g', this.state, next)) this.logged = replay(this.logged, record);
    this.state = next;
  }
}

describe.each([
  ['a group of KIP-848', MEMBERS],
  ['a group of KIP-848 with members of both protocols', 2],
  ['a group of KIP-848 with members of the classic protocol alone', 0],
] as const)('%s', (_, firstClassic) => {
  it('never gives a partition to a member before its last holder has given it up or is out', () => {
    fc.assert(
      fc.property(assignorNames, steps, (assignor, script) => {
        const model = new GroupModel(assignor, firstClassic);
        for (const step of script) {
          model.step(step);
          const held = [...model.state.members.values()].flatMap(({ assigned, pendingRevocation }) => [
            ...assigned,
            ...pendingRevocation,
          ]);
          expect(held.toSorted((a, b) => a - b)).toEqual([...new Set(held)].toSorted((a, b) => a - b));
          // Whoever is in the group has nothing that the coordinator thinks is free.
          model.clients.forEach(({ owned, memberEpoch }, index) => {
            const member = model.state.members.get(`m${index}`);
            if (member === undefined || memberEpoch !== member.memberEpoch) return;
            const known = [...member.assigned, ...member.pendingRevocation];
            expect(owned.filter((partition) => !known.includes(partition))).toEqual([]);
          });
        }
      }),
    );
  });

  it('comes to rest with every partition at a member that subscribes to it', () => {
    fc.assert(
      fc.property(assignorNames, steps, (assignor, script) => {
        const model = new GroupModel(assignor, firstClassic);
        for (const step of script) model.step(step);
        for (let round = 0; round < 12; round++) {
          for (let member = 0; member < MEMBERS; member++) {
            const isOther = model.state.members.get(`m${member}`)?.subscribedTopics.length !== TOPICS.length;
            if (member < firstClassic || isOther || model.isCalled(member)) model.beat(member, [0, 1, 2], true);
            model.step({ kind: 'obey', member });
          }
        }
        expect(model.clients.flatMap(({ owned }) => owned).toSorted((a, b) => a - b)).toEqual(ALL);
        const epochs = new Set(model.clients.map(({ memberEpoch }) => memberEpoch));
        expect([...epochs]).toEqual([model.state.assignmentEpoch]);
      }),
    );
  });

  it('is the same when it is loaded from the log', () => {
    fc.assert(
      fc.property(assignorNames, steps, (assignor, script) => {
        const model = new GroupModel(assignor, firstClassic);
        for (const step of script) model.step(step);
        if (model.state === EMPTY_CONSUMER_GROUP) return;
        expect(model.logged).toEqual(model.state);
      }),
    );
  });
});

describe.each(['uniform', 'range'] as const)('the %s assignor of the coordinator', (name) => {
  const group: fc.Arbitrary<SubscribedMember[]> = fc
    .array(fc.record({ subscribedTopics: subscriptions, at: fc.array(fc.nat(8)) }), { minLength: 1, maxLength: 5 })
    .map((drawn) => {
      const taken = new Set<number>();
      return drawn.map(({ subscribedTopics, at }, index) => {
        const target = [...new Set(at)].filter((partition) => !taken.has(partition)).sort((a, b) => a - b);
        for (const partition of target) taken.add(partition);
        return { memberId: `m${index}`, instanceId: null, subscribedTopics, target };
      });
    });

  it('gives each partition that somebody subscribes to to one subscriber', () => {
    fc.assert(
      fc.property(group, (drawn) => {
        const assignment = serverAssignors[name](drawn, (topic) => TOPICS[topic]);
        const wanted = [...new Set(drawn.flatMap(({ subscribedTopics }) => subscribedTopics))].flatMap(
          (topic) => TOPICS[topic],
        );
        expect([...assignment.values()].flat().toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b));
        for (const { memberId, subscribedTopics } of drawn) {
          const own = subscribedTopics.flatMap((topic) => TOPICS[topic]);
          for (const partition of assignment.get(memberId)!) expect(own).toContain(partition);
        }
      }),
    );
  });
});

describe('the uniform assignor', () => {
  it('is even to within one where all subscribe to the same, and moves no more than that needs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (before, after) => {
        const partitionsOf = (topic: number) => TOPICS[topic];
        const member = (index: number, target: readonly number[]): SubscribedMember => {
          return { memberId: `m${index}`, instanceId: null, subscribedTopics: [0, 1, 2], target };
        };
        const first = serverAssignors.uniform(
          Array.from({ length: before }, (_, i) => member(i, [])),
          partitionsOf,
        );
        const then = serverAssignors.uniform(
          Array.from({ length: after }, (_, i) => member(i, first.get(`m${i}`) ?? [])),
          partitionsOf,
        );
        const sizes = [...then.values()].map((partitions) => partitions.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const quota = Math.trunc(ALL.length / after);
        for (let i = 0; i < Math.min(before, after); i++) {
          const kept = first.get(`m${i}`)!.filter((partition) => then.get(`m${i}`)!.includes(partition));
          expect(kept.length).toBeGreaterThanOrEqual(Math.min(quota, first.get(`m${i}`)!.length));
        }
      }),
    );
  });
});
