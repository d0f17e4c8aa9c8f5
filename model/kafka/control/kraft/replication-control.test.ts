import { describe, expect, it } from 'vitest';
import { errorName } from '../../protocol/errors.js';
import { Api } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { MetadataImage } from '../metadata-image.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import { ReplicationControl } from './replication-control.js';
import { append, brokerState, partition, partitionOf, reborn, topicSettings } from './testing/images.js';

const rules = resolveRules('3.9');

function controlOf(image: MetadataImage, unclean = false): ReplicationControl {
  return new ReplicationControl(image, [{ ...topicSettings, 'unclean.leader.election.enable': unclean }], rules);
}

function fence(image: MetadataImage, broker: number, unclean = false): void {
  decide(image, (records) => controlOf(image, unclean).handleBrokerFenced(broker, records));
}

function unfence(image: MetadataImage, broker: number, unclean = false): void {
  decide(image, (records) => controlOf(image, unclean).handleBrokerUnfenced(broker, records));
}

function decide(image: MetadataImage, decision: (records: MetadataRecord[]) => void): void {
  const records: MetadataRecord[] = [];
  decision(records);
  append(image, ...records);
}

function elect(image: MetadataImage, electionType: 0 | 1 | 2, target = -1): string {
  const request = { kind: Api.electLeaders, bytes: 10, correlationId: 1, electionType, target, partitions: [0] };
  let error = -1;
  decide(image, (records) => {
    error = controlOf(image).electLeaders(request, records).partitions[0].error;
  });
  return errorName(error);
}

describe('replication control', () => {
  it('fencing a leader removes it from the ISR and elects the next of the assignment that is in the ISR', () => {
    const image = partitionOf(3);
    fence(image, 1);
    expect(partition(image)).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 1, partitionEpoch: 1 });
    expect(image.isAlive(1)).toBe(false);
  });

  it('fencing a follower shrinks the ISR and keeps leader and leader epoch (KAFKA-15021)', () => {
    const image = partitionOf(3);
    fence(image, 3);
    expect(partition(image)).toMatchObject({ leader: 1, isr: [1, 2], leaderEpoch: 0, partitionEpoch: 1 });
  });

  it('the last member stays in the ISR while nobody leads, and only it is elected when it returns', () => {
    const image = partitionOf(3);
    fence(image, 3);
    fence(image, 2);
    fence(image, 1);
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 1 });

    unfence(image, 2);
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1] });
    unfence(image, 1);
    expect(partition(image)).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 2, leaderRecoveryState: 0 });
  });

  it('an unclean election takes the first active replica of the assignment, and its ISR is that one, recovering', () => {
    const image = partitionOf(3);
    fence(image, 1, true);
    append(image, { kind: 'partition-change', partition: 0, isr: [2], leader: -2, leaderRecoveryState: null });
    fence(image, 2, true);
    expect(partition(image)).toMatchObject({ leader: 3, isr: [3], leaderRecoveryState: 1, leaderEpoch: 2 });
  });

  it('before 3.9 nobody is elected uncleanly, whatever the topic allows, but where an administrator asks for it', () => {
    const image = partitionOf(2);
    append(image, { kind: 'partition-change', partition: 0, isr: [1], leader: -2, leaderRecoveryState: null });
    const before39 = resolveRules('3.7', {});
    const control = new ReplicationControl(
      image,
      [{ ...topicSettings, 'unclean.leader.election.enable': true }],
      before39,
    );
    decide(image, (records) => control.handleBrokerFenced(1, records));
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1] });
    expect(elect(image, 1)).toBe('NONE');
    expect(partition(image)).toMatchObject({ leader: 2, isr: [2] });
  });

  it('the sweep elects uncleanly only where the topic allows it', () => {
    const image = partitionOf(2);
    append(image, { kind: 'partition-change', partition: 0, isr: [1], leader: -2, leaderRecoveryState: null });
    fence(image, 1);
    decide(image, (records) => controlOf(image, false).electUncleanLeaders(records));
    expect(partition(image).leader).toBe(-1);
    decide(image, (records) => controlOf(image, true).electUncleanLeaders(records));
    expect(partition(image)).toMatchObject({ leader: 2, isr: [2], leaderRecoveryState: 1 });
  });

  it('a broker in controlled shutdown leaves the ISRs and leads nothing, though it is not fenced', () => {
    const image = partitionOf(3);
    decide(image, (records) => controlOf(image).handleControlledShutdown(1, records));
    expect(partition(image)).toMatchObject({ leader: 2, isr: [2, 3] });
    expect([image.isAlive(1), image.isActive(1)]).toEqual([true, false]);
    expect(controlOf(image).hasLeaderships(1)).toBe(false);
  });

  it('leaders go back to the preferred replica once it is in the ISR, not before', () => {
    const image = partitionOf(3);
    fence(image, 1);
    reborn(image, 1);
    const balance = () => decide(image, (records) => controlOf(image).balanceLeaders(records));
    expect(controlOf(image).isImbalanced()).toBe(true);
    balance();
    expect(partition(image).leader).toBe(2);
    append(image, { kind: 'partition-change', partition: 0, isr: [2, 3, 1], leader: -2, leaderRecoveryState: null });
    balance();
    expect(partition(image)).toMatchObject({ leader: 1, isr: [2, 3, 1], leaderEpoch: 2 });
    expect(controlOf(image).isImbalanced()).toBe(false);
  });

  it('ElectLeaders says why it does nothing', () => {
    const image = partitionOf(3);
    expect(elect(image, 0)).toBe('ELECTION_NOT_NEEDED');
    expect(elect(image, 1)).toBe('ELECTION_NOT_NEEDED');
    expect(elect(image, 2, 1)).toBe('ELECTION_NOT_NEEDED');
    fence(image, 1);
    expect(elect(image, 0)).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
    expect(elect(image, 2, 1)).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
  });

  it('ElectLeaders moves leadership to a named ISR member, in a new leader epoch and with the ISR as it was', () => {
    const image = partitionOf(3);
    expect(elect(image, 2, 3)).toBe('NONE');
    expect(partition(image)).toMatchObject({ leader: 3, isr: [1, 2, 3], leaderEpoch: 1 });
    brokerState(image, 2, 'stopping');
    expect(elect(image, 2, 2)).toBe('PREFERRED_LEADER_NOT_AVAILABLE');
  });

  it('ElectLeaders elects uncleanly by hand where nobody leads', () => {
    const image = partitionOf(2);
    append(image, { kind: 'partition-change', partition: 0, isr: [1], leader: -2, leaderRecoveryState: null });
    fence(image, 1);
    expect(elect(image, 1)).toBe('NONE');
    expect(partition(image)).toMatchObject({ leader: 2, isr: [2], leaderRecoveryState: 1 });
  });
});
