import fc from 'fast-check';
import type { Fault, Parameters } from '../fault.js';

interface JumpParameters extends Parameters {
  /** By how much the wall clock jumps, seconds; back if negative. */
  readonly seconds: number;
}

/**
 * Time.milliseconds() is the wall clock: the Java clients' time-outs and a leader's lag check read it. Purgatories and the
 * controller's sessions read the monotonic one.
 */
export const clockJump: Fault<JumpParameters> = {
  name: 'clock-jump',
  sentence: "A machine's wall clock jumps, forward or back, and later back again; its monotonic clock does not.",
  family: 'clock',
  role: 'any',
  harm: 'nothing',
  delaysRequests: true,
  label: 'clock jumps',
  hue: 284,
  parameters: [
    { name: 'seconds', sentence: 'By how many seconds; back if negative.', range: [-31_536_000, 31_536_000] },
  ],
  arbitrary: () => fc.record({ seconds: fc.integer({ min: -60, max: 60 }) }),
  available: (_view, _targets, parameters) => (parameters.seconds === 0 ? 'a jump by nothing' : true),
  begin(surface, targets, parameters) {
    for (const target of targets) surface.jumpClock(target, parameters.seconds * 1_000_000);
  },
  say: (parameters) =>
    `has its wall clock set ${Math.abs(parameters.seconds)} s ${parameters.seconds < 0 ? 'back' : 'forward'}`,
};
