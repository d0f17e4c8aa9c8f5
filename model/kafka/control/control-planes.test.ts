import { resolveRules } from '../protocol/versions/resolve.js';
import { describeAddedPartitions } from './testing/added-partitions-cases.js';
import { describeAlteredSettings } from './testing/altered-settings-cases.js';
import { describeControlPlane, soonGivenUp } from './testing/control-plane-cases.js';

const broker = soonGivenUp;
/** Leaders write the ISR. */
const to26 = resolveRules('3.9', { isrWrites: 'zookeeper', leaderEpochInStopReplica: false, fencedNotInIsr: false });

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
    rules: to26,
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
    rules: to26,
  },
});

describeAlteredSettings({ name: 'KRaft', cluster: { control: 'kraft', broker }, electsWhenEnabled: false });

describeAlteredSettings({
  name: 'ZooKeeper',
  cluster: { control: 'zookeeper', controllers: 3, broker },
  electsWhenEnabled: true,
});

describeAlteredSettings({
  name: 'ZooKeeper to 2.0',
  cluster: {
    control: 'zookeeper',
    controllers: 3,
    broker,
    rules: { ...to26, uncleanElectionWhenEnabled: false },
  },
  electsWhenEnabled: false,
});
