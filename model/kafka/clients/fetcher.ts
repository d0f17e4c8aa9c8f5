/**
 * Fetches from leaders, and from the followers that they name (KIP-392), one request in flight to each, and keeps what came until the application polls (AbstractFetch,
 * FetchBuffer, FetchCollector; clients.md §5.2). Fetch sessions are an encoding and are left out (KIP-227).
 */
import { clear, removeAt, sized } from '../../kernel/arrays.js';
import type { MachineId } from '../../kernel/process.js';
import type { ConsumerSettings } from '../cluster-spec.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  type FetchedPartition,
  type FetchPartition,
  type FetchRequest,
  type FetchResponse,
} from '../protocol/messages.js';
import { indexFrom, lastOffset, offsetAt, type RecordBatch } from '../protocol/records.js';
import { isInvalidMetadata } from './error-classes.js';
import type { ConsumerNetwork } from './consumer-network.js';
import type { AssignedPartition } from './subscription-state.js';
import { visibleBatches } from './visible-batches.js';

const REQUEST_BYTES = 60;
const PARTITION_BYTES = 32;

export interface FetchListener {
  /** The position is not in the leader's log, and there is a reset policy. */
  onOutOfRange(assigned: AssignedPartition): void;
  /** The position is not in the leader's log, and there is no policy: an exception of KafkaConsumer.poll. */
  onNoPosition(assigned: AssignedPartition, error: string): void;
  /** KafkaConsumer.poll threw something that the next poll may not meet again. */
  onFetchException(assigned: AssignedPartition, error: string): void;
}

/** After an exception the application logs it and polls again, but not at once. */
const PAUSE_AFTER_EXCEPTION_MICROS = 1_000_000;

/** Records of one partition, as one poll returns them. */
export interface PolledRecords {
  readonly partition: number;
  readonly offsets: number[];
  readonly values: number[];
  /** Of an application that wants to know the record keys. */
  readonly keys?: (string | null)[];
}

/** Records that came and were not returned yet (CompletedFetch). */
interface CompletedFetch {
  readonly assigned: AssignedPartition;
  readonly data: FetchedPartition;
  /** Of its batches those that the application may see. */
  readonly visible: readonly RecordBatch[];
}

const NOTHING: readonly PolledRecords[] = [];

export class Fetcher {
  private readonly network: ConsumerNetwork;
  private readonly settings: ConsumerSettings;
  private readonly readCommitted: boolean;
  private readonly partitions: readonly AssignedPartition[];
  private readonly listener: FetchListener;
  private readonly buffer: CompletedFetch[] = [];
  /** The application wants to know the record keys. */
  returnsKeys = false;
  /** Nodes with a fetch in flight. */
  private readonly pending: MachineId[] = [];
  /** Nodes that took no request in this turn. */
  private readonly unready: MachineId[] = [];

  constructor(
    network: ConsumerNetwork,
    settings: ConsumerSettings,
    partitions: readonly AssignedPartition[],
    listener: FetchListener,
  ) {
    this.network = network;
    this.settings = settings;
    this.readCommitted = settings['isolation.level'] === 'read_committed';
    this.partitions = partitions;
    this.listener = listener;
  }

  get hasBuffered(): boolean {
    return this.buffer.length > 0;
  }

  /** Sends a fetch to each broker that has none in flight and serves a partition of which nothing is buffered. Returns when to try again. */
  sendFetches(now: number): number {
    let next = Infinity;
    clear(this.unready);
    for (const assigned of this.partitions) {
      if (assigned.nextRetryAt > now && assigned.isFetchable) next = Math.min(next, assigned.nextRetryAt);
      if (!assigned.mayFetch(now)) continue;
      const node = this.readReplica(assigned, now);
      if (node < 0) {
        this.network.metadata.requestUpdate();
      } else if (!this.pending.includes(node) && !this.unready.includes(node)) {
        if (this.network.nodeReady(node, now)) {
          this.sendFetch(node, now);
        } else {
          this.unready.push(node);
          next = Math.min(next, this.network.client.connectableAt(node));
        }
      }
    }
    return next;
  }

