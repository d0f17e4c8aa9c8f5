/** What UpdateMetadata has told this broker: ZkMetadataCache. No epoch guards it but the controller's. */
import type { LiveBroker, UpdateMetadataRequest } from '../../protocol/control-messages.js';
import type { TopicConfiguration } from '../../topic-configuration.js';
import type { BrokerRegistrationView, MetadataImageView, PartitionRegistrationView } from '../components.js';

/** LeaderAndIsr.LeaderDuringDelete */
const LEADER_DURING_DELETE = -2;

export class ZkMetadataCache implements MetadataImageView {
  brokers: readonly (BrokerRegistrationView | undefined)[] = [];
  readonly finalized = null;
  /** By topic number; not from UpdateMetadata, but from the topic's znode (topic-configs.ts). */
  readonly configurations: (TopicConfiguration | undefined)[] = [];
  /** -1: none has spoken yet. */
  controllerId = -1;
  private readonly partitions: (PartitionRegistrationView | undefined)[] = [];

  broker(id: number): BrokerRegistrationView | undefined {
    return this.brokers[id];
  }

  isAlive(id: number): boolean {
    return this.brokers[id] !== undefined;
  }

  partition(partition: number): PartitionRegistrationView | undefined {
    return this.partitions[partition];
  }

  update({ controllerId, liveBrokers, partitions }: UpdateMetadataRequest): void {
    this.controllerId = controllerId;
    const brokers: (BrokerRegistrationView | undefined)[] = [];
    for (const broker of liveBrokers) brokers[broker.id] = aliveBroker(broker);
    this.brokers = brokers;
    for (const { partition, replicas, isr, leader, leaderEpoch, zkVersion } of partitions) {
      this.partitions[partition] =
        leader === LEADER_DURING_DELETE
          ? undefined
          : { partition, replicas, isr, leader, leaderEpoch, partitionEpoch: zkVersion, leaderRecoveryState: 0 };
    }
  }
}

function aliveBroker({ id, rack }: LiveBroker): BrokerRegistrationView {
  return { brokerId: id, brokerEpoch: -1, fenced: false, inControlledShutdown: false, rack };
}
