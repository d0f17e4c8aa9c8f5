import { allRunning, noParameters, others, type Fault } from '../fault.js';

/** Its session ends and another is elected, while it goes on as controller and broker until it hears of that. */
export const zookeeperCutOff: Fault = {
  name: 'zookeeper-cut-off',
  sentence: 'The controller is cut off from ZooKeeper alone: brokers and clients still reach it, and it them.',
  family: 'network',
  role: 'controller',
  harm: 'nothing',
  needs: 'zookeeper',
  delaysRequests: false,
  label: 'no ZooKeeper',
  hue: 232,
  ...noParameters,
  available: allRunning,
  begin(surface, targets) {
    for (const target of targets) {
      for (const peer of others(surface, targets, 'zookeeper-server')) surface.cutBothWays(target, peer);
    }
  },
  say: () => 'is cut off from ZooKeeper; brokers and clients still reach it',
};
