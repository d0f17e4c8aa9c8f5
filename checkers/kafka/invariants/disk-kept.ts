/**
 * W21, what the disk kept is kept: recovery takes from a log only what stands at or behind the place where the disk lost or
 * damaged something. A process that is killed loses nothing that it wrote: the page cache is the machine's.
 *
 * What survives a loss of power is announced with it; what recovery does, after it: it cuts the log at the first batch that
 * is not sound (LogLoader.recoverLog), then the log is loaded. A batch that was damaged and never scanned stays where it is,
 * and may be met by any later recovery.
 */
import { CutBy, LostBy } from '../probe-kinds.js';
import type { Invariant } from './invariant.js';
import { brokerWords } from './words.js';

/** Below this offset a replica's disk is sound, as far as is known. */
interface Soundness {
  /** From here on power loss, or a wipe, took something since the log was recovered last. */
  lost: number;
  /** From here on something rots. */
  damaged: number;
}

export const diskKept: Invariant = {
  id: 'W21',
  sentence: 'A log that is loaded holds all that stands on its disk below the first thing that was lost or damaged.',
  on: ['dataLost', 'truncate', 'logLoaded', 'replicaDeleted'],
  create({ cluster, facts, found }) {
    const { kinds } = cluster;
    /** By key, by machine. */
    const disks: (Soundness | undefined)[][] = [];
    const report = (machine: number, key: number, end: number, old: number): void => {
      const story = `${brokerWords(machine)} recovered ${facts.keys[key]} up to ${end} alone, and its disk had kept it up to ${old}`;
      found({ key, machine, offsets: [end], values: [], story });
    };
    return {
      onProbe(kind, machine, key, a, b, c) {
        const disk = ((disks[key] ??= [])[machine] ??= { lost: Infinity, damaged: Infinity });
        const soundBelow = Math.min(disk.lost, disk.damaged);
        switch (kind) {
          case kinds.dataLost:
            if (c === LostBy.corrupt) disk.damaged = Math.min(disk.damaged, a);
            else disk.lost = Math.min(disk.lost, a);
            return;
          case kinds.replicaDeleted:
            disks[key]![machine] = undefined;
            return;
          case kinds.truncate:
            if (c === CutBy.recovery && a < soundBelow) report(machine, key, a, Math.min(b, soundBelow));
            if (a <= disk.damaged) disk.damaged = Infinity;
            return;
          case kinds.logLoaded: {
            const { endBeforeLoad } = cluster.replica(machine, key);
            if (a < Math.min(endBeforeLoad, soundBelow)) report(machine, key, a, Math.min(endBeforeLoad, soundBelow));
            // Taken for one that stopped in order it was not scanned: what power loss tore is there still.
            if (c === 1) disk.lost = Infinity;
          }
        }
      },
    };
  },
};
