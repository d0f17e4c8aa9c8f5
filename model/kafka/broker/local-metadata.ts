/**
 * The metadata log of a broker that shares its process with a controller: it fetches nothing, since the node of the quorum
 * beside it has the log, and hands on what is committed there. (SharedServer.loader, MetadataLoader)
 */
import type { MachineId } from '../../kernel/process.js';
import type { MetadataBatch, MetadataSnapshot } from '../protocol/raft-messages.js';
import type { BrokerServices, MetadataFetching } from './components.js';

/** What the controller in the same process offers. */
export interface SharedMetadataLog {
  /** Who leads the quorum, as far as this node knows; NOBODY. */
  readonly leaderId: MachineId;
  /** From now on this one is told, too, what is committed. */
  follow(follower: MetadataFollower): void;
  /** The broker has stopped in order: the process is about to end. */
  leave(): void;
}

export interface MetadataFollower {
  onCommitted(batch: MetadataBatch): void;
  onSnapshot(snapshot: MetadataSnapshot): void;
}

export class LocalMetadata implements MetadataFetching, MetadataFollower {
  readonly #broker: BrokerServices;
  readonly #log: SharedMetadataLog;

  constructor(broker: BrokerServices, log: SharedMetadataLog) {
    this.#broker = broker;
    this.#log = log;
    log.follow(this);
  }

  get leaderId(): MachineId {
    return this.#log.leaderId;
  }

  start(): void {}

  onTimer(): void {}

  stop(): void {
    this.#log.leave();
  }

  onCommitted({ records, baseOffset }: MetadataBatch): void {
    this.#broker.onMetadata(records, baseOffset, baseOffset + records.length);
  }

  onSnapshot(snapshot: MetadataSnapshot): void {
    this.#broker.onMetadataSnapshot(snapshot);
  }
}
