/**
 * Log directories of brokers that fail (KIP-112). A broker says that one of its has, not which: the controller orders what it
 * hosts once more, and takes the replicas that it cannot serve (KAFKA_STORAGE_ERROR) for offline.
 */
import { ControlApi, type ControlResponse } from '../../../protocol/control-messages.js';
import { KafkaError } from '../../../protocol/errors.js';
import { RESPONSE } from '../../../protocol/messages.js';
import { ZkCode } from '../ensemble/codes.js';
import { ZkPath, type LogDirEventZnode } from '../znodes.js';
import { children, controllerWrites, ensurePaths, request, requestAll, type ZkSteps } from '../zk-steps.js';
import { onReplicasBecomeOffline, replicasOn } from './broker-changes.js';
import type { ControllerParts } from './parts.js';

/** KafkaZkClient.propagateLogDirEvent */
export function* propagateLogDirEvent(brokerId: number): ZkSteps<void> {
  const data: LogDirEventZnode = { brokerId };
  yield* ensurePaths([ZkPath.logDirEvents]);
  yield* request({ kind: 'create', path: ZkPath.logDirEventPrefix, data, ephemeral: false, sequential: true });
}

/**
 * At failover: what they told is found out anyway, from the answers to the first orders. A departure: Kafka's brokers make
 * the path when they start, ours only where a directory can fail and leave others.
 */
export function* watchLogDirEvents(parts: ControllerParts): ZkSteps<void> {
  yield* ensurePaths([ZkPath.logDirEvents]);
  yield* deleteEvents(yield* eventPaths(), parts);
}

/** processLogDirEventNotification */
export function* processLogDirEvents(parts: ControllerParts): ZkSteps<void> {
  const paths = yield* eventPaths();
  const answers = yield* requestAll(paths.map((path) => ({ kind: 'get-data', path, watch: false })));
  const brokers = new Set<number>();
  for (const { code, data } of answers) if (code === ZkCode.OK) brokers.add((data as LogDirEventZnode).brokerId);
  parts.replicas.toOnline(replicasOn([...brokers], parts));
  yield* deleteEvents(paths, parts);
}

/** Whether an answer says anything of replicas that are offline, or were. */
export function tellsOfOfflineReplicas(
  broker: number,
  response: ControlResponse,
  { context }: ControllerParts,
): boolean {
  if (response.kind !== ControlApi.leaderAndIsr + RESPONSE) return false;
  const isKnown = context.offlineReplicas[broker] !== undefined;
  return isKnown || response.partitions.some(({ error }) => error === KafkaError.KAFKA_STORAGE_ERROR);
}

/** processLeaderAndIsrResponseReceived */
export function* processOfflineReplicas(
  broker: number,
  { error: requestError, partitions }: ControlResponse,
  parts: ControllerParts,
): ZkSteps<void> {
  if (requestError !== KafkaError.NONE) return;
  const { context } = parts;
  const offline = new Set(context.offlineReplicas[broker]);
  const fresh: number[] = [];
  for (const { partition, error } of partitions) {
    if (error === KafkaError.NONE) offline.delete(partition);
    if (error !== KafkaError.KAFKA_STORAGE_ERROR || offline.has(partition)) continue;
    offline.add(partition);
    fresh.push(partition);
  }
  context.offlineReplicas[broker] = offline;
  if (fresh.length === 0) return;
  yield* onReplicasBecomeOffline(
    fresh.map((partition) => ({ partition, replica: broker })),
    parts,
  );
}

function* eventPaths(): ZkSteps<readonly string[]> {
  const names = yield* children(ZkPath.logDirEvents, true);
  return names.map((name) => `${ZkPath.logDirEvents}/${name}`);
}

function* deleteEvents(paths: readonly string[], { context }: ControllerParts): ZkSteps<void> {
  const deletions = paths.map((path) => ({ kind: 'delete', path, version: -1 }) as const);
  yield* controllerWrites(deletions, context.epochZkVersion);
}
