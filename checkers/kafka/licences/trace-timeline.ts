/** The timelines of all partitions of a trace, in one pass over it. */
import type { Trace } from '../../../histories/trace.js';
import { createBudget } from '../budget.js';
import { CutBy, ElectedBy, FINAL_READ_PHASE, LostBy, probeKinds, type ProbeKinds } from '../probe-kinds.js';
import { PartitionTimeline } from './partition-timeline.js';

export class TraceTimeline {
  private readonly partitions: PartitionTimeline[] = [];

  constructor(trace: Trace) {
    const kinds = probeKinds(trace.header.probes);
    const budget = createBudget(trace.header.probes);
    let inFinalRead = false;
    for (let i = 0; i < trace.length; i++) {
      const kind = trace.kind[i]!;
      budget.onProbe(kind, trace.machine[i]!, trace.key[i]!, trace.a[i]!, trace.b[i]!, trace.c[i]!, trace.d[i]!);
      if (kind === kinds.phase) inFinalRead ||= trace.a[i] === FINAL_READ_PHASE;
      else if (kind === kinds.elected) this.addElection(trace, i, budget, inFinalRead);
      else if (kind === kinds.becomeLeader) this.addLeadership(trace, i, budget, inFinalRead);
      else if (trace.key[i]! >= 0) this.addRecord(trace, i, kinds);
      if (kind === kinds.dataLost && !inFinalRead && trace.a[i]! < trace.b[i]!) {
        const loss = { index: i, machine: trace.machine[i]!, from: trace.a[i]!, reason: trace.c[i]! };
        this.partition(trace.key[i]!).lossesOfData.push(loss);
      }
    }
  }

  partition(key: number): PartitionTimeline {
    return (this.partitions[key] ??= new PartitionTimeline());
  }

  private addElection(trace: Trace, i: number, budget: ReturnType<typeof createBudget>, inFinalRead: boolean): void {
    const key = trace.key[i]!;
    const leader = trace.a[i]!;
    const reason = trace.d[i]!;
    if (leader < 0 || reason === ElectedBy.none) return;
    const leaderImpaired = budget.impaired(key, leader);
    const impaired = budget.impairedCount(key);
    const leaderEpoch = trace.b[i]!;
    this.partition(key).elect({
      index: i,
      leader,
      leaderEpoch,
      reason,
      leaderImpaired,
      impaired,
      inFinalRead,
      begun: -1,
      isReturn: false,
    });
  }

  private addLeadership(trace: Trace, i: number, budget: ReturnType<typeof createBudget>, inFinalRead: boolean): void {
    const key = trace.key[i]!;
    const leader = trace.machine[i]!;
    const leaderEpoch = trace.a[i]!;
    const partition = this.partition(key);
    if (partition.returns(leader, leaderEpoch)) {
      const leaderImpaired = budget.impaired(key, leader);
      const impaired = budget.impairedCount(key);
      const reason = ElectedBy.clean;
      partition.elect({
        index: i,
        leader,
        leaderEpoch,
        reason,
        leaderImpaired,
        impaired,
        inFinalRead,
        begun: i,
        isReturn: true,
      });
    }
    partition.apply(i, leader, leaderEpoch, leader);
  }

  private addRecord(trace: Trace, i: number, kinds: ProbeKinds): void {
    const partition = this.partition(trace.key[i]!);
    const machine = trace.machine[i]!;
    const a = trace.a[i]!;
    const b = trace.b[i]!;
    const c = trace.c[i]!;
    const d = trace.d[i]!;
    switch (trace.kind[i]!) {
      case kinds.append:
        return partition.append(i, machine, a, b, c, d === 1);
      case kinds.compacted:
        return partition.compact({ index: i, machine, offset: a, leaderEpoch: b, value: c, supersededBy: d });
      case kinds.logGap:
        return partition.fillGap(i, machine, b);
      case kinds.truncate:
        return partition.cut(i, machine, a, c === CutBy.recovery);
      case kinds.logLoaded:
        return partition.load(i, machine, a);
      case kinds.logStart:
        return partition.logStarts.begin(i, machine, a, c);
      case kinds.dataLost:
        // Rot takes these records alone, until recovery cuts the log there: see log-loaded.
        return c === LostBy.corrupt ? partition.damage(i, machine, a, b) : partition.lose(i, machine, a);
      case kinds.becomeFollower:
        return partition.apply(i, machine, a, b);
      case kinds.partitionChanged:
        return partition.changeIsr(i, c);
      case kinds.topicSettingsAltered:
        return partition.settings.alter(i, a, b === 1);
      case kinds.topicSettingsApplied:
        return partition.settings.apply(i, machine, a, b === 1);
      case kinds.acknowledged:
        return partition.commit(a, b + 1, { index: i, machine, leaderEpoch: c, by: 'acknowledged', acks: d });
      case kinds.highWatermark:
        if (d !== 1) return;
        return partition.commit(b, a, { index: i, machine, leaderEpoch: c, by: 'high-watermark', acks: -1 });
    }
  }
}
