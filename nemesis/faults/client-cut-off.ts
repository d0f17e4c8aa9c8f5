import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** Requests on their way stall in TCP and arrive after the heal, when their client may have given up on them. */
export const clientCutOff: Fault = {
  name: 'client-cut-off',
  sentence: 'A client is cut off from all brokers.',
  family: 'network',
  role: 'client',
  harm: 'nothing',
  delaysRequests: true,
  label: 'cut off',
  hue: 196,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'broker')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from all brokers',
};
