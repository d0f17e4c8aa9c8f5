/**
 * What is committed, as an observer keeps it who trusts no broker: for each partition every record that was ever below
 * the high watermark of the leader that the controller stood by then. Its length is the true high watermark.
 *
 * When that leader begins to lead without all of it (or cuts its log), the rest is lost: listeners are told once, and
 * the committed log goes on from what the leader holds. What counts is the moment when it begins: one that is elected
 * may be down and never lead, or still fetch from its predecessor.
 *
 * What stands below the start of a log, or of its leader's, is of no account: it is read no more, and a leader whose own
 * log begins above a difference leaves that in a follower's. Where the leader's log has a hole, nothing takes the place of what was
 * committed, which stays so. A hole itself is nothing that could be committed.
 */
import type { ClusterFold, Partition } from './cluster-fold.js';
import { RecordLog } from './record-log.js';
import type { Replica } from './replica.js';

export interface Loss {
  readonly partition: Partition;
  /** The leader that lacks it. */
  readonly machine: number;
  /** Where it lacks a committed record, ascending. */
  readonly offsets: readonly number[];
  /** What was committed, as it was before the loss. */
  readonly committed: RecordLog;
}

export class CommittedLogs {
  private readonly cluster: ClusterFold;
  private readonly logs: RecordLog[] = [];
  /** By key: where the log of a leader has begun; what was committed below that, nobody needs to hold. */
  private readonly starts: number[] = [];
  /** By key: up to here the leader has been compared since it began to lead, or last cut its log. */
  private readonly compared: number[] = [];
  private readonly listeners: ((loss: Loss) => void)[] = [];

  constructor(cluster: ClusterFold) {
    this.cluster = cluster;
  }

  /** Called before the committed log is cut. */
  onLoss(listener: (loss: Loss) => void): void {
    this.listeners.push(listener);
  }

  log(key: number): RecordLog {
    return (this.logs[key] ??= new RecordLog());
  }

  /** From where on a replica must hold what is committed. */
  startFor(replica: Replica, key: number): number {
    return Math.max(replica.logStart, this.starts[key] ?? 0);
  }

  /** After the cluster's fold took the same probe. */
  apply(kind: number, machine: number, key: number, d: number): void {
    const { kinds } = this.cluster;
    if (kind === kinds.logStart) this.moveStart(machine, key);
    else if (kind === kinds.truncate) this.compareWithLeader(machine, key, 0);
    else if (kind === kinds.becomeLeader) {
      this.compareWithLeader(machine, key, 0);
      // It begins with its own high watermark, and answers readers up to there.
      this.extend(machine, key);
    } else if (kind === kinds.highWatermark && d === 1) this.extend(machine, key);
  }

  /** A deposed leader that does not know it yet still leads in its own eyes: the controller's leader counts. */
  private isCurrentLeader(machine: number, partition: Partition): boolean {
    if (partition.leader !== machine) return false;
    const replica = this.cluster.replica(machine, partition.key);
    return replica.isLeader && replica.leaderEpoch === partition.leaderEpoch;
  }

  private compareWithLeader(machine: number, key: number, from: number): void {
    const partition = this.cluster.partition(key);
    if (!this.isCurrentLeader(machine, partition)) return;
    const committed = this.log(key);
    const replica = this.cluster.replica(machine, key);
    const { log } = replica;
    const start = this.startFor(replica, key);
    if (!committed.agreesBetween(start, committed.end, log)) {
      const offsets = lackedBy(log, committed, Math.max(from, start));
      const cutAt = offsets.find((offset) => !log.isHole(offset));
      if (offsets.length > 0)
        for (const listener of this.listeners) listener({ partition, machine, offsets, committed });
      if (cutAt !== undefined) committed.cut(cutAt);
    }
    this.compared[key] = committed.end;
  }

  /**
   * The log of a leader begins later: so does what must be held. A replica that begins later than it ended has nothing to
   * say about what was deleted below: what was committed there counts as its own.
   */
  private moveStart(machine: number, key: number): void {
    const { log, logStart } = this.cluster.replica(machine, key);
    const committed = this.log(key);
    if (this.isCurrentLeader(machine, this.cluster.partition(key))) {
      this.starts[key] = Math.max(this.starts[key] ?? 0, logStart);
    }
    if (log.end < logStart) log.extendFrom(committed, Math.min(logStart, committed.end));
  }

  private extend(machine: number, key: number): void {
    if (!this.isCurrentLeader(machine, this.cluster.partition(key))) return;
    const replica = this.cluster.replica(machine, key);
    const end = Math.min(replica.highWatermark, replica.log.end);
    const committed = this.log(key);
    if (end <= committed.end) return;
    this.compareWithLeader(machine, key, this.compared[key] ?? 0);
    committed.extendFrom(replica.log, end);
  }
}

function lackedBy(log: RecordLog, committed: RecordLog, from: number): readonly number[] {
  const offsets: number[] = [];
  let offset = log.firstLacking(committed, committed.end, from);
  for (; offset < committed.end; offset = log.firstLacking(committed, committed.end, offset + 1)) offsets.push(offset);
  return offsets;
}
