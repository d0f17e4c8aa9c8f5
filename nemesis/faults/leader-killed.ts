import { allAlive, noParameters, type Fault } from '../fault.js';

/** What followers had not fetched is on its disk alone, and out of reach until it is back. */
export const leaderKilled: Fault = {
  name: 'leader-killed',
  sentence: 'The leader of a partition is killed (kill -9) and started again later; its page cache survives.',
  family: 'process',
  role: 'leader',
  harm: 'nothing',
  stopsUncleanly: true,
  delaysRequests: false,
  label: 'killed',
  hue: 2,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again',
};
