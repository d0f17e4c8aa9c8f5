/**
 * Which event takes a partition that makes no progress out of the guarantee.
 *
 * Progress is promised while no leader's log is damaged. A batch that bit rot damaged on the leader is handed out as it
 * is: who fetches it finds its CRC wrong and tries again, for ever (AbstractFetcherThread.processFetchRequest on
 * CorruptRecordException; CompletedFetch). So a follower that must pass it never gets back into the ISR, and a consumer
 * never past it, until leadership moves to a sound copy or an operator mends the disk.
 *
 * Licensed only if every machine that the partition waits for was, at its last fetch, refused for such a batch; or is a
 * consumer without a position, and the replicas outside of the ISR were: with an ISR below min.insync.replicas the high
 * watermark stands still, and until it has reached the start of its epoch a leader names no latest offset (KIP-207).
 *
 * Nor is it promised where nobody may lead any more: with eligible leader replicas, an ISR may be empty, and altering
 * min.insync.replicas forgets who is eligible and who led last (ReplicationControlManager.removeTopicElrs). Then only an
 * unclean election helps.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import type { PartitionRules } from './loss.js';
import type { PartitionTimeline } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

/** Errors.CORRUPT_MESSAGE */
const CORRUPT_MESSAGE = 2;
const NEVER_FETCHED = -2;

/** @param stuck its events are the `stalled` records, one for each machine that is waited for */
export function stallLicence(
  trace: Trace,
  stuck: Anomaly,
  partition: PartitionTimeline,
  rules: PartitionRules,
): Licensed | null {
  const { stalled } = probeKinds(trace.header.probes);
  const stalls = stuck.events.filter((event) => trace.kind[event] === stalled && trace.key[event] === stuck.key);
  if (stalls.length === 0) return null;
  if (stalls.every((event) => trace.b[event] === 1)) return licensed('required-bound', -1);
  const cleared = stalls.map((event) => forgottenAt(event, partition, rules));
  if (!cleared.includes(-1)) return licensed('eligible-replicas-cleared', cleared[0]!);
  const damages = stalls.map((event) => blockedBy(trace, trace.a[event]!, event, partition, rules));
  return damages.includes(-1) ? null : licensed('damaged-leader', damages[0]!);
}

/** The alteration since which nobody may lead; -1: it is not that. */
function forgottenAt(event: number, partition: PartitionTimeline, rules: PartitionRules): number {
  const since = rules.eligibleLeaderReplicas ? partition.emptyIsrSince(event) : -1;
  return since < 0 ? -1 : partition.settings.lastOfMinInsyncReplicas(rules, since, event);
}

/** The bit rot because of which the machine gets no further; -1: it is not that. */
function blockedBy(
  trace: Trace,
  machine: number,
  before: number,
  partition: PartitionTimeline,
  rules: PartitionRules,
): number {
  if (machine <= 0) return -1;
  const refused = refusedFor(trace, machine, before, partition);
  if (refused !== NEVER_FETCHED) return refused;
  const isr = partition.isrAt(before);
  const outside = partition.machines.filter((replica) => (isr & (1 << replica)) === 0);
  const { minInsyncReplicas } = partition.settings.decidedAt(rules, before);
  if (outside.length === 0 || partition.machines.length - outside.length >= minInsyncReplicas) return -1;
  const damages = outside.map((replica) => refusedFor(trace, replica, before, partition));
  return damages.every((damage) => damage >= 0) ? damages[0]! : -1;
}

/**
 * The bit rot because of which the machine's last fetch of the partition was refused; -1: it was not; NEVER_FETCHED: there
 * was none since its process started.
 */
function refusedFor(trace: Trace, machine: number, before: number, partition: PartitionTimeline): number {
  const { fetchRefused, followerFetched, readServed, processStarted } = probeKinds(trace.header.probes);
  const key = trace.key[before];
  for (let i = before - 1; i >= 0; i--) {
    const kind = trace.kind[i];
    if (kind === processStarted && trace.machine[i] === machine) return NEVER_FETCHED;
    if (trace.key[i] !== key) continue;
    const served =
      (kind === followerFetched && trace.a[i] === machine) || (kind === readServed && trace.d[i] === machine);
    if (served) return -1;
    if (kind !== fetchRefused || trace.b[i] !== machine) continue;
    return trace.a[i] === CORRUPT_MESSAGE ? partition.damageOf(trace.machine[i]!, i) : -1;
  }
  return NEVER_FETCHED;
}
