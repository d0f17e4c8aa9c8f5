import { describe, expect, it } from 'vitest';
import { Api } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { PartitionRegistration } from '../metadata-image.js';
import { alterPartition } from './alter-partition.js';
import { ReplicationControl } from './replication-control.js';
import { append, partition, partitionOf, topicSettings } from './testing/images.js';

interface Shape {
  readonly version?: string;
  readonly defects?: readonly DefectId[];
  readonly minIsr?: number;
  readonly unclean?: boolean;
}

/** Three replicas, all in the ISR, broker 1 leads; min.insync.replicas 2. */
class Lab {
  readonly image = partitionOf(3);
  private readonly rules;
  private readonly control: ReplicationControl;

  constructor({ version = '4.1', defects = [], minIsr = 2, unclean = false }: Shape = {}) {
    this.rules = resolveRules(version, {}, defects);
    const settings = { ...topicSettings, 'min.insync.replicas': minIsr, 'unclean.leader.election.enable': unclean };
    this.control = new ReplicationControl(this.image, [settings], this.rules);
  }

  fence(...brokers: readonly number[]): this {
    for (const broker of brokers) this.decide((records) => this.control.handleBrokerFenced(broker, records));
    return this;
  }

  unfence(broker: number): this {
    return this.decide((records) => this.control.handleBrokerUnfenced(broker, records));
  }

  /** As a new incarnation does that registers, and is unfenced once it has caught up. */
  returns(broker: number, stopped: 'clean' | 'unclean'): this {
    this.decide((records) => this.control.handleBrokerShutdown(broker, stopped === 'clean', records));
    return this.unfence(broker);
  }

  /** The leader asks for this ISR, and is granted it. */
  alter(...isr: readonly number[]): this {
    const { leader, leaderEpoch, partitionEpoch } = this.state;
    const newIsr = isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }));
    const requested = { partition: 0, leaderEpoch, partitionEpoch, newIsr, leaderRecoveryState: 0 as const };
    const brokerEpoch = this.image.broker(leader)!.brokerEpoch;
    const head = { kind: Api.alterPartition, bytes: 100, correlationId: 1, brokerId: leader, brokerEpoch };
    return this.decide((records) =>
      alterPartition(this.image, this.rules, this.control, { ...head, partitions: [requested] }, records),
    );
  }

  get state(): PartitionRegistration {
    return partition(this.image);
  }

  private decide(decision: (records: MetadataRecord[]) => unknown): this {
    const records: MetadataRecord[] = [];
    decision(records);
    append(this.image, ...records);
    return this;
  }
}

describe('eligible leader replicas (KIP-966)', () => {
  it('a replica that leaves an ISR that stays large enough is not one: more is committed without it', () => {
    expect(new Lab().fence(3).state).toMatchObject({ isr: [1, 2], elr: [] });
  });

  it('a replica that leaves the ISR as it becomes smaller than min.insync.replicas is one', () => {
    expect(new Lab().fence(3, 2).state).toMatchObject({ leader: 1, isr: [1], elr: [2], lastKnownElr: [] });
    expect(new Lab().fence(3).alter(1).state).toMatchObject({ leader: 1, isr: [1], elr: [2] });
  });

  it('the last member leaves the ISR, too, and who led last is written down', () => {
    const { state } = new Lab().fence(3, 2, 1);
    expect(state).toMatchObject({ leader: -1, isr: [], elr: [1, 2], lastKnownElr: [1], leaderEpoch: 1 });
  });

  it('before 4.1 the last member stays, and nobody is eligible', () => {
    const { state } = new Lab({ version: '3.9' }).fence(3, 2, 1);
    expect(state).toMatchObject({ leader: -1, isr: [1], elr: [], lastKnownElr: [] });
  });

  it('the first of them to be unfenced leads, alone in the ISR, and the others stay eligible', () => {
    const { state } = new Lab().fence(3, 2, 1).unfence(2);
    expect(state).toMatchObject({ leader: 2, isr: [2], elr: [1], lastKnownElr: [], leaderRecoveryState: 0 });
  });

  it('a live one takes over at once from the last member of the ISR', () => {
    const lab = new Lab().fence(3).alter(1);
    expect(lab.fence(1).state).toMatchObject({ leader: 2, isr: [2], elr: [1], lastKnownElr: [] });
  });

  it('one that was in neither may not lead', () => {
    expect(new Lab().fence(3, 2, 1).unfence(3).state).toMatchObject({ leader: -1, isr: [], elr: [1, 2] });
  });

  it('they are forgotten once the ISR is large enough again', () => {
    const lab = new Lab().fence(3, 2, 1).unfence(2).unfence(3);
    expect(lab.alter(2, 3).state).toMatchObject({ isr: [2, 3], elr: [] });
  });

  it('min.insync.replicas counts as no more than there are replicas (KAFKA-15583)', () => {
    expect(new Lab({ minIsr: 9 }).fence(3).state).toMatchObject({ isr: [1, 2], elr: [3] });
  });
});

describe('a stop that was not in order (KAFKA-15586)', () => {
  it('ends eligibility: the replica may have lost what it had not fsynced', () => {
    const lab = new Lab().fence(3, 2, 1).returns(1, 'unclean');
    expect(lab.state).toMatchObject({ leader: -1, isr: [], elr: [2], lastKnownElr: [1] });
    expect(lab.unfence(2).state).toMatchObject({ leader: 2, isr: [2], elr: [] });
  });

  it('an orderly one does not', () => {
    expect(new Lab().fence(3, 2, 1).returns(1, 'clean').state).toMatchObject({ leader: 1, isr: [1], elr: [2] });
  });

  it('takes a broker out of the ISR that was never fenced, and keeps it out of the eligible ones', () => {
    const decide = (stopped: 'clean' | 'unclean') => {
      const lab = new Lab().fence(3);
      return lab.returns(2, stopped).state;
    };
    expect(decide('clean')).toMatchObject({ leader: 1, isr: [1], elr: [2] });
    expect(decide('unclean')).toMatchObject({ leader: 1, isr: [1], elr: [] });
  });

  it('of all of them leaves the last leader, which leads as it is once it is back', () => {
    const lab = new Lab().fence(3, 2, 1).returns(2, 'unclean');
    expect(lab.state).toMatchObject({ leader: -1, elr: [1] });
    expect(lab.returns(1, 'unclean').state).toMatchObject({
      leader: 1,
      isr: [1],
      elr: [],
      lastKnownElr: [],
      leaderRecoveryState: 1,
    });
  });

  it('the last leader is elected only when it is alive; with KAFKA-19522 whether or not it is', () => {
    const away = (...defects: readonly DefectId[]) =>
      new Lab({ defects }).fence(3, 2, 1).returns(1, 'unclean').fence(1).returns(2, 'unclean').state;
    expect(away()).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownElr: [1] });
    expect(away('KAFKA-19522')).toMatchObject({ leader: 1, isr: [1] });
  });

  it('an unclean election that the topic allows waits for nobody, and ends all eligibility', () => {
    const lab = new Lab({ unclean: true }).fence(3, 2, 1).unfence(3);
    expect(lab.state).toMatchObject({ leader: 3, isr: [3], elr: [], lastKnownElr: [], leaderRecoveryState: 1 });
  });
});
