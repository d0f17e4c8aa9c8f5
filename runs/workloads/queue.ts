/** Keyed sends, and groups that process each record: how long that takes is drawn, and now and then it takes too long. */
import fc from 'fast-check';
import type { ProcessingStep } from '../../model/system.js';
import { append, sendSteps, type AppendParameters } from './append.js';
import type { Workload, WorkloadShape } from './workload.js';

export interface QueueParameters {
  /** When records are sent, and with which keys. */
  readonly append: AppendParameters;
  /** How long each record takes, as far as a member can keep up. */
  readonly recordMicros: number;
  /** Records that take longer, each of one member. */
  readonly slow: readonly SlowRecord[];
}

export interface SlowRecord {
  /** When, in thousandths of the phase; the next record after that is the slow one. */
  readonly at: number;
  /** Which member, counted through all groups and from the start again. */
  readonly member: number;
  /** How long, in percent of its max.poll.interval.ms. */
  readonly percent: number;
}

export const queue: Workload<QueueParameters> = {
  name: 'queue',
  sentence:
    'Producers send records as in append; the members of consumer groups process each of them, which takes time, and commit by their policy.',
  arbitrary: (shape) =>
    fc.record({
      append: append.arbitrary(shape) as fc.Arbitrary<AppendParameters>,
      recordMicros: fc.constantFrom(0, 1000, 5000, 20_000, 100_000),
      slow: fc.array(
        fc.record({
          at: fc.nat(900),
          member: fc.nat(9),
          percent: fc.constantFrom(30, 80, 105, 130, 200),
        }),
        { maxLength: 4 },
      ),
    }),
  expand(parameters, shape, stream) {
    const sends = sendSteps(parameters.append, shape, stream);
    if (shape.members.length === 0) return sends;
    return [...paces(parameters, shape), ...slowRecords(parameters, shape), ...sends].sort((a, b) => a.at - b.at);
  },
};

/**
 * Half of the phase is enough for all records, even if one member has all of them; and half of max.poll.interval.ms for
 * those of one poll: a member that always takes longer is put out each time before it can commit, and gets nowhere.
 */
function paces({ recordMicros }: QueueParameters, { members, phaseMicros, sends }: WorkloadShape): ProcessingStep[] {
  return members.flatMap(({ client, maxPollMicros, maxPollRecords }) => {
    const most = Math.min(phaseMicros / (2 * sends), maxPollMicros / (2 * maxPollRecords));
    const micros = Math.min(recordMicros, Math.floor(most));
    return micros === 0 ? [] : [{ at: 0, client, f: 'process-each', micros } as const];
  });
}

/** What would take most of the phase would leave no time for anything else. */
function slowRecords({ slow }: QueueParameters, { members, phaseMicros }: WorkloadShape): ProcessingStep[] {
  return slow.flatMap(({ at, member, percent }) => {
    const { client, maxPollMicros } = members[member % members.length]!;
    const micros = Math.floor((maxPollMicros * percent) / 100);
    if (micros > phaseMicros / 3) return [];
    return [{ at: Math.floor((phaseMicros * at) / 1000), client, f: 'process-slowly', micros } as const];
  });
}
