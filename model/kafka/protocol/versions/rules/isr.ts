/** Rules of who may change an ISR, and how (replication.md §4, §5, §7.4). */
import { choice, toggle } from '../rule.js';

export const isrRules = {
  isrWrites: choice(
    'How a leader changes the ISR.',
    'KIP-497 (2.7; with inter.broker.protocol.version below 2.7 still the old way); ZkIsrManager, DefaultAlterPartitionManager',
    {
      zookeeper:
        "It writes the partition's state into ZooKeeper itself, if the version there is the one that it knows.",
      'alter-partition': 'It asks the controller, and counts the larger set until the answer has come.',
    },
  ),

  fencedNotInIsr: toggle(
    'Brokers that are fenced (under ZooKeeper: not alive) or shutting down are not taken into an ISR.',
    'KIP-841, KAFKA-13916 (3.3); KAFKA-14140 under ZooKeeper; Partition.isReplicaIsrEligible',
  ),

  brokerEpochInIsr: toggle(
    'Fetches and requests for another ISR carry broker epochs; a broker that has registered anew since its fetch is refused.',
    'KIP-903, KAFKA-14617 (3.5), never under ZooKeeper; ReplicationControlManager.validateAlterPartitionData',
    'kraft',
  ),

  repeatedIsrChange: choice(
    'How the controller answers a request for the ISR that the partition already has, sent with the partition epoch before.',
    'KAFKA-14144 (3.3); KafkaController.tryProcessAlterPartition',
    {
      refused: 'INVALID_UPDATE_VERSION, although the change was made: the answer to it was lost.',
      accepted: 'As it answered the first time.',
    },
    'zookeeper',
  ),

  leaderEpochOnShrink: toggle(
    'The controller begins a new leader epoch when a leader takes a replica out of the ISR.',
    'KAFKA-15021 (removed in 3.6); PartitionChangeBuilder.triggerLeaderEpochBumpForIsrShrinkIfNeeded',
    'kraft',
  ),

  leaderRecoveryState: toggle(
    'A partition whose leader was elected uncleanly is marked as recovering until that leader has reported otherwise.',
    'KIP-704, KAFKA-13587 (3.2); PartitionChangeBuilder.electLeader. Under ZooKeeper it is written down, too, and nothing reads it',
    'kraft',
  ),

  eligibleLeaderReplicas: toggle(
    'Replicas that left the ISR when it became smaller than min.insync.replicas stay eligible to lead, unless they come back from an unclean shutdown.',
    'KIP-966 part 1 (opt-in in 4.0, for new clusters in 4.1); PartitionChangeBuilder.populateTargetElr',
    'kraft',
  ),
};
