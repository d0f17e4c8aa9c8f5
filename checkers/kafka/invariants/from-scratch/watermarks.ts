/** W4, W10 and W11: how far high watermarks may go. */
import { effectiveMinInsyncReplicas } from '../invariant.js';
import { membersOf, replicaOf } from './look.js';
import { leavingOf } from './memory.js';
import type { PartitionRule } from './rule.js';

export const highWatermarkIsEligible: PartitionRule = {
  id: 'W4',
  check({ view, now, before, rules }, found) {
    const leaving = leavingOf(view, now, rules);
    for (const leader of now.replicas) {
      const { machine, highWatermark, isr, maximalIsr } = leader;
      const was = replicaOf(before, machine);
      if (!leader.isLeader || was === undefined || highWatermark <= was.highWatermark) continue;
      const inSync = membersOf(isr).length;
      const needed = effectiveMinInsyncReplicas(view, now.key, leader.view);
      if (rules.highWatermarkGate && inSync < needed) found(`b${machine} advances with ${inSync} of ${needed} in sync`);
      for (const member of membersOf(maximalIsr & ~leaving)) {
        if (member === machine || leader.view.fetchedBy(member) >= highWatermark) continue;
        found(`b${machine} passes b${member}`);
      }
    }
  },
};

export const leaderNeverTakesBack: PartitionRule = {
  id: 'W10',
  check({ now, before }, found) {
    for (const { machine, isLeader, leaderEpoch, highWatermark } of now.replicas) {
      const was = replicaOf(before, machine);
      if (!isLeader || was?.isLeader !== true || was.leaderEpoch !== leaderEpoch) continue;
      if (highWatermark < was.highWatermark) found(`b${machine} goes back to ${highWatermark}`);
    }
  },
};

export const highWatermarkIsBounded: PartitionRule = {
  id: 'W11',
  check({ now, before, memory: { highWatermarks }, rules }, found) {
    const epochOf = (leaderEpoch: number): number => (rules.fetchEpochFencing ? leaderEpoch : 0);
    for (const { isLeader, leaderEpoch, highWatermark } of now.replicas) {
      const epoch = epochOf(leaderEpoch);
      if (isLeader) highWatermarks.set(epoch, Math.max(highWatermark, highWatermarks.get(epoch) ?? 0));
    }
    for (const { machine, isLeader, leaderEpoch, logStart, logEnd, highWatermark } of now.replicas) {
      if (highWatermark < logStart) found(`b${machine} has it below its log's start`);
      if (highWatermark > logEnd) found(`b${machine} has it above its log's end`);
      const was = replicaOf(before, machine);
      if (isLeader || was === undefined || highWatermark <= was.highWatermark) continue;
      const ofLeader = highWatermarks.get(epochOf(leaderEpoch));
      if (ofLeader !== undefined && highWatermark > ofLeader) found(`b${machine} passes its leader's ${ofLeader}`);
    }
  },
};
