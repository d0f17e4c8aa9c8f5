/** Brokers that come, go and come back: KafkaController.processBrokerChange, onBrokerStartup, onBrokerFailure. */
import { ZkCode } from '../ensemble/codes.js';
import { NO_LEADER } from '../../../protocol/metadata-records.js';
import { brokerPath, ZkPath, type BrokerZnode } from '../znodes.js';
import { children, requestAll, type ZkSteps } from '../zk-steps.js';
import type { LiveBroker } from './context.js';
import type { ControllerParts } from './parts.js';
import { resumeReassignments } from './reassignments.js';
import type { PartitionAndReplica } from './replica-state-machine.js';

/** getAllBrokerAndEpochsInCluster: those that are registered, with a watch for the next that comes or goes. */
export function* readBrokers(): ZkSteps<LiveBroker[]> {
  const ids = yield* children(ZkPath.brokerIds, true);
  const sorted = ids.map(Number).sort((a, b) => a - b);
  const answers = yield* requestAll(sorted.map((id) => ({ kind: 'get-data', path: brokerPath(id), watch: false })));
  return answers.flatMap(({ code, data, stat }) => {
    if (code !== ZkCode.OK) return [];
    const { brokerId, rack } = data as BrokerZnode;
    return [{ id: brokerId, epoch: stat!.czxid, rack }];
  });
}

export function* processBrokerChange(parts: ControllerParts): ZkSteps<void> {
  const { context, channels } = parts;
  const registered = yield* readBrokers();
  const isRegistered = new Set(registered.map(({ id }) => id));
  const fresh = registered.filter(({ id }) => context.brokers[id] === undefined);
  const dead = context.liveOrShuttingDown().filter((id) => !isRegistered.has(id));
  // By its own release, whatever requests may carry: the epochs stand in ZooKeeper.
  const bounced = parts.settings.answers.brokerEpochInControlRequests
    ? registered.filter((broker) => hasBounced(broker, parts))
    : [];

  for (const broker of fresh) channels.addBroker(broker.id);
  for (const { id } of bounced) {
    channels.removeBroker(id);
    channels.addBroker(id);
  }
  for (const id of dead) channels.removeBroker(id);

  if (fresh.length > 0) {
    add(fresh, parts);
    yield* onStartup(ids(fresh), parts);
  }
  if (bounced.length > 0) {
    remove(ids(bounced), parts);
    yield* onFailure(ids(bounced), parts);
    add(bounced, parts);
    yield* onStartup(ids(bounced), parts);
  }
  if (dead.length > 0) {
    remove(dead, parts);
    yield* onFailure(dead, parts);
  }
}

/** It went and came between two looks: without KIP-380 nobody notices, and it is never told what it hosts (KAFKA-7235). */
function hasBounced({ id, epoch }: LiveBroker, { context }: ControllerParts): boolean {
  const known = context.brokers[id];
  return known !== undefined && epoch > known.epoch;
}

function ids(brokers: readonly LiveBroker[]): number[] {
  return brokers.map(({ id }) => id);
}

function add(brokers: readonly LiveBroker[], { context }: ControllerParts): void {
  for (const broker of brokers) context.brokers[broker.id] = broker;
}

function remove(brokers: readonly number[], { context }: ControllerParts): void {
  for (const broker of brokers) context.brokers[broker] = undefined;
}

/** The others hear of the newcomers; the newcomers of everything; then of what they host, and leaders are chosen. */
function* onStartup(brokers: readonly number[], parts: ControllerParts): ZkSteps<void> {
  const { context, batch, replicas, partitions } = parts;
  for (const broker of brokers) context.offlineReplicas[broker] = undefined;
  const others = context.liveOrShuttingDown().filter((broker) => !brokers.includes(broker));
  batch.addUpdateMetadata(others, []);
  batch.send();
  batch.addUpdateMetadata(brokers, context.partitions());
  batch.send();
  replicas.toOnline(replicasOn(brokers, parts));
  yield* partitions.triggerOnline();
  yield* resumeReassignments(parts, ({ replicas: all, removing }) =>
    all.some((replica) => !removing.includes(replica) && brokers.includes(replica)),
  );
}

function* onFailure(brokers: readonly number[], parts: ControllerParts): ZkSteps<void> {
  const { context } = parts;
  for (const broker of brokers) {
    context.shuttingDown.delete(broker);
    context.offlineReplicas[broker] = undefined;
  }
  yield* onReplicasBecomeOffline(replicasOn(brokers, parts), parts);
}

/** First new leaders, then the replicas leave their ISRs. */
export function* onReplicasBecomeOffline(gone: readonly PartitionAndReplica[], parts: ControllerParts): ZkSteps<void> {
  const { context, batch, replicas, partitions } = parts;
  const leaderless = context.partitions().filter((partition) => hasDeadLeader(partition, parts));
  partitions.toOffline(leaderless);
  yield* partitions.triggerOnline();
  yield* replicas.toOffline(gone);
  if (leaderless.length > 0) return;
  batch.addUpdateMetadata(context.liveOrShuttingDown(), []);
  batch.send();
}

function hasDeadLeader(partition: number, { context }: ControllerParts): boolean {
  const leadership = context.leaderships[partition];
  if (leadership === undefined) return false;
  return leadership.leader !== NO_LEADER && !context.isReplicaOnline(leadership.leader, partition);
}

export function replicasOn(brokers: readonly number[], { context }: ControllerParts): PartitionAndReplica[] {
  return brokers.flatMap((replica) => context.partitionsOn(replica).map((partition) => ({ partition, replica })));
}
