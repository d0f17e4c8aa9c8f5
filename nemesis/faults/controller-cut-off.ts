import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** Data goes on flowing; nothing fails over and no ISR changes until another controller takes over or the heal. */
export const controllerCutOff: Fault = {
  name: 'controller-cut-off',
  sentence: 'The controller in charge is cut off from all brokers and other controllers.',
  family: 'network',
  role: 'controller',
  harm: 'nothing',
  delaysRequests: false,
  label: 'cut off',
  hue: 228,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker', 'controller')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from all brokers and other controllers',
};
