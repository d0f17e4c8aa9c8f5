/** Topics: their creation, and what the controller makes of a new one. */
import { ZkCode } from '../ensemble/codes.js';
import { assignmentOf, ZkPath, type TopicZnode } from '../znodes.js';
import { children, persistent, request, requestAll, type ZkSteps } from '../zk-steps.js';
import { assignReplicas } from './assign-replicas.js';
import { isBeingReassigned } from './assignments.js';
import type { ControllerParts } from './parts.js';

/**
 * The topics of the spec, as an administrator's CreateTopics has them made by the controller's broker once all brokers are
 * registered (AdminManager.createTopics): the znode with the assignment is all; the rest follows from it.
 */
export function* createTopics(parts: ControllerParts): ZkSteps<void> {
  const { context, settings, paths, host } = parts;
  const brokers = context.brokers.flatMap((broker) => (broker === undefined ? [] : [broker]));
  if (brokers.length < settings.brokers) return;
  const dice = host.dice('placement');
  for (let topic = 0; topic < settings.topics.length; topic++) {
    const { partitions, initialPartitions, replicationFactor } = settings.topics[topic];
    const replicas = assignReplicas(brokers, initialPartitions ?? partitions, replicationFactor, dice);
    const znode: TopicZnode = { replicas };
    yield* request(persistent(paths.topics[topic], znode));
  }
}

/** True once some topic of the spec is still missing and all brokers are there. */
export function mayCreateTopics({ context, settings, paths }: ControllerParts): boolean {
  const isMissing = (_: unknown, topic: number): boolean =>
    context.assignments[paths.partitionsOf(topic)[0]] === undefined;
  return context.liveOrShuttingDown().length === settings.brokers && settings.topics.some(isMissing);
}

/**
 * getAllTopicsInCluster, with a watch for the next; then the assignments of those not known yet, with a watch for those to
 * which partitions may be added (PartitionModificationsHandler; of the others Kafka's never fires but for its own writes).
 * @returns their partitions
 */
export function* readNewTopics(parts: ControllerParts): ZkSteps<number[]> {
  const { context, paths } = parts;
  const names = yield* children(ZkPath.topics, true);
  const known = names.map((name) => paths.topicOfPath(`${ZkPath.topics}/${name}`));
  const fresh = known
    .filter((topic): topic is number => topic !== undefined)
    .filter((topic) => context.assignments[paths.partitionsOf(topic)[0]] === undefined)
    .sort((a, b) => a - b);
  return yield* readAssignments(fresh, parts);
}

/** @returns the partitions of these topics that were not known */
function* readAssignments(topics: readonly number[], { context, paths }: ControllerParts): ZkSteps<number[]> {
  const answers = yield* requestAll(
    topics.map((topic) => ({ kind: 'get-data', path: paths.topics[topic], watch: paths.mayGrow(topic) })),
  );
  const found: number[] = [];
  topics.forEach((topic, index) => {
    const { code, data } = answers[index];
    if (code !== ZkCode.OK) return;
    const znode = data as TopicZnode;
    for (const partition of paths.partitionsOf(topic).slice(0, znode.replicas.length)) {
      if (context.assignments[partition] !== undefined) continue;
      const assignment = assignmentOf(znode, paths.indexOf[partition]);
      context.assignments[partition] = assignment;
      if (isBeingReassigned(assignment)) context.reassigned.add(partition);
      found.push(partition);
    }
  });
  return found;
}

export function* processTopicChange(parts: ControllerParts): ZkSteps<void> {
  yield* onNewPartitionCreation(yield* readNewTopics(parts), parts);
}

/** Partitions may have been added to the topic. */
export function* processPartitionModifications(topic: number, parts: ControllerParts): ZkSteps<void> {
  yield* onNewPartitionCreation(yield* readAssignments([topic], parts), parts);
}

function* onNewPartitionCreation(found: readonly number[], parts: ControllerParts): ZkSteps<void> {
  const { context, partitions, replicas } = parts;
  if (found.length === 0) return;
  const assigned = found.flatMap((partition) =>
    context.replicasOf(partition).map((replica) => ({ partition, replica })),
  );
  partitions.toNew(found);
  replicas.toNew(assigned);
  yield* partitions.toOnline(found, { kind: 'offline' });
  replicas.toOnline(assigned);
}
