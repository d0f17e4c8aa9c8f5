/**
 * A replica's log as the trace shows it: leader epoch and value by offset. Immutable; logs that share a past share one
 * backing array, so that a snapshot of a log costs two words. Only whoever stands at the end of the array extends it;
 * a log that was cut back, and then takes other records, copies.
 */

export interface LogEntry {
  readonly leaderEpoch: number;
  readonly value: number;
}

export class ReplicaLog {
  static readonly empty = new ReplicaLog([], 0);
  private readonly entries: (LogEntry | undefined)[];
  /** The log end offset. */
  readonly end: number;

  private constructor(entries: (LogEntry | undefined)[], end: number) {
    this.entries = entries;
    this.end = end;
  }

  /** The entry at an offset; undefined above the end, and for offsets that never were announced. */
  at(offset: number): LogEntry | undefined {
    return offset < this.end ? this.entries[offset] : undefined;
  }

  /** This log with a record at `offset`: at its end, as a rule; a gap stays empty; below the end it replaces the tail. */
  append(offset: number, leaderEpoch: number, value: number): ReplicaLog {
    let entries = this.entries;
    const held = entries[offset];
    if (offset === this.end && held?.leaderEpoch === leaderEpoch && held.value === value) {
      return new ReplicaLog(entries, offset + 1);
    }
    if (offset < entries.length || this.end < entries.length) entries = entries.slice(0, Math.min(this.end, offset));
    entries[offset] = { leaderEpoch, value };
    return new ReplicaLog(entries, offset + 1);
  }

  /** This log with nothing between its end and `end`: compaction had taken it where it was copied from. */
  skipTo(end: number): ReplicaLog {
    return end <= this.end ? this : new ReplicaLog(this.entries.slice(0, this.end), end);
  }

  /** This log without the record at an offset: compaction took it. */
  without(offset: number): ReplicaLog {
    if (this.at(offset) === undefined) return this;
    const entries = this.entries.slice(0, this.end);
    entries[offset] = undefined;
    return new ReplicaLog(entries, this.end);
  }

  /** This log without the records from `end` on. */
  cutTo(end: number): ReplicaLog {
    return end < this.end ? new ReplicaLog(this.entries, end) : this;
  }
}
