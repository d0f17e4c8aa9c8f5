/**
 * The controller's replica of __cluster_metadata: an append, a wait for more, an fsync, and only then the high watermark
 * moves. A record below it is committed; above it nobody but this controller may know of it.
 *
 * With one voter the majority is this disk (KIP-595). The records of one decision form a batch and survive power loss
 * together or not at all, as QuorumController's atomic appends do. Timers and fsyncs come back by way of the controller.
 */
import { ENTRY_OK, type File, type IoResult } from '../../../kernel/disk.js';
import type { Host } from '../../../kernel/process.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';

const DIRECTORY = '__cluster_metadata-0';
const LOG_PATH = `${DIRECTORY}/00000000000000000000.log`;
const QUORUM_STATE_PATH = `${DIRECTORY}/quorum-state`;
const QUORUM_STATE_BYTES = 100;
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_BYTES = 60;
/** controller.quorum.append.linger.ms */
const APPEND_LINGER_MICROS = 25_000;

/** As it stands on the disk: the records of one decision. */
interface MetadataBatch {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly records: readonly MetadataRecord[];
}

/** Raft's own state (KIP-595): who leads in which epoch. One voter elects itself, in a new epoch at each start. */
interface QuorumState {
  readonly leaderEpoch: number;
}

/** Kinds of timers that the log asks for; the controller hands them back. */
export interface MetadataLogTimers {
  readonly lingered: number;
  readonly flushed: number;
}

export class MetadataLog {
  /** The Raft leader epoch of this incarnation. */
  leaderEpoch = 0;
  /** End of the committed log, exclusive. 0 until this incarnation has committed something. */
  highWatermark = 0;

  private readonly host: Host;
  private readonly timers: MetadataLogTimers;
  private readonly records: MetadataRecord[] = [];
  /** Appended and not yet written to the disk. */
  private accumulated: MetadataBatch[] = [];
  private file!: File;
  private lingering = false;
  private flushing = false;
  /** The linger ended while an fsync was under way. */
  private overdue = false;

  constructor(host: Host, timers: MetadataLogTimers) {
    this.host = host;
    this.timers = timers;
  }

  /** Offset of the next record. */
  get nextOffset(): number {
    return this.records.length;
  }

  /**
   * Reads what the disk holds up to the first damaged batch, cuts the rest off, and begins a new epoch. What was read
   * counts as committed once a record of the new epoch is.
   */
  recover(): void {
    const disk = this.host.disk;
    this.file = disk.open(LOG_PATH);
    disk.syncDir(DIRECTORY);
    for (let index = 0; index < this.file.length; index++) {
      if (this.file.state(index) !== ENTRY_OK) {
        this.file.truncate(index);
        break;
      }
      const batch = this.file.read(index) as MetadataBatch;
      for (const record of batch.records) this.records.push(record);
    }
    this.leaderEpoch = this.lastEpoch() + 1;
    const state: QuorumState = { leaderEpoch: this.leaderEpoch };
    if (disk.replace(QUORUM_STATE_PATH, state, QUORUM_STATE_BYTES) !== 'ok') this.host.die('halt');
  }

  record(offset: number): MetadataRecord {
    return this.records[offset];
  }

  /** Committed records from this offset on. */
  committedFrom(offset: number): readonly MetadataRecord[] {
    return this.records.slice(offset, this.highWatermark);
  }

  /** Accepts the records of one decision. They are written together with what follows within the linger. */
  append(records: readonly MetadataRecord[]): void {
    this.accumulated.push({ baseOffset: this.records.length, leaderEpoch: this.leaderEpoch, records });
    for (const record of records) this.records.push(record);
    if (this.lingering || this.overdue) return;
    this.lingering = true;
    this.host.timer(this.timers.lingered, APPEND_LINGER_MICROS, 0);
  }

  onLingered(): void {
    this.lingering = false;
    if (this.flushing) this.overdue = true;
    else this.write();
  }

  /** The fsync that covered everything below `end` is over; if it went well, that much is committed. */
  onFlushed(end: number, result: IoResult): void {
    this.flushing = false;
    if (result !== 'ok') {
      this.host.die('halt');
      return;
    }
    this.highWatermark = end;
    if (!this.overdue) return;
    this.overdue = false;
    this.write();
  }

  /** Into the page cache, then down to the platter. */
  private write(): void {
    for (const batch of this.accumulated) {
      const bytes = BATCH_OVERHEAD_BYTES + RECORD_BYTES * batch.records.length;
      if (this.file.append(batch, bytes) !== 'ok') {
        // A controller that cannot write its metadata log exits (ProcessTerminatingFaultHandler).
        this.host.die('halt');
        return;
      }
    }
    this.accumulated = [];
    this.flushing = true;
    this.file.fsync(this.timers.flushed, this.records.length);
  }

  private lastEpoch(): number {
    const disk = this.host.disk;
    if (!disk.exists(QUORUM_STATE_PATH)) return 0;
    return (disk.open(QUORUM_STATE_PATH).read(0) as QuorumState).leaderEpoch;
  }
}
