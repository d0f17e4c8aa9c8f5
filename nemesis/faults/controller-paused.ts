import { allRunning, noParameters, type Fault } from '../fault.js';

/** Heartbeats wait in its sockets; when it wakes up it may take the living for dead. */
export const controllerPaused: Fault = {
  name: 'controller-paused',
  sentence: 'The process of the controller in charge stops running for a while; its machine goes on.',
  family: 'process',
  role: 'controller',
  harm: 'nothing',
  delaysRequests: false,
  label: 'paused',
  hue: 52,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) surface.pause(target);
  },
  say: () => 'is paused: nothing in it runs, while its sockets still take bytes',
};
