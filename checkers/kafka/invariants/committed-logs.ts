/**
 * What is committed, as an observer keeps it who trusts no broker: for each partition every record that was ever below
 * the high watermark of the leader that the controller stood by then. Its length is the true high watermark.
 *
 * When that leader begins to lead without all of it (or cuts its log), the rest is lost: listeners are told once, and
 * the committed log goes on from what the leader holds. What counts is the moment when it begins: one that is elected
 * may be down and never lead, or still fetch from its predecessor.
 */
import type { ClusterFold, Partition } from './cluster-fold.js';
import { RecordLog } from './record-log.js';

export interface Loss {
  readonly partition: Partition;
  /** The leader that lacks it. */
  readonly machine: number;
  /** Committed records from this offset on are gone. */
  readonly from: number;
  /** What was committed, as it was before the loss. */
  readonly committed: RecordLog;
}

export class CommittedLogs {
  private readonly cluster: ClusterFold;
  private readonly logs: RecordLog[] = [];
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

  /** After the cluster's fold took the same probe. */
  apply(kind: number, machine: number, key: number, d: number): void {
    const { kinds } = this.cluster;
    if (kind === kinds.logStart) this.fillBelowStart(machine, key);
    else if (kind === kinds.becomeLeader || kind === kinds.truncate) this.compareWithLeader(machine, key);
    else if (kind === kinds.highWatermark && d === 1) this.extend(machine, key);
  }

  /** A deposed leader that does not know it yet still leads in its own eyes: the controller's leader counts. */
  private isCurrentLeader(machine: number, partition: Partition): boolean {
    if (partition.leader !== machine) return false;
    const replica = this.cluster.replica(machine, partition.key);
    return replica.isLeader && replica.leaderEpoch === partition.leaderEpoch;
  }

  private compareWithLeader(machine: number, key: number): void {
    const partition = this.cluster.partition(key);
    if (!this.isCurrentLeader(machine, partition)) return;
    const committed = this.log(key);
    const { log } = this.cluster.replica(machine, key);
    if (log.agreesAbove(partition.deletedBelow, committed.end, committed)) return;
    const from = committed.firstDifference(log, committed.end);
    for (const listener of this.listeners) listener({ partition, machine, from, committed });
    committed.cut(from);
  }

  /**
   * A replica that begins later than it ended has nothing to say about what was deleted below: what was committed there
   * counts as its own.
   */
  private fillBelowStart(machine: number, key: number): void {
    const { log, logStart } = this.cluster.replica(machine, key);
    const committed = this.log(key);
    if (log.end < logStart) log.extendFrom(committed, Math.min(logStart, committed.end));
  }

  private extend(machine: number, key: number): void {
    if (!this.isCurrentLeader(machine, this.cluster.partition(key))) return;
    const replica = this.cluster.replica(machine, key);
    const end = Math.min(replica.highWatermark, replica.log.end);
    const committed = this.log(key);
    if (end <= committed.end) return;
    this.compareWithLeader(machine, key);
    committed.extendFrom(replica.log, end);
  }
}
