import { allRunning, noParameters, type Fault } from '../fault.js';

/** Its batches expire in its sleep, and the answers to them wait unread in its sockets. */
export const clientPaused: Fault = {
  name: 'client-paused',
  sentence: 'The process of a client stops running for a while; its machine goes on.',
  family: 'process',
  role: 'client',
  harm: 'nothing',
  delaysRequests: false,
  label: 'paused',
  hue: 34,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) surface.pause(target);
  },
  say: () => 'is paused: nothing in it runs, while its sockets still take bytes',
};
