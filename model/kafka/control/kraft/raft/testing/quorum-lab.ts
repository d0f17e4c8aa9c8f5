/** Nodes of a quorum in a world of their own, to be told what happens to them; and one that asks what a test tells it to. */
import type { Connection } from '../../../../../kernel/network.js';
import { Process, type Host, type MachineId, type Message } from '../../../../../kernel/process.js';
import { createWorld, type World } from '../../../../../kernel/world.js';
import { Purpose, type Request, type Response } from '../../../../protocol/messages.js';
import type { MetadataBatch } from '../../../../protocol/raft-messages.js';
import type { DefectId } from '../../../../protocol/versions/defects.js';
import { resolveRules } from '../../../../protocol/versions/resolve.js';
import type { RuleValues } from '../../../../protocol/versions/rules.js';
import { MAX_FETCH_BYTES, quorumDefaults, type QuorumSettings } from '../config.js';
import type { RaftNode } from '../raft-node.js';
import { CounterNode, type CounterWatch } from '../simulation/counter-node.js';

export interface LabChoices {
  readonly voters?: number;
  readonly observers?: number;
  readonly release?: string;
  readonly rules?: Partial<RuleValues>;
  readonly defects?: readonly DefectId[];
  readonly settings?: Partial<QuorumSettings>;
  readonly snapshotEvery?: number;
}

/** Sends one request at a time to whomever, and keeps the answers. */
export class Asker extends Process {
  readonly answers: Response[] = [];
  override start(): void {}
  override onConnection(): void {}
  override onBroken(): void {}
  override onTimer(): void {}

  override onConnected(connection: Connection): void {
    connection.send(connection.state as Message);
  }

  override onMessage(_connection: Connection, message: Message): void {
    this.answers.push(message as Response);
  }
}

export class QuorumLab implements CounterWatch {
  readonly world: World;
  readonly nodes: readonly MachineId[];
  readonly asker: MachineId;
  snapshotsLoaded: MachineId[] = [];
  /** By node: base offsets that its state machine was told. */
  readonly told: number[][] = [];

  constructor(choices: LabChoices = {}, seed = 'lab') {
    this.world = createWorld({ seed });
    const voters = Array.from({ length: choices.voters ?? 3 }, (_, index) => index + 1);
    this.nodes = Array.from({ length: voters.length + (choices.observers ?? 0) }, (_, index) => index + 1);
    const rules = resolveRules(
      choices.release ?? '3.9',
      { voterIdentity: 'id-and-directory', ...choices.rules },
      choices.defects,
    );
    const counter = { appendEveryMicros: 100_000, snapshotEvery: choices.snapshotEvery ?? 0 };
    for (const nodeId of this.nodes) {
      const config = {
        nodeId,
        voters,
        bootstrapServers: this.nodes,
        maxFetchBytes: MAX_FETCH_BYTES,
        settings: { ...quorumDefaults, ...choices.settings },
        rules,
      };
      this.told[nodeId] = [];
      this.world.addMachine({
        name: `n${nodeId}`,
        program: (host: Host) => new CounterNode(host, config, counter, this),
      });
    }
    this.asker = this.world.addMachine({ name: 'asker', program: (host: Host) => new Asker(host) });
    for (const machine of [...this.nodes, this.asker]) this.world.start(machine);
  }

  committed(node: CounterNode, batch: MetadataBatch): void {
    this.told[node.host.id].push(batch.baseOffset);
  }

  snapshotLoaded(node: CounterNode): void {
    this.snapshotsLoaded.push(node.host.id);
  }

  leads(): void {}

  run(seconds: number): this {
    this.world.runUntil(this.world.now + Math.floor(seconds * 1_000_000));
    return this;
  }

  /** Runs until it holds. */
  until(seconds: number, holds: () => boolean): this {
    const end = this.world.now + seconds * 1_000_000;
    while (!holds()) {
      if (this.world.now >= end) throw new Error(`not within ${seconds} s`);
      this.world.step();
    }
    return this;
  }

  raft(node: MachineId): RaftNode {
    return (this.world.process(node) as CounterNode).raft;
  }

  /** Those that believe that they lead. */
  leaders(): MachineId[] {
    return this.nodes.filter((node) => this.world.isRunning(node) && this.raft(node).isLeader);
  }

  /** Runs until somebody leads and has committed something in its epoch. */
  elected(): MachineId {
    this.until(20, () => this.leaders().some((node) => this.raft(node).highWatermark > 0 && this.isReady(node)));
    return this.leaders().find((node) => this.isReady(node))!;
  }

  isolate(node: MachineId, on = true): void {
    this.cut([node], this.nodes.filter((other) => other !== node), on); // prettier-ignore
  }

  cut(some: readonly MachineId[], others: readonly MachineId[], on = true): void {
    for (const a of some) {
      for (const b of others) {
        this.world.net.cut(a, b, on);
        this.world.net.cut(b, a, on);
      }
    }
  }

  /** Asks a node; runs until the answer is there. */
  ask<R extends Response>(node: MachineId, request: Omit<Request, 'bytes' | 'correlationId'>): R {
    const answer = this.beginToAsk<R>(node, request);
    this.until(10, () => answer() !== undefined);
    return answer()!;
  }

  /** Asks a node. @returns the answer, once it is there */
  beginToAsk<R extends Response>(
    node: MachineId,
    request: Omit<Request, 'bytes' | 'correlationId'>,
  ): () => R | undefined {
    const asker = this.world.process(this.asker) as Asker;
    const before = asker.answers.length;
    const connection = asker.host.net.connect(node, Purpose.quorum, 10_000_000);
    connection.state = { ...request, bytes: 80, correlationId: 1 };
    return () => asker.answers[before] as R | undefined;
  }

  private isReady(node: MachineId): boolean {
    return (this.world.process(node) as CounterNode).leadingEpoch >= 0;
  }
}
