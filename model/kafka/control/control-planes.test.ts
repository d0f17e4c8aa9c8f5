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

const onBrokers = {
  'writes on while nobody decides': 'those that decide are the brokers',
  'gives up a leader that it alone does not hear, though its followers do': 'its followers are those that decide',
};

describeControlPlane({
  name: 'KRaft, every broker a controller, too',
  cluster: { control: 'kraft', controllers: 3, combined: true, broker },
  skip: {
    ...onBrokers,
    'leaves a partition without a leader when the last of the ISR is away':
      'without its followers nobody shrinks an ISR',
    'elects whoever is there when the last of the ISR is away, where that is allowed':
      'without its followers nobody shrinks an ISR',
  },
});

describeControlPlane({
  name: 'KRaft, one of the brokers the controller, too',
  cluster: { control: 'kraft', controllers: 1, combined: true, broker },
  skip: {
    ...onBrokers,
    'leaves a partition without a leader when the last of the ISR is away': 'the last decides, too, and is away',
    'elects whoever is there when the last of the ISR is away, where that is allowed':
      'the last decides, too, and is away',
  },
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
