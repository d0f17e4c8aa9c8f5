/**
 * Which event takes the loss of a committed record out of the guarantee.
 *
 * A record is lost from the partition at the first election from which on no elected leader held it: the *loss election*.
 * Only that event can license the loss, and only if it explains why that leader lacked this very record: it lacked it when
 * it was elected, or the disk below it had taken its copy. An unclean election that came after the record had been lost
 * already licenses nothing, nor does one that took place before it was written.
 *
 * acks=all: licensed if that election was unclean, and the topic allows that (the last known leader's needs no leave, KIP-966); if it chose an impaired replica, whose disk had lost the record (without
 * eligible leader replicas); or the same with more than min.insync.replicas - 1 replicas impaired then (with them). acks=1:
 * any change of leader, or the loss of the acknowledging leader's own copy after the acknowledgement. In all cases the
 * record must have been committed before the event, or after it by a leader that the event deposed and that had not yet
 * applied it. Nothing in the final read licenses.
 */
import { ElectedBy, LostBy } from '../probe-kinds.js';
import type { Commitment, Election, PartitionTimeline, RecordIdentity } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';
import type { SettingsInForce } from './topic-settings.js';

/** What the partition's settings say, as far as licences depend on it: as its topic was created (topic-settings.ts). */
export interface PartitionRules extends SettingsInForce {
  readonly eligibleLeaderReplicas: boolean;
  /** min.insync.replicas counts as no more than so many (KAFKA-15583). */
  readonly replicas: number;
  /** Its controller asks whether an election may be unclean some time before it decides. */
  readonly underZooKeeper: boolean;
}

/**
 * @param promise what the producer was promised: acks=all (and whoever read the record), or acks=1
 * @param last the election whose leader lacks the record, by its index; absent: the last there was
 * @param at the moment at which it does; absent: in the end
 */
export function lossLicence(
  partition: PartitionTimeline,
  rules: PartitionRules,
  record: RecordIdentity,
  promise: 'all' | 1,
  last: number = partition.elections.length - 1,
  at: number = Infinity,
): Licensed | null {
  const commitments = partition.commitmentsOf(record).filter(({ by }) => promise === 'all' || by === 'acknowledged');
  if (commitments.length === 0) return null;
  const loss = lossElection(partition, record, last, at);
  const commitment =
    loss === null || loss.election.inFinalRead
      ? undefined
      : commitments.find((one) => isDeposedOrBefore(partition, one, loss.election));
  if (promise === 1) {
    if (commitment !== undefined && isExplained(partition, record, loss!))
      return licensed('acks-1-leader-change', loss!.election.index);
    return impairmentLicence(partition, record, commitments);
  }
  if (commitment === undefined) return null;
  return electionLicence(partition, rules, record, loss!, commitment);
}

/**
 * A replica lacks the record for good, whoever else has it, and may be elected all the same, since nobody notices. That was
 * so before the final read, which only shows it. Eligible leader replicas do not help: KIP-966 is about the tail of a log.
 *
 * - Bit rot below the recovery point is seen by nobody before it is read: the replica stays in the ISR, impaired.
 * - Power loss may take the end of a segment and leave the next one, which was written back before it. Recovery takes
 *   whatever has a right checksum, so that the log has a hole (LogLoader.recoverSegment); whoever copies it copies that too.
 * @param at the moment at which it lacks it
 */
export function damageLicence(
  partition: PartitionTimeline,
  record: RecordIdentity,
  machine: number,
  at: number,
): Licensed | null {
  const event = partition.damagedOn(machine, record);
  if (partition.lossesOfData.some(({ index }) => index === event)) return licensed('damaged-replica', event);
  const loss = partition.holeOf(machine, record, at);
  return loss === null ? null : licensed('hole-in-log', loss.index);
}

/** What an election licenses under acks=all, if anything. */
function electionLicence(
  partition: PartitionTimeline,
  rules: PartitionRules,
  record: RecordIdentity,
  loss: LossElection,
  commitment: Commitment,
): Licensed | null {
  const { election, leads } = loss;
  if (election.reason === ElectedBy.unclean) {
    if (!wasAllowedUnclean(partition, rules, election)) return null;
    return isExplained(partition, record, loss) ? licensed('unclean-election', election.index) : null;
  }
  if (election.reason === ElectedBy.lastKnownLeader) {
    return isExplained(partition, record, loss) ? licensed('last-known-leader', election.index) : null;
  }
  const disk = partition.lossToDisk(election.leader, record, leads);
  if (disk === null) return null;
  if (rules.eligibleLeaderReplicas) {
    const { machine, index } = commitment;
    const least = Math.min(partition.settings.leastInSync(rules, machine, index, election.index), rules.replicas);
    const tooMany = election.impaired > Math.max(0, least - 1);
    return tooMany ? licensed('too-many-impaired', election.index) : null;
  }
  if (!election.leaderImpaired) return null;
  if (wasAlone(partition, rules, commitment)) {
    return licensed('impaired-leader', election.index, { setting: 'min.insync.replicas', value: '2' });
  }
  // What is on the platter rots all the same.
  return disk.reason === LostBy.corrupt
    ? licensed('impaired-leader', election.index, null)
    : licensed('impaired-leader', election.index);
}

