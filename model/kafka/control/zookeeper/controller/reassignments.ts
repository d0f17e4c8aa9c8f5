/**
 * Moving a partition's replicas to other brokers (KIP-455): KafkaController.onPartitionReassignment. The letters are those
 * of its phases: U, the assignment is written down, so that another controller can go on with it; A, the new replicas are
 * started; B, once they are in the ISR, the others are stopped and deleted.
 */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../../protocol/messages.js';
import { alterReassignmentsResponse } from '../../admin-answers.js';
import { ZkCode } from '../ensemble/codes.js';
import { leaderAndIsrOf, topicZnode, type Assignment } from '../znodes.js';
import { controllerWrites, expectOk, request, type ZkSteps } from '../zk-steps.js';
import {
  isBeingReassigned,
  isSameAssignment,
  originReplicas,
  reassignTo,
  settledAssignment,
  targetReplicas,
  without,
} from './assignments.js';
import type { ControllerParts } from './parts.js';
import { readStates, writeDecisions } from './partition-states.js';

/** processApiPartitionReassignment */
export function* alterPartitionReassignments(
  asked: AlterPartitionReassignmentsRequest,
  parts: ControllerParts,
): ZkSteps<AlterPartitionReassignmentsResponse> {
  const answers: AlterPartitionReassignmentsResponse['partitions'][number][] = [];
  for (const { partition, replicas } of asked.partitions) {
    const assignment = assignmentFor(partition, replicas, parts);
    if (typeof assignment !== 'number') yield* onPartitionReassignment(partition, assignment, parts);
    answers.push({ partition, error: typeof assignment === 'number' ? assignment : KafkaError.NONE });
  }
  return alterReassignmentsResponse(asked, KafkaError.NONE, answers);
}

