import { describe, expect, it } from 'vitest';
import type { System } from '../system.js';
import { groupSituations } from './group-situations.js';
import { Probe } from './probes.js';
import { KafkaError } from './protocol/errors.js';
import { Api } from './protocol/messages.js';

type ProbeRecord = readonly [kind: number, machine: number, key: number, ...fields: number[]];

const GROUP = 0;
const [ONE, TWO] = [101, 102];
const [EMPTY, PREPARING, STABLE, RECONCILING] = [0, 1, 3, 6];

function isReached(name: string, ...records: readonly ProbeRecord[]): boolean {
  const situation = groupSituations.find((one) => one.name === name)!;
  const recognise = situation.create({} as System);
  return records
    .filter(([kind]) => situation.on.includes(kind))
    .map(([kind, machine, key, a = 0, b = 0, c = 0, d = 0]) => recognise(kind, machine, key, a, b, c, d))
    .includes(true);
}

describe('situations of groups of KIP-848', () => {
  const released = (member: number): ProbeRecord => [Probe.partitionReleased, 1, 0, GROUP, 2, member];
  const assigned = (member: number): ProbeRecord => [Probe.partitionAssigned, 1, 0, GROUP, 2, member];
  const refused = (api: number, error: number): ProbeRecord => [Probe.groupRefused, 1, 9, GROUP, api, error];
  const state = (machine: number, phase: number): ProbeRecord => [Probe.groupState, machine, 9, GROUP, phase, 1];

  it('partition-handed-over: another member gets what one had given up', () => {
    expect(isReached('partition-handed-over', assigned(ONE), released(ONE), assigned(TWO))).toBe(true);
    expect(isReached('partition-handed-over', assigned(ONE), released(ONE), assigned(ONE))).toBe(false);
    expect(isReached('partition-handed-over', assigned(ONE), assigned(TWO))).toBe(false);
  });

  it('group-upgraded, group-downgraded: one coordinator takes a group with members from one protocol to the other', () => {
    const [up, down] = ['group-upgraded', 'group-downgraded'];
    expect(isReached(up, state(1, PREPARING), state(1, STABLE), state(1, RECONCILING))).toBe(true);
    expect(isReached(up, state(1, PREPARING), state(1, EMPTY), state(1, RECONCILING))).toBe(false);
    expect(isReached(up, state(1, PREPARING), state(2, RECONCILING))).toBe(false);
    expect(isReached(down, state(1, RECONCILING), state(1, STABLE), state(1, PREPARING))).toBe(true);
    expect(isReached(down, state(1, PREPARING), state(1, STABLE), state(1, RECONCILING))).toBe(false);
  });

  it('member-fenced: a heartbeat of the protocol is answered so, and no other request', () => {
    const { FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, NOT_COORDINATOR } = KafkaError;
    expect(isReached('member-fenced', refused(Api.consumerGroupHeartbeat, FENCED_MEMBER_EPOCH))).toBe(true);
    expect(isReached('member-fenced', refused(Api.consumerGroupHeartbeat, NOT_COORDINATOR))).toBe(false);
    expect(isReached('member-fenced', refused(Api.heartbeat, UNKNOWN_MEMBER_ID))).toBe(false);
  });

  it('instance-id-unreleased: a static member is refused because its former self has not left', () => {
    const error = KafkaError.UNRELEASED_INSTANCE_ID;
    expect(isReached('instance-id-unreleased', refused(Api.consumerGroupHeartbeat, error))).toBe(true);
    expect(
      isReached('instance-id-unreleased', refused(Api.consumerGroupHeartbeat, KafkaError.FENCED_INSTANCE_ID)),
    ).toBe(false);
  });

  it('group-coordinator-moved-during-rebalance: also while members are on their way to what they are to have', () => {
    const name = 'group-coordinator-moved-during-rebalance';
    expect(isReached(name, state(1, RECONCILING), state(2, RECONCILING))).toBe(true);
    expect(isReached(name, state(1, STABLE), state(2, STABLE))).toBe(false);
  });
});
