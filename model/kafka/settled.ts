/** Whether the cluster has come to rest: every replica in its ISR and up to date, every client idle. */
import type { MachineId } from '../kernel/process.js';
import type { Obstacle } from '../system.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { CommittedState } from './control/committed-state.js';
import { CommittedZnodes } from './control/zookeeper/committed-znodes.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import type { ClusterView } from './view.js';

const NOBODY: readonly MachineId[] = [];

/** Every broker serves and every ISR is whole, clients busy or not: true; or what is missing. */
export function whole(cluster: ClusterMachines, view: ClusterView, committed: CommittedState): true | string {
  for (const { reason } of absentMachines(cluster, committed)) return reason;
  for (const key of view.partitions) {
    const obstacle = notWhole(key, cluster, view);
    if (obstacle !== null) return obstacle.reason;
  }
  return true;
}

/** The same, and nothing moves any more; or what is still under way. */
export function settled(cluster: ClusterMachines, view: ClusterView, committed: CommittedState): true | string {
  for (const { reason } of settlingObstacles(cluster, view, committed)) return reason;
  return true;
}

/** All that is missing or under way, one obstacle a partition and client. */
export function* settlingObstacles(
  cluster: ClusterMachines,
  view: ClusterView,
  committed: CommittedState,
): Generator<Obstacle> {
  yield* absentMachines(cluster, committed);
  for (const key of view.partitions) {
    const obstacle = notWhole(key, cluster, view) ?? notSettled(key, cluster, view);
    if (obstacle !== null) yield obstacle;
  }
  yield* busyClients(cluster, view);
}

function hasController(cluster: ClusterMachines, committed: CommittedState): boolean {
  return committed instanceof CommittedZnodes ? committed.controllerId >= 0 : cluster.hasActiveController;
}

function* absentMachines(cluster: ClusterMachines, committed: CommittedState): Generator<Obstacle> {
  for (const { id, name } of cluster.machines) {
    if (cluster.world.process(id) === undefined) yield { key: -1, reason: `${name} is down`, waitsFor: NOBODY };
  }
  if (!hasController(cluster, committed))
    yield { key: -1, reason: 'no controller is active', waitsFor: cluster.controllers };
  for (const broker of cluster.brokers) {
    if (committed.image.isActive(broker)) continue;
    yield { key: -1, reason: `${cluster.nameOf(broker)} is fenced`, waitsFor: NOBODY };
  }
}

function notWhole(key: number, cluster: ClusterMachines, view: ClusterView): Obstacle | null {
  const { leader, isr, isBeingReassigned } = view.controller(key);
  const replicas = view.replicas(key);
  const name = view.keys[key];
  if (replicas.length === 0) return { key, reason: `${name} is not created yet`, waitsFor: NOBODY };
  if (leader === NO_LEADER) return { key, reason: `no leader for ${name}`, waitsFor: NOBODY };
  if (isr.length === replicas.length) {
    return isBeingReassigned ? { key, reason: `${name} is being reassigned`, waitsFor: NOBODY } : null;
  }
  const missing = replicas.filter((replica) => !isr.includes(replica));
  const why = missing.map((broker) => sayLag(broker, key, cluster, view)).join('');
  return { key, reason: `ISR of ${name} is ${sayBrokers(isr)}${why}`, waitsFor: missing };
}

function notSettled(key: number, cluster: ClusterMachines, view: ClusterView): Obstacle | null {
  const name = view.keys[key];
  const { leader, leaderEpoch } = view.controller(key);
  const leads = view.replica(leader, key);
  if (leads?.isLeader !== true) {
    return { key, reason: `${cluster.nameOf(leader)} does not know yet that it leads ${name}`, waitsFor: NOBODY };
  }
  for (const broker of view.replicas(key)) {
    const replica = view.replica(broker, key);
    if (replica === undefined || replica.leaderEpoch !== leaderEpoch) {
      const reason = `${cluster.nameOf(broker)} has not applied leader epoch ${leaderEpoch} of ${name}`;
      return { key, reason, waitsFor: NOBODY };
    }
    if (replica.highWatermark !== leads.logEnd || replica.logEnd !== leads.logEnd) {
      const reason = `${cluster.nameOf(broker)} has not all of ${name}, or not its high watermark`;
      return { key, reason: `${reason}${sayLag(broker, key, cluster, view)}`, waitsFor: [broker] };
    }
  }
  return null;
}

function* busyClients(cluster: ClusterMachines, view: ClusterView): Generator<Obstacle> {
  for (const machine of cluster.producers) {
    const open = cluster.producer(machine)?.openSends ?? 0;
    if (open > 0) yield { key: -1, reason: `${cluster.nameOf(machine)} waits for ${open} sends`, waitsFor: NOBODY };
  }
  for (const machine of cluster.consumers) {
    const lags = cluster.consumer(machine)?.caughtUp() ?? true;
    if (lags === true) continue;
    for (const { partition: key, reason } of lags) {
      const of = key < 0 ? '' : ` ${view.keys[key]}`;
      const damage = key < 0 ? '' : sayDamage(key, cluster.consumer(machine)!.position(key), cluster, view);
      yield { key, reason: `${cluster.nameOf(machine)}${of}: ${reason}${damage}`, waitsFor: [machine] };
    }
  }
}

/** How far a follower is behind the leader, and what keeps it there. */
export function sayLag(broker: MachineId, key: number, cluster: ClusterMachines, view: ClusterView): string {
  const leads = view.replica(view.controller(key).leader, key);
  const follows = view.replica(broker, key);
  if (leads === undefined || follows === undefined || follows.logEnd >= leads.logEnd) return '';
  const damage = sayDamage(key, follows.logEnd, cluster, view);
  return `, ${cluster.nameOf(broker)} stands at ${follows.logEnd} of ${leads.logEnd}${damage}`;
}

/** A damaged batch in the leader's log, from this offset on: whoever fetches it finds its CRC wrong, each time anew. */
export function sayDamage(key: number, offset: number, cluster: ClusterMachines, view: ClusterView): string {
  const { leader } = view.controller(key);
  const damaged = view.replica(leader, key)?.damagedFrom(Math.max(0, offset)) ?? -1;
  return damaged < 0 ? '' : ` (the log of ${cluster.nameOf(leader)}, its leader, is damaged at offset ${damaged})`;
}

/** {1,2} */
export function sayBrokers(brokers: readonly number[]): string {
  return `{${brokers.toSorted((a, b) => a - b).join(',')}}`;
}