/** validateReplicas, maybeBuildReassignment. Whom it adds must live; null: back to where it was. */
function assignmentFor(
  partition: number,
  target: readonly number[] | null,
  { context }: ControllerParts,
): Assignment | ErrorCode {
  const current = context.assignments[partition];
  if (current === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  if (target === null) {
    return isBeingReassigned(current)
      ? reassignTo(current, originReplicas(current))
      : KafkaError.NO_REASSIGNMENT_IN_PROGRESS;
  }
  const next = reassignTo(current, target);
  const isValid =
    target.length > 0 &&
    new Set(target).size === target.length &&
    next.adding.every((replica) => context.isLive(replica));
  return isValid ? next : KafkaError.INVALID_REPLICA_ASSIGNMENT;
}

/** maybeResumeReassignments: a controller that was elected goes on with what it finds; so when a broker has come. */
export function* resumeReassignments(
  parts: ControllerParts,
  isConcerned: (assignment: Assignment) => boolean,
): ZkSteps<void> {
  const { assignments, reassigned } = parts.context;
  // One that comes to its end is taken from the set.
  const partitions = [...reassigned];
  for (const partition of partitions) {
    const assignment = assignments[partition]!;
    if (isConcerned(assignment)) yield* onPartitionReassignment(partition, assignment, parts);
  }
}

/** maybeCompleteReassignment, of those of these partitions that are being reassigned: the ISR may be as it should. */
export function* maybeCompleteReassignments(partitions: readonly number[], parts: ControllerParts): ZkSteps<void> {
  const { assignments, reassigned } = parts.context;
  for (const partition of partitions) {
    if (!reassigned.has(partition)) continue;
    const assignment = assignments[partition]!;
    if (yield* isComplete(partition, assignment, parts)) yield* onPartitionReassignment(partition, assignment, parts);
  }
}

function* onPartitionReassignment(partition: number, next: Assignment, parts: ControllerParts): ZkSteps<void> {
  const { context, batch, replicas } = parts;
  yield* updateAssignment(partition, next, parts);
  const adding = next.adding.map((replica) => ({ partition, replica }));
  if (!(yield* isComplete(partition, next, parts))) {
    yield* bumpLeaderEpoch(partition, parts); // A1
    replicas.toNew(adding.filter(({ replica }) => context.replicaState(partition, replica) === 'non-existent')); // A2
    return;
  }
  replicas.toOnline(adding); // B1
  const completed = settledAssignment(targetReplicas(next));
  context.assignments[partition] = completed; // B2
  yield* moveLeaderIfRequired(partition, completed, parts); // B3
  yield* replicas.toDeleted(next.removing.map((replica) => ({ partition, replica }))); // B4, B5
  yield* writeAssignment(partition, completed, parts); // B6
  context.reassigned.delete(partition); // B7
  batch.addUpdateMetadata(context.liveOrShuttingDown(), [partition]); // B8
  batch.send();
}

/** U: first in ZooKeeper, then in memory; whom a former reassignment added and this one does not want is stopped at once. */
function* updateAssignment(partition: number, next: Assignment, parts: ControllerParts): ZkSteps<void> {
  const { context, replicas } = parts;
  const current = context.assignments[partition]!;
  if (!isSameAssignment(current, next)) {
    yield* writeAssignment(partition, next, parts);
    context.assignments[partition] = next;
    const unneeded = without(current.replicas, next.replicas);
    yield* replicas.toDeleted(unneeded.map((replica) => ({ partition, replica })));
  }
  context.reassigned.add(partition);
}

/** updateReplicaAssignmentForPartition: those of the topic's other partitions are written as this controller knows them. */
function* writeAssignment(
  partition: number,
  assignment: Assignment,
  { context, paths }: ControllerParts,
): ZkSteps<void> {
  const topic = paths.topicOf[partition];
  const assignments = paths
    .partitionsOf(topic)
    .flatMap((other) => (other === partition ? assignment : (context.assignments[other] ?? [])));
  const [answer] = yield* controllerWrites(
    [{ kind: 'set-data', path: paths.topics[topic], data: topicZnode(assignments), version: -1 }],
    context.epochZkVersion,
  );
  expectOk(answer);
}

/**
 * isReassignmentComplete: ZooKeeper is asked. While leaders write the ISR themselves, the look is also a watch for the next
 * change of it.
 */
function* isComplete(
  partition: number,
  assignment: Assignment,
  { paths, settings }: ControllerParts,
): ZkSteps<boolean> {
  if (!isBeingReassigned(assignment)) return true;
  const watch = settings.rules.isrWrites === 'zookeeper';
  const { code, data, stat } = yield* request({ kind: 'get-data', path: paths.states[partition], watch });
  if (code !== ZkCode.OK) return false;
  const { isr } = leaderAndIsrOf(data, stat!);
  return targetReplicas(assignment).every((replica) => isr.includes(replica));
}

/** moveReassignedPartitionLeaderIfRequired: else the same leader, in a new epoch in which the others are no replicas. */
function* moveLeaderIfRequired(partition: number, { replicas }: Assignment, parts: ControllerParts): ZkSteps<void> {
  const { context, partitions } = parts;
  const leader = context.leaderships[partition]!.leader;
  if (replicas.includes(leader) && context.isReplicaOnline(leader, partition)) yield* bumpLeaderEpoch(partition, parts);
  else yield* partitions.toOnline([partition], { kind: 'reassign' });
}

/** updateLeaderEpochAndSendRequest: the leader's epoch is what makes brokers take over another assignment. */
function* bumpLeaderEpoch(partition: number, { context, paths, batch }: ControllerParts): ZkSteps<void> {
  let isWritten = false;
  while (!isWritten) {
    const from = (yield* readStates([partition], paths, context)).get(partition);
    // Another controller has decided since: this one is none any more.
    if (from === undefined) return;
    const update = { partition, leader: from.leader, isr: from.isr, from };
    const { done, badVersion } = yield* writeDecisions([update], paths, context);
    for (const { state } of done) context.leaderships[partition] = state;
    isWritten = badVersion.length === 0;
  }
  const assignment = context.assignments[partition]!;
  batch.addLeaderAndIsr(originReplicas(assignment), partition, false);
  batch.addLeaderAndIsr(assignment.adding, partition, true);
  batch.send();
}
