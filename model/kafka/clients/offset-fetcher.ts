/**
 * Finds positions: by the reset policy with ListOffsets, and after a change of leader with OffsetForLeaderEpoch
 * (OffsetFetcher, OffsetFetcherUtils of the Java client; clients.md §5.2).
 */
import type { MachineId } from '../../kernel/process.js';
import type { ConsumerSettings } from '../cluster-spec.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../protocol/messages.js';
import type { ConsumerNetwork } from './consumer-network.js';
import { samePosition, type AssignedPartition, type FetchPosition } from './subscription-state.js';

const REQUEST_BYTES = 48;
const PARTITION_BYTES = 20;

export interface TruncationListener {
  /** The log ended before the position (KIP-320). endOffset -1: nobody knows where. Only with a reset policy. */
  onTruncationDetected(assigned: AssignedPartition, endOffset: number): void;
  /** auto.offset.reset=none and no position can be found: an exception of KafkaConsumer.poll. */
  onNoPosition(assigned: AssignedPartition, error: string): void;
}

interface Validation {
  readonly assigned: AssignedPartition;
  readonly position: FetchPosition;
}

export class OffsetFetcher {
  private readonly network: ConsumerNetwork;
  private readonly settings: ConsumerSettings;
  private readonly partitions: readonly AssignedPartition[];
  private readonly listener: TruncationListener;
  private readonly requestTimeoutMicros: number;
  private readonly retryBackoffMicros: number;

  constructor(
    network: ConsumerNetwork,
    settings: ConsumerSettings,
    partitions: readonly AssignedPartition[],
    listener: TruncationListener,
  ) {
    this.network = network;
    this.settings = settings;
    this.partitions = partitions;
    this.listener = listener;
    this.requestTimeoutMicros = settings['request.timeout.ms'] * 1000;
    this.retryBackoffMicros = settings['retry.backoff.ms'] * 1000;
  }

  /** Sends what has to be asked. Returns when there is something to be asked next. */
  askWhatIsMissing(now: number): number {
    let next = Infinity;
    for (const assigned of this.partitions) {
      if (assigned.state === 'fetching' || assigned.state === 'initializing') continue;
      if (assigned.nextRetryAt > now) {
        next = Math.min(next, assigned.nextRetryAt);
        continue;
      }
      if (assigned.state === 'await-reset' && this.settings['auto.offset.reset'] === 'none') {
        this.listener.onNoPosition(assigned, 'NoOffsetForPartitionException');
        continue;
      }
      const node =
        assigned.state === 'await-reset'
          ? this.network.metadata.currentLeaderOf(assigned.partition)
          : assigned.position!.leader;
      next = Math.min(next, this.askNode(node, assigned.state, now));
    }
    return next;
  }

  handleListOffsets(asked: readonly AssignedPartition[], response: ListOffsetsResponse, now: number): void {
    for (const { partition, error, offset, leaderEpoch } of response.partitions) {
      const assigned = asked.find((candidate) => candidate.partition === partition)!;
      if (error !== KafkaError.NONE) {
        this.failed(assigned, now);
      } else if (assigned.state === 'await-reset') {
        this.network.metadata.sawEpoch(assigned.partition, leaderEpoch);
        assigned.seek({
          offset,
          // No record was read yet: nothing to validate by.
          offsetEpoch: -1,
          leader: this.network.metadata.currentLeaderOf(assigned.partition),
          leaderEpoch: this.network.metadata.requestEpochOf(assigned.partition),
        });
      }
    }
  }

  handleOffsetForLeaderEpoch(asked: readonly Validation[], response: OffsetForLeaderEpochResponse, now: number): void {
    for (const { partition, error, leaderEpoch, endOffset } of response.partitions) {
      const { assigned, position } = asked.find((candidate) => candidate.assigned.partition === partition)!;
      if (error !== KafkaError.NONE) this.failed(assigned, now);
      else this.completeValidation(assigned, position, leaderEpoch, endOffset);
    }
  }

