/** Leadership that moves because somebody asked: controlled shutdown, an administrator, or the clock. */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { RESPONSE, type ElectLeadersRequest, type ElectLeadersResponse } from '../../../protocol/messages.js';
import {
  ControlApi,
  UNKNOWN_BROKER_EPOCH,
  type ControlledShutdownRequest,
  type ControlledShutdownResponse,
} from '../../../protocol/control-messages.js';
import type { ZkSteps } from '../zk-steps.js';
import type { ElectionStrategy } from './leader-elections.js';
import type { ControllerParts } from './parts.js';

const RESPONSE_BYTES = 40;

/** doControlledShutdown: what the broker leads goes elsewhere, what it follows it stops. */
export function* controlledShutdown(
  request: ControlledShutdownRequest,
  parts: ControllerParts,
): ZkSteps<ControlledShutdownResponse> {
  const { brokerId, brokerEpoch } = request;
  const { context, batch, partitions, replicas } = parts;
  const known = context.brokers[brokerId];
  if (known === undefined) return shutdownResponse(request, KafkaError.BROKER_NOT_AVAILABLE, []);
  if (brokerEpoch !== UNKNOWN_BROKER_EPOCH && brokerEpoch < known.epoch) {
    return shutdownResponse(request, KafkaError.STALE_BROKER_EPOCH, []);
  }
  context.shuttingDown.add(brokerId);
  const concerned = context
    .partitionsOn(brokerId)
    .filter((partition) => context.replicasOf(partition).length > 1 && context.leaderships[partition] !== undefined);
  const led = concerned.filter((partition) => context.leaderships[partition]!.leader === brokerId);
  const followed = concerned.filter((partition) => !led.includes(partition));
  yield* partitions.toOnline(led, { kind: 'controlled-shutdown' });
  for (const partition of followed) batch.addStopReplica(brokerId, partition, false);
  batch.send();
  yield* replicas.toOffline(followed.map((partition) => ({ partition, replica: brokerId })));
  const remaining = context.partitions().filter((partition) => context.leaderships[partition]?.leader === brokerId);
  return shutdownResponse(request, KafkaError.NONE, remaining);
}

export function shutdownResponse(
  request: ControlledShutdownRequest,
  error: ErrorCode,
  remainingPartitions: readonly number[],
): ControlledShutdownResponse {
  return {
    kind: ControlApi.controlledShutdown + RESPONSE,
    bytes: RESPONSE_BYTES,
    correlationId: request.correlationId,
    error,
    remainingPartitions,
  };
}

/** processReplicaLeaderElection, for an administrator. */
export function* electLeaders(request: ElectLeadersRequest, parts: ControllerParts): ZkSteps<ElectLeadersResponse> {
  const { partitions } = parts;
  const errors = new Map<number, ErrorCode>();
  const wanted: number[] = [];
  for (const partition of request.partitions) {
    const error = objection(partition, request, parts);
    errors.set(partition, error);
    if (error === KafkaError.NONE) wanted.push(partition);
  }
  const elected = yield* partitions.toOnline(wanted, strategyOf(request));
  const failure =
    request.electionType === 1 ? KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE : KafkaError.PREFERRED_LEADER_NOT_AVAILABLE;
  for (const partition of wanted) if (!elected.includes(partition)) errors.set(partition, failure);
  const answers = request.partitions.map((partition) => ({ partition, error: errors.get(partition)! }));
  return electLeadersResponse(request, KafkaError.NONE, answers);
}

export function electLeadersResponse(
  request: ElectLeadersRequest,
  error: ErrorCode,
  partitions: ElectLeadersResponse['partitions'],
): ElectLeadersResponse {
  const { kind, correlationId } = request;
  return { kind: kind + RESPONSE, bytes: RESPONSE_BYTES, correlationId, error, partitions };
}

function strategyOf({ electionType, target }: ElectLeadersRequest): ElectionStrategy {
  switch (electionType) {
    case 0:
      return { kind: 'preferred' };
    case 1:
      return { kind: 'unclean' };
    case 2:
      return { kind: 'transfer', target };
  }
}

function objection(partition: number, request: ElectLeadersRequest, { context }: ControllerParts): ErrorCode {
  const leadership = context.leaderships[partition];
  if (leadership === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  const { leader } = leadership;
  const isThere =
    (request.electionType === 0 && leader === context.replicasOf(partition)[0]) ||
    (request.electionType === 1 && context.isReplicaOnline(leader, partition)) ||
    (request.electionType === 2 && leader === request.target);
  return isThere ? KafkaError.ELECTION_NOT_NEEDED : KafkaError.NONE;
}

/**
 * checkAndTriggerAutoLeaderRebalance: where more than this share of the partitions that prefer a broker are led elsewhere,
 * they are moved to it.
 */
export function* rebalance(imbalancePercentage: number, parts: ControllerParts): ZkSteps<void> {
  const { context, partitions } = parts;
  for (const broker of context.liveOrShuttingDown()) {
    const preferring = context.partitions().filter((partition) => context.replicasOf(partition)[0] === broker);
    const elsewhere = preferring.filter((partition) => {
      const leadership = context.leaderships[partition];
      return leadership !== undefined && leadership.leader !== broker;
    });
    if (elsewhere.length * 100 <= preferring.length * imbalancePercentage) continue;
    const movable = elsewhere.filter(
      (partition) => context.isReplicaOnline(broker, partition) && context.leaderships[partition]!.isr.includes(broker),
    );
    yield* partitions.toOnline(movable, { kind: 'preferred' });
  }
}
