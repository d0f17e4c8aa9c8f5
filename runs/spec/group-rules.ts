/**
 * What Kafka refuses of members of groups when they start, and what Harrow does: by group.protocol (ConsumerConfig, and the
 * constructors of the consumers).
 */
import { serverAssignorName } from '../../model/kafka/coordinator/group/consumer/server-assignors.js';
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import { assignorClasses, unknownAssignor } from '../settings/assignors.js';
import { effective } from '../settings/effective.js';
import type { SettingsTable } from '../settings/table.js';
import type { Located } from './draft.js';
import { originOf } from './given-settings.js';
import { didYouMean } from './nearest.js';
import type { Problems } from './problems.js';
import type { GivenSettings, SpecConsumer } from './spec.js';

/** KIP-848: general availability. */
const CONSUMER_PROTOCOL_SINCE = '4.0';

/** ConsumerConfig.CONSUMER_PROTOCOL_UNSUPPORTED_CONFIGS: with KIP-848 these are the coordinator's affair. */
const ofClassicProtocol: Readonly<Record<string, string>> = {
  'partition.assignment.strategy': 'group.remote.assignor names an assignor of the coordinator',
  'heartbeat.interval.ms': 'the coordinator says it: group.consumer.heartbeat.interval.ms of the brokers',
  'session.timeout.ms': 'the coordinator counts it: group.consumer.session.timeout.ms of the brokers',
};

export function speaksConsumerProtocol(given: GivenSettings): boolean {
  return String(given['group.protocol']?.value ?? 'classic').toLowerCase() === 'consumer';
}

/**
 * @param isOffered brokers know KIP-848: the rule consumer-group-protocol
 * @param commit what the spec says of the application; enable.auto.commit has to agree
 */
export function checkConsumer(
  table: SettingsTable,
  isOffered: boolean,
  given: GivenSettings,
  commit: Located<string> | null,
  problems: Problems,
): void {
  if (speaksConsumerProtocol(given)) checkConsumerProtocol(table.kafka, isOffered, given, problems);
  else checkClassicProtocol(table, given, problems);
  refuseResetByDuration(given, problems);
  const auto = given['enable.auto.commit'];
  if (commit === null || auto === undefined || (commit.value === 'auto') === auto.value) return;
  problems.error(auto.origin, `enable.auto.commit: ${auto.value} is not what commit: ${commit.value} means`);
}

/** KIP-1106 (4.1) looks offsets up by timestamp, for which the model's logs have no index. */
function refuseResetByDuration(given: GivenSettings, problems: Problems): void {
  const reset = given['auto.offset.reset'];
  if (reset === undefined || !String(reset.value).startsWith('by_duration:')) return;
  problems.error(
    reset.origin,
    `auto.offset.reset: ${reset.value}: the look-up of offsets by timestamp (KIP-1106) is not in this build; ` +
      'it runs earliest, latest and none',
  );
}

function checkConsumerProtocol(release: string, isOffered: boolean, given: GivenSettings, problems: Problems): void {
  const protocol = given['group.protocol']!;
  if (compareReleases(release, CONSUMER_PROTOCOL_SINCE) < 0) {
    problems.error(
      protocol.origin,
      `group.protocol: ${protocol.value} (KIP-848) is of Kafka ${CONSUMER_PROTOCOL_SINCE}, and the spec runs ${release}: ` +
        'before, it was a preview that brokers offer only with group.coordinator.rebalance.protocols',
    );
  } else if (!isOffered) {
    problems.error(protocol.origin, `group.protocol: ${protocol.value} needs the rule consumer-group-protocol`);
  }
  for (const [name, instead] of Object.entries(ofClassicProtocol)) {
    const own = given[name];
    if (own === undefined) continue;
    problems.error(
      own.origin,
      `${name} cannot be set with group.protocol: ${protocol.value}; Kafka's consumer would refuse to start (${instead})`,
    );
  }
  const assignor = given['group.remote.assignor'];
  if (assignor === undefined || serverAssignorName(String(assignor.value)) !== undefined) return;
  problems.error(
    assignor.origin,
    `group.remote.assignor: ${assignor.value} is none of Kafka's own assignors: uniform, range` +
      didYouMean(String(assignor.value), ['uniform', 'range']),
  );
}

function checkClassicProtocol(table: SettingsTable, given: GivenSettings, problems: Problems): void {
  const value = (name: string): number => Number(effective(table, 'consumer', name, given).value);
  if (value('heartbeat.interval.ms') >= value('session.timeout.ms')) {
    problems.error(
      originOf(given, 'heartbeat.interval.ms', 'session.timeout.ms'),
      `heartbeat.interval.ms ${value('heartbeat.interval.ms')} is not below session.timeout.ms ` +
        `${value('session.timeout.ms')}; Kafka's consumer would refuse to start`,
    );
  }
  const strategy = given['partition.assignment.strategy'];
  const strange = strategy === undefined ? null : unknownAssignor(String(strategy.value));
  if (strange !== null) {
    problems.error(
      strategy!.origin,
      `partition.assignment.strategy: ${strange} is none of Kafka's own assignors${didYouMean(strange, assignorClasses)}`,
    );
  }
  const assignor = given['group.remote.assignor'];
  if (assignor === undefined) return;
  problems.error(
    assignor.origin,
    "group.remote.assignor cannot be set with group.protocol: classic; Kafka's consumer would refuse to start",
  );
}

/** GroupCoordinatorConfig: what brokers say of members of KIP-848's protocol lies within their own bounds. */
export function checkGroupBounds(table: SettingsTable, given: GivenSettings, problems: Problems): void {
  const value = (name: string): number => Number(effective(table, 'broker', name, given).value);
  for (const what of ['session.timeout.ms', 'heartbeat.interval.ms']) {
    const name = `group.consumer.${what}`;
    if (!table.broker.has(name)) continue;
    for (const bound of ['min', 'max'] as const) {
      const limit = `group.consumer.${bound}.${what}`;
      const isWithin = bound === 'min' ? value(name) >= value(limit) : value(name) <= value(limit);
      if (isWithin) continue;
      problems.error(
        originOf(given, name, limit),
        `${name} ${value(name)} is ${bound === 'min' ? 'below' : 'above'} ${limit} ${value(limit)}; ` +
          "Kafka's broker would refuse to start",
      );
    }
  }
}

/**
 * A group with members of both protocols comes together if the first member that speaks KIP-848 may make a group of that of it
 * (GroupMetadataManager.validateOnlineUpgrade): else it ends with GROUP_ID_NOT_FOUND, as often as it is started.
 */
export function checkMixedGroups(
  table: SettingsTable,
  given: GivenSettings,
  consumers: readonly SpecConsumer[],
  problems: Problems,
): void {
  const name = 'group.consumer.migration.policy';
  if (!table.broker.has(name)) return;
  const policy = String(effective(table, 'broker', name, given).value).toLowerCase();
  const isUpgraded = policy === 'bidirectional' || policy === 'upgrade';
  const speaks = new Map<string, boolean>();
  for (const consumer of consumers) {
    if (!consumer.subscribes) continue;
    const group = String(consumer.settings['group.id']?.value ?? consumer.name);
    const isConsumer = speaksConsumerProtocol(consumer.settings);
    const other = speaks.get(group);
    speaks.set(group, isConsumer);
    if (other === undefined || other === isConsumer) continue;
    if (isUpgraded) continue;
    problems.error(
      given[name]?.origin ?? originOf(consumer.settings, 'group.protocol', 'group.id'),
      `group ${group} has members of both protocols, and with ${name} ${policy} Kafka lets none of KIP-848 into a ` +
        'classic group',
    );
  }
}
