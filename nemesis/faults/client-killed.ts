import { allAlive, noParameters, type Fault } from '../fault.js';

/** What it had buffered was never sent; what it had sent may be there. Nobody sends either again. */
export const clientKilled: Fault = {
  name: 'client-killed',
  sentence: 'A client is killed and started again later, as a new process with a new session and an empty memory.',
  family: 'process',
  role: 'client',
  harm: 'nothing',
  delaysRequests: true,
  label: 'killed',
  hue: 26,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again with an empty memory',
};
