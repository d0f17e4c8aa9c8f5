/** What the partitions of __transaction_state hold: a record for each change of a transactional id (clients.md §4.1). */
import {
  BATCH_OVERHEAD_BYTES,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  type RecordBatch,
} from '../../protocol/records.js';
import type { TransactionRecord, TransactionState } from './transaction-metadata.js';

export const TRANSACTION_STATE_TOPIC = '__transaction_state';

/** About what key and value take beside the id and the partitions. */
const RECORD_BYTES = 60;
const PARTITION_BYTES = 8;
const VALUES_PER_RECORD = 8;

/** The status byte of a record (TransactionState.id). */
export const STATUS: Readonly<Record<TransactionState, number>> = {
  Empty: 0,
  Ongoing: 1,
  PrepareCommit: 2,
  PrepareAbort: 3,
  CompleteCommit: 4,
  CompleteAbort: 5,
  PrepareEpochFence: 7,
};

/** The batch of one record. Its value is negative, as no workload's is, and tells id, epoch and state apart. */
export function transactionBatch(record: TransactionRecord): RecordBatch {
  const { transactionalId, producerId, producerEpoch, state, partitions, updatedMs } = record;
  const bytes = RECORD_BYTES + transactionalId.length + PARTITION_BYTES * partitions.length;
  const value = -2 - ((producerId * 32_768 + producerEpoch + 1) * VALUES_PER_RECORD + STATUS[state]);
  // The last epoch is not in the record (TransactionLog.valueToBytes).
  const written: TransactionRecord = { ...record, lastProducerEpoch: NO_PRODUCER_EPOCH };
  return {
    baseOffset: -1,
    partitionLeaderEpoch: -1,
    producerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    baseSequence: NO_SEQUENCE,
    records: [{ key: transactionalId, value, timestamp: updatedMs, bytes, state: written }],
    bytes: BATCH_OVERHEAD_BYTES + bytes,
    isTransactional: undefined,
    marker: undefined,
    compacted: undefined,
  };
}
