/** Situations of reassignments: partitions whose replicas are moved to other brokers (KIP-455). */
import type { Situation } from '../system.js';
import { Probe } from './probes.js';
import { situation, type Recogniser } from './situation.js';

export const reassignmentSituations: readonly Situation[] = [
  situation(
    'reassignment-completed',
    'Replicas of a partition were moved: those that were added caught up, and those that had to go were deleted.',
    [Probe.assignmentChanged],
    () => reassignmentEnd('completed'),
  ),
  situation(
    'reassignment-cancelled',
    'A reassignment was taken back: the replicas that it added left again.',
    [Probe.assignmentChanged],
    () => reassignmentEnd('cancelled'),
  ),
];

interface Assignment {
  readonly replicas: number;
  readonly adding: number;
  readonly removing: number;
}

/** Told by what is left when nothing is being added or removed any more. Sets of brokers are bit masks. */
function reassignmentEnd(wanted: 'completed' | 'cancelled'): Recogniser {
  const last: (Assignment | undefined)[] = [];
  return (_kind, _machine, key, replicas, adding, removing) => {
    const before = last[key];
    last[key] = { replicas, adding, removing };
    if (adding !== 0 || removing !== 0) return false;
    // One that adds nobody may be over at once.
    if (before === undefined || (before.adding | before.removing) === 0) return wanted === 'completed';
    const isCompleted = replicas === (before.replicas & ~before.removing);
    return isCompleted === (wanted === 'completed');
  };
}
