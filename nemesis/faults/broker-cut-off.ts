import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** What a pulled network cable does: the process goes on, and hears of nothing. */
export const brokerCutOff: Fault = {
  name: 'broker-cut-off',
  sentence: 'A broker is cut off from everything: other brokers, controllers and clients.',
  family: 'network',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: true,
  label: 'cut off',
  hue: 220,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker', 'controller', 'client')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from everything',
};
