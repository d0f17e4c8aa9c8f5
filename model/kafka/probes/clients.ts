/** Probes: what producers and consumers announce (clients/). */
import { SYSTEM_PROBES, type ProbeSpec } from '../../kernel/probes.js';
import { probe } from './probe.js';

export const ClientProbe = {
  batchSent: SYSTEM_PROBES + 22,
  batchRetried: SYSTEM_PROBES + 23,
  batchExpired: SYSTEM_PROBES + 24,
  leaderLearnt: SYSTEM_PROBES + 25,
  producerIdLearnt: SYSTEM_PROBES + 26,
  partitionsRevoked: SYSTEM_PROBES + 85,
  offsetsEnded: SYSTEM_PROBES + 28,
} as const;

export const clientsProbes: readonly ProbeSpec[] = [
  probe(
    ClientProbe.batchSent,
    'batch-sent',
    ['broker', 'firstValue', 'baseSequence', 'attempt'],
    'A producer wrote a batch to a socket.',
  ),
  probe(
    ClientProbe.batchRetried,
    'batch-retried',
    ['error', 'firstValue', 'lastValue', 'attempt'],
    'A producer put a batch back for another attempt: its records are those that it sent from the first to the last. Sender.reenqueueBatch',
  ),
  probe(
    ClientProbe.batchExpired,
    'batch-expired',
    ['firstValue', 'baseSequence', 'wasSent'],
    'A producer gave a batch up: delivery.timeout.ms.',
  ),
  probe(
    ClientProbe.leaderLearnt,
    'leader-learnt',
    ['leader', 'leaderEpoch'],
    "A client's metadata named another leader.",
  ),
  probe(
    ClientProbe.producerIdLearnt,
    'producer-id-learnt',
    ['producerId', 'producerEpoch'],
    'A producer began a session under this id and epoch.',
  ),
  probe(
    ClientProbe.partitionsRevoked,
    'partitions-revoked',
    ['given', 'kept', 'generation', 'lost'],
    'A consumer gave partitions up, which it had owned in this generation: for a rebalance 0, or because it was no member any more 1. ConsumerCoordinator.invokePartitionsRevoked, invokePartitionsLost',
  ),
  probe(
    ClientProbe.offsetsEnded,
    'offsets-ended',
    ['endOffset', 'machineAsked'],
    'A final reader learnt the end offset of a partition.',
  ),
];
