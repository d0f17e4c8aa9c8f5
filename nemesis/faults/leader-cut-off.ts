import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** The old leader does not know that it is deposed, and its clients do not either: two leaders at once. */
export const leaderCutOff: Fault = {
  name: 'leader-cut-off',
  sentence: 'The leader of a partition is cut off from the other brokers and the controllers; clients still reach it.',
  family: 'network',
  role: 'leader',
  harm: 'nothing',
  delaysRequests: false,
  label: 'cut off',
  hue: 212,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker', 'controller')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from the other brokers and the controllers; clients still reach it',
};
