/** An ensemble and its clients in a small world, with an observer who holds every server to the same history. */
import type { Host, MachineId } from '../../../../../kernel/process.js';
import { createWorld, type World } from '../../../../../kernel/world.js';
import { ensembleConfig, type EnsembleConfig } from '../ensemble-config.js';
import type { ClientOp, OpResult, Transaction } from '../operations.js';
import { ZooKeeperServer, type EnsembleObserver } from '../server.js';
import { ZnodeTree } from '../znode-tree.js';
import { ClientMachine } from './client-machine.js';

export const SECOND = 1_000_000;

export class EnsembleLab implements EnsembleObserver {
  readonly world: World;
  readonly servers: readonly MachineId[];
  /** Everything committed so far, with its results, and when it was known first. */
  readonly history: { readonly transaction: Transaction; readonly result: OpResult; readonly at: number }[] = [];
  readonly tree = new ZnodeTree();
  /** Epochs that were led, and by whom, in the order of their announcement. */
  readonly leaders: { readonly epoch: number; readonly server: MachineId }[] = [];
  private readonly config: EnsembleConfig;
  /** How far the process that runs on a machine has come: by machine. */
  private readonly progress = new Map<MachineId, { incarnation: number; next: number }>();
  private readonly sessionTimeoutMicros: number;

  constructor(seed: string, servers: number, sessionTimeoutMicros = 6 * SECOND) {
    this.world = createWorld({ seed });
    this.sessionTimeoutMicros = sessionTimeoutMicros;
    this.servers = Array.from({ length: servers }, (_, index) => index + 1);
    this.config = ensembleConfig(this.servers);
    for (const id of this.servers) {
      this.world.addMachine({ name: `z${id}`, program: (host) => new ZooKeeperServer(host, this.config, this) });
    }
    for (const id of this.servers) this.world.start(id);
  }

  addClient(name: string, reopens = false): MachineId {
    const { servers, sessionTimeoutMicros } = this;
    const program = (host: Host) => new ClientMachine(host, servers, sessionTimeoutMicros, reopens);
    const id = this.world.addMachine({ name, program });
    this.world.start(id);
    return id;
  }

  client(machine: MachineId): ClientMachine {
    return this.world.process(machine) as ClientMachine;
  }

  pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  until(what: string, holds: () => boolean, withinMicros = 60 * SECOND): void {
    const deadline = this.world.now + withinMicros;
    while (!holds()) {
      if (this.world.now > deadline || !this.world.step()) throw new Error(`never: ${what}`);
    }
  }

  /** The present leader: of the highest epoch. */
  get leader(): MachineId {
    return this.leaders[this.leaders.length - 1].server;
  }

  get followers(): readonly MachineId[] {
    return this.servers.filter((server) => server !== this.leader);
  }

  /** Asks, and waits for the answer. */
  call(machine: MachineId, op: ClientOp): OpResult {
    const client = this.client(machine);
    const { asked } = client;
    const token = client.ask(op);
    this.until('an answer', () => asked[token].result !== null);
    return asked[token].result!;
  }

  connected(machine: MachineId): void {
    this.until('a session', () => this.client(machine).client.state === 'connected');
  }

  onLeading(host: Host, epoch: number): void {
    const last = this.leaders[this.leaders.length - 1];
    if (last !== undefined && epoch <= last.epoch) throw new Error('epochs only rise, and each has one leader');
    this.leaders.push({ epoch, server: host.id });
  }

  /** Every process commits the same transactions from the first on. */
  onCommitted(host: Host, transaction: Transaction): void {
    let own = this.progress.get(host.id);
    if (own?.incarnation !== host.incarnation) {
      own = { incarnation: host.incarnation, next: 0 };
      this.progress.set(host.id, own);
    }
    const known = this.history[own.next++];
    if (known === undefined) {
      const { result } = this.tree.apply(transaction);
      this.history.push({ transaction, result, at: this.world.now });
    } else if (known.transaction !== transaction) {
      throw new Error(`server ${host.id} commits another history`);
    }
  }
}

export function create(path: string, data: unknown = null, ephemeral = false, sequential = false): ClientOp {
  return { kind: 'create', path, data, ephemeral, sequential };
}

export function setData(path: string, data: unknown, version = -1): ClientOp {
  return { kind: 'set-data', path, data, version };
}

export function getData(path: string, watch = false): ClientOp {
  return { kind: 'get-data', path, watch };
}

export function exists(path: string, watch = false): ClientOp {
  return { kind: 'exists', path, watch };
}
