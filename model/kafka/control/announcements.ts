/** How a decision about a partition is announced, whichever control plane made it. */
import type { Probes } from '../../kernel/probes.js';
import type { MachineId } from '../../kernel/process.js';
import { ElectionReason, Probe } from '../probes.js';
import { NO_LEADER } from '../protocol/metadata-records.js';
import { maskOf } from './broker-set.js';
import type { PartitionRegistration } from './metadata-image.js';

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
    if (before.elr.includes(after.leader)) return ElectionReason.eligible;
    return before.lastKnownElr.includes(after.leader) ? ElectionReason.lastKnownLeader : ElectionReason.unclean;
  }
  if (before.leader === NO_LEADER || before.leader === after.leader) return ElectionReason.clean;
  if (!after.isr.includes(before.leader)) return ElectionReason.clean;
  return after.leader === after.replicas[0] ? ElectionReason.preferred : ElectionReason.transferred;
}
