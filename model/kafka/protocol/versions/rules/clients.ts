/** Rules of producers, consumers and their groups, as the Java client has them (clients.md §2, §5). */
import { choice, toggle } from '../rule.js';

export const clientRules = {
  partitioner: choice(
    'How a producer chooses the partition of a record without a key.',
    'KIP-480 (2.4), KIP-794 (3.3); DefaultPartitioner, BuiltInPartitioner; partitioner.class takes its place',
    {
      'round-robin': 'The next one for each record.',
      sticky: 'The same one until a batch is full, then another at random.',
      adaptive: 'The same one for batch.size bytes, then another at random, the shorter queues more often.',
    },
  ),

  partitionerHearsOfNewBatches: toggle(
    'A partitioner other than the built-in one is told when a record is about to begin a new batch, and asked again.',
    'KIP-480 (2.4), gone with 4.0; KafkaProducer.doSend, Partitioner.onNewBatch',
  ),

  batchExpiry: choice(
    'When a producer gives up a batch.',
    'KIP-19 (0.9), KIP-91 (2.1); RecordAccumulator.expiredBatches',
    {
      retries: 'When its retries are spent; while it waits in the queue, never.',
      'request-timeout':
        'And request.timeout.ms after it was ready to be sent, or sent again, while it waits in the queue.',
      'delivery-timeout': 'delivery.timeout.ms after it was begun, in the queue or in flight.',
    },
  ),

  retryBackoff: choice('How long a client waits before it tries again.', 'KIP-580 (3.7); ExponentialBackoff', {
    fixed: 'retry.backoff.ms.',
    exponential: 'retry.backoff.ms, doubled with each failure up to retry.backoff.max.ms, give or take a fifth.',
  }),

  metadataEpochs: toggle(
    'A client ignores metadata with an older leader epoch than the one that it knows.',
    'KIP-320, KAFKA-7738 (2.2); Metadata.updateLatestMetadata',
  ),

  positionValidation: toggle(
    'A consumer asks a new leader whether its position still lies on the same log, and so notices a truncation.',
    'KIP-320, KAFKA-7747 (2.3); OffsetsForLeaderEpochClient',
  ),

  backgroundHeartbeat: toggle(
    'A consumer sends heartbeats from a thread of its own; how long processing may take is max.poll.interval.ms.',
    'KIP-62 (0.10.1); AbstractCoordinator.HeartbeatThread',
  ),

  memberIdRequired: toggle(
    'A new member of a group is told its id before it is let in, so that a repeated request makes no second member.',
    'KIP-394 (2.2); GroupCoordinator.doUnknownJoinGroup',
  ),

  staticMembership: toggle(
    'A member with group.instance.id keeps its place over a restart.',
    'KIP-345 (2.3); GroupCoordinator',
  ),

  staticLeaderSkipsAssignment: toggle(
    'A leader that comes back under its group.instance.id is told that it leads, and that the assignment stands.',
    'KIP-814 (3.2); JoinGroup version 9, GroupCoordinator.updateStaticMemberAndRebalance',
  ),

  cooperativeRebalance: toggle(
    'Members may keep their partitions through a rebalance, except those that change hands.',
    'KIP-429 (2.4); ConsumerCoordinator, CooperativeStickyAssignor',
  ),

  consumerGroupProtocol: toggle(
    'group.protocol=consumer: the coordinator assigns, member by member, without a barrier.',
    'KIP-848 (4.0); ConsumerGroupHeartbeat',
  ),
};
