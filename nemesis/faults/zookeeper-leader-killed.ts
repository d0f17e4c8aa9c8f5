import { allAlive, noParameters, type Fault } from '../fault.js';

/** Nothing is written until the others have elected another; sessions get their time anew. */
export const zookeeperLeaderKilled: Fault = {
  name: 'zookeeper-leader-killed',
  sentence:
    'The leader of the ZooKeeper ensemble is killed (kill -9) and started again later; its page cache survives.',
  family: 'process',
  role: 'zookeeper-leader',
  harm: 'nothing',
  needs: 'zookeeper',
  delaysRequests: false,
  label: 'killed',
  hue: 342,
  ...noParameters,
  available: allAlive,
  begin(surface, targets) {
    for (const target of targets) surface.kill(target);
  },
  say: () => 'is killed and started again',
};
