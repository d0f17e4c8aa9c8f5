import { allAlive, noParameters, type Fault } from '../fault.js';

/** It rejoins the ISR after it has caught up; until then the partition has one copy less. */
export const followerKilled: Fault = {
  name: 'follower-killed',
  sentence: 'A follower of a partition is killed (kill -9) and started again later; its page cache survives.',
  family: 'process',
  role: 'follower',
  harm: 'nothing',
  stopsUncleanly: true,
  delaysRequests: false,
  label: 'killed',
  hue: 8,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again',
};
