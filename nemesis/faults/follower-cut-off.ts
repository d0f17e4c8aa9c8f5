import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** The ISR shrinks, and grows again after the heal. */
export const followerCutOff: Fault = {
  name: 'follower-cut-off',
  sentence: 'A follower of a partition is cut off from the other brokers and the controllers; clients still reach it.',
  family: 'network',
  role: 'follower',
  harm: 'nothing',
  delaysRequests: false,
  label: 'cut off',
  hue: 204,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker', 'controller')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from the other brokers and the controllers; clients still reach it',
};
