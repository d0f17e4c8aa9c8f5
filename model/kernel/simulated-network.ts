/** The machines' links, the faults on them, and the making of connections. */
import { assert } from './assert.js';
import type { Core } from './core.js';
import { Handshake } from './handshake.js';
import type { Incarnation } from './incarnation.js';
import { Link } from './link.js';
import type { Machine } from './machine.js';
import { MessageRules, type MessageRule } from './message-rules.js';
import type { Connection, MessageMatch, Net, NetFaults, RuleId } from './network.js';
import type { MachineId } from './process.js';
import { Socket } from './socket.js';

export class SimulatedNetwork implements NetFaults {
  private readonly core: Core;
  private readonly machines: readonly Machine[];
  private readonly rules = new MessageRules();
  /** links[from][to] */
  private readonly links: Link[][] = [];
  /** How often each machine was made a black hole. */
  private readonly blackHoles: number[] = [];
  private nextConnection = 1;

  /** @param machines by id; it grows as machines are added */
  constructor(core: Core, machines: readonly Machine[]) {
    this.core = core;
    this.machines = machines;
  }

  /** Lays the links to and from a machine that has just been added. */
  addMachine(added: Machine): void {
    const { core } = this;
    this.links[added.id] = [];
    this.blackHoles[added.id] = 0;
    for (const other of this.machines) {
      if (other === undefined) continue;
      this.lay(new Link(core, added.id, other.id, `link/${added.name}/${other.name}`));
      if (other !== added) this.lay(new Link(core, other.id, added.id, `link/${other.name}/${added.name}`));
    }
  }

  connect(owner: Incarnation, peer: MachineId, purpose: number, timeoutMicros: number): Connection {
    const forward = this.link(owner.id, peer);
    const back = this.link(peer, owner.id);
    const { core, rules } = this;
    const near = new Socket(core, rules, owner, this.nextConnection++, purpose, forward, back);
    if (owner.alive) new Handshake(core, rules, near, this.machines[peer], forward, back).begin(timeoutMicros);
    else near.discard();
    return near;
  }

  /** A machine without power takes nothing in. */
  power(machine: MachineId, on: boolean): void {
    for (const from of this.links) {
      if (from !== undefined) from[machine].blocked += on ? -1 : 1;
    }
  }

  cut(from: MachineId, to: MachineId, on: boolean): void {
    this.link(from, to).cut(on);
  }

  blackHole(machine: MachineId, on: boolean): void {
    const count = this.blackHoles[machine];
    assert(count !== undefined, 'a black hole is a machine of this world');
    if (!on && count === 0) return;
    this.blackHoles[machine] += on ? 1 : -1;
    const first = on && count === 0;
    const last = !on && count === 1;
    if (!first && !last) return;
    for (const other of this.machines) {
      if (other === undefined || other.id === machine) continue;
      this.links[machine][other.id].blocked += on ? 1 : -1;
      this.links[other.id][machine].blocked += on ? 1 : -1;
    }
  }

  refuse(machine: MachineId, on: boolean): void {
    this.machines[machine].refuseSetups(on);
  }

  slow(from: MachineId, to: MachineId, factor: number, jitterMicros: number): void {
    this.link(from, to).slow(factor, jitterMicros);
  }

  rule(match: MessageMatch, act: MessageRule['act'], arg: number): RuleId {
    return this.rules.add(match, act, arg);
  }

  dropRule(rule: RuleId): number {
    return this.rules.drop(rule);
  }

  held(from: MachineId, to: MachineId): number {
    return this.link(from, to).held;
  }

  private lay(link: Link): void {
    if (this.blackHoles[link.from] > 0 && !link.isLoopback) link.blocked++;
    if (this.blackHoles[link.to] > 0 && !link.isLoopback) link.blocked++;
    if (!this.machines[link.to].hasPower) link.blocked++;
    this.links[link.from][link.to] = link;
  }

  private link(from: MachineId, to: MachineId): Link {
    const link = this.links[from]?.[to];
    assert(link !== undefined, 'both ends of a link are machines of this world');
    return link;
  }
}

/** What one process incarnation can do on the network. */
export class ProcessNet implements Net {
  private readonly network: SimulatedNetwork;
  private readonly owner: Incarnation;

  constructor(network: SimulatedNetwork, owner: Incarnation) {
    this.network = network;
    this.owner = owner;
  }

  connect(peer: MachineId, purpose: number, timeoutMicros: number): Connection {
    return this.network.connect(this.owner, peer, purpose, timeoutMicros);
  }
}
