/**
 * How a change of a partition is decided: which leader, which ISR, which eligible leader replicas. (PartitionChangeBuilder)
 *
 * Without eligible leader replicas an empty ISR is never written: the last member stays in it while nobody leads. With
 * them it leaves like any other, and who may lead next is written down beside (eligible-leader-replicas.ts).
 */
import { directoryOf, type MetadataImage, type PartitionRegistration } from '../metadata-image.js';
import { NO_LEADER, NO_LEADER_CHANGE, type PartitionChangeRecord } from '../../protocol/metadata-records.js';
import { eligibleAfter, lastKnownLeaderAfter, mayLeadAsLastKnown, NOBODY } from './eligible-leader-replicas.js';
import { completeReassignment } from './complete-reassignment.js';

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

  /** Nor does it accept whose replica lies in a log directory that is offline (KIP-858). */
  accepts(broker: number, partition: PartitionRegistration): boolean {
    if (broker === this.toRemove) return false;
    const isActive = broker === this.toAdd || this.image.isActive(broker);
    return isActive && this.image.isReplicaOnline(partition, broker);
  }

  defaultDirectory(broker: number): number {
    return this.image.defaultDirectory(broker);
  }
}

/** What the topic and the version say about the partition's leaders. */
export interface LeaderPolicy {
  /** KIP-966. */
  readonly eligibleLeaderReplicas: boolean;
  /** KAFKA-19522: the last known leader is elected although it is fenced. */
  readonly electsFencedLastKnownLeader: boolean;
  /** A smaller ISR begins a new leader epoch, although the leader stays (up to 3.5, KAFKA-15021). */
  readonly leaderEpochOnShrink: boolean;
  /** An unclean election marks the partition as recovering (KIP-704). */
  readonly leaderRecoveryState: boolean;
  /** A reassignment is complete when its whole target is in the ISR, not only whom it adds (KAFKA-15665). */
  readonly wholeTargetInIsr: boolean;
  /** min.insync.replicas, at most the number of replicas. */
  readonly minIsr: number;
}

/** What is wanted of a partition; the builder decides what it takes. Whom it is assigned to: see PartitionRegistration. */
export interface PartitionTarget {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly isr: readonly number[];
  readonly leaderRecoveryState: 0 | 1;
  readonly election: Election;
  /** This broker did not stop in order before it came back: it is no eligible leader any more. NO_BROKER: none. */
  readonly uncleanShutdown: number;
  /** A broker says in which directory its replica lies (KIP-858). Left out: nobody does. */
  readonly placed?: { readonly broker: number; readonly directoryId: number };
}

/** The partition as it is, led by whoever may. */
export function unchanged(partition: PartitionRegistration, election: Election): PartitionTarget {
  const { replicas, addingReplicas, removingReplicas, isr, leaderRecoveryState } = partition;
  return {
    replicas,
    addingReplicas,
    removingReplicas,
    isr,
    leaderRecoveryState,
    election,
    uncleanShutdown: NO_BROKER,
  };
}

/** Whom the election gives the partition to, and from where. */
interface Outcome {
  readonly leader: number;
  /** From outside the ISR and the eligible leader replicas. */
  readonly unclean: boolean;
}

