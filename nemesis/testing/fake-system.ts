/** A small world for tests of the nemesis: machines that talk to each other all the time, and a system that is told who leads. */
import type { Connection } from '../../model/kernel/network.js';
import { Process, type Host, type MachineId, type Message } from '../../model/kernel/process.js';
import { createWorld, type World } from '../../model/kernel/world.js';
import type {
  AlteredSettings,
  FinalReader,
  MachineInfo,
  Obstacle,
  StateView,
  System,
  Upgrades,
} from '../../model/system.js';

const PING_MICROS = 50_000;
const PING: Message = { kind: 1, bytes: 100 };

/** Sends a ping to every other machine twenty times a second, over connections that it keeps, and writes a file. */
class Chatterer extends Process {
  private readonly connections = new Map<MachineId, Connection>();
  private readonly peers: readonly MachineId[];
  /** How many pings came from each peer. */
  readonly heard = new Map<MachineId, number>();

  constructor(host: Host, peers: readonly MachineId[]) {
    super(host);
    this.peers = peers;
  }
  start(): void {
    this.host.timer(0, PING_MICROS, 0);
  }
  onConnection(): void {}
  onConnected(): void {}
  onMessage(connection: Connection): void {
    this.heard.set(connection.peer, (this.heard.get(connection.peer) ?? 0) + 1);
  }
  onBroken(connection: Connection): void {
    if (this.connections.get(connection.peer) === connection) this.connections.delete(connection.peer);
  }
  onTimer(): void {
    for (const peer of this.peers) {
      if (peer === this.host.id) continue;
      let connection = this.connections.get(peer);
      if (connection === undefined) {
        connection = this.host.net.connect(peer, 0, 5_000_000);
        this.connections.set(peer, connection);
      }
      connection.send(PING);
    }
    this.host.disk.open('orders-0/log').append(PING, PING.bytes);
    this.host.timer(0, PING_MICROS, 0);
  }
}

export interface FakeShape {
  readonly brokers: number;
  readonly controllers: number;
  readonly clients: number;
}

/**
 * One key, 'orders-0', replicated on every broker; by default the first broker leads. The first two brokers stand in one
 * rack, the others in another.
 */
export class FakeSystem implements System {
  readonly name = 'fake';
  readonly roles = [
    'leader',
    'follower',
    'sole-in-isr',
    'controller',
    'voter',
    'broker',
    'zookeeper-server',
    'zookeeper-leader',
  ];
  readonly requests = new Map([['Ping', PING.kind]]);
  readonly probes = [];
  readonly situations = [];
  readonly world: World;
  /** Machines, by what they are. */
  readonly brokers: readonly MachineId[];
  readonly controllers: readonly MachineId[];
  readonly clients: readonly MachineId[];
  leader: MachineId;
  isWhole: true | string = true;
  /** Machines that were asked to shut down; they end when a test says so. */
  readonly asked: MachineId[] = [];
  knowsShutdown = false;

  constructor(shape: FakeShape, seed = 'a fake system') {
    this.world = createWorld({ seed });
    const count = shape.brokers + shape.controllers + shape.clients;
    const all = Array.from({ length: count }, (_, i) => i + 1);
    this.brokers = all.slice(0, shape.brokers);
    this.controllers = all.slice(shape.brokers, shape.brokers + shape.controllers);
    this.clients = all.slice(shape.brokers + shape.controllers);
    this.leader = this.brokers[0];
    for (const machine of all) {
      const mountPoints = this.brokers.includes(machine) ? ['second-disk'] : [];
      this.world.addMachine({ name: this.nameOf(machine), program: (host) => new Chatterer(host, all), mountPoints });
    }
    this.boot(this.world);
  }

