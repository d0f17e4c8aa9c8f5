/** A world with actors who write down what happens to them: for tests of the kernel. */
import type { Connection } from '../network.js';
import { Process, type BrokenReason, type Host, type MachineId, type Message } from '../process.js';
import { createWorld, type World } from '../world.js';

/** What an actor does; whatever is left out it only writes down. */
export interface Part {
  start?(actor: Actor): void;
  connection?(actor: Actor, connection: Connection): void;
  connected?(actor: Actor, connection: Connection): void;
  message?(actor: Actor, connection: Connection, message: Message): void;
  broken?(actor: Actor, connection: Connection, why: BrokenReason): void;
  timer?(actor: Actor, kind: number, arg: number, payload: unknown): void;
}

export interface Happening {
  readonly at: number;
  readonly machine: MachineId;
  readonly incarnation: number;
  readonly what: string;
}

export class Actor extends Process {
  /** Connections that this actor knows, in the order in which it learnt of them. */
  readonly connections: Connection[] = [];
  private readonly stage: Stage;
  private readonly part: Part;

  constructor(host: Host, stage: Stage, part: Part) {
    super(host);
    this.stage = stage;
    this.part = part;
  }

  start(): void {
    this.write('start');
    this.part.start?.(this);
  }

  onConnection(connection: Connection): void {
    this.connections.push(connection);
    this.write(`connection from ${connection.peer}`);
    this.part.connection?.(this, connection);
  }

  onConnected(connection: Connection): void {
    this.write(`connected to ${connection.peer}`);
    this.part.connected?.(this, connection);
  }

  onMessage(connection: Connection, message: Message): void {
    this.write(`message ${message.kind}`);
    this.part.message?.(this, connection, message);
  }

  onBroken(connection: Connection, why: BrokenReason): void {
    this.write(`broken: ${why}`);
    this.part.broken?.(this, connection, why);
  }

  onTimer(kind: number, arg: number, payload: unknown): void {
    this.write(`timer ${kind}`);
    this.part.timer?.(this, kind, arg, payload);
  }

  connect(peer: MachineId, timeoutMicros = 10_000_000, purpose = 0): Connection {
    const connection = this.host.net.connect(peer, purpose, timeoutMicros);
    this.connections.push(connection);
    return connection;
  }

  private write(what: string): void {
    const { id, incarnation } = this.host;
    this.stage.write({ at: this.stage.world.now, machine: id, incarnation, what });
  }
}

export class Stage {
  readonly world: World;
  readonly happenings: Happening[] = [];
  /** Told of each happening at once. */
  onHappening: (happening: Happening) => void = () => undefined;

  constructor(seed = 'a stage') {
    this.world = createWorld({ seed });
  }

  write(happening: Happening): void {
    this.happenings.push(happening);
    this.onHappening(happening);
  }

  /** Adds a machine and starts its actor. */
  add(name: string, part: Part = {}): MachineId {
    const id = this.cast(name, part);
    this.world.start(id);
    return id;
  }

  /** Adds a machine, whose actor is still to be started. */
  cast(name: string, part: Part): MachineId {
    return this.world.addMachine({ name, program: (host) => new Actor(host, this, part) });
  }

  actor(machine: MachineId): Actor {
    return this.world.process(machine) as Actor;
  }

  /** Lets so much time pass. */
  pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  /** What happened to a machine's processes so far, since the last time this was asked of it. */
  heard(machine: MachineId): string[] {
    const from = this.asked.get(machine) ?? 0;
    const own = this.happenings.filter((happening) => happening.machine === machine);
    this.asked.set(machine, own.length);
    return own.slice(from).map((happening) => happening.what);
  }

  /** Two machines with an established connection between them: [asking end, accepting end]. */
  connect(from: MachineId, to: MachineId): [Connection, Connection] {
    const near = this.actor(from).connect(to);
    this.pass(1_000_000);
    const far = this.actor(to).connections.find((connection) => connection.id === near.id);
    if (!near.open || far === undefined) throw new Error('the connection was not established');
    this.heard(from);
    this.heard(to);
    return [near, far];
  }

  private readonly asked = new Map<MachineId, number>();
}

export function message(kind: number, bytes = 100): Message {
  return { kind, bytes };
}
