import fc from 'fast-check';
import { allAlive, type Fault, type Parameters } from '../fault.js';

interface SegmentParameters extends Parameters {
  /** active: the segment that is written to. old: one before it. */
  readonly where: 'active' | 'old';
  /** Which replica on the machine, and which entry of that part of its log: as fractions of their number, in thousandths. */
  readonly replica: number;
  readonly entry: number;
}

const thousandth = () => fc.integer({ min: 0, max: 999 });

/** What people fear of a bad sector or a half-written block: found by recovery, or by nobody until it is read. */
export const segmentCorrupted: Fault<SegmentParameters> = {
  name: 'segment-corrupted',
  sentence: 'A broker dies, a batch in a segment of its log is damaged meanwhile, and it is started again.',
  family: 'disk',
  role: 'broker',
  harm: 'anything',
  delaysRequests: false,
  label: 'segment',
  hue: 66,
  parameters: [
    {
      name: 'where',
      sentence: 'active or old: in the segment that is written to, or in one before it.',
      oneOf: ['active', 'old'],
    },
    {
      name: 'replica',
      sentence: 'Which of the replicas on the broker, in thousandths of their number.',
      range: [0, 999],
    },
    {
      name: 'entry',
      sentence: 'Which batch of that part of its log, in thousandths of their number.',
      range: [0, 999],
    },
  ],
  arbitrary: () => fc.record({ where: fc.constantFrom('active', 'old'), replica: thousandth(), entry: thousandth() }),
  available: allAlive,
  begin(surface, targets, { where, replica, entry }) {
    for (const target of targets) {
      surface.kill(target);
      surface.corrupt(target, replica / 1_000, entry / 1_000, where);
    }
  },
  say: ({ where }) => `is killed, a batch in ${where === 'active' ? 'the active' : 'an old'} segment is damaged`,
};
