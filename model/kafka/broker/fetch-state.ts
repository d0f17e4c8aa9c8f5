/** How far a follower is with one partition, and what it asks of the leader next: PartitionFetchState. */
import {
  Api,
  LATEST_TIMESTAMP,
  type FetchPartition,
  type FetchRequest,
  type ListOffsetsRequest,
} from '../protocol/messages.js';
import type { BrokerServices } from './components.js';
import type { Partition } from './partition.js';

const REQUEST_BYTES = 60;
const REQUEST_PARTITION_BYTES = 40;

export class FetchState {
  readonly partition: Partition;
  readonly leaderEpoch: number;
  fetchOffset: number;
  /** -1: the log has no epoch. */
  lastFetchedEpoch: number;
  /** Monotonic microseconds: not asked for before, after an error. */
  delayedUntil = 0;
  /** The leader answered OFFSET_OUT_OF_RANGE: its log end is asked for. */
  outOfRange = false;
  /** From the last answer, until it is applied; -1: nothing to apply. */
  leaderHighWatermark = -1;
  removed = false;

  constructor(partition: Partition, leaderEpoch: number, fetchOffset: number) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.fetchOffset = fetchOffset;
    this.lastFetchedEpoch = partition.log.leaderEpochs.latestEpoch;
  }

  /** From the log's end on. */
  resume(): void {
    this.fetchOffset = this.partition.log.logEndOffset;
    this.lastFetchedEpoch = this.partition.log.leaderEpochs.latestEpoch;
  }
}

/**
 * Is the answer still to what this replica would ask? The partition may have been removed, added anew in another epoch,
 * or truncated since.
 */
export function isCurrent(state: FetchState, asked: FetchPartition): boolean {
  return !state.removed && state.fetchOffset === asked.fetchOffset && state.leaderEpoch === asked.currentLeaderEpoch;
}

export function fetchRequest(
  states: readonly FetchState[],
  correlationId: number,
  broker: BrokerServices,
): FetchRequest {
  const { settings, nodeId } = broker.config;
  return {
    kind: Api.fetch,
    bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * states.length,
    correlationId,
    replicaId: nodeId,
    replicaEpoch: broker.brokerEpoch(),
    maxWaitMs: settings['replica.fetch.wait.max.ms'],
    minBytes: settings['replica.fetch.min.bytes'],
    maxBytes: settings['replica.fetch.response.max.bytes'],
    partitionMaxBytes: settings['replica.fetch.max.bytes'],
    partitions: states.map(fetchPartition),
  };
}

/** For those that the leader called out of range. */
export function logEndsRequest(
  states: readonly FetchState[],
  correlationId: number,
  broker: BrokerServices,
): ListOffsetsRequest {
  return {
    kind: Api.listOffsets,
    bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * states.length,
    correlationId,
    replicaId: broker.config.nodeId,
    partitions: states.map(({ partition, leaderEpoch }) => ({
      partition: partition.number,
      currentLeaderEpoch: leaderEpoch,
      timestamp: LATEST_TIMESTAMP,
    })),
  };
}

function fetchPartition(state: FetchState): FetchPartition {
  return {
    partition: state.partition.number,
    currentLeaderEpoch: state.leaderEpoch,
    fetchOffset: state.fetchOffset,
    lastFetchedEpoch: state.lastFetchedEpoch,
    logStartOffset: state.partition.log.logStartOffset,
  };
}
