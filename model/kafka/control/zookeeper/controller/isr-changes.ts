/** How the controller hears of ISR changes: from the leaders, who write them themselves (to 2.6), or who ask it to (2.7+). */
import { Probe } from '../../../probes.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { Api, RESPONSE, type AlterPartitionRequest, type AlterPartitionResponse } from '../../../protocol/messages.js';
import { ZkCode } from '../ensemble/codes.js';
import { leaderAndIsrOf, ZkPath, type IsrChangeZnode, type LeaderAndIsr, type PartitionStateZnode } from '../znodes.js';
import { children, controllerWrites, requestAll, type ZkSteps } from '../zk-steps.js';
import type { ControllerParts } from './parts.js';
import { readStates, writeStates, type StateWrite, type Updated } from './partition-states.js';

type AskedPartition = AlterPartitionRequest['partitions'][number];
type AnsweredPartition = AlterPartitionResponse['partitions'][number];

const RESPONSE_BYTES = 40;

/** processIsrChangeNotification */
export function* processIsrChanges(parts: ControllerParts): ZkSteps<readonly number[]> {
  const { context, batch } = parts;
  const names = yield* children(ZkPath.isrChanges, true);
  const paths = names.map((name) => `${ZkPath.isrChanges}/${name}`);
  const answers = yield* requestAll(paths.map((path) => ({ kind: 'get-data', path, watch: false })));
  const changed = new Set<number>();
  for (const { code, data } of answers) {
    if (code !== ZkCode.OK) continue;
    for (const partition of (data as IsrChangeZnode).partitions) changed.add(partition);
  }
  if (changed.size > 0) {
    yield* refreshLeaderships([...changed], parts);
    batch.addUpdateMetadata(context.liveOrShuttingDown(), [...changed]);
    batch.send();
  }
  yield* deleteNotifications(paths, parts);
  return [...changed];
}

/** At failover: whatever they tell is read anyway. */
export function* deleteIsrChanges(parts: ControllerParts): ZkSteps<void> {
  const names = yield* children(ZkPath.isrChanges, true);
  yield* deleteNotifications(
    names.map((name) => `${ZkPath.isrChanges}/${name}`),
    parts,
  );
}

/** updateLeaderAndIsrCache */
export function* refreshLeaderships(partitions: readonly number[], parts: ControllerParts): ZkSteps<void> {
  const answers = yield* requestAll(
    partitions.map((partition) => ({ kind: 'get-data', path: parts.paths.states[partition], watch: false })),
  );
  answers.forEach(({ code, data, stat }, index) => {
    if (code === ZkCode.OK) parts.context.leaderships[partitions[index]] = leaderAndIsrOf(data, stat!);
  });
}

function* deleteNotifications(paths: readonly string[], { context }: ControllerParts): ZkSteps<void> {
  const deletions = paths.map((path) => ({ kind: 'delete', path, version: -1 }) as const);
  yield* controllerWrites(deletions, context.epochZkVersion);
}

/** processAlterIsr. The state is written against the version that the leader names, not the one known here. */
export function* processAlterIsr(
  request: AlterPartitionRequest,
  parts: ControllerParts,
): ZkSteps<AlterPartitionResponse> {
  const { context, batch } = parts;
  const broker = context.brokers[request.brokerId];
  if (broker?.epoch !== request.brokerEpoch) {
    return { ...alterIsrRefusal(request, KafkaError.STALE_BROKER_EPOCH) };
  }
  const answers: AnsweredPartition[] = [];
  const accepted: AskedPartition[] = [];
  for (const asked of request.partitions) {
    const answer = refusalOf(asked, request.brokerId, parts);
    if (answer === null) accepted.push(asked);
    else answers.push(answer);
  }
  const writes = accepted.map(({ partition, partitionEpoch, leaderEpoch, newIsr }) => ({
    partition,
    version: partitionEpoch,
    state: {
      leader: request.brokerId,
      leaderEpoch,
      isr: newIsr.map(({ brokerId }) => brokerId),
      controllerEpoch: context.epoch,
    },
  }));
  const { done, badVersion } = yield* writeStates(writes, parts.paths, context);
  const met = writes.filter(({ partition }) => badVersion.includes(partition));
  const earlier = yield* writtenBefore(met, parts);
  for (const { partition, state } of [...done, ...earlier]) {
    answers.push(answerWith(partition, state));
    context.leaderships[partition] = state;
  }
  for (const { partition } of met) {
    if (earlier.some((other) => other.partition === partition)) continue;
    answers.push(errorFor(partition, KafkaError.INVALID_UPDATE_VERSION));
  }
  announceRefusals(request, answers, parts);
  batch.addUpdateMetadata(
    context.liveOrShuttingDown(),
    request.partitions.map(({ partition }) => partition),
  );
  batch.send();
  return alterIsrResponse(request, KafkaError.NONE, answers);
}

