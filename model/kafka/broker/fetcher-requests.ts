/** What a follower asks of its leader: fetches, and the offsets that it looks up before it can fetch (RemoteLeaderEndPoint). */
import { sized } from '../../kernel/arrays.js';
import {
  Api,
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  type FetchPartition,
  type FetchRequest,
  type ListOffsetsRequest,
  type OffsetForLeaderEpochRequest,
} from '../protocol/messages.js';
import type { BrokerBasics } from './components.js';
import type { FetchState, Need } from './fetch-state.js';
import type { ReplicationRules } from './replication-rules.js';

const REQUEST_BYTES = 60;
const REQUEST_PARTITION_BYTES = 40;
const NOT_SENT = -1;

export type FetcherRequest = FetchRequest | ListOffsetsRequest | OffsetForLeaderEpochRequest;

/**
 * A request for all of these, which have the same need.
 * @param replicaEpoch what a fetch says of the epoch of this broker (KIP-903); -1: nothing
 */
export function fetcherRequest(
  need: Need,
  states: readonly FetchState[],
  correlationId: number,
  broker: BrokerBasics,
  rules: ReplicationRules,
  replicaEpoch: number,
): FetcherRequest {
  switch (need) {
    case 'records':
      return fetchRequest(states, correlationId, broker, rules, replicaEpoch);
    case 'epoch-end':
      return epochEndsRequest(states, correlationId, broker, rules);
    case 'log-end':
      return logOffsetsRequest(states, LATEST_TIMESTAMP, correlationId, broker, rules);
    case 'log-start':
      return logOffsetsRequest(states, EARLIEST_TIMESTAMP, correlationId, broker, rules);
  }
}

function fetchRequest(
  states: readonly FetchState[],
  correlationId: number,
  broker: BrokerBasics,
  rules: ReplicationRules,
  replicaEpoch: number,
): FetchRequest {
  const { settings, nodeId } = broker.config;
  const sendsLastEpoch = rules.truncation === 'on-fetch';
  const partitions = sized<FetchPartition>(states.length);
  for (let i = 0; i < states.length; i++) {
    const { partition, fetchOffset, lastFetchedEpoch } = states[i];
    partitions[i] = {
      partition: partition.number,
      currentLeaderEpoch: epochOf(states[i], rules),
      fetchOffset,
      lastFetchedEpoch: sendsLastEpoch ? lastFetchedEpoch : NOT_SENT,
      logStartOffset: partition.log.logStartOffset,
    };
  }
  return {
    kind: Api.fetch,
    bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * states.length,
    correlationId,
    replicaId: nodeId,
    replicaEpoch,
    rackId: '',
    maxWaitMs: settings['replica.fetch.wait.max.ms'],
    minBytes: settings['replica.fetch.min.bytes'],
    maxBytes: settings['replica.fetch.response.max.bytes'],
    partitionMaxBytes: settings['replica.fetch.max.bytes'],
    partitions,
  };
}

/** Where the latest epoch of each log ends with the leader (KIP-101). */
function epochEndsRequest(
  states: readonly FetchState[],
  correlationId: number,
  broker: BrokerBasics,
  rules: ReplicationRules,
): OffsetForLeaderEpochRequest {
  return {
    kind: Api.offsetForLeaderEpoch,
    ...headOf(states, correlationId, broker),
    namesEpoch: rules.truncation !== 'epoch-end-offset',
    partitions: states.map((state) => ({
      partition: state.partition.number,
      currentLeaderEpoch: epochOf(state, rules),
      leaderEpoch: state.partition.log.leaderEpochs.latestEpoch,
    })),
  };
}

function logOffsetsRequest(
  states: readonly FetchState[],
  timestamp: number,
  correlationId: number,
  broker: BrokerBasics,
  rules: ReplicationRules,
): ListOffsetsRequest {
  return {
    kind: Api.listOffsets,
    ...headOf(states, correlationId, broker),
    partitions: states.map((state) => ({
      partition: state.partition.number,
      currentLeaderEpoch: epochOf(state, rules),
      timestamp,
    })),
  };
}

function headOf(states: readonly FetchState[], correlationId: number, broker: BrokerBasics) {
  const bytes = REQUEST_BYTES + REQUEST_PARTITION_BYTES * states.length;
  return { bytes, correlationId, replicaId: broker.config.nodeId };
}

/** KIP-320: before it, no request said in which epoch its sender lives. */
function epochOf(state: FetchState, rules: ReplicationRules): number {
  return rules.fetchEpochFencing ? state.leaderEpoch : NOT_SENT;
}
