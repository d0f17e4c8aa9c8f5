/** Who plays which role, for targets of faults. */
import type { MachineId } from '../kernel/process.js';
import type { RoleName } from '../system.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { CommittedState } from './control/committed-state.js';
import { CommittedZnodes } from './control/zookeeper/committed-znodes.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import type { ClusterView } from './view.js';

/**
 * leader: as the controller decided; if it decided that nobody leads, whoever believes that it does. follower: the other
 * replicas. isr-follower: those of them in the ISR. last-in-isr: the last of those.
 * sole-in-isr: the only member of an ISR that has shrunk to one, leader or (frozen) not.
 * controller: the active one; of several that believe it, the one of the latest epoch. controller-follower: the other
 * voters of the metadata quorum that run. voter: all that vote now. Under ZooKeeper the controller
 * is the broker that holds /controller, whether or not it knows.
 */
export const roleNames: readonly RoleName[] = [
  'leader',
  'follower',
  'isr-follower',
  'last-in-isr',
  'sole-in-isr',
  'broker',
  'controller',
  'zookeeper-server',
  'zookeeper-leader',
  'controller-follower',
  'voter',
  'producer',
  'consumer',
  'client',
];

/** Machines that play the role now, for this partition where it is one of a partition. */
export function playersOf(
  role: RoleName,
  partition: number,
  cluster: ClusterMachines,
  view: ClusterView,
  committed: CommittedState,
  voters: readonly MachineId[],
): readonly MachineId[] {
  const { leader, isr } = view.controller(partition);
  switch (role) {
    case 'leader':
      return leader === NO_LEADER ? believers(partition, view) : [leader];
    case 'follower':
      return view.replicas(partition).filter((replica) => replica !== leader);
    case 'isr-follower':
      return isr.filter((member) => member !== leader);
    case 'last-in-isr':
      return isr.filter((member) => member !== leader).slice(-1);
    case 'sole-in-isr':
      return isr.length === 1 && view.replicas(partition).length > 1 ? isr : [];
    case 'broker':
      return cluster.brokers;
    case 'controller':
      return committed instanceof CommittedZnodes ? holderOf(committed) : activeController(cluster);
    case 'controller-follower': {
      const active = activeController(cluster);
      return voters.filter((controller) => !active.includes(controller) && cluster.world.isRunning(controller));
    }
    case 'voter':
      return voters;
    case 'zookeeper-server':
      return committed instanceof CommittedZnodes ? cluster.controllers : [];
    case 'zookeeper-leader':
      return committed instanceof CommittedZnodes && committed.leadingServer > 0 ? [committed.leadingServer] : [];
    case 'producer':
      return cluster.producers;
    case 'consumer':
      return cluster.consumers;
    case 'client':
      return cluster.clients;
    default:
      return [];
  }
}

/** The broker that is the controller, as /controller says. */
function holderOf({ controllerId }: CommittedZnodes): readonly MachineId[] {
  return controllerId < 0 ? [] : [controllerId];
}

/** While none has taken up its leadership: nobody. */
function activeController(cluster: ClusterMachines): readonly MachineId[] {
  let active: MachineId = 0;
  let latest = -1;
  for (const machine of cluster.controllers) {
    const controller = cluster.controller(machine);
    if (controller?.isActive !== true || controller.raft.epoch <= latest) continue;
    active = machine;
    latest = controller.raft.epoch;
  }
  return active === 0 ? [] : [active];
}

function believers(partition: number, view: ClusterView): readonly MachineId[] {
  return view.replicas(partition).filter((replica) => view.replica(replica, partition)?.isLeader === true);
}
