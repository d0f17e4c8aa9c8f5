import { describe, expect, it } from 'vitest';
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/group-messages.js';
import { Api } from '../../../protocol/messages.js';
import { EMPTY_CONSUMER_GROUP, type ConsumerGroupState } from './consumer-group-state.js';
import { heartbeat } from './heartbeat.js';
import type { GroupLimits } from './member-update.js';

/** A group of one member, of topic 0. */
class Lab {
  partitions = [0, 1];
  group: ConsumerGroupState = EMPTY_CONSUMER_GROUP;
  private readonly limits: GroupLimits = {
    defaultAssignor: 'uniform',
    maxSize: 10,
    refusesRejoin: false,
    partitionsOf: () => this.partitions,
  };

  /** @returns what the member is told to have; null: nothing new */
  beat(memberEpoch: number, joins = false): readonly number[] | null {
    const request: ConsumerGroupHeartbeatRequest = {
      kind: Api.consumerGroupHeartbeat,
      bytes: 60,
      correlationId: 1,
      groupId: 'g',
      memberId: 'm',
      memberEpoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: joins ? 10_000 : -1,
      subscribedTopics: joins ? [0] : null,
      serverAssignor: null,
      topicPartitions: joins ? [] : null,
    };
    const outcome = heartbeat(this.group, request, 1, this.limits);
    if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.error}`);
    this.group = outcome.group;
    return outcome.tellsAssignment ? outcome.member!.assigned : null;
  }
}

describe('partitions that are added to a topic', () => {
  it('bump the group epoch with the next heartbeat, and are assigned', () => {
    const lab = new Lab();
    expect(lab.beat(0, true)).toEqual([0, 1]);
    const { groupEpoch } = lab.group;
    expect(lab.beat(groupEpoch)).toBeNull();
    lab.partitions = [0, 1, 2];
    expect(lab.beat(groupEpoch)).toEqual([0, 1, 2]);
    expect(lab.group).toMatchObject({ groupEpoch: groupEpoch + 1, assignmentEpoch: groupEpoch + 1 });
    expect(lab.beat(groupEpoch + 1)).toBeNull();
  });
});
