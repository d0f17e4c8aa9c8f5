/** When the state is to be written as a snapshot: after so many bytes of records, or after so much time. (KIP-630, SnapshotGenerator) */
import type { MetadataBatch } from '../../protocol/raft-messages.js';

const RECORD_BYTES = 60;

export interface SnapshotSettings {
  readonly 'metadata.log.max.record.bytes.between.snapshots': number;
  /** 0: never by time alone. */
  readonly 'metadata.log.max.snapshot.interval.ms': number;
}

export class SnapshotGenerator {
  private readonly settings: SnapshotSettings;
  private bytes = 0;
  private last = -1;

  constructor(settings: SnapshotSettings) {
    this.settings = settings;
  }

  /** True: after this batch one is due. */
  isDue(batch: MetadataBatch, nowMicros: number): boolean {
    if (this.last < 0) this.last = nowMicros;
    this.bytes += RECORD_BYTES * batch.records.length;
    const interval = this.settings['metadata.log.max.snapshot.interval.ms'] * 1000;
    const isLarge = this.bytes >= this.settings['metadata.log.max.record.bytes.between.snapshots'];
    const isLate = interval > 0 && nowMicros - this.last >= interval;
    if (!isLarge && !isLate) return false;
    this.bytes = 0;
    this.last = nowMicros;
    return true;
  }
}
