import { resolveRules } from '../protocol/versions/resolve.js';
import { describeAddedPartitions } from './testing/added-partitions-cases.js';
import { describeControlPlane } from './testing/control-plane-cases.js';

const broker = {
  'broker.session.timeout.ms': 6000,
  'broker.heartbeat.interval.ms': 1500,
  'zookeeper.session.timeout.ms': 6000,
  'replica.lag.time.max.ms': 8000,
  'replica.socket.timeout.ms': 8000,
};

describeControlPlane({ name: 'KRaft', cluster: { control: 'kraft', broker } });

describeControlPlane({
  name: 'KRaft, every broker a controller, too',
  cluster: { control: 'kraft', controllers: 3, combined: true, broker },
});

describeControlPlane({
  name: 'KRaft, one of the brokers the controller, too',
  cluster: { control: 'kraft', controllers: 1, combined: true, broker },
});

describeControlPlane({
  name: 'ZooKeeper, the ISR changed through the controller (2.7 and later)',
  cluster: { control: 'zookeeper', controllers: 3, broker },
});

describeControlPlane({
  name: 'ZooKeeper, the ISR written by leaders (to 2.6)',
  cluster: {
    control: 'zookeeper',
    controllers: 3,
    broker,
    rules: resolveRules('3.9', { isrWrites: 'zookeeper', leaderEpochInStopReplica: false, fencedNotInIsr: false }),
  },
});

describeControlPlane({
  name: 'ZooKeeper on one server',
  cluster: { control: 'zookeeper', controllers: 1, broker },
});

describeAddedPartitions({ name: 'KRaft', cluster: { control: 'kraft', broker } });

describeAddedPartitions({ name: 'ZooKeeper', cluster: { control: 'zookeeper', controllers: 3, broker } });

describeAddedPartitions({
  name: 'ZooKeeper, the ISR written by leaders (to 2.6)',
  cluster: {
    control: 'zookeeper',
    controllers: 3,
    broker,
    rules: resolveRules('3.9', { isrWrites: 'zookeeper', leaderEpochInStopReplica: false, fencedNotInIsr: false }),
  },
});