/**
 * Allowed when it was decided. A ZooKeeper-mode controller reads the state of a partition, then whether it may elect uncleanly,
 * and writes only if the state is still the same: any moment since that was written may be the one at which it asked.
 */
function wasAllowedUnclean(partition: PartitionTimeline, rules: PartitionRules, { index }: Election): boolean {
  const asked = rules.underZooKeeper ? partition.changedBefore(index) : index;
  return partition.settings.allowsUnclean(rules, asked, index);
}

/** acks=1 asks the leader alone: what its own disk took after the acknowledgement was promised by nobody. */
function impairmentLicence(
  partition: PartitionTimeline,
  record: RecordIdentity,
  acknowledgements: readonly Commitment[],
): Licensed | null {
  for (const { machine, index } of acknowledgements) {
    const disk = partition.lossToDisk(machine, record, Infinity);
    if (disk !== null && disk.index > index) return licensed('acks-1-impairment', disk.index);
  }
  return null;
}

/** The elected replica lacked the record when it was elected, or its disk took it since. */
function isExplained(partition: PartitionTimeline, record: RecordIdentity, { election, leads }: LossElection): boolean {
  const { leader, index } = election;
  return !partition.heldWithin(leader, record, index, index) || partition.lossToDisk(leader, record, leads) !== null;
}

interface LossElection {
  readonly election: Election;
  /** Until when what its leader lacks is the election's doing: when it began to lead, or the next election. */
  readonly leads: number;
}

/**
 * The first of the elections up to the last, whose leaders all lacked the record; null: the last leader has it. One whose
 * leader never began to lead before another was elected took nothing from anybody: nobody copied it.
 */
function lossElection(
  partition: PartitionTimeline,
  record: RecordIdentity,
  last: number,
  at: number,
): LossElection | null {
  const { elections } = partition;
  let first: LossElection | null = null;
  for (let i = last; i >= 0; i--) {
    const election = elections[i]!;
    const { leaderEpoch } = record;
    if (election.isReturn ? election.leaderEpoch < leaderEpoch : election.leaderEpoch <= leaderEpoch) break;
    if (i < last && election.begun < 0 && isAnotherChoice(election, elections[i + 1]!)) continue;
    const next = elections[i + 1]?.index ?? Infinity;
    if (!lacked(partition, election, next, at, record)) break;
    first = { election, leads: election.begun >= 0 ? election.begun : next };
  }
  return first;
}

/** The same leader again goes on with the first choice; but for the last known leader, who is chosen for want of another. */
function isAnotherChoice(election: Election, next: Election): boolean {
  return next.leader !== election.leader || next.reason === ElectedBy.lastKnownLeader;
}

/**
 * What a leader lacks counts from when it begins to lead: until then it may still fetch from its predecessor. Before that,
 * it is what it lacks at the moment, if that is in its term; one that never began (it was down, or deposed first) lacked
 * in the end what it did not hold at any moment of its term.
 */
function lacked(
  partition: PartitionTimeline,
  { leader, index, begun }: Election,
  next: number,
  at: number,
  record: RecordIdentity,
): boolean {
  if (begun >= 0 && begun <= at) return !partition.heldWithin(leader, record, begun, begun);
  if (at < next) return !partition.heldWithin(leader, record, at, at);
  return !partition.heldWithin(leader, record, index, next);
}

function isDeposedOrBefore(partition: PartitionTimeline, commitment: Commitment, election: Election): boolean {
  if (commitment.index < election.index) return true;
  if (commitment.leaderEpoch >= election.leaderEpoch) return false;
  return !partition.hasApplied(commitment.machine, election.leaderEpoch, commitment.index);
}

/** Committed while the ISR was one replica, which min.insync.replicas=1 allowed and 2 would have refused. */
function wasAlone(partition: PartitionTimeline, rules: PartitionRules, { machine, index }: Commitment): boolean {
  const { minInsyncReplicas } = partition.settings.appliedBy(rules, machine, index);
  if (minInsyncReplicas !== 1 || rules.replicas < 2) return false;
  const isr = partition.isrAt(index);
  return isr !== 0 && (isr & (isr - 1)) === 0;
}
