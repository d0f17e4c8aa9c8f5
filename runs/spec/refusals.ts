/** What this build cannot run, each with the reason. Nothing is ever replaced in silence. */
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import { recordsOf, type ClientStep } from '../../model/system.js';
import { faults } from '../catalogue.js';
import type { Draft, DraftClient, Located } from './draft.js';
import type { Problems } from './problems.js';
import { hasCombinedRoles, strangeRoles } from './process-roles.js';

/** Larger quorums are not run: they agree more slowly and are no safer in any way that five are not. */
const MOST_CONTROLLERS = 5;

/** Size of the quorum or ensemble, kind of workload. */
export function refuseCluster(draft: Draft, mode: ControlPlane, problems: Problems): void {
  const { controllers, servers } = draft;
  if (mode === 'zookeeper') {
    refuseEnsemble(controllers, servers, problems);
  } else if (servers.origin.kind !== 'default') {
    problems.error(
      servers.origin,
      'servers are of ZooKeeper, and the spec runs KRaft: controllers says how many decide',
    );
  } else if (controllers.value > MOST_CONTROLLERS) {
    problems.error(controllers.origin, `${controllers.value} controllers: a quorum has at most ${MOST_CONTROLLERS}`);
  }
  refuseRoles(draft, mode, problems);
  if (draft.workload.type.value === 'own' && draft.plan === null) {
    problems.error(
      draft.workload.type.origin,
      'type: own is what kept trials say: the function of your own stands in a test (campaign of harrow/vitest), not here',
    );
  }
}

function refuseRoles({ broker, brokers, controllers }: Draft, mode: ControlPlane, problems: Problems): void {
  const roles = broker.get('process.roles');
  if (roles === undefined) return;
  if (mode === 'zookeeper') {
    problems.error(roles.origin, 'process.roles is of KRaft, and the spec runs ZooKeeper');
    return;
  }
  for (const role of strangeRoles(roles.text))
    problems.error(roles.origin, `process.roles: ${JSON.stringify(role)} is neither broker nor controller`);
  const isTooMany = controllers.origin.kind !== 'default' && controllers.value > brokers.value;
  if (isTooMany && hasCombinedRoles(mode, roles.text)) {
    problems.error(
      controllers.origin,
      `${controllers.value} controllers of ${brokers.value} brokers: with combined process.roles every controller is a broker, too`,
    );
  }
}

function refuseEnsemble(controllers: Located<number>, servers: Located<number>, problems: Problems): void {
  if (controllers.origin.kind !== 'default') {
    problems.error(
      controllers.origin,
      'under ZooKeeper a broker is the controller: servers says how large the ensemble is',
    );
  }
  if (![1, 3, 5].includes(servers.value)) {
    problems.error(servers.origin, `${servers.value} servers: an ensemble has 1, 3 or 5 in this build`);
  }
}

/** How many there are. */
interface ClientsOfSpec {
  readonly producers: number;
  readonly consumers: number;
  readonly topics: number;
}

/** A plan fits the spec that it was drawn for, and the version that drew it. */
export function refuseStrangePlan(
  draft: Draft,
  { producers, consumers, topics }: ClientsOfSpec,
  problems: Problems,
): void {
  if (draft.plan === null) return;
  const { value: plan, origin } = draft.plan;
  const known = new Set(faults.map(({ name }) => name));
  for (const fault of new Set(plan.strikes.map((strike) => strike.fault))) {
    if (!known.has(fault)) problems.error(origin, `the plan has a fault that this version does not know: ${fault}`);
  }
  const isNoConsumer = ({ client: one }: ClientStep): boolean => one < producers || one >= producers + consumers;
  const sends = plan.workload.filter((step) => !isOfConsumer(step));
  const client = sends.reduce((most, step) => Math.max(most, step.client), -1);
  if (client >= producers)
    problems.error(origin, `the plan sends through client ${client}; this spec has ${producers} producers`);
  const strange = plan.workload.find((step) => isOfConsumer(step) && isNoConsumer(step));
  if (strange !== undefined)
    problems.error(origin, `the plan reads through client ${strange.client}, which is no consumer of this spec`);
  const topic = plan.workload
    .flatMap((step) => recordsOf(step))
    .reduce((most, record) => Math.max(most, record.topic), -1);
  if (topic >= topics) problems.error(origin, `the plan sends to topic ${topic}; this spec has ${topics} topics`);
}

function isOfConsumer({ f }: ClientStep): boolean {
  return f === 'assign' || f === 'seek' || f === 'poll' || f === 'process-each' || f === 'process-slowly';
}

/** Clients of other kinds, and what Kafka's own do that is not in this build. */
export function refuseClients(clients: readonly DraftClient[], problems: Problems): void {
  for (const { client } of clients) {
    if (client.value !== 'java') {
      problems.error(
        client.origin,
        `client: ${client.value} cannot be run: this build has the Java client only (java)`,
      );
    }
  }
}
