/**
 * Who votes, as the log says. A change is in force from the moment its record is in the log, committed or not; a
 * truncation takes it back. (KIP-853; VoterSetHistory)
 */
import { NO_DIRECTORY, type VoterKey } from '../../../protocol/metadata-records.js';
import { NOWHERE, type MetadataBatch, type MetadataSnapshot } from '../../../protocol/raft-messages.js';
import type { MetadataLog } from './log.js';

interface VoterSetEntry {
  /** Of the record that says so; NOWHERE: configured, or in a snapshot. */
  readonly offset: number;
  readonly keys: readonly VoterKey[];
  readonly voters: readonly number[];
}

export class VoterSets {
  private readonly configured: readonly VoterKey[];
  private entries: VoterSetEntry[];

  constructor(configured: readonly VoterKey[], log: MetadataLog) {
    this.configured = configured;
    this.entries = [entryOf(NOWHERE, configured)];
    this.rebuild(log);
  }

  /** In force now: their ids. */
  get voters(): readonly number[] {
    return this.entries[this.entries.length - 1].voters;
  }

  get keys(): readonly VoterKey[] {
    return this.entries[this.entries.length - 1].keys;
  }

  /** Offset of the record that put them in force; NOWHERE: none did. */
  get offset(): number {
    return this.entries[this.entries.length - 1].offset;
  }

  isVoter(node: number, directoryId: number): boolean {
    return this.keys.some((key) => isMeant(key, node, directoryId));
  }

  /** The directory that this voter votes from; NO_DIRECTORY: it is known by its id, or is no voter. */
  directoryOf(voter: number): number {
    return this.keys.find(({ id }) => id === voter)?.directoryId ?? NO_DIRECTORY;
  }

  /** Those that were in force at the end of this prefix of the log. */
  votersAt(endOffset: number): readonly VoterKey[] {
    return this.entries.findLast((entry) => entry.offset < endOffset)!.keys;
  }

  add(batch: MetadataBatch): void {
    for (let i = 0; i < batch.records.length; i++) {
      const record = batch.records[i];
      if (record.kind === 'voters') this.entries.push(entryOf(batch.baseOffset + i, record.voters));
    }
  }

  truncateTo(endOffset: number): void {
    while (this.offset >= endOffset) this.entries.pop();
  }

  /** The log was replaced by a snapshot, or is read for the first time. */
  rebuild(log: MetadataLog): void {
    const snapshot: MetadataSnapshot | undefined = log.latestSnapshot;
    const isDropped = snapshot !== undefined && log.startOffset > 0;
    this.entries = [entryOf(NOWHERE, isDropped ? log.snapshots[0].voters : this.configured)];
    for (const batch of log.read(log.startOffset)) this.add(batch);
  }
}

function entryOf(offset: number, keys: readonly VoterKey[]): VoterSetEntry {
  return { offset, keys, voters: keys.map(({ id }) => id) };
}

/** A voter without a directory is any node of its id. (VoterSet.VoterNode.isVoter) */
export function isMeant({ id, directoryId }: VoterKey, node: number, directory: number): boolean {
  return id === node && (directoryId === NO_DIRECTORY || directoryId === directory);
}

/** More than half of so many voters. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
