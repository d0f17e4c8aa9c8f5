/** W2, W3 and W22: what brokers answer, by what they hold. */
import { effectiveMinInsyncReplicas } from '../invariant.js';
import { membersOf, replicaOf } from './look.js';
import { leavingOf } from './memory.js';
import type { PartitionRule } from './rule.js';

const ACKS_ALL = -1;

export const acknowledgedIsHeld: PartitionRule = {
  id: 'W2',
  check({ view, kinds, rules, now, cluster, announced }, found) {
    const leaving = leavingOf(view, now, rules);
    for (const { kind, machine, a: baseOffset, b: lastOffset, d: acks } of announced) {
      if (kind !== kinds.acknowledged) continue;
      const answering = replicaOf(now, machine);
      if (answering === undefined) continue;
      if (answering.logEnd <= lastOffset) found(`b${machine} acknowledged offset ${lastOffset} without it`);
      if (acks !== ACKS_ALL) continue;
      for (const member of now.controller.isr) {
        const replica = replicaOf(now, member);
        if (replica === undefined || !cluster.isBack(member) || (leaving & (1 << member)) !== 0) continue;
        const from = Math.max(baseOffset, answering.logStart, replica.logStart);
        for (let offset = from; offset <= lastOffset; offset++) {
          const [own, other] = [answering.records[offset], replica.records[offset]];
          const isHeld = own?.leaderEpoch === other?.leaderEpoch && own?.value === other?.value;
          if (!isHeld) found(`b${machine} acknowledged offset ${offset}, and b${member} lacks it`);
        }
      }
    }
  },
};

export const successIsCommitted: PartitionRule = {
  id: 'W3',
  check({ view, kinds, now, announced }, found) {
    for (const { kind, machine, b: lastOffset, d: acks } of announced) {
      const leader = replicaOf(now, machine);
      if (kind !== kinds.acknowledged || acks !== ACKS_ALL || leader === undefined) continue;
      if (leader.highWatermark <= lastOffset) found(`b${machine} acknowledged ${lastOffset} above its high watermark`);
      const inSync = membersOf(leader.maximalIsr).length;
      const needed = effectiveMinInsyncReplicas(view, now.key, leader.view);
      if (inSync < needed) found(`b${machine} acknowledged with ${inSync} of ${needed} in sync`);
    }
  },
};

export const readsAreFaithful: PartitionRule = {
  id: 'W22',
  check({ kinds, now, announced }, found) {
    for (const { kind, machine, a: from, b: to } of announced) {
      const replica = replicaOf(now, machine);
      if (kind !== kinds.readServed || replica === undefined) continue;
      for (let offset = from; offset < to; offset++) {
        if (offset >= replica.logEnd || offset >= replica.highWatermark) found(`b${machine} served offset ${offset}`);
      }
    }
  },
};
