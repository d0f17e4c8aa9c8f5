/** How a decision about a partition is announced, whichever control plane made it. */
import type { Probes } from '../../kernel/probes.js';
import type { MachineId } from '../../kernel/process.js';
import type { TopicSettings } from '../cluster-spec.js';
import { ElectionReason, Probe } from '../probes.js';
import { NO_LEADER } from '../protocol/metadata-records.js';
import { maskOf } from './broker-set.js';
import { isBeingReassigned, type PartitionRegistration } from './metadata-image.js';

/** Before the state that it led to, so that who keeps account of replicas sees the election by the ISR it chose from. */
export function announceElection(
  probes: Probes,
  controller: MachineId,
  before: PartitionRegistration | undefined,
  after: PartitionRegistration,
): void {
  const oldLeader = before?.leader ?? NO_LEADER;
  const reason = electionReason(before, after);
  probes.emit(Probe.elected, controller, after.partition, after.leader, after.leaderEpoch, oldLeader, reason);
}

/** Before the state that it is part of: with an empty ISR, the eligible leader replicas say who may lead (KIP-966). */
export function announceEligible(
  probes: Probes,
  controller: MachineId,
  before: PartitionRegistration | undefined,
  after: PartitionRegistration,
): void {
  const elr = maskOf(after.elr);
  const lastKnownLeader = after.lastKnownElr[0] ?? NO_LEADER;
  if (elr === maskOf(before?.elr ?? []) && lastKnownLeader === (before?.lastKnownElr[0] ?? NO_LEADER)) return;
  probes.emit(Probe.elrChanged, controller, after.partition, elr, lastKnownLeader, after.partitionEpoch);
}

/** Before the state that it is part of. Not the first assignment: the partition's creation is told by its state. */
export function announceAssignment(
  probes: Probes,
  controller: MachineId,
  before: PartitionRegistration | undefined,
  after: PartitionRegistration,
): void {
  if (before === undefined || hasSameAssignment(before, after)) return;
  const { partition, replicas, addingReplicas, removingReplicas, partitionEpoch } = after;
  const adding = maskOf(addingReplicas);
  const removing = maskOf(removingReplicas);
  probes.emit(Probe.assignmentChanged, controller, partition, maskOf(replicas), adding, removing, partitionEpoch);
}

function hasSameAssignment(a: PartitionRegistration, b: PartitionRegistration): boolean {
  return (
    isSame(a.replicas, b.replicas) &&
    isSame(a.addingReplicas, b.addingReplicas) &&
    isSame(a.removingReplicas, b.removingReplicas)
  );
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((broker, index) => broker === b[index]));
}

/** Of each partition of the topic that there is. @param partitions by number */
export function announceSettings(
  probes: Probes,
  controller: MachineId,
  topic: number,
  settings: TopicSettings,
  partitions: readonly (PartitionRegistration | undefined)[],
): void {
  const { 'min.insync.replicas': minInsyncReplicas, 'unclean.leader.election.enable': unclean } = settings;
  for (const partition of partitions) {
    if (partition?.topic !== topic) continue;
    const kind = Probe.topicSettingsAltered;
    probes.emit(kind, controller, partition.partition, minInsyncReplicas, unclean ? 1 : 0);
  }
}

export function announcePartition(probes: Probes, controller: MachineId, after: PartitionRegistration): void {
  const { partition, leader, leaderEpoch, isr, partitionEpoch } = after;
  probes.emit(Probe.partitionChanged, controller, partition, leader, leaderEpoch, maskOf(isr), partitionEpoch);
}

/**
 * Told from the states alone, since they do not say why they were written. A leader from outside the ISR was eligible,
 * or the last known one, or was elected uncleanly. One that replaced a leader that stays in the ISR was moved on purpose:
 * to the preferred replica, or to whichever an administrator named.
 */
function electionReason(before: PartitionRegistration | undefined, after: PartitionRegistration): number {
  if (after.leader === NO_LEADER) return ElectionReason.none;
  if (before === undefined) return ElectionReason.clean;
  if (!before.isr.includes(after.leader)) {
    // The change that brought it into the ISR made it the leader, too.
    if (completesReassignment(before, after)) return ElectionReason.clean;
    if (before.elr.includes(after.leader)) return ElectionReason.eligible;
    return before.lastKnownElr.includes(after.leader) ? ElectionReason.lastKnownLeader : ElectionReason.unclean;
  }
  if (before.leader === NO_LEADER || before.leader === after.leader) return ElectionReason.clean;
  if (!after.isr.includes(before.leader)) return ElectionReason.clean;
  return after.leader === after.replicas[0] ? ElectionReason.preferred : ElectionReason.transferred;
}

/** Whom the reassignment added stays, and whom it removed is gone: it was not taken back. */
function completesReassignment(before: PartitionRegistration, { replicas, ...after }: PartitionRegistration): boolean {
  if (!isBeingReassigned(before) || isBeingReassigned(after)) return false;
  const { addingReplicas, removingReplicas } = before;
  return (
    addingReplicas.every((replica) => replicas.includes(replica)) &&
    !removingReplicas.some((replica) => replicas.includes(replica))
  );
}