  handleRequestLost(kind: number, context: unknown, now: number): void {
    if (kind === Api.listOffsets) {
      for (const assigned of context as readonly AssignedPartition[]) this.failed(assigned, now);
    } else {
      for (const { assigned } of context as readonly Validation[]) this.failed(assigned, now);
    }
  }

  /** Asks one node for everything that this state is missing from it. Returns when it can be tried if it cannot be now. */
  private askNode(node: MachineId, state: AssignedPartition['state'], now: number): number {
    if (node < 0) {
      this.network.metadata.requestUpdate();
      return Infinity;
    }
    if (!this.network.nodeReady(node, now)) return this.network.client.connectableAt(node);
    const missing = this.partitions.filter(
      (assigned) => assigned.state === state && assigned.nextRetryAt <= now && this.nodeOf(assigned) === node,
    );
    // One request at a time for each partition: its loss is noticed by the connection, at the latest after request.timeout.ms.
    for (const assigned of missing) assigned.nextRetryAt = now + this.requestTimeoutMicros;
    if (state === 'await-reset') this.sendListOffsets(node, missing, now);
    else this.sendOffsetForLeaderEpoch(node, missing, now);
    return now + this.requestTimeoutMicros;
  }

  private nodeOf(assigned: AssignedPartition): MachineId {
    return assigned.position?.leader ?? this.network.metadata.currentLeaderOf(assigned.partition);
  }

  private sendListOffsets(node: MachineId, missing: readonly AssignedPartition[], now: number): void {
    const timestamp = this.settings['auto.offset.reset'] === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP;
    const request: ListOffsetsRequest = {
      kind: Api.listOffsets,
      bytes: REQUEST_BYTES + PARTITION_BYTES * missing.length,
      correlationId: this.network.client.nextCorrelationId(),
      replicaId: -1,
      readCommitted: this.settings['isolation.level'] === 'read_committed',
      partitions: missing.map(({ partition }) => ({
        partition,
        currentLeaderEpoch: this.network.metadata.requestEpochOf(partition),
        timestamp,
      })),
    };
    this.network.client.send(node, request, missing, true, now);
  }

  private sendOffsetForLeaderEpoch(node: MachineId, missing: readonly AssignedPartition[], now: number): void {
    const validations: Validation[] = missing.map((assigned) => ({ assigned, position: assigned.position! }));
    const request: OffsetForLeaderEpochRequest = {
      kind: Api.offsetForLeaderEpoch,
      namesEpoch: true,
      bytes: REQUEST_BYTES + PARTITION_BYTES * missing.length,
      correlationId: this.network.client.nextCorrelationId(),
      replicaId: -1,
      partitions: validations.map(({ assigned, position }) => ({
        partition: assigned.partition,
        currentLeaderEpoch: position.leaderEpoch,
        leaderEpoch: position.offsetEpoch,
      })),
    };
    this.network.client.send(node, request, validations, true, now);
  }

  /** SubscriptionState.maybeCompleteValidation. */
  private completeValidation(
    assigned: AssignedPartition,
    asked: FetchPosition,
    leaderEpoch: number,
    endOffset: number,
  ): void {
    const position = assigned.position;
    if (assigned.state !== 'await-validation' || position === null || !samePosition(position, asked)) return;
    if (endOffset >= 0 && leaderEpoch >= 0 && endOffset >= position.offset) {
      assigned.completeValidation();
    } else if (this.settings['auto.offset.reset'] === 'none') {
      this.listener.onNoPosition(assigned, 'LogTruncationException');
    } else {
      const known = endOffset >= 0 && leaderEpoch >= 0;
      if (known)
        assigned.seek({
          offset: endOffset,
          offsetEpoch: leaderEpoch,
          leader: position.leader,
          leaderEpoch: position.leaderEpoch,
        });
      else assigned.requestReset();
      this.listener.onTruncationDetected(assigned, known ? endOffset : -1);
    }
  }

  private failed(assigned: AssignedPartition, now: number): void {
    if (assigned.state !== 'fetching') assigned.nextRetryAt = now + this.retryBackoffMicros;
    this.network.metadata.requestUpdate();
  }
}
