/**
 * What may be healed alone, so that the cluster must make progress again: the controllers, all clients, and brokers of
 * which each partition has enough, one of them electable, and each client knows one: before rebootstrapping (KIP-899, by
 * default from 4.0) a client whose known brokers are all away stays cut off, whoever else is there.
 *
 * Left out are only brokers that are down or paused. One that runs with a broken network may be leader to the controller
 * and out of reach to the rest; then Kafka need not make progress, whoever else is healed.
 */
import type { MachineId } from '../kernel/process.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import type { ClusterView } from './view.js';

/** Smallest first; the last is everybody. */
export function sufficientSets(
  spec: KafkaClusterSpec,
  cluster: ClusterMachines,
  view: ClusterView,
): readonly (readonly MachineId[])[] {
  const { world } = cluster;
  const acting = cluster.brokers.filter((broker) => world.isRunning(broker) && !world.isPaused(broker));
  const away = cluster.brokers.filter((broker) => !acting.includes(broker));
  return subsetsOf(away)
    .map((healed) => cluster.brokers.filter((broker) => acting.includes(broker) || healed.includes(broker)))
    .filter((brokers) => isEnough(brokers, spec, cluster, view))
    .toSorted(bySizeThenMembers)
    .map((brokers) => [...brokers, ...cluster.controllers, ...cluster.clients]);
}

function isEnough(
  brokers: readonly MachineId[],
  spec: KafkaClusterSpec,
  cluster: ClusterMachines,
  view: ClusterView,
): boolean {
  for (const client of cluster.clients) {
    const known = cluster.client(client)?.knownBrokers;
    if (known !== undefined && !known.some((broker) => brokers.includes(broker))) return false;
  }
  return view.keys.every((_, key) => {
    const present = view.replicas(key).filter((replica) => brokers.includes(replica));
    const { topicOf } = cluster.partitions;
    const unclean = spec.topics[topicOf[key]].settings['unclean.leader.election.enable'];
    // A member that is left out may be the last to be fenced, and then the only one that may lead: a frozen ISR.
    const isElectable = unclean || view.controller(key).isr.every((member) => brokers.includes(member));
    return isElectable && present.length >= Math.max(1, view.minInsyncReplicas(key));
  });
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
