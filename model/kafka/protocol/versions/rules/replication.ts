/** Rules of the data path: logs, fetches, truncation, the high watermark (replication.md §3, §4, §6). */
import { choice, level, toggle } from '../rule.js';

export const replicationRules = {
  messageFormat: level(
    'What a record batch carries.',
    'message format v0, v1 (KIP-32, 0.10.0), v2 (KIP-98 and KIP-101, 0.11)',
    [
      [0, 'Offsets alone: no leader epochs, no producer ids, no timestamps.'],
      [1, 'And timestamps.'],
      [2, 'And leader epochs, producer ids and sequences: idempotence and transactions exist.'],
    ],
  ),

  truncation: choice(
    'Where and how a follower cuts its log back when it follows a new leader.',
    'KIP-101 (0.11), KIP-279 (2.0), KIP-320 (2.1), KAFKA-10554 (2.7); AbstractFetcherThread',
    {
      'high-watermark': 'To its own high watermark, before it fetches.',
      'epoch-end-offset': 'It asks where its latest epoch ends; the leader answers with an offset alone.',
      'epoch-and-end-offset':
        'The answer names the largest epoch that the leader knows, too; the follower asks again until both agree.',
      fenced:
        'The same, with the leader epoch in the question and in each fetch; answers of another epoch are dropped.',
      'on-fetch':
        'No phase of its own: a fetch says the epoch of its last record, and the leader answers where they part.',
    },
  ),

  logDirFailure: choice(
    'What a broker with several log directories does when one of them fails.',
    'KIP-112 (1.0); LogDirFailureHandler, haltBrokerOnDirFailure',
    {
      halt: 'It halts.',
      'replicas-offline': 'It goes on without the replicas that lie there, until it is started again.',
    },
  ),

  outOfRange: choice(
    'What a follower does that is ahead of its leader when unclean election is off for the topic.',
    'KAFKA-6361, KIP-279 (2.0); ReplicaFetcherThread.handleOffsetOutOfRange up to 1.1',
    {
      halt: 'Its broker exits rather than give up records.',
      truncate: "It cuts its log back to the leader's end.",
    },
  ),

  epochStartOnElection: toggle(
    'A leader writes the start of its epoch into the epoch cache when it is elected, not at its first append.',
    'KAFKA-7415 (2.0.1); Partition.makeLeader',
  ),

  leaderEpochStartOffset: toggle(
    "A follower enters the ISR only above the start of its leader's epoch, not merely above the high watermark.",
    'KAFKA-7128 (2.0.1); Partition.isFollowerInSync',
  ),

  fetchEpochFencing: toggle(
    'Fetches and offset lookups carry the leader epoch that the sender knows, and are refused if it is not the current one.',
    'KAFKA-7395, KIP-320 (2.1); Partition.checkCurrentLeaderEpoch',
  ),

  tombstoneRetention: choice(
    'From when on compaction waits delete.retention.ms before it drops a tombstone, or the marker of a transaction of which nothing is left.',
    'KAFKA-8522, KIP-534 (3.1); LogCleaner',
    {
      'segment-time':
        'From when the last cleaned segment before was written to: a log that is written to again and again never lets go of any.',
      'delete-horizon': 'From when the cleaner met it first: it writes that into the batch.',
    },
  ),

  replicaLag: choice(
    'What makes a follower leave the ISR.',
    'KAFKA-1546, KIP-16 (0.9); Partition.getOutOfSyncReplicas',
    {
      'messages-and-time':
        'More than replica.lag.max.messages behind, or its log end did not move for replica.lag.time.max.ms.',
      time: "It was not caught up with its leader's log end for replica.lag.time.max.ms.",
    },
  ),

  highWatermarkWaitsForCaughtUp: toggle(
    'The high watermark counts caught-up followers outside the ISR, too, so that they can reach it.',
    'KAFKA-4485 (0.10.2); Partition.maybeIncrementLeaderHW',
  ),

  maximalIsr: toggle(
    'The high watermark counts replicas whose addition to the ISR, or removal from it, is still pending.',
    'KIP-497 (2.7); PartitionState.maximalIsr',
  ),

  highWatermarkGate: toggle(
    'The high watermark stands still while the ISR is smaller than min.insync.replicas.',
    'KAFKA-15583 (3.7); Partition.maybeIncrementLeaderHW',
  ),

  effectiveMinIsr: toggle(
    'min.insync.replicas counts as no more than the number of replicas.',
    'KAFKA-15583 (3.7); Partition.effectiveMinIsr',
  ),

  highWatermarkWakesFollowers: toggle(
    "A follower's parked fetch is answered when the high watermark moves, not only when records arrive.",
    'KIP-392 (2.4), removed by KAFKA-9952 (2.6); DelayedFetch, case H',
  ),

  fetchAboveEndAnswered: toggle(
    'A parked fetch above the end that its sender may read to is answered at once, empty: the leader was truncated.',
    'KAFKA-16452 (3.8); DelayedFetch.tryComplete, case F',
  ),

  recoveryPointKept: toggle(
    'After a crash the recovery point stays where it was; before, it went to the end of the log, which nobody had flushed.',
    'KAFKA-10101 (2.8); LogLoader.recoverLog',
  ),

  followerReads: toggle(
    'A follower answers consumers, up to its own high watermark, and a leader may send them to one (replica.selector.class).',
    'KIP-392 (2.4); FetchParams.fetchOnlyLeader, ReplicaManager.findPreferredReadReplica',
  ),

  offsetNotAvailable: toggle(
    'A new leader refuses to name its latest offset until its high watermark has reached the start of its epoch.',
    'KIP-207 (2.2); Partition.fetchOffsetForTimestamp',
  ),

  leaderHints: toggle(
    'A broker that is not the leader says in its answer who is, and the client turns to that one at once.',
    'KIP-951 (3.7); KafkaApis.handleProduceRequest, handleFetchRequest',
  ),
};
