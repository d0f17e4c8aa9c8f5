/**
 * Which event takes the loss of a committed record out of the guarantee.
 *
 * A record is lost from the partition at the first election from which on no elected leader held it: the *loss election*.
 * Only that event can license the loss. An unclean election that came after the record had been lost already licenses
 * nothing, nor does one that took place before it was written.
 *
 * acks=all: licensed if that election was unclean; if it chose an impaired replica (without eligible leader replicas); or
 * if more than min.insync.replicas - 1 replicas were impaired then (with them). acks=1: any change of leader, or a loss
 * of data after the acknowledgement on a replica that held the record, at or below its offset. In all cases the record must have been committed before the event,
 * or after it by a leader that the event deposed and that had not yet applied it. Nothing in the final read licenses.
 */
import { ElectedBy } from '../probe-kinds.js';
import type { Commitment, Election, PartitionTimeline, RecordIdentity } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

/** What the partition's settings say, as far as licences depend on it. */
export interface PartitionRules {
  readonly eligibleLeaderReplicas: boolean;
  /** min.insync.replicas, at most the replication factor (KAFKA-15583). */
  readonly minInsyncReplicas: number;
  readonly replicas: number;
}

/** @param promise what the producer was promised: acks=all (and whoever read the record), or acks=1 */
export function lossLicence(
  partition: PartitionTimeline,
  rules: PartitionRules,
  record: RecordIdentity,
  promise: 'all' | 1,
): Licensed | null {
  const commitments = partition.commitmentsOf(record).filter(({ by }) => promise === 'all' || by === 'acknowledged');
  if (commitments.length === 0) return null;
  const election = lossElection(partition, record);
  const commitment =
    election === null || election.inFinalRead
      ? undefined
      : commitments.find((one) => isDeposedOrBefore(partition, one, election));
  if (promise === 1) {
    if (commitment !== undefined) return licensed('acks-1-leader-change', election!.index);
    const loss = partition.lossOf(record, commitments[0]!.index);
    return loss < 0 ? null : licensed('acks-1-impairment', loss);
  }
  return commitment === undefined ? null : electionLicence(rules, election!, wasAlone(partition, rules, commitment));
}

/**
 * A replica that was read in full as leader lacks the record, whoever else has it. Bit rot below the recovery point is
 * seen by nobody before it is read: the replica stays in the ISR, impaired. That was so before the final read, which
 * only shows it.
 */
export function damageLicence(
  partition: PartitionTimeline,
  rules: PartitionRules,
  record: RecordIdentity,
  machine: number,
): Licensed | null {
  if (rules.eligibleLeaderReplicas) return null;
  const event = partition.damagedOn(machine, record);
  return partition.lossesOfData.some(({ index }) => index === event) ? licensed('damaged-replica', event) : null;
}

/** What an election licenses under acks=all, if anything. */
export function electionLicence(rules: PartitionRules, election: Election, committedAlone = false): Licensed | null {
  if (election.inFinalRead) return null;
  if (election.reason === ElectedBy.unclean) return licensed('unclean-election', election.index);
  if (rules.eligibleLeaderReplicas) {
    const tooMany = election.impaired > Math.max(0, rules.minInsyncReplicas - 1);
    return tooMany ? licensed('too-many-impaired', election.index) : null;
  }
  if (!election.leaderImpaired) return null;
  if (!committedAlone) return licensed('impaired-leader', election.index);
  return licensed('impaired-leader', election.index, { setting: 'min.insync.replicas', value: '2' });
}

/** The first of the elections, to the end, whose leaders all lacked the record; null: the last leader has it. */
function lossElection(partition: PartitionTimeline, record: RecordIdentity): Election | null {
  const { elections } = partition;
  let first: Election | null = null;
  for (let i = elections.length - 1; i >= 0 && elections[i]!.leaderEpoch > record.leaderEpoch; i--) {
    if (!lacked(partition, elections[i]!, elections[i + 1]?.index ?? Infinity, record)) break;
    first = elections[i]!;
  }
  return first;
}

/**
 * What a leader lacks counts from when it begins to lead: until then it may still fetch from its predecessor. One that
 * never began (it was down, or deposed first) lacked what it did not hold at any moment of its term.
 */
function lacked(partition: PartitionTimeline, election: Election, next: number, record: RecordIdentity): boolean {
  const { leader, index, begun } = election;
  return begun >= 0
    ? !partition.heldWithin(leader, record, begun, begun)
    : !partition.heldWithin(leader, record, index, next);
}

function isDeposedOrBefore(partition: PartitionTimeline, commitment: Commitment, election: Election): boolean {
  if (commitment.index < election.index) return true;
  if (commitment.leaderEpoch >= election.leaderEpoch) return false;
  return !partition.hasApplied(commitment.machine, election.leaderEpoch, commitment.index);
}

/** Committed while the ISR was one replica, which min.insync.replicas=1 allowed and 2 would have refused. */
function wasAlone(partition: PartitionTimeline, rules: PartitionRules, { index }: Commitment): boolean {
  if (rules.minInsyncReplicas !== 1 || rules.replicas < 2) return false;
  const isr = partition.isrAt(index);
  return isr !== 0 && (isr & (isr - 1)) === 0;
}
