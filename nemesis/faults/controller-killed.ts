import { allAlive, noParameters, type Fault } from '../fault.js';

/** Decisions that were not committed are gone; the brokers go on with what they know. */
export const controllerKilled: Fault = {
  name: 'controller-killed',
  sentence: 'The controller in charge is killed (kill -9) and started again later; its page cache survives.',
  family: 'process',
  role: 'controller',
  harm: 'nothing',
  delaysRequests: false,
  label: 'killed',
  hue: 350,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again',
};
