import fc from 'fast-check';
import type { Fault, Parameters } from '../fault.js';

interface DriftParameters extends Parameters {
  /** How much faster both clocks run, parts per million; slower if negative. */
  readonly ppm: number;
}

/** Time-outs of one machine come early or late: a session that its owner believes alive is over elsewhere. */
export const clockDrift: Fault<DriftParameters> = {
  name: 'clock-drift',
  sentence: 'Both clocks of a machine run too fast or too slow for a while.',
  family: 'clock',
  role: 'any',
  harm: 'nothing',
  delaysRequests: false,
  label: 'clock drifts',
  hue: 292,
  parameters: [
    {
      name: 'ppm',
      sentence: 'How much faster, in parts per million; slower if negative.',
      range: [-500_000, 1_000_000],
    },
  ],
  arbitrary: () => fc.record({ ppm: fc.integer({ min: -200_000, max: 200_000 }) }),
  available: (_view, _targets, parameters) => (parameters.ppm === 0 ? 'a drift by nothing' : true),
  begin(surface, targets, parameters) {
    for (const target of targets) surface.driftClock(target, parameters.ppm);
  },
  say: (parameters) => `has clocks ${Math.abs(parameters.ppm)} ppm too ${parameters.ppm < 0 ? 'slow' : 'fast'}`,
};
