/** Produce requests: KafkaApis.handleProduceRequest, ReplicaManager.appendRecords (replication.md §3.1). */
import { assert } from '../../kernel/assert.js';
import { lastOffset, NO_PRODUCER_ID, type RecordBatch } from '../protocol/records.js';
import { Probe } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { ProduceRequest } from '../protocol/messages.js';
import { DelayedProduce, ProducePartition } from './produce-purgatory.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';
import { BrokerTimer } from './timers.js';
import { checkVerified, verifiesTransactions, type VerifiedTransaction } from './verified-transaction.js';

/** Refusals that are answered without the start of the log (ReplicaManager.appendToLocalLog). */
const WITHOUT_LOG_START: readonly ErrorCode[] = [KafkaError.MESSAGE_TOO_LARGE, KafkaError.CORRUPT_MESSAGE];

export class ProduceHandler {
  readonly #replicas: ReplicaManager;

  constructor(replicas: ReplicaManager) {
    this.#replicas = replicas;
  }

  /**
   * Appends, then lets go: what waits for the appended records is looked at in a step of its own. acks=0 and 1 are
   * answered here, acks=all after that step at the earliest.
   *
   * @param verified what the coordinator says of its transaction; null: nobody asked
   */
  handle(channel: RequestChannel, request: ProduceRequest, verified: VerifiedTransaction | null = null): void {
    const { host } = this.#replicas;
    const operation = new DelayedProduce(this.#replicas, channel, request);
    const { partitions } = request;
    for (let i = 0; i < partitions.length; i++) {
      operation.partitions[i] = this.#append(partitions[i].partition, partitions[i].batch, request.acks, verified);
    }
    if (request.acks !== -1) operation.complete();
    host.later(BrokerTimer.purgatoryCheck, 0, operation);
  }

  /** The second step (tryCompleteElseWatch, tryCompleteActions). */
  checkPurgatories(operation: DelayedProduce): void {
    const { delayedProduces, delayedFetches } = this.#replicas;
    if (operation.request.acks === -1) delayedProduces.completeOrWatch(operation);
    for (const { partition, appended, highWatermarkMoved } of operation.partitions) {
      if (highWatermarkMoved) delayedProduces.check(partition);
      if (appended) delayedFetches.check(partition);
    }
  }

  #append(number: number, batch: RecordBatch, acks: number, verified: VerifiedTransaction | null): ProducePartition {
    const result = new ProducePartition(number);
    const partition = this.#replicas.partition(number);
    const refusal = verified?.errors.get(number) ?? KafkaError.NONE;
    if (acks !== -1 && acks !== 0 && acks !== 1) {
      result.fail(KafkaError.INVALID_REQUIRED_ACKS);
    } else if (refusal !== KafkaError.NONE) {
      // Nobody looks at the log any more (ReplicaManager.handleProduceAppend).
      result.fail(refusal);
    } else if (partition === undefined) {
      result.fail(this.#replicas.absenceError(number));
    } else if (!partition.isLeader) {
      result.fail(KafkaError.NOT_LEADER_OR_FOLLOWER);
    } else if (acks === -1 && partition.isr.committedSize < partition.effectiveMinIsr) {
      result.logStartOffset = partition.log.logStartOffset;
      result.fail(KafkaError.NOT_ENOUGH_REPLICAS);
    } else {
      try {
        this.#appendToLog(partition, batch, result, verified);
      } catch (failure) {
        result.fail(this.#replicas.storageError(failure));
      }
    }
    return result;
  }

  /** Partition.appendRecordsToLeader, UnifiedLog.append: one step, under the partition's lock. */
  #appendToLog(
    partition: Partition,
    batch: RecordBatch,
    result: ProducePartition,
    verified: VerifiedTransaction | null,
  ): void {
    const { log, number } = partition;
    const { host } = this.#replicas;
    const duplicate = batch.producerId === NO_PRODUCER_ID ? undefined : log.producers.findDuplicate(batch);
    const error = duplicate === undefined ? this.#validate(partition, batch, verified) : KafkaError.NONE;
    if (error !== KafkaError.NONE) {
      if (!WITHOUT_LOG_START.includes(error)) result.logStartOffset = log.logStartOffset;
      result.fail(error);
      return;
    }
    let appended = duplicate;
    if (appended === undefined) {
      appended = log.appendAsLeader(batch, partition.leaderEpoch);
      const { baseOffset } = appended;
      const last = lastOffset(appended);
      host.probes.emit(Probe.batchAppended, host.id, number, baseOffset, last, batch.producerId, batch.baseSequence);
    } else {
      const { baseOffset } = appended;
      host.probes.emit(Probe.deduplicated, host.id, number, baseOffset, batch.producerId, batch.baseSequence);
    }
    result.succeed(appended.baseOffset, lastOffset(appended), log.logStartOffset, partition.leaderEpoch);
    // The ISR may be this broker alone.
    result.highWatermarkMoved = this.#replicas.advanceHighWatermark(partition);
  }

  /** The checks of UnifiedLog.append that may refuse a batch which is no duplicate. */
  #validate(partition: Partition, batch: RecordBatch, verified: VerifiedTransaction | null): ErrorCode {
    assert(batch.records.length > 0, 'a batch holds at least one record');
    if (batch.bytes > partition.config.settings['max.message.bytes']) return KafkaError.MESSAGE_TOO_LARGE;
    const { producers } = partition.log;
    // LogValidator.validateKey
    if (partition.log.isCompacted && batch.records.some(({ key }) => key === null)) return KafkaError.INVALID_RECORD;
    if (batch.isTransactional !== undefined && verifiesTransactions(this.#replicas.config)) {
      const error = checkVerified(producers, partition.number, batch, verified);
      if (error !== KafkaError.NONE) return error;
    }
    return producers.check(batch);
  }
}
