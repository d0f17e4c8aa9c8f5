/** The smallest process that hosts a node of the quorum: its state machine counts, and while it leads it appends. */
import type { Connection } from '../../../../../kernel/network.js';
import { Process, type BrokenReason, type Host, type Message } from '../../../../../kernel/process.js';
import { RESPONSE, type Request, type Response } from '../../../../protocol/messages.js';
import type { MetadataBatch, MetadataSnapshot } from '../../../../protocol/raft-messages.js';
import type { QuorumConfig } from '../config.js';
import { MetadataLogFailure } from '../log.js';
import type { RaftListener } from '../member.js';
import { RaftNode } from '../raft-node.js';

const Timer = { poll: 1, flushed: 2, fetchExpired: 3, request: 4, append: 5 } as const;

export interface CounterSettings {
  readonly appendEveryMicros: number;
  /** After so many committed records the state is written as a snapshot; 0: never. */
  readonly snapshotEvery: number;
}

/** Who watches from outside the simulated world. */
export interface CounterWatch {
  committed(node: CounterNode, batch: MetadataBatch): void;
  snapshotLoaded(node: CounterNode, snapshot: MetadataSnapshot): void;
  leads(node: CounterNode, epoch: number): void;
}

/** How many records were committed, and what they come to: two nodes that were told the same have the same. */
interface Count {
  readonly records: number;
  readonly sum: number;
}

export class CounterNode extends Process implements RaftListener {
  raft!: RaftNode;
  count: Count = { records: 0, sum: 0 };
  /** In which it was told that it leads; -1: none. */
  leadingEpoch = -1;
  private readonly config: QuorumConfig;
  private readonly settings: CounterSettings;
  private readonly watch: CounterWatch;
  private sinceSnapshot = 0;

  constructor(host: Host, config: QuorumConfig, settings: CounterSettings, watch: CounterWatch) {
    super(host);
    this.config = config;
    this.settings = settings;
    this.watch = watch;
  }

  override start(): void {
    try {
      this.raft = new RaftNode(this.host, this.config, this, Timer);
    } catch (failure) {
      if (!(failure instanceof MetadataLogFailure)) throw failure;
      this.host.die('halt');
      return;
    }
    this.raft.start();
    this.host.timer(Timer.append, this.settings.appendEveryMicros, 0);
  }

  override onConnection(): void {}

  override onConnected(connection: Connection): void {
    this.raft.onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    if (message.kind >= RESPONSE) {
      this.raft.onMessage(connection, message as Response);
      return;
    }
    connection.pauseReading();
    connection.state = message;
    this.host.later(Timer.request, 0, connection);
  }

  override onBroken(connection: Connection, _why: BrokenReason): void {
    this.raft.onBroken(connection);
  }

  override onTimer(kind: number, _arg: number, payload: unknown): void {
    if (this.raft.onTimer(kind, payload)) return;
    if (kind === Timer.request) {
      const connection = payload as Connection;
      this.raft.onRequest(connection, connection.state as Request);
      return;
    }
    this.append();
    this.host.timer(Timer.append, this.settings.appendEveryMicros, 0);
  }

  // ---------------------------------------------------------------------- the state machine

  onCommitted(batch: MetadataBatch): void {
    this.watch.committed(this, batch);
    for (const record of batch.records) {
      const value = record.kind === 'producer-ids' ? record.nextProducerId : 0;
      this.count = { records: this.count.records + 1, sum: (Math.imul(this.count.sum, 31) + value) | 0 };
    }
    this.sinceSnapshot += batch.records.length;
    if (this.settings.snapshotEvery === 0 || this.sinceSnapshot < this.settings.snapshotEvery) return;
    this.sinceSnapshot = 0;
    this.raft.snapshot(batch.baseOffset + batch.records.length, this.count);
  }

  onSnapshot(snapshot: MetadataSnapshot): void {
    this.watch.snapshotLoaded(this, snapshot);
    this.count = snapshot.state as Count;
    this.sinceSnapshot = 0;
  }

  onLeaderChange(leaderId: number, epoch: number): void {
    this.leadingEpoch = leaderId === this.host.id ? epoch : -1;
    if (this.leadingEpoch >= 0) this.watch.leads(this, epoch);
  }

  /** One or two records that no other will equal. */
  private append(): void {
    if (this.leadingEpoch < 0) return;
    const { id: brokerId, incarnation: brokerEpoch } = this.host;
    const nextProducerId = this.raft.nextOffset + this.leadingEpoch * 1_000_000;
    const record = { kind: 'producer-ids', brokerId, brokerEpoch, nextProducerId } as const;
    this.raft.append(this.leadingEpoch, nextProducerId % 3 === 0 ? [record, record] : [record]);
  }
}
