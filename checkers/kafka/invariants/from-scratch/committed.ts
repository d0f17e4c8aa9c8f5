/** W1, W5 and W6: what is committed, and who must hold it. */
import { effectiveMinInsyncReplicas } from '../invariant.js';
import { replicaOf } from './look.js';
import { leaderOf, leavingOf, type Held } from './memory.js';
import type { PartitionRule } from './rule.js';

/** Comes first: the others go by what is committed when it is done. */
export const leaderHoldsCommitted: PartitionRule = {
  id: 'W1',
  check({ now, memory }, found) {
    const leader = leaderOf(now);
    if (leader === undefined) return;
    for (const offset of memory.follow(leader)) found(`b${leader.machine} leads without offset ${offset}`);
  },
};

export const logsMatch: PartitionRule = {
  id: 'W5',
  check({ now, memory }, found) {
    for (const replica of now.replicas) {
      const { machine, records, highWatermark, logEnd } = replica;
      records.forEach((record, offset) => {
        if (record === undefined) return;
        const place = `${offset}, ${record.leaderEpoch}`;
        const first = memory.written.get(place);
        if (first === undefined) memory.written.set(place, record.value);
        else if (first !== record.value) found(`b${machine} holds another record at offset, epoch ${place}`);
      });
      // A broker that was started looks at its log once it is told of a role.
      if (replica.leaderEpoch < 0) continue;
      for (const offset of memory.lackedBy(replica, Math.min(highWatermark, logEnd))) {
        found(`b${machine} lacks offset ${offset} below its high watermark`);
      }
    }
  },
};

const NOTHING: Held = { logStart: 0, logEnd: 0, records: [] };

export const isrHolds: PartitionRule = {
  id: 'W6',
  check({ view, now, cluster, memory, rules }, found) {
    const { leader, isr, elr } = now.controller;
    const leaving = leavingOf(view, now, rules);
    for (const machine of new Set([...isr, ...elr])) {
      const isMissed = machine !== leader && (leaving & (1 << machine)) === 0 && cluster.isBack(machine);
      if (!isMissed) continue;
      // Nothing is seen of a broker that is down, nor of a replica whose log directory has failed; nor is there of a deleted one.
      const isDeleted = memory.deleted.has(machine) && cluster.isRunning(machine);
      const replica = replicaOf(now, machine) ?? (isDeleted ? NOTHING : undefined);
      if (replica === undefined) continue;
      const mayStay = rules.underZooKeeper || (isr.length === 1 && isr[0] === machine);
      if (mayStay && view.impaired(now.key, machine)) continue;
      for (const offset of memory.lackedBy(replica, memory.committedEnd)) found(`b${machine} lacks offset ${offset}`);
    }
  },
};

export const controllerStateIsInShape: PartitionRule = {
  id: 'W9',
  check({ view, kinds, rules, now, announced, memory }, found) {
    // A decision is announced piece by piece: it is whole when a broker applies it.
    const applied: readonly number[] = [kinds.becomeLeader, kinds.becomeFollower, kinds.isrAdopted];
    if (!announced.some(({ kind }) => applied.includes(kind))) return;
    const { key, controller } = now;
    const { leader, leaderEpoch, isr, elr } = controller;
    const replicas = view.replicas(key);
    if (leaderEpoch < 0) return;
    if (leader >= 0 && !isr.includes(leader)) found(`the leader b${leader} is not in the ISR`);
    for (const broker of [...isr, ...elr]) {
      // Another znode than the ISR's: the leader hears of it in its next epoch.
      const isUnheard = rules.underZooKeeper && memory.takenBack.has(broker);
      if (replicas.length > 0 && !replicas.includes(broker) && !isUnheard) found(`b${broker} has no replica`);
    }
    for (const broker of elr) if (isr.includes(broker)) found(`b${broker} is in the ISR and eligible`);
    const needed = effectiveMinInsyncReplicas(view, key, { minInsyncReplicas: view.minInsyncReplicas(key) });
    if (elr.length > 0 && isr.length >= needed) found('replicas are eligible needlessly');
    if (rules.underZooKeeper || isr.length < 2) return;
    for (const broker of isr) if (view.isFenced(broker)) found(`the fenced b${broker} is in the ISR`);
  },
};
