/** Released bugs of clients, groups and transactions (known-bugs.md §3, §8, §9, §10). */
import { defect } from '../defect.js';

export const clientDefects = {
  'KAFKA-2942': defect('B57', 'clients', '0.9.0..0.9.0.1,0.10.0', 'Auto-commit commits records that were fetched ahead and never returned by a poll.'),
  'KAFKA-8483': defect('B65', 'clients', '1.0.0..2.3.0', 'Batches in flight that get new sequences get them in the order of a heap.'),
  'KAFKA-10167': defect(null, 'clients', '', 'Kafka Streams restores state up to the last stable offset: what its predecessor has written and not decided yet is missing when it is committed later.', { modelled: true }),
  'KAFKA-12152': defect('B11', 'clients', '2.5.0..2.7.1,2.8.0', 'A producer that begins a new epoch for one partition does not begin at sequence 0 in the others.'),
  'KAFKA-13794': defect('B65', 'clients', '1.0.0..3.0.2,3.1.1,3.2.0', 'Of two batches with the same first sequence and different epochs, the producer may forget the wrong one.'),
  'KAFKA-14034': defect('B10', 'clients', '2.5.0..', 'A producer begins a new epoch while the fate of a batch is open, and sends it again under another sequence.', { modelled: true }),
  'KAFKA-14359': defect(null, 'clients', '2.5.0..', 'With no state for a producer, a leader takes any first sequence: the second batch in flight may land before the first.', { follows: 'sequenceWithoutState' }),
  'KAFKA-14372': defect('B54', 'clients', '2.4.0..3.3.2,3.4.0', 'A consumer may be sent to a follower outside the ISR.'),
  'KAFKA-14379': defect('B54', 'clients', '2.4.0..3.3.2,3.4.0', 'A consumer stays with its preferred replica until its metadata expires, whatever becomes of that replica.'),
  'KAFKA-19902': defect('B61', 'clients', '2.1.0..', 'A committed offset carries the epoch of the last record read: once retention has removed that epoch, the position counts as out of range.'),
  B76: defect('B76', 'clients', '', 'A broker without a memory of producers answers a repeated batch with OUT_OF_ORDER_SEQUENCE_NUMBER, and the client sends it anew (Redpanda).'),
} as const; // prettier-ignore

export const coordinatorDefects = {
  'KAFKA-6003': defect('B64', 'coordinator', '0.11.0..0.11.0.2,1.0.0', 'A follower checks sequences as a leader does, and refuses what its leader has appended.'),
  'KAFKA-8069': defect('B59', 'coordinator', '2.1.0..2.2.0', 'Committed offsets of an older format get a wrong expiry when a coordinator loads them.'),
  'KAFKA-9144': defect('B67', 'coordinator', '0.11.0..2.4.1,2.5.0', 'Producer state may expire right after an abort, and a marker of an earlier coordinator is accepted.'),
  'KAFKA-9307': defect('B75', 'coordinator', '0.11.0..2.4.1,2.5.0', 'A coordinator notes a leader epoch before it has taken it up, and skips it when it is told again.'),
  'KAFKA-9807': defect('B73', 'coordinator', '0.11.0..2.5.0', 'The last stable offset is computed from two readings of the high watermark.'),
  'KAFKA-10080': defect('B72', 'coordinator', '0.11.0..2.6.0', 'Two answers to the last marker both complete the transaction, the second perhaps its successor.'),
  'KAFKA-14884': defect('B70', 'coordinator', '', 'A transaction may end between its verification and the append.'),
  'KAFKA-14920': defect('B70', 'coordinator', '', 'While a producer is verified its second batch may be appended before its first.'),
  'KAFKA-15784': defect('B74', 'coordinator', '3.6.0..3.7.0', 'Offsets of a transaction are validated before the verification, and appended after it without another look.', { modelled: true }),
  'KAFKA-17507': defect('B74', 'coordinator', '2.0.0..4.0.0', 'A transaction marker is acknowledged before the offsets that it commits can be read.', { modelled: true }),
  'KAFKA-18464': defect('B80', 'coordinator', '', 'An empty abort after a commit fences its own producer.'),
  'KAFKA-18660': defect('B80', 'coordinator', '', 'When the epoch of a producer is used up, the answer to EndTxn names the wrong one.'),
  'KAFKA-19233': defect(null, 'coordinator', '4.0.0..4.2.0', 'A member of a group of KIP-848 that was fenced is fenced again whenever it joins, until its session is over.', { modelled: true }),
  'KAFKA-20357': defect('B80', 'coordinator', '4.0.0..', 'The last epoch of a producer is not persisted: its repeated request is fenced after a fail-over of the coordinator.'),
  'KAFKA-20785': defect('B80', 'coordinator', '4.0.0..', 'A commit that meets the abort by time-out gets a fatal INVALID_TXN_STATE.'),
  B86: defect('B86', 'coordinator', '0.11.0..4.0.0', 'A group coordinator holds one pending offset for a producer id and partition, whatever the epoch: the commit of a fenced producer takes the place of its successor\'s, and when it is refused both are forgotten.', { modelled: true }),
  B77: defect('B77', 'coordinator', '', 'A leader serves before it has applied all that is committed (Redpanda).'),
  B78: defect('B78', 'coordinator', '', 'A sequence that an aborted transaction used counts as repeated when the next one uses it (Redpanda).'),
  B79: defect('B79', 'replication', '', 'An acknowledgement names an offset that was foretold, not the one where the record came to lie (Redpanda).'),
} as const; // prettier-ignore
