/**
 * What may be healed alone, so that the cluster must make progress again: a majority of the voters that there are now, all clients, and
 * brokers of which each partition has enough, one of them electable, and each client knows one: before rebootstrapping (KIP-899, by
 * default from 4.0) a client whose known brokers are all away stays cut off, whoever else is there.
 *
 * A paused broker is not left out while a client takes it for a leader. Its machine accepts connections and requests, each of
 * which is given up after request.timeout.ms only, and as long as it has few of them it may be the least loaded node, whom
 * the client asks for metadata, again and again (NetworkClient.leastLoadedNode).
 *
 * Left out are only machines that are down or paused. One that runs with a broken network may be leader to the controller
 * and out of reach to the rest; then Kafka need not make progress, whoever else is healed.
 */
import type { MachineId } from '../kernel/process.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec, TopicSpec } from './cluster-spec.js';
import { majorityOf } from './control/kraft/raft/voter-sets.js';
import type { SettingsAdministrator } from './settings-administrator.js';
import type { ClusterView } from './view.js';
import type { VoterAdministrator } from './voter-administrator.js';

/** Smallest first; the last is everybody. */
export function sufficientSets(
  spec: KafkaClusterSpec,
  cluster: ClusterMachines,
  view: ClusterView,
  quorum: Pick<VoterAdministrator, 'voters' | 'isUncertain'>,
  settings: Pick<SettingsAdministrator, 'pendingInSync'>,
): readonly (readonly MachineId[])[] {
  const voters = withHealed(cluster.controllers, cluster).filter((set) => isQuorum(set, cluster, quorum));
  const brokers = withHealed(cluster.brokers, cluster).filter((set) => isEnough(set, spec, cluster, view, settings));
  return brokers
    .flatMap((some) => voters.map((controllers) => [...new Set([...some, ...controllers])]))
    .toSorted(bySizeThenMembers)
    .map((machines) => [...machines, ...cluster.clients]);
}

/** Those that act, with each choice of those that do not. */
function withHealed(machines: readonly MachineId[], { world }: ClusterMachines): MachineId[][] {
  const acting = machines.filter((machine) => world.isRunning(machine) && !world.isPaused(machine));
  const away = machines.filter((machine) => !acting.includes(machine));
  return subsetsOf(away).map((healed) =>
    machines.filter((machine) => acting.includes(machine) || healed.includes(machine)),
  );
}

/**
 * While the voters are being changed only all controllers: who has the longest log may go by other voters than the rest, be
 * no voter by it, and vote for nobody with a shorter one.
 */
function isQuorum(
  controllers: readonly MachineId[],
  cluster: ClusterMachines,
  { voters, isUncertain }: Pick<VoterAdministrator, 'voters' | 'isUncertain'>,
): boolean {
  if (isUncertain) return controllers.length === cluster.controllers.length;
  return voters.filter((voter) => controllers.includes(voter)).length >= majorityOf(voters.length);
}

function isEnough(
  brokers: readonly MachineId[],
  spec: KafkaClusterSpec,
  cluster: ClusterMachines,
  view: ClusterView,
  settings: Pick<SettingsAdministrator, 'pendingInSync'>,
): boolean {
  for (const client of cluster.clients) {
    const known = cluster.client(client)?.knownBrokers;
    if (known !== undefined && !known.some((broker) => brokers.includes(broker))) return false;
    if (cluster.brokers.some((broker) => !brokers.includes(broker) && swallows(broker, client, cluster))) return false;
  }
  return view.partitions.every((key) => {
    const present = view.replicas(key).filter((replica) => brokers.includes(replica));
    const topic = cluster.partitions.topicOf[key];
    const isElectable =
      electsUncleanly(spec.topics[topic]) || mayAllLead(view, key).every((member) => brokers.includes(member));
    return isElectable && present.length >= Math.max(1, view.minInsyncReplicas(key), settings.pendingInSync(topic));
  });
}

/** Where it is turned on later, a KRaft controller need not look before unclean.leader.election.interval.ms has passed. */
function electsUncleanly({ alterations, settings }: TopicSpec): boolean {
  return settings['unclean.leader.election.enable'] && alterations === undefined;
}

/** It is paused, and the client takes it for a leader. */
function swallows(broker: MachineId, client: MachineId, cluster: ClusterMachines): boolean {
  return cluster.world.isPaused(broker) && cluster.client(client)?.takesForLeader(broker) === true;
}

/**
 * All that the controller may elect from. A member of the ISR that is left out may be the last to be fenced, and then the
 * only one that may lead: a frozen ISR. So with eligible leader replicas: which of them returns without a proof of an
 * orderly stop is one no more, and after the last of them only the last leader may lead (KIP-966).
 */
function mayAllLead(view: ClusterView, key: number): readonly MachineId[] {
  const { isr, elr, lastKnownElr } = view.controller(key);
  return [...isr, ...elr, ...lastKnownElr];
}

function subsetsOf(items: readonly MachineId[]): MachineId[][] {
  return items.reduce<MachineId[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]]);
}

function bySizeThenMembers(a: readonly MachineId[], b: readonly MachineId[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return 0;
}