  boot(world: World): void {
    for (const { id } of this.machines()) world.start(id);
  }
  machines(): readonly MachineInfo[] {
    const info = (id: MachineId, rack: string | null, ...roles: readonly string[]): MachineInfo => ({
      id,
      name: this.nameOf(id),
      roles,
      rack,
    });
    return [
      ...this.brokers.map((id, index) =>
        info(id, index < 2 ? 'a' : 'b', 'broker', id === this.lastBroker ? 'zookeeper-server' : 'broker'),
      ),
      ...this.controllers.map((id) => info(id, null, 'controller')),
      ...this.clients.map((id) => info(id, null, 'producer')),
    ];
  }
  /** It plays the ZooKeeper server, too. */
  private get lastBroker(): MachineId {
    return this.brokers[this.brokers.length - 1];
  }
  keys(): readonly string[] {
    return ['orders-0'];
  }
  role(name: string): readonly MachineId[] {
    switch (name) {
      case 'leader':
      case 'sole-in-isr':
        return this.leader === 0 ? [] : [this.leader];
      case 'follower':
        return this.brokers.filter((broker) => broker !== this.leader);
      case 'controller':
      case 'voter':
        return this.controllers;
      case 'zookeeper-server':
      case 'zookeeper-leader':
        return [this.lastBroker];
      default:
        return this.brokers;
    }
  }
  /** What was asked: machines; null: to take it back. */
  readonly reassignments: (readonly MachineId[] | null)[] = [];
  reassign(_key: number, machines: readonly MachineId[] | null): void {
    this.reassignments.push(machines);
  }
  /** As if the last broker had no replica. */
  assigned(): readonly MachineId[] {
    return this.brokers.slice(0, -1);
  }
  /** What an upgrade did: 'install 1', 'agree'. */
  readonly upgraded: string[] = [];
  upgradable: true | string = true;
  agreesByRestart = false;
  get upgrades(): Upgrades {
    return {
      possible: () => this.upgradable,
      order: [...this.controllers, ...this.brokers],
      install: (machine, release) => this.upgraded.push(`${this.nameOf(machine)} ${release}`),
      agreesByRestart: this.agreesByRestart,
      agreeAtRestart: (machine) => this.upgraded.push(`${this.nameOf(machine)} agrees`),
      agree: (_release, everything) => this.upgraded.push(everything ? 'all agree on everything' : 'all agree'),
    };
  }
  reassignable(): true | string {
    return true;
  }
  /** How many partitions there were to be. */
  readonly additions: number[] = [];
  addPartitions(_key: number, count: number): void {
    this.additions.push(count);
  }
  addable(): true | string {
    return true;
  }
  /** What settings were altered. */
  readonly alterations: AlteredSettings[] = [];
  alterSettings(_key: number, settings: AlteredSettings): void {
    this.alterations.push(settings);
  }
  settingsAlterable(): true | string {
    return true;
  }
  /** Who was removed from the voters ('-c1') and added ('+c1'). */
  readonly voterChanges: string[] = [];
  removeVoter(machine: MachineId): void {
    this.voterChanges.push(`-${this.nameOf(machine)}`);
  }
  addVoter(machine: MachineId): void {
    this.voterChanges.push(`+${this.nameOf(machine)}`);
  }
  voterRemovable(): true | string {
    return true;
  }
  whole(): true | string {
    return this.isWhole;
  }
  requestShutdown(machine: MachineId): boolean {
    if (this.knowsShutdown) this.asked.push(machine);
    return this.knowsShutdown;
  }
  replicas(): readonly MachineId[] {
    return this.brokers;
  }

  /** How many pings the machine's running process took from a peer. */
  heard(machine: MachineId, from: MachineId): number {
    const process = this.world.process(machine) as Chatterer | undefined;
    return process?.heard.get(from) ?? 0;
  }
  incarnation(machine: MachineId): number {
    return this.world.process(machine)?.host.incarnation ?? 0;
  }
  /** Lets so much time pass. */
  pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  // The nemesis asks none of these.
  invoke(): boolean {
    throw new Error('not asked here');
  }
  sufficientSets(): readonly (readonly MachineId[])[] {
    throw new Error('not asked here');
  }
  beginLiveness(): void {}
  livenessObstacles(): readonly Obstacle[] {
    return [];
  }
  endLiveness(): void {}
  settlingObstacles(): readonly Obstacle[] {
    return [];
  }
  electable(): readonly MachineId[] {
    return [];
  }
  lively(): true | string {
    return true;
  }
  livenessBoundMicros(): number {
    return 0;
  }
  settled(): true | string {
    return true;
  }
  transferLeadership(): void {}
  leads(): boolean {
    return false;
  }
  finalRead(): FinalReader {
    throw new Error('not asked here');
  }
  logFiles(machine: MachineId): readonly string[] {
    return this.world.disk(machine).list('orders-0');
  }
  timeouts(): ReadonlyMap<string, number> {
    return new Map();
  }

  private nameOf(machine: MachineId): string {
    if (this.brokers.includes(machine)) return `b${machine}`;
    if (this.controllers.includes(machine)) return `c${machine - this.brokers.length}`;
    return `p${machine - this.brokers.length - this.controllers.length - 1}`;
  }
}

/** Nothing is impaired. */
export const unimpaired: StateView = { impaired: () => false, stoppedUncleanly: () => false };