  handleResponse(node: MachineId, asked: readonly AssignedPartition[], response: FetchResponse, now: number): void {
    this.removePending(node);
    for (const data of response.partitions) {
      for (const assigned of asked)
        if (assigned.partition === data.partition) this.handlePartition(assigned, data, now);
    }
  }

  handleRequestLost(node: MachineId): void {
    this.removePending(node);
  }

  /** What one poll returns: at most max.poll.records, in the order in which fetches came back. */
  collect(): readonly PolledRecords[] {
    if (this.buffer.length === 0) return NOTHING;
    const polled: PolledRecords[] = [];
    let room = this.settings['max.poll.records'];
    while (this.buffer.length > 0 && room > 0) {
      const { assigned, data, visible } = this.buffer[0]!;
      // What was buffered for a position that has moved since (a reset, a validation), or is being given up, is dropped.
      if (this.isAtPosition(assigned, data)) {
        const records = takeRecords(assigned, data.batches, visible, room, this.returnsKeys);
        room -= records.offsets.length;
        if (records.offsets.length > 0) polled.push(records);
      }
      // With the room used up there may be more of it; if not, the next poll finds that out.
      if (room > 0) {
        this.buffer.shift();
        assigned.isBuffered = false;
      }
    }
    return polled;
  }

  private sendFetch(node: MachineId, now: number): void {
    const asked: AssignedPartition[] = [];
    const partitions: FetchPartition[] = [];
    for (const assigned of this.partitions) {
      if (!assigned.mayFetch(now) || assigned.readReplica(now) !== node) continue;
      asked.push(assigned);
      partitions.push(fetchPartition(assigned));
    }
    const request: FetchRequest = {
      kind: Api.fetch,
      bytes: REQUEST_BYTES + PARTITION_BYTES * asked.length,
      correlationId: this.network.client.nextCorrelationId(),
      replicaId: -1,
      replicaEpoch: -1,
      rackId: this.settings['client.rack'] ?? '',
      maxWaitMs: this.settings['fetch.max.wait.ms'],
      minBytes: this.settings['fetch.min.bytes'],
      maxBytes: this.settings['fetch.max.bytes'],
      partitionMaxBytes: this.settings['max.partition.fetch.bytes'],
      readCommitted: this.readCommitted,
      partitions,
    };
    this.pending.push(node);
    this.network.client.send(node, request, asked, true, now);
  }

  private handlePartition(assigned: AssignedPartition, data: FetchedPartition, now: number): void {
    if (data.error === KafkaError.NOT_LEADER_OR_FOLLOWER || data.error === KafkaError.FENCED_LEADER_EPOCH) {
      this.network.metadata.adoptLeader(data.partition, data.currentLeader, data.currentLeaderEpoch);
    }
    if (assigned.state !== 'fetching') return;
    if (data.error === KafkaError.NONE) {
      if (assigned.position!.offset !== data.fetchOffset) return;
      // Behind the last stable offset there is nothing to read yet (KIP-98: lag is counted up to there).
      const end = this.readCommitted ? data.lastStableOffset : data.highWatermark;
      if (end >= 0) assigned.highWatermark = end;
      if (data.preferredReadReplica >= 0) {
        assigned.prefer(data.preferredReadReplica, now + this.settings['metadata.max.age.ms'] * 1000);
      }
      if (data.batches.length === 0) return;
      assigned.isBuffered = true;
      this.buffer.push({ assigned, data, visible: visibleBatches(data.batches, data.abortedTransactions) });
    } else {
      this.handleError(assigned, data, now);
    }
  }

