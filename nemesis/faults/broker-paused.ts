import { allRunning, noParameters, type Fault } from '../fault.js';

/** Requests written to its sockets meanwhile are handled when it wakes up, however late. */
export const brokerPaused: Fault = {
  name: 'broker-paused',
  sentence: 'The process of a broker stops running for a while, as in a long garbage collection; its machine goes on.',
  family: 'process',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: true,
  label: 'paused',
  hue: 46,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) surface.pause(target);
  },
  say: () => 'is paused: nothing in it runs, while its sockets still take bytes',
};
