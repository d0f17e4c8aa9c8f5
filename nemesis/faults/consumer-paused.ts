import { allRunning, noParameters, type Fault } from '../fault.js';

/** A reader that falls behind, and asks for its next records long after it got the last. */
export const consumerPaused: Fault = {
  name: 'consumer-paused',
  sentence: 'The process of a consumer stops running for a while; its machine goes on.',
  family: 'process',
  role: 'consumer',
  harm: 'nothing',
  needs: 'consumers',
  delaysRequests: false,
  label: 'paused',
  hue: 30,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) surface.pause(target);
  },
  say: () => 'is paused: nothing in it runs, while its sockets still take bytes',
};
