/**
 * W17, one owner: in one generation of a group each partition is assigned to one member; with KIP-848 to one member until that
 * has given it up or is out of the group.
 */
import type { Invariant, InvariantContext } from './invariant.js';

/** `group-state` (model/kafka/probes.ts): nobody is in it; those that only classic groups have, or only those of KIP-848. */
const EMPTY = 0;
const PREPARING_REBALANCE = 1;
const COMPLETING_REBALANCE = 2;
const ASSIGNING = 5;
const RECONCILING = 6;

interface Owner {
  readonly generation: number;
  readonly member: number;
}

export const groupOwners: Invariant = {
  id: 'W17',
  sentence: 'In one generation of a group each partition has one owner; with KIP-848 until it gives the partition up.',
  on: ['groupState', 'partitionAssigned', 'partitionReleased', 'coordinatorLoaded'],
  create(context) {
    const owners = new Owners(context);
    const { kinds } = context.cluster;
    return {
      onProbe(kind, machine, key, a, b, c) {
        if (kind === kinds.partitionAssigned) owners.assign(machine, key, a, b, c);
        else if (kind === kinds.partitionReleased) owners.release(machine, key, a, c);
        else if (kind === kinds.groupState) owners.state(machine, key, a, b);
        else owners.loaded(machine, key);
      },
    };
  },
};

class Owners {
  private readonly context: InvariantContext;
  /** By group, then partition. */
  private readonly groups: (Owner | undefined)[][] = [];
  /** By group: members come to their partitions one by one (KIP-848). */
  private readonly isIncremental: boolean[] = [];
  /** By group: its partition of __consumer_offsets. */
  private readonly homes: number[] = [];
  /** By partition of __consumer_offsets: the machine that loaded it last. */
  private readonly coordinators: number[] = [];

  constructor(context: InvariantContext) {
    this.context = context;
  }

  /** With KIP-848 a coordinator says next who has what: the last one may not have come to announce it. */
  loaded(machine: number, home: number): void {
    this.coordinators[home] = machine;
    for (let group = 0; group < this.homes.length; group++) {
      if (this.homes[group] === home && this.isIncremental[group] === true) this.groups[group] = [];
    }
  }

  /** A group may go over from one protocol to the other. */
  state(machine: number, home: number, group: number, state: number): void {
    this.homes[group] = home;
    if (state === EMPTY) this.groups[group] = [];
    if ((this.coordinators[home] ?? machine) !== machine) return;
    if (state === PREPARING_REBALANCE || state === COMPLETING_REBALANCE) this.isIncremental[group] = false;
    if (state !== ASSIGNING && state !== RECONCILING) return;
    // It was a classic group: what its members have of the last generation its coordinator says next.
    if (this.isIncremental[group] === false) this.groups[group] = [];
    this.isIncremental[group] = true;
  }

  assign(machine: number, key: number, group: number, generation: number, member: number): void {
    if (this.isSuperseded(machine, group)) return;
    const owners = (this.groups[group] ??= []);
    const before = owners[key];
    owners[key] = { generation, member };
    if (before === undefined || before.member === member) return;
    const mayHave = this.isIncremental[group] !== true && generation > before.generation;
    if (mayHave) return;
    const { facts, found } = this.context;
    const story =
      `${facts.keys[key]} was assigned to one member of a group in generation ${before.generation}, ` +
      `and to another in generation ${generation} while the first had it`;
    found({ key, offsets: [], values: [], story });
  }

  release(machine: number, key: number, group: number, member: number): void {
    if (this.isSuperseded(machine, group)) return;
    const owners = (this.groups[group] ??= []);
    if (owners[key]?.member === member) owners[key] = undefined;
  }

  /** It says late what its successor has read from the log. */
  private isSuperseded(machine: number, group: number): boolean {
    return this.isIncremental[group] === true && (this.coordinators[this.homes[group]!] ?? machine) !== machine;
  }
}
