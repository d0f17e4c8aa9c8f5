/**
 * Who votes, as the log says. A change is in force from the moment its record is in the log, committed or not; a
 * truncation takes it back. (KIP-853; VoterSetHistory)
 */
import { NOWHERE, type MetadataBatch, type MetadataSnapshot } from '../../../protocol/raft-messages.js';
import type { MetadataLog } from './log.js';

interface VoterSetEntry {
  /** Of the record that says so; NOWHERE: configured, or in a snapshot. */
  readonly offset: number;
  readonly voters: readonly number[];
}

export class VoterSets {
  private readonly configured: readonly number[];
  private entries: VoterSetEntry[];

  constructor(configured: readonly number[], log: MetadataLog) {
    this.configured = configured;
    this.entries = [{ offset: NOWHERE, voters: configured }];
    this.rebuild(log);
  }

  /** In force now. */
  get voters(): readonly number[] {
    return this.entries[this.entries.length - 1].voters;
  }

  /** Offset of the record that put them in force; NOWHERE: none did. */
  get offset(): number {
    return this.entries[this.entries.length - 1].offset;
  }

  isVoter(node: number): boolean {
    return this.voters.includes(node);
  }

  /** Those that were in force at the end of this prefix of the log. */
  votersAt(endOffset: number): readonly number[] {
    return this.entries.findLast((entry) => entry.offset < endOffset)!.voters;
  }

  add(batch: MetadataBatch): void {
    for (let i = 0; i < batch.records.length; i++) {
      const record = batch.records[i];
      if (record.kind === 'voters') this.entries.push({ offset: batch.baseOffset + i, voters: record.voters });
    }
  }

  truncateTo(endOffset: number): void {
    while (this.offset >= endOffset) this.entries.pop();
  }

  /** The log was replaced by a snapshot, or is read for the first time. */
  rebuild(log: MetadataLog): void {
    const snapshot: MetadataSnapshot | undefined = log.latestSnapshot;
    const isDropped = snapshot !== undefined && log.startOffset > 0;
    this.entries = [{ offset: NOWHERE, voters: isDropped ? log.snapshots[0].voters : this.configured }];
    for (const batch of log.read(log.startOffset)) this.add(batch);
  }
}

/** More than half of so many voters. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
