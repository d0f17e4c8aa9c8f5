/**
 * Eligible leader replicas (KIP-966): who may lead once the ISR has no live member. Below min.insync.replicas nothing is
 * committed (KAFKA-15583), so that whoever leaves the ISR then stays complete, until it comes back from a stop that was
 * not in order: it may have lost what it had not fsynced. (PartitionChangeBuilder)
 */
import { NO_LEADER, NO_LEADER_CHANGE } from '../../protocol/metadata-records.js';
import type { PartitionRegistration } from '../metadata-image.js';
import type { LeaderAcceptor, LeaderPolicy, PartitionTarget } from './partition-change.js';

export const NOBODY: readonly number[] = [];

/**
 * In the order of the assignment. (PartitionChangeBuilder.maybePopulateTargetElr) A departure: there whoever leaves the
 * assignment may become eligible too, if so few stay in the ISR; here those that keep their replicas alone.
 */
export function eligibleAfter(
  partition: PartitionRegistration,
  target: PartitionTarget,
  policy: LeaderPolicy,
): readonly number[] {
  if (!policy.eligibleLeaderReplicas || target.isr.length >= policy.minIsr) return NOBODY;
  return target.replicas.filter(
    (replica) =>
      (partition.isr.includes(replica) || partition.elr.includes(replica)) &&
      !target.isr.includes(replica) &&
      replica !== target.uncleanShutdown,
  );
}

/**
 * Nobody is known to be complete any more: then whoever led last may lead once it is back, whatever it has lost. Until
 * unclean recovery asks the replicas for their logs (KIP-966 part 2), it is the best guess. (canElectLastKnownLeader)
 */
export function mayLeadAsLastKnown(
  partition: PartitionRegistration,
  policy: LeaderPolicy,
  acceptor: LeaderAcceptor,
): boolean {
  if (!policy.eligibleLeaderReplicas || partition.lastKnownElr.length !== 1) return false;
  return policy.electsFencedLastKnownLeader || acceptor.accepts(partition.lastKnownElr[0], partition);
}

/**
 * Written when the ISR becomes empty, cleared when somebody leads. (PartitionChangeBuilder.maybeUpdateLastKnownLeader)
 * @param leader as the change names it; NO_LEADER_CHANGE: it does not
 * @param isr as the change names it; null: it does not
 */
export function lastKnownLeaderAfter(
  partition: PartitionRegistration,
  leader: number,
  isr: readonly number[] | null,
  policy: LeaderPolicy,
): readonly number[] {
  if (!policy.eligibleLeaderReplicas) return partition.lastKnownElr;
  if (isr !== null && isr.length === 0) return [partition.leader];
  const isLed = leader === NO_LEADER_CHANGE ? partition.leader !== NO_LEADER : leader !== NO_LEADER;
  return isLed ? NOBODY : partition.lastKnownElr;
}