/**
 * Of writes that met another version, those that ZooKeeper had done already: its answer was lost with the connection, and
 * KafkaZkClient.retryRequestsUntilConnected sent the write again. Leaders that wrote the ISR themselves looked what was there
 * (ReplicationUtils.checkLeaderAndIsrZkData).
 *
 * B87: KafkaController.processAlterPartition does not look, and refuses the leader what it has written for it. The leader
 * then waits for the next leader epoch with its proposal pending (Partition.handleAlterPartitionError), and nothing brings
 * that about: a LeaderAndIsr of the same leader epoch is ignored (ReplicaManager.becomeLeaderOrFollower).
 *
 * Only where the leader named the version that was known here: a request that the leader repeats is KAFKA-14144's.
 */
function* writtenBefore(
  met: readonly StateWrite[],
  { context, paths, settings: { rules } }: ControllerParts,
): ZkSteps<Updated['done']> {
  const own = met.filter(({ partition, version }) => version === context.leaderships[partition]!.zkVersion);
  if (rules.defects.B87 || own.length === 0) return [];
  const states = yield* readStates(
    own.map(({ partition }) => partition),
    paths,
    context,
  );
  return own.flatMap(({ partition, state: written }) => {
    const state = states.get(partition);
    return state !== undefined && isSameState(state, written) ? { partition, state } : [];
  });
}

function isSameState(a: PartitionStateZnode, b: PartitionStateZnode): boolean {
  const isOfOneDecision =
    a.leader === b.leader && a.leaderEpoch === b.leaderEpoch && a.controllerEpoch === b.controllerEpoch;
  return isOfOneDecision && isSameSet(a.isr, b.isr);
}

function announceRefusals(
  { brokerId, partitions }: AlterPartitionRequest,
  answers: readonly AnsweredPartition[],
  { host }: ControllerParts,
): void {
  for (const { partition, error } of answers) {
    if (error === KafkaError.NONE) continue;
    const epoch = partitions.find((asked) => asked.partition === partition)!.partitionEpoch;
    host.probes.emit(Probe.alterPartitionRefused, host.id, partition, brokerId, error, epoch);
  }
}

export function alterIsrRefusal(request: AlterPartitionRequest, error: ErrorCode): AlterPartitionResponse {
  return alterIsrResponse(request, error, []);
}

/** null: none; it is to be written. An answer without an error: it is so already (KAFKA-14144). */
function refusalOf(
  asked: AskedPartition,
  sender: number,
  { context, settings: { rules } }: ControllerParts,
): AnsweredPartition | null {
  const { partition, leaderEpoch, partitionEpoch, newIsr } = asked;
  const known = context.leaderships[partition];
  if (known === undefined) return errorFor(partition, KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  // Whoever is behind a leader is no longer the controller.
  const isBehind = leaderEpoch > known.leaderEpoch || partitionEpoch > known.zkVersion;
  if (isBehind && !rules.defects['KAFKA-14154']) return errorFor(partition, KafkaError.NOT_CONTROLLER);
  if (leaderEpoch < known.leaderEpoch) return errorFor(partition, KafkaError.FENCED_LEADER_EPOCH);
  const isr = newIsr.map(({ brokerId }) => brokerId);
  const isRepeated = sender === known.leader && isSameSet(isr, known.isr);
  if (isRepeated && (partitionEpoch === known.zkVersion || rules.repeatedIsrChange === 'accepted')) {
    return answerWith(partition, known);
  }
  const isEligible = isr.every((replica) => context.isLive(replica));
  if (rules.fencedNotInIsr && !isEligible) return errorFor(partition, KafkaError.INELIGIBLE_REPLICA);
  return null;
}

function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}

function answerWith(partition: number, state: LeaderAndIsr): AnsweredPartition {
  const { leader, leaderEpoch, isr, zkVersion } = state;
  return {
    partition,
    error: KafkaError.NONE,
    leaderId: leader,
    leaderEpoch,
    isr,
    leaderRecoveryState: 0,
    partitionEpoch: zkVersion,
  };
}

function errorFor(partition: number, error: ErrorCode): AnsweredPartition {
  return { partition, error, leaderId: -1, leaderEpoch: -1, isr: [], leaderRecoveryState: 0, partitionEpoch: -1 };
}

function alterIsrResponse(
  request: AlterPartitionRequest,
  error: ErrorCode,
  partitions: readonly AnsweredPartition[],
): AlterPartitionResponse {
  return {
    kind: Api.alterPartition + RESPONSE,
    bytes: RESPONSE_BYTES,
    correlationId: request.correlationId,
    error,
    partitions,
  };
}
