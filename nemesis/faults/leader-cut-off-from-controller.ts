import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** A leader that is fenced for want of heartbeats while followers still fetch from it. */
export const leaderCutOffFromController: Fault = {
  name: 'leader-cut-off-from-controller',
  sentence:
    'The leader of a partition is cut off from the controllers alone: its followers and clients still reach it.',
  family: 'network',
  role: 'leader',
  harm: 'nothing',
  delaysRequests: false,
  label: 'no controller',
  hue: 236,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'controller')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from the controllers; brokers and clients still reach it',
};