/** The record that brings the partition to its target, or null if it is there already. */
export function buildPartitionChange(
  partition: PartitionRegistration,
  wanted: PartitionTarget,
  policy: LeaderPolicy,
  acceptor: LeaderAcceptor,
): PartitionChangeRecord | null {
  const target = completeReassignment(wanted, policy);
  const eligible = eligibleAfter(partition, target, policy);
  const { leader, unclean } = elect(partition, target, eligible, policy, acceptor);
  const moves = leader !== partition.leader;
  const isElected = moves && leader !== NO_LEADER;

  let targetIsr = target.isr;
  if (isElected && (unclean || eligible.includes(leader))) targetIsr = [leader];
  // Naming the leader again is what begins a new epoch. (triggerLeaderEpochBumpIfNeeded)
  const losesReplica = partition.replicas.some((replica) => !target.replicas.includes(replica));
  const losesMember = partition.isr.some((member) => !targetIsr.includes(member));
  const namesLeader = moves || losesReplica || (policy.leaderEpochOnShrink && losesMember);
  const mayBeWritten = targetIsr.length > 0 || policy.eligibleLeaderReplicas;
  const isr = mayBeWritten && !sameMembers(targetIsr, partition.isr) ? targetIsr : null;
  // Whoever is elected uncleanly may lack what was committed: nobody else is known to be complete by its measure.
  const elr = isElected && unclean ? NOBODY : eligible.filter((replica) => replica !== leader);
  const lastKnownElr = lastKnownLeaderAfter(partition, moves ? leader : NO_LEADER_CHANGE, isr, policy);

  let leaderRecoveryState: 0 | 1 | null = null;
  if (moves && unclean) {
    if (policy.leaderRecoveryState && partition.leaderRecoveryState !== RECOVERING) leaderRecoveryState = RECOVERING;
  } else if (!unclean && target.leaderRecoveryState !== partition.leaderRecoveryState) {
    leaderRecoveryState = target.leaderRecoveryState;
  }

  const changesElr = !sameMembers(elr, partition.elr);
  const changesLastKnown = !sameMembers(lastKnownElr, partition.lastKnownElr);
  const reassigned = assignmentChanges(partition, target);
  const directories = directoriesAfter(partition, target, acceptor);
  const isSame = !namesLeader && isr === null && leaderRecoveryState === null && !changesElr && !changesLastKnown;
  if (isSame && reassigned === null && directories === null) return null;
  return {
    kind: 'partition-change',
    partition: partition.partition,
    isr,
    leader: namesLeader ? leader : NO_LEADER_CHANGE,
    leaderRecoveryState,
    ...(changesElr && { elr }),
    ...(changesLastKnown && { lastKnownElr }),
    ...reassigned,
    ...(directories !== null && { directories }),
  };
}

/** null: they stay, or nothing is said of them. */
function directoriesAfter(
  partition: PartitionRegistration,
  { replicas, placed }: PartitionTarget,
  acceptor: LeaderAcceptor,
): readonly number[] | null {
  if (partition.directories.length === 0) return null;
  const directories = replicas.map((replica) => {
    if (replica === placed?.broker) return placed.directoryId;
    return partition.replicas.includes(replica) ? directoryOf(partition, replica) : acceptor.defaultDirectory(replica);
  });
  return sameMembers(directories, partition.directories) ? null : directories;
}

/** null: none. (PartitionChangeBuilder.setAssignmentChanges) */
function assignmentChanges(
  partition: PartitionRegistration,
  { replicas, addingReplicas, removingReplicas }: PartitionTarget,
): Pick<PartitionChangeRecord, 'replicas' | 'addingReplicas' | 'removingReplicas'> | null {
  const isMoved = !sameMembers(replicas, partition.replicas);
  const addsOthers = !sameMembers(addingReplicas, partition.addingReplicas);
  const removesOthers = !sameMembers(removingReplicas, partition.removingReplicas);
  if (!isMoved && !addsOthers && !removesOthers) return null;
  return {
    ...(isMoved && { replicas }),
    ...(addsOthers && { addingReplicas }),
    ...(removesOthers && { removingReplicas }),
  };
}

/** The last known leader comes before any other unclean choice, and whether or not the topic allows one. */
function elect(
  partition: PartitionRegistration,
  target: PartitionTarget,
  eligible: readonly number[],
  policy: LeaderPolicy,
  acceptor: LeaderAcceptor,
): Outcome {
  const candidates = target.isr.length > 0 ? target.isr : eligible;
  const clean = electCleanly(partition, candidates, target, acceptor);
  if (clean !== NO_LEADER) return { leader: clean, unclean: false };
  if (candidates.length === 0 && mayLeadAsLastKnown(partition, policy, acceptor)) {
    return { leader: partition.lastKnownElr[0], unclean: true };
  }
  if (target.election !== 'unclean') return { leader: NO_LEADER, unclean: false };
  const leader = target.replicas.find((replica) => acceptor.accepts(replica, partition)) ?? NO_LEADER;
  return { leader, unclean: leader !== NO_LEADER };
}

function electCleanly(
  partition: PartitionRegistration,
  candidates: readonly number[],
  { replicas, election }: PartitionTarget,
  acceptor: LeaderAcceptor,
): number {
  const preferred = replicas[0];
  const mayLead = (replica: number): boolean => candidates.includes(replica) && acceptor.accepts(replica, partition);
  if (election === 'preferred' && mayLead(preferred)) return preferred;
  if (mayLead(partition.leader)) return partition.leader;
  return replicas.find(mayLead) ?? NO_LEADER;
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((broker, index) => broker === b[index]);
}
