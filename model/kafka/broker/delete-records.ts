/**
 * DeleteRecords (KIP-107): KafkaApis.handleDeleteRecordsRequest, ReplicaManager.deleteRecords, DelayedDeleteRecords. The
 * leader's log begins later at once; the answer waits until every replica on a live broker has followed.
 */
import { isDeleted } from '../log/cleanup-policy.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import {
  Api,
  HIGH_WATERMARK_OFFSET,
  RESPONSE,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
} from '../protocol/messages.js';
import { LogStartReason } from '../probes.js';
import type { Partition } from './partition.js';
import type { DelayedOperation } from './purgatory.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';

const RESPONSE_BYTES = 30;
const RESPONSE_PARTITION_BYTES = 20;
const NO_LOW_WATERMARK = -1;

/** What becomes of one partition of the request. */
interface Deletion {
  readonly partition: number;
  /** The log start that every replica is to reach. */
  readonly required: number;
  error: ErrorCode;
  lowWatermark: number;
  pending: boolean;
}

export class DelayedDeleteRecords implements DelayedOperation {
  readonly deadline: number;
  readonly #replicas: ReplicaManager;
  readonly #channel: RequestChannel;
  readonly #request: DeleteRecordsRequest;
  readonly #deletions: readonly Deletion[];

  /** Raises the log starts. */
  constructor(replicas: ReplicaManager, channel: RequestChannel, request: DeleteRecordsRequest) {
    this.#replicas = replicas;
    this.#channel = channel;
    this.#request = request;
    this.deadline = replicas.host.monotonicMicros() + request.timeoutMs * 1000;
    this.#deletions = request.partitions.map(({ partition, offset }) => deleteOnLeader(replicas, partition, offset));
  }

  watches(partition: number): boolean {
    return this.#deletions.some((deletion) => deletion.partition === partition);
  }

  isSatisfied(): boolean {
    for (const deletion of this.#deletions) if (deletion.pending) this.#look(deletion);
    return this.#deletions.every(({ pending }) => !pending);
  }

  /** What is still pending has run out of time. */
  complete(): void {
    const partitions = this.#deletions.map(({ partition, lowWatermark, error, pending }) => ({
      partition,
      lowWatermark,
      error: pending ? KafkaError.REQUEST_TIMED_OUT : error,
    }));
    const response: DeleteRecordsResponse = {
      kind: Api.deleteRecords + RESPONSE,
      bytes: RESPONSE_BYTES + RESPONSE_PARTITION_BYTES * partitions.length,
      correlationId: this.#request.correlationId,
      partitions,
    };
    this.#channel.respond(response);
  }

  #look(deletion: Deletion): void {
    const partition = this.#replicas.partition(deletion.partition);
    if (partition?.isLeader !== true) {
      deletion.error = KafkaError.NOT_LEADER_OR_FOLLOWER;
      deletion.lowWatermark = NO_LOW_WATERMARK;
      deletion.pending = false;
      return;
    }
    deletion.lowWatermark = lowWatermark(partition, this.#replicas);
    deletion.pending = deletion.lowWatermark < deletion.required;
  }
}

/** Partition.deleteRecordsOnLeader: up to the high watermark, and only of logs that retention may delete from. */
function deleteOnLeader(replicas: ReplicaManager, number: number, offset: number): Deletion {
  const refused = (error: ErrorCode): Deletion => {
    return { partition: number, required: -1, error, lowWatermark: NO_LOW_WATERMARK, pending: false };
  };
  const partition = replicas.partition(number);
  if (partition === undefined) return refused(replicas.absenceError(number));
  if (!partition.isLeader) return refused(KafkaError.NOT_LEADER_OR_FOLLOWER);
  const { log } = partition;
  if (!isDeleted(log.settings)) return refused(KafkaError.POLICY_VIOLATION);
  const required = offset === HIGH_WATERMARK_OFFSET ? log.highWatermark : offset;
  if (required < 0 || required > log.highWatermark) return refused(KafkaError.OFFSET_OUT_OF_RANGE);
  try {
    log.incrementLogStart(required, LogStartReason.clientDeletion);
  } catch (failure) {
    return refused(replicas.storageError(failure));
  }
  return { partition: number, required, error: KafkaError.NONE, lowWatermark: log.logStartOffset, pending: true };
}

/** The lowest log start of the leader and of the followers on live brokers (Partition.lowWatermarkIfLeader). */
function lowWatermark({ log, remotes }: Partition, { image }: ReplicaManager): number {
  let lowest = log.logStartOffset;
  for (const { brokerId, logStartOffset } of remotes) {
    const broker = image.broker(brokerId);
    const isAlive = broker !== undefined && !broker.fenced;
    if (isAlive) lowest = Math.min(lowest, logStartOffset);
  }
  return lowest;
}
