import fc from 'fast-check';
import { allRunning, type Fault, type FaultView, type Parameters } from '../fault.js';
import type { MachineId } from '../../model/kernel/process.js';

interface DiskParameters extends Parameters {
  /** replaced: by an empty one. returns: with what had been on its platter. */
  readonly disk: 'replaced' | 'returns';
  /** Which of the broker's disks: as a fraction of their number, in thousandths. */
  readonly directory: number;
}

/** What people with several disks in a machine (JBOD) count on: that only what lies on it is lost with one. */
export const logDirFails: Fault<DiskParameters> = {
  name: 'log-dir-fails',
  sentence:
    'One of the disks of a broker with several log.dirs fails: it takes no more writes and flushes, and is read until the broker meets the first error. Later the broker is killed, the disk is replaced or put back, and the broker is started again.',
  family: 'disk',
  role: 'broker',
  harm: 'anything',
  needs: 'log-dirs',
  delaysRequests: false,
  label: 'disk dead',
  hue: 78,
  parameters: [
    {
      name: 'disk',
      sentence: 'replaced or returns: an empty disk takes its place, or it comes back with what had been flushed.',
      oneOf: ['replaced', 'returns'],
    },
    {
      name: 'directory',
      sentence: "Which of the broker's log directories, in thousandths of their number.",
      range: [0, 999],
    },
  ],
  arbitrary: () =>
    fc.record({ disk: fc.constantFrom('replaced', 'returns'), directory: fc.integer({ min: 0, max: 999 }) }),
  available(view, targets) {
    const alone = targets.find((target) => disksThatMayFail(view, target).length === 0);
    if (alone !== undefined) return `${view.name(alone)} has no disk but that which it cannot do without`;
    return allRunning(view, targets);
  },
  begin(surface, targets, { disk, directory }) {
    for (const target of targets) {
      const disks = disksThatMayFail(surface, target);
      surface.failDisk(target, disks[Math.floor((directory / 1_000) * disks.length)], disk === 'replaced');
    }
  },
  say: ({ disk }) =>
    `loses one of its disks, ${disk === 'replaced' ? 'gets an empty one' : 'gets it back'} and is started again`,
};

/** All of a broker with several. Of a machine that is a controller too, not the first: a voter that forgets breaks the quorum. */
function disksThatMayFail(view: FaultView, machine: MachineId): readonly number[] {
  const count = view.diskCount(machine);
  const first = view.machines('controller').includes(machine) ? 1 : 0;
  return count === 1 ? [] : Array.from({ length: count - first }, (_, index) => index + first);
}
