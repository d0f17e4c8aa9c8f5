import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** A leader that keeps its leadership and shrinks the ISR to itself. */
export const leaderCutOffFromFollowers: Fault = {
  name: 'leader-cut-off-from-followers',
  sentence:
    'The leader of a partition is cut off from the other brokers alone: controllers and clients still reach it.',
  family: 'network',
  role: 'leader',
  harm: 'nothing',
  delaysRequests: false,
  label: 'no followers',
  hue: 188,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from the other brokers; controllers and clients still reach it',
};
