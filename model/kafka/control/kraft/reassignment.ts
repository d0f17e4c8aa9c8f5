/**
 * Moving a partition's replicas to other brokers (KIP-455), as AlterPartitionReassignments asks for it.
 *
 * The assignment first grows by whom the target adds. Whoever is to leave stays until the target is in the ISR; the change
 * of the ISR that brings that about also takes the others out of it and of the assignment, and moves the leadership if it
 * was theirs: all in one record. (PartitionReassignmentReplicas, PartitionReassignmentRevert)
 */
import { alterReassignmentsResponse } from '../admin-answers.js';
import { isBeingReassigned, type MetadataImage, type PartitionRegistration } from '../metadata-image.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages.js';
import type { MetadataRecord, PartitionChangeRecord } from '../../protocol/metadata-records.js';
import type { ElectionRules } from './alter-partition.js';
import {
  buildPartitionChange,
  LeaderAcceptor,
  NO_BROKER,
  unchanged,
  type PartitionTarget,
} from './partition-change.js';

const NOBODY: readonly number[] = [];

/** (ReplicationControlManager.alterPartitionReassignments) */
export function alterPartitionReassignments(
  image: MetadataImage,
  elections: ElectionRules,
  request: AlterPartitionReassignmentsRequest,
  records: MetadataRecord[],
): AlterPartitionReassignmentsResponse {
  const partitions = request.partitions.map(({ partition: number, replicas }) => {
    const partition = image.partition(number);
    if (partition === undefined) return { partition: number, error: KafkaError.UNKNOWN_TOPIC_OR_PARTITION };
    const target = replicas === null ? reverted(partition, elections) : reassigned(partition, replicas, image);
    if (typeof target === 'number') return { partition: number, error: target };
    const change = changeTo(target, partition, elections, image);
    if (change !== null) records.push(change);
    return { partition: number, error: KafkaError.NONE };
  });
  return alterReassignmentsResponse(request, KafkaError.NONE, partitions);
}

function changeTo(
  target: PartitionTarget,
  partition: PartitionRegistration,
  elections: ElectionRules,
  image: MetadataImage,
): PartitionChangeRecord | null {
  const acceptor = new LeaderAcceptor(image, NO_BROKER, NO_BROKER);
  return buildPartitionChange(partition, target, elections.policyOf(partition), acceptor);
}

/**
 * The target's replicas come first, in its order. Where it adds or removes nobody, what a reassignment under way adds or
 * removes stays as it is, even if this target says otherwise.
 * (ReplicationControlManager.changePartitionReassignment, validateManualPartitionAssignment)
 */
function reassigned(
  partition: PartitionRegistration,
  replicas: readonly number[],
  image: MetadataImage,
): PartitionTarget | ErrorCode {
  const isValid =
    replicas.length > 0 &&
    new Set(replicas).size === replicas.length &&
    replicas.every((broker) => image.broker(broker) !== undefined);
  if (!isValid) return KafkaError.INVALID_REPLICA_ASSIGNMENT;
  const removing = sorted(partition.replicas.filter((broker) => !replicas.includes(broker)));
  const adding = sorted(replicas.filter((broker) => !partition.replicas.includes(broker)));
  return {
    ...unchanged(partition, 'online'),
    replicas: [...replicas, ...removing],
    addingReplicas: adding.length > 0 ? adding : partition.addingReplicas,
    removingReplicas: removing.length > 0 ? removing : partition.removingReplicas,
  };
}

/**
 * Whom the reassignment adds leaves again, the others stay. If only those to be added are in the ISR, the first of the
 * others takes their place: that is an unclean election, and refused where none is allowed.
 * (PartitionReassignmentRevert, ReplicationControlManager.cancelPartitionReassignment)
 */
function reverted(partition: PartitionRegistration, elections: ElectionRules): PartitionTarget | ErrorCode {
  if (!isBeingReassigned(partition)) return KafkaError.NO_REASSIGNMENT_IN_PROGRESS;
  const stays = (broker: number): boolean => !partition.addingReplicas.includes(broker);
  const election = elections.electionOf(partition);
  const replicas = partition.replicas.filter(stays);
  const isr = partition.isr.filter(stays);
  if (isr.length === 0 && election !== 'unclean') return KafkaError.INVALID_REPLICA_ASSIGNMENT;
  return {
    ...unchanged(partition, election),
    replicas,
    isr: isr.length === 0 ? replicas.slice(0, 1) : isr,
    addingReplicas: NOBODY,
    removingReplicas: NOBODY,
  };
}

function sorted(brokers: readonly number[]): readonly number[] {
  return brokers.toSorted((a, b) => a - b);
}
