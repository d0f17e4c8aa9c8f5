import { allAlive, noParameters, type Fault } from '../fault.js';

/** Whatever it led moves to others, and comes back by a preferred election. */
export const brokerKilled: Fault = {
  name: 'broker-killed',
  sentence: 'A broker is killed (kill -9) and started again later; its page cache survives.',
  family: 'process',
  role: 'broker',
  harm: 'nothing',
  stopsUncleanly: true,
  delaysRequests: false,
  label: 'killed',
  hue: 14,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again',
};
