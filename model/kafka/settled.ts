/** Whether the cluster has come to rest: every replica in its ISR and up to date, every client idle. */
import type { ClusterMachines } from './cluster-machines.js';
import type { CommittedMetadata } from './control/committed-metadata.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import type { ClusterView } from './view.js';

/** Every broker serves and every ISR is whole, clients busy or not: true; or what is missing. */
export function whole(cluster: ClusterMachines, view: ClusterView, committed: CommittedMetadata): true | string {
  for (const { id, name } of cluster.machines) {
    if (cluster.world.process(id) === undefined) return `${name} is down`;
  }
  for (const broker of cluster.brokers) {
    if (!committed.image.isActive(broker)) return `${cluster.nameOf(broker)} is fenced`;
  }
  for (let key = 0; key < view.keys.length; key++) {
    const { leader, isr } = view.controller(key);
    const replicas = view.replicas(key);
    if (replicas.length === 0) return `${view.keys[key]} is not created yet`;
    if (leader === NO_LEADER) return `no leader for ${view.keys[key]}`;
    if (isr.length < replicas.length) return `ISR of ${view.keys[key]} is ${sayBrokers(isr)}`;
  }
  return true;
}

/** The same, and nothing moves any more; or what is still under way. */
export function settled(cluster: ClusterMachines, view: ClusterView, committed: CommittedMetadata): true | string {
  const isWhole = whole(cluster, view, committed);
  if (isWhole !== true) return isWhole;
  for (let key = 0; key < view.keys.length; key++) {
    const reason = partitionSettled(key, cluster, view);
    if (reason !== true) return reason;
  }
  return clientsIdle(cluster);
}

function partitionSettled(key: number, cluster: ClusterMachines, view: ClusterView): true | string {
  const name = view.keys[key];
  const { leader, leaderEpoch } = view.controller(key);
  const leads = view.replica(leader, key);
  if (leads?.isLeader !== true) return `${cluster.nameOf(leader)} does not know yet that it leads ${name}`;
  for (const broker of view.replicas(key)) {
    const replica = view.replica(broker, key);
    if (replica === undefined || replica.leaderEpoch !== leaderEpoch) {
      return `${cluster.nameOf(broker)} has not applied leader epoch ${leaderEpoch} of ${name}`;
    }
    if (replica.highWatermark !== leads.logEnd || replica.logEnd !== leads.logEnd) {
      return `${cluster.nameOf(broker)} has not all of ${name}, or not its high watermark`;
    }
  }
  return true;
}

function clientsIdle(cluster: ClusterMachines): true | string {
  for (const machine of cluster.producers) {
    const open = cluster.producer(machine)!.openSends;
    if (open > 0) return `${cluster.nameOf(machine)} waits for ${open} sends`;
  }
  for (const machine of cluster.consumers) {
    const state = cluster.consumer(machine)!.caughtUp();
    if (state !== true) return `${cluster.nameOf(machine)}: ${state}`;
  }
  return true;
}

/** {1,2} */
export function sayBrokers(brokers: readonly number[]): string {
  return `{${brokers.toSorted((a, b) => a - b).join(',')}}`;
}