  /** FetchCollector.handleInitializeErrors. */
  private handleError(assigned: AssignedPartition, data: FetchedPartition, now: number): void {
    if (isInvalidMetadata(data.error) || data.error === KafkaError.OFFSET_NOT_AVAILABLE) {
      this.network.metadata.requestUpdate();
      assigned.clearPreferredReadReplica();
    } else if (data.error === KafkaError.OFFSET_OUT_OF_RANGE) {
      if (assigned.position!.offset !== data.fetchOffset) return;
      // A follower may be behind; the leader has to say so itself.
      if (assigned.clearPreferredReadReplica()) return;
      if (this.settings['auto.offset.reset'] === 'none') {
        this.listener.onNoPosition(assigned, 'OffsetOutOfRangeException');
      } else {
        assigned.requestReset();
        this.listener.onOutOfRange(assigned);
      }
    } else if (data.error === KafkaError.CORRUPT_MESSAGE) {
      assigned.nextRetryAt = now + PAUSE_AFTER_EXCEPTION_MICROS;
      this.listener.onFetchException(assigned, 'KafkaException: CORRUPT_MESSAGE');
    } else if (data.error !== KafkaError.UNKNOWN_LEADER_EPOCH) {
      throw new Error(`A fetch was answered with ${data.error}`);
    }
  }

  /** A preferred follower that is gone is given up for the leader. */
  private readReplica(assigned: AssignedPartition, now: number): MachineId {
    const node = assigned.readReplica(now);
    const { leader } = assigned.position!;
    if (node === leader || this.network.metadata.nodes.includes(node)) return node;
    this.network.metadata.requestUpdate();
    assigned.clearPreferredReadReplica();
    return leader;
  }

  private isAtPosition(assigned: AssignedPartition, data: FetchedPartition): boolean {
    if (assigned.state !== 'fetching' || assigned.isPendingRevocation) return false;
    const { offset } = assigned.position!;
    const last = data.batches[data.batches.length - 1]!;
    return offset >= data.fetchOffset && offset <= lastOffset(last);
  }

  private removePending(node: MachineId): void {
    const at = this.pending.indexOf(node);
    if (at >= 0) removeAt(this.pending, at);
  }
}

function fetchPartition({ partition, position }: AssignedPartition): FetchPartition {
  return {
    partition,
    currentLeaderEpoch: position!.leaderEpoch,
    fetchOffset: position!.offset,
    // Consumers do not say it: they detect truncation by OffsetForLeaderEpoch.
    lastFetchedEpoch: -1,
    logStartOffset: -1,
  };
}

/**
 * Takes up to `room` records from the position on, and moves the position behind them; with the last of them behind all
 * that was fetched, which may end in what nobody sees. Batches may begin before the position. The lists have the size of
 * what they hold: histories keep them.
 */
function takeRecords(
  assigned: AssignedPartition,
  fetched: readonly RecordBatch[],
  visible: readonly RecordBatch[],
  room: number,
  withKeys: boolean,
): PolledRecords {
  const { offset: from } = assigned.position!;
  const available = recordsFrom(visible, from);
  const count = Math.min(room, available);
  const offsets = sized<number>(count);
  const values = sized<number>(count);
  const keys = withKeys ? sized<string | null>(count) : undefined;
  let taken = 0;
  let epoch = -1;
  for (let b = 0; taken < count; b++) {
    const batch = visible[b]!;
    const { records, partitionLeaderEpoch } = batch;
    for (let i = indexFrom(batch, from); i < records.length && taken < count; i++) {
      offsets[taken] = offsetAt(batch, i);
      values[taken] = records[i]!.value;
      if (keys !== undefined) keys[taken] = records[i]!.key;
      taken++;
      epoch = partitionLeaderEpoch;
    }
  }
  const last = fetched[fetched.length - 1]!;
  if (count === available) assigned.advance(lastOffset(last) + 1, last.partitionLeaderEpoch);
  else assigned.advance(offsets[count - 1]! + 1, epoch);
  const { partition } = assigned;
  return keys === undefined ? { partition, offsets, values } : { partition, offsets, values, keys };
}

/** How many records the batches hold from an offset on. */
function recordsFrom(batches: readonly RecordBatch[], offset: number): number {
  let count = 0;
  for (let b = 0; b < batches.length; b++) {
    count += batches[b]!.records.length - indexFrom(batches[b]!, offset);
  }
  return count;
}
