/** The coordinators of the simulated cluster, set as ask.mjs sets those of the real one. */
import { producerDefaults } from '../../../model/kafka/clients/testing/settings.js';
import type { KafkaClusterSpec } from '../../../model/kafka/cluster-spec.js';
import { groupDefaults, withGroups } from '../../../model/kafka/coordinator/group/group-topic.js';
import { stateTopicDefaults, withTransactions } from '../../../model/kafka/coordinator/transaction/state-topic.js';
import { smallCluster } from '../../../model/kafka/testing/cluster-spec.js';
import { DEFAULT_GROUP } from './coordinator-requests.js';
import type { Step } from './exchange.js';
import type { Asked } from './requests.js';

/** Who coordinates all groups and transactional ids, as long as it lives. */
export const COORDINATOR = 2;
const OF_GROUPS = ['find-coordinator', 'join-group', 'heartbeat', 'offset-commit', 'offset-fetch'];
const STATE_PARTITIONS = 5;
const GROUP_SETTINGS = {
  'offsets.topic.num.partitions': STATE_PARTITIONS,
  'group.initial.rebalance.delay.ms': 0,
  'group.max.size': 3,
} as const;

/** With coordinators of all the groups and transactional ids that the steps name; as it was, if they name none. */
export function withCoordinators(spec: KafkaClusterSpec, steps: readonly Step[]): KafkaClusterSpec {
  const asked = steps.flatMap((step) => Object.values(step) as Asked[]).filter((given) => typeof given === 'object');
  const transactional = idsOf(asked, 'transactional');
  if (transactional.length === 0 && !steps.some((step) => OF_GROUPS.includes(Object.keys(step)[0]))) return spec;
  const [consumer] = smallCluster().consumers;
  const producers = transactional.map((id) => ({
    name: id,
    settings: { ...producerDefaults, 'transactional.id': id },
  }));
  const consumers = [DEFAULT_GROUP, ...idsOf(asked, 'group')].map((id) => {
    return { ...consumer, settings: { ...consumer.settings, 'group.id': id } };
  });
  const topic = spec.topics[0].settings;
  const transactions = { ...stateTopicDefaults, 'transaction.state.log.num.partitions': STATE_PARTITIONS };
  const groups = { ...groupDefaults, ...GROUP_SETTINGS };
  const withClients = withTransactions({ ...spec, producers, consumers }, transactions, topic);
  return { ...withGroups(withClients, groups, topic), producers: [], consumers: [] };
}

function idsOf(asked: readonly Asked[], field: string): readonly string[] {
  const ids = asked.flatMap((given) => (typeof given[field] === 'string' ? [given[field]] : []));
  return [...new Set(ids)];
}
