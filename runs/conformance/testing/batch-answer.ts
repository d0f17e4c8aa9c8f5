/** A batch in the words in which Kafka's are noted. */
import type { RecordBatch } from '../../../model/kafka/protocol/records.js';
import type { BatchAnswer } from './exchange.js';

export function batchAnswer(batch: RecordBatch, isDamaged = false): BatchAnswer {
  const { baseOffset, partitionLeaderEpoch: leaderEpoch, baseSequence, records, marker } = batch;
  if (isDamaged) return { baseOffset, leaderEpoch, baseSequence, values: [], damaged: true };
  if (marker !== undefined) {
    return { baseOffset, leaderEpoch, baseSequence, marker: marker.committed ? 'COMMIT' : 'ABORT', values: [] };
  }
  return { baseOffset, leaderEpoch, baseSequence, values: records.map(({ value }) => value) };
}
