/**
 * More partitions for a topic that is in use (KIP-195). The broker that is the controller writes them into the topic's
 * znode, and that is all (ZkAdminManager.createPartitions, AdminZkClient.addPartitions); the controller's watch does the
 * rest (topics.ts: processPartitionModifications). Kafka's does it on a thread for requests, ours on the controller's.
 */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../../protocol/messages.js';
import { createPartitionsResponse } from '../../admin-answers.js';
import { assignmentOf, topicZnode, type Assignment, type TopicZnode } from '../znodes.js';
import { expectOk, read, request, type ZkSteps } from '../zk-steps.js';
import { assignAddedReplicas } from './assign-replicas.js';
import { isBeingReassigned, settledAssignment } from './assignments.js';
import type { ControllerParts } from './parts.js';

export function* createPartitions(
  asked: CreatePartitionsRequest,
  parts: ControllerParts,
): ZkSteps<CreatePartitionsResponse> {
  const answers: CreatePartitionsResponse['topics'][number][] = [];
  for (const { topic, count } of asked.topics) {
    answers.push({ topic, error: yield* growTopic(topic, count, parts) });
  }
  return createPartitionsResponse(asked, KafkaError.NONE, answers);
}

function* growTopic(topic: number, count: number, { context, paths }: ControllerParts): ZkSteps<ErrorCode> {
  const path = paths.topics[topic];
  const znode = path === undefined ? null : yield* read<TopicZnode>(path);
  if (znode === null) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  const before = znode.data.replicas.map((_, index) => assignmentOf(znode.data, index));
  // What is being moved is not to be written over.
  if (before.some(isBeingReassigned)) return KafkaError.REASSIGNMENT_IN_PROGRESS;
  const most = paths.partitionsOf(topic).length;
  if (count <= before.length || count > most) return KafkaError.INVALID_PARTITIONS;
  const brokers = context.brokers.flatMap((broker) => (broker === undefined ? [] : [broker]));
  const [first] = before;
  if (brokers.length < first.replicas.length) return KafkaError.INVALID_REPLICATION_FACTOR;
  const added = assignAddedReplicas(
    brokers,
    first.replicas[0],
    before.length,
    count - before.length,
    first.replicas.length,
  ).map(settledAssignment);
  yield* writeAssignments(path, [...before, ...added]);
  return KafkaError.NONE;
}

/** setTopicAssignment: whatever its version. */
function* writeAssignments(path: string, assignments: readonly Assignment[]): ZkSteps<void> {
  expectOk(yield* request({ kind: 'set-data', path, data: topicZnode(assignments), version: -1 }));
}
