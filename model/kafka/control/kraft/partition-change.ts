/**
 * How a change of a partition is decided: which leader, which ISR. (PartitionChangeBuilder)
 *
 * Without eligible leader replicas an empty ISR is never written: the last member stays in it while nobody leads.
 */
import type { MetadataImage, PartitionRegistration } from '../metadata-image.js';
import { NO_LEADER, NO_LEADER_CHANGE, type PartitionChangeRecord } from '../../protocol/metadata-records.js';

/**
 * online: keep the leader if it may lead, else the first of the assignment that may. preferred: the first replica of the
 * assignment, else as online. unclean: as online, then the first active replica whether or not it is in the ISR.
 */
export type Election = 'online' | 'preferred' | 'unclean';

export const RECOVERED = 0;
export const RECOVERING = 1;

/** Nobody is being added or removed. */
export const NO_BROKER = -1;

/**
 * Which brokers may lead while a change of a broker's own state is being decided: records are generated before they are
 * replayed, so the broker that is being fenced still looks active, and the one that is being unfenced does not yet.
 * (ReplicationControlManager.generateLeaderAndIsrUpdates)
 */
export class LeaderAcceptor {
  private readonly image: MetadataImage;
  private readonly toRemove: number;
  private readonly toAdd: number;

  constructor(image: MetadataImage, toRemove: number, toAdd: number) {
    this.image = image;
    this.toRemove = toRemove;
    this.toAdd = toAdd;
  }

  accepts(broker: number): boolean {
    if (broker === this.toRemove) return false;
    return broker === this.toAdd || this.image.isActive(broker);
  }
}

/** What is wanted of a partition; the builder decides what it takes. */
export interface PartitionTarget {
  readonly isr: readonly number[];
  readonly leaderRecoveryState: 0 | 1;
  readonly election: Election;
}

/** The record that brings the partition to its target, or null if it is there already. */
export function buildPartitionChange(
  partition: PartitionRegistration,
  target: PartitionTarget,
  acceptor: LeaderAcceptor,
): PartitionChangeRecord | null {
  let leader = electCleanly(partition, target, acceptor);
  let unclean = false;
  if (leader === NO_LEADER && target.election === 'unclean') {
    leader = firstAcceptable(partition, acceptor);
    unclean = leader !== NO_LEADER;
  }
  const moves = leader !== partition.leader;

  let isr: readonly number[] | null = null;
  let leaderRecoveryState: 0 | 1 | null = null;
  if (moves && unclean) {
    isr = [leader];
    if (partition.leaderRecoveryState !== RECOVERING) leaderRecoveryState = RECOVERING;
  } else if (target.isr.length > 0 && !sameMembers(target.isr, partition.isr)) {
    isr = target.isr;
  }
  if (leaderRecoveryState === null && !unclean && target.leaderRecoveryState !== partition.leaderRecoveryState) {
    leaderRecoveryState = target.leaderRecoveryState;
  }

  if (!moves && isr === null && leaderRecoveryState === null) return null;
  return {
    kind: 'partition-change',
    partition: partition.partition,
    isr,
    leader: moves ? leader : NO_LEADER_CHANGE,
    leaderRecoveryState,
  };
}

function electCleanly(partition: PartitionRegistration, target: PartitionTarget, acceptor: LeaderAcceptor): number {
  const preferred = partition.replicas[0];
  if (target.election === 'preferred' && mayLead(preferred, target, acceptor)) return preferred;
  if (mayLead(partition.leader, target, acceptor)) return partition.leader;
  for (const replica of partition.replicas) {
    if (mayLead(replica, target, acceptor)) return replica;
  }
  return NO_LEADER;
}

function mayLead(replica: number, target: PartitionTarget, acceptor: LeaderAcceptor): boolean {
  return target.isr.includes(replica) && acceptor.accepts(replica);
}

function firstAcceptable(partition: PartitionRegistration, acceptor: LeaderAcceptor): number {
  for (const replica of partition.replicas) {
    if (acceptor.accepts(replica)) return replica;
  }
  return NO_LEADER;
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((broker, index) => broker === b[index]);
}
