import { allAlive, noParameters, type Fault } from '../fault.js';

/** Brokers that were connected to it go to another server, with their sessions. */
export const zookeeperServerKilled: Fault = {
  name: 'zookeeper-server-killed',
  sentence: 'A ZooKeeper server is killed (kill -9) and started again later; its page cache survives.',
  family: 'process',
  role: 'zookeeper-server',
  harm: 'nothing',
  needs: 'zookeeper',
  delaysRequests: false,
  label: 'killed',
  hue: 346,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again',
};
