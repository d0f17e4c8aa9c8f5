import { allRunning, noParameters, type Fault } from '../fault.js';

/** It wakes up believing that it leads, with expired timers and requests waiting in its sockets. */
export const leaderPaused: Fault = {
  name: 'leader-paused',
  sentence:
    'The process that leads a partition stops running for a while, as in a long garbage collection; its machine goes on.',
  family: 'process',
  role: 'leader',
  harm: 'nothing',
  delaysRequests: true,
  label: 'paused',
  hue: 40,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) surface.pause(target);
  },
  say: () => 'is paused: nothing in it runs, while its sockets still take bytes',
};
