/**
 * What a node must remember of elections over a restart: the epoch, who leads in it, for whom it voted. On the disk
 * before anybody hears of it. (FileQuorumStateStore, ElectionState)
 */
import { ENTRY_OK, type Disk } from '../../../../kernel/disk.js';
import { NOBODY } from '../../../protocol/raft-messages.js';
import { MetadataLogFailure } from './log.js';

const PATH = '__cluster_metadata-0/quorum-state';
const BYTES = 100;

export interface ElectionState {
  readonly leaderEpoch: number;
  readonly leaderId: number;
  readonly votedId: number;
}

const INITIAL: ElectionState = { leaderEpoch: 0, leaderId: NOBODY, votedId: NOBODY };

export function readElectionState(disk: Disk): ElectionState {
  if (!disk.exists(PATH)) return INITIAL;
  const file = disk.open(PATH);
  for (let i = file.length - 1; i >= 0; i--) {
    if (file.state(i) === ENTRY_OK) return file.read(i) as ElectionState;
  }
  return INITIAL;
}

export function writeElectionState(disk: Disk, state: ElectionState): void {
  if (disk.replace(PATH, state, BYTES) !== 'ok') throw new MetadataLogFailure('quorum-state cannot be written');
}

/** B43: into the page cache alone. */
export function writeElectionStateUnsynced(disk: Disk, state: ElectionState): void {
  if (disk.open(PATH).append(state, BYTES) !== 'ok') throw new MetadataLogFailure('quorum-state cannot be written');
}
