/** When a reassignment is over, and what it leaves (KIP-455). */
import { isBeingReassigned } from '../metadata-image.js';
import type { LeaderPolicy, PartitionTarget } from './partition-change.js';

const NOBODY: readonly number[] = [];

/**
 * The target without those that are being removed, if that is due: the ISR that is wanted holds every replica of the
 * reassignment's target; up to 3.7, every one that it adds, so that the others may be out of it (KAFKA-15665).
 * (PartitionReassignmentReplicas.maybeCompleteReassignment)
 */
export function completeReassignment(
  target: PartitionTarget,
  { wholeTargetInIsr }: Pick<LeaderPolicy, 'wholeTargetInIsr'>,
): PartitionTarget {
  if (!isBeingReassigned(target)) return target;
  const stays = (broker: number): boolean => !target.removingReplicas.includes(broker);
  const replicas = target.replicas.filter(stays);
  const isr = target.isr.filter(stays);
  if (isr.length === 0 || replicas.length === 0) return target;
  const awaited = wholeTargetInIsr ? replicas : target.addingReplicas;
  if (!awaited.every((replica) => isr.includes(replica))) return target;
  return { ...target, replicas, isr, addingReplicas: NOBODY, removingReplicas: NOBODY };
}
