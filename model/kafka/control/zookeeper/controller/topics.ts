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
    const { partitions, replicationFactor } = settings.topics[topic];
    const znode: TopicZnode = { replicas: assignReplicas(brokers, partitions, replicationFactor, dice) };
    yield* request(persistent(paths.topics[topic], znode));
  }
}

/** True once some topic of the spec is still missing and all brokers are there. */
export function mayCreateTopics({ context, settings, paths }: ControllerParts): boolean {
  return (
    context.liveOrShuttingDown().length === settings.brokers && context.partitions().length < paths.partitions.length
  );
}

/** getAllTopicsInCluster, with a watch for the next; then the assignments of those not known yet. @returns their partitions */
export function* readNewTopics({ context, paths }: ControllerParts): ZkSteps<number[]> {
  const names = yield* children(ZkPath.topics, true);
  const known = names.map((name) => paths.topicOfPath(`${ZkPath.topics}/${name}`));
  const fresh = known
    .filter((topic): topic is number => topic !== undefined)
    .filter((topic) => context.assignments[paths.partitionsOf(topic)[0]] === undefined)
    .sort((a, b) => a - b);
  const answers = yield* requestAll(
    fresh.map((topic) => ({ kind: 'get-data', path: paths.topics[topic], watch: false })),
  );
  const found: number[] = [];
  fresh.forEach((topic, index) => {
    const { code, data } = answers[index];
    if (code !== ZkCode.OK) return;
    for (const partition of paths.partitionsOf(topic)) {
      const assignment = assignmentOf(data as TopicZnode, paths.indexOf[partition]);
      context.assignments[partition] = assignment;
      if (isBeingReassigned(assignment)) context.reassigned.add(partition);
      found.push(partition);
    }
  });
  return found;
}

/** processTopicChange, onNewPartitionCreation */
export function* processTopicChange(parts: ControllerParts): ZkSteps<void> {
  const { context, partitions, replicas } = parts;
  const found = yield* readNewTopics(parts);
  if (found.length === 0) return;
  const assigned = found.flatMap((partition) =>
    context.replicasOf(partition).map((replica) => ({ partition, replica })),
  );
  partitions.toNew(found);
  replicas.toNew(assigned);
  yield* partitions.toOnline(found, { kind: 'offline' });
  replicas.toOnline(assigned);
}
