/** Who plays a role now, and whom a target names. */
import type { MachineId } from '../model/kernel/process.js';
import type { Stream } from '../model/kernel/random.js';
import type { MachineInfo, System } from '../model/system.js';
import type { Target } from './plan.js';

const clientRoles: readonly string[] = ['producer', 'consumer', 'client'];

/** Machines that may play this role, whoever plays it now, in order of their numbers. */
export function machinesWith(system: System, role: string): readonly MachineId[] {
  return system
    .machines()
    .filter((machine) => mayPlay(machine, role))
    .map((machine) => machine.id)
    .toSorted((a, b) => a - b);
}

/** All machines of its rack, itself among them, in order of their numbers; empty: it stands in none. */
export function rackMates(system: System, machine: MachineId): readonly MachineId[] {
  const rack = system.machines().find(({ id }) => id === machine)?.rack ?? null;
  if (rack === null) return [];
  return system
    .machines()
    .filter((other) => other.rack === rack)
    .map(({ id }) => id)
    .toSorted((a, b) => a - b);
}

/**
 * The machine that a target names now; a reason if there is none.
 * Fractions decide among several, so that a saved target means something in a smaller cluster too.
 */
export function resolveTarget(system: System, target: Target, dice: Stream): MachineId | string {
  if (target.kind === 'machine') {
    const named = system.machines().find((machine) => machine.name === target.machine);
    return named?.id ?? `there is no machine ${target.machine}`;
  }
  const players = system.roles.includes(target.role)
    ? system.role(target.role, target.key, dice)
    : machinesWith(system, target.role);
  if (players.length === 0) return `nobody is ${sayRole(system.keys(), target)} now`;
  return players[atFraction(target.pick, players.length)];
}

/** Roles that have nothing to do with a key; all others are played once for each. */
const roleWords: Readonly<Record<string, string>> = {
  any: 'a machine',
  broker: 'a broker',
  client: 'a client',
  producer: 'a producer',
  consumer: 'a consumer',
  controller: 'the controller',
  'zookeeper-server': 'a ZooKeeper server',
  'zookeeper-leader': 'the leader of the ZooKeeper ensemble',
  'controller-follower': 'a controller that is not in charge',
  voter: 'a controller',
};

/** 'the leader of orders-0', 'a broker'. */
export function sayRole(keys: readonly string[], target: { readonly role: string; readonly key: number }): string {
  return roleWords[target.role] ?? `the ${target.role} of ${keys[target.key] ?? 'a key that does not exist'}`;
}

/** The index that a fraction (0..1) means among so many. */
export function atFraction(fraction: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(fraction * count)));
}

function mayPlay(machine: MachineInfo, role: string): boolean {
  if (role === 'any') return true;
  if (role === 'client') return machine.roles.some((played) => clientRoles.includes(played));
  return machine.roles.includes(role);
}
