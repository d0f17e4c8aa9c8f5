/**
 * A coordinator that was deposed and has not heard of it yet goes on answering for its groups. OffsetFetch asks nobody else
 * whether the answer is still true (GroupCoordinator.handleFetchOffsets: the partition of __consumer_offsets is its own, as
 * far as it knows), while commits go to its successor already: a producer, or another member, may have found that one.
 *
 *   controller  b3 leads __consumer_offsets-3 in epoch 1
 *   p0 → b3     commit g: x=1   ok
 *   c1 → b2     fetch g         x=none: b2, cut off from the controller, leads in epoch 0 as far as it knows
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { History } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { probeKinds } from '../probe-kinds.js';
import { licensed, type Licensed } from './rows.js';

/** @param keys the partitions in which coordinators keep the offsets of the groups involved */
export function staleCoordinatorLicence(
  trace: Trace,
  { operations }: History,
  keys: readonly number[],
  anomaly: Anomaly,
): Licensed | null {
  for (const index of anomaly.operations) {
    const { invokedAt, completedAt, value } = operations[index]!;
    if (!value.some(({ kind }) => kind === 'committed')) continue;
    const until = completedAt < 0 ? anomaly.at : completedAt;
    for (const key of keys) {
      const election = deposedWithin(trace, key, invokedAt, until);
      if (election >= 0) return licensed('stale-coordinator', election);
    }
  }
  return null;
}

/** The election of which a former leader that runs has not heard at some moment between these; -1: there is none. */
function deposedWithin(trace: Trace, key: number, from: number, until: number): number {
  const kinds = probeKinds(trace.header.probes);
  /** By broker: in which epoch it leads, as far as it knows. */
  const leads = new Map<number, number>();
  let elected = -1;
  let leaderEpoch = -1;
  const isDeposed = (epoch: number): boolean => epoch < leaderEpoch;
  for (let i = 0; i < trace.length && trace.time[i]! <= until; i++) {
    if (trace.time[i]! > from && [...leads.values()].some(isDeposed)) return elected;
    const kind = trace.kind[i]!;
    const machine = trace.machine[i]!;
    if (kind === kinds.processStarted || kind === kinds.processKilled || kind === kinds.powerLost) {
      leads.delete(machine);
    } else if (trace.key[i] !== key) {
      continue;
    } else if (kind === kinds.elected) {
      elected = i;
      leaderEpoch = trace.b[i]!;
    } else if (kind === kinds.becomeLeader) {
      leads.set(machine, trace.a[i]!);
    } else if (kind === kinds.becomeFollower) {
      leads.delete(machine);
    }
  }
  return [...leads.values()].some(isDeposed) ? elected : -1;
}
