/** A controller that writes what the test says into its log and answers by the book, or not at all. */
import type { Connection } from '../../../kernel/network.js';
import type { Host, MachineId, Message } from '../../../kernel/process.js';
import { MetadataImage } from '../../control/metadata-image.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type BrokerHeartbeatRequest,
  type BrokerRegistrationRequest,
  type Request,
  type Response,
} from '../../protocol/messages.js';
import { NOWHERE, RaftApi, type QuorumFetchRequest, type QuorumFetchResponse } from '../../protocol/raft-messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { Puppet, type Received } from './puppet.js';

const BLOCK = 1000;
/** Of the quorum of one that it stands for. */
const EPOCH = 1;

/** Outlives the controller's process, as its disk would. */
export interface Script {
  readonly records: MetadataRecord[];
  readonly image: MetadataImage;
  /** Brokers that are told nothing new. */
  readonly withheld: Set<MachineId>;
  /** End of what brokers are told of, exclusive. */
  shownEnd: number;
  /** false: AlterPartition requests wait in the inbox for the test. */
  confirmIsr: boolean;
  /** Answers to registrations; NONE: accepted. */
  registrationError: ErrorCode;
  /** false: a broker that wants to shut down has to wait. */
  letStop: boolean;
  /** false: requests for blocks of producer ids wait in the inbox. */
  giveProducerIds: boolean;
}

export function newScript(): Script {
  return {
    records: [],
    image: new MetadataImage(),
    withheld: new Set(),
    shownEnd: Number.POSITIVE_INFINITY,
    confirmIsr: true,
    registrationError: KafkaError.NONE,
    letStop: true,
    giveProducerIds: true,
  };
}

export class ScriptedController extends Puppet {
  readonly #script: Script;
  #fetches: Received[] = [];
  #nextProducerId = 0;

  constructor(host: Host, script: Script) {
    super(host);
    this.#script = script;
  }

  /** A record is committed: those who wait for it hear of it. */
  commit(record: MetadataRecord): number {
    const { records, image } = this.#script;
    image.replay(record, records.length);
    records.push(record);
    this.tell();
    return records.length - 1;
  }

  /** Answers waiting fetches that find something. */
  tell(): void {
    const waiting = this.#fetches;
    this.#fetches = [];
    for (const { connection, request } of waiting) this.#fetch(connection, request as QuorumFetchRequest);
  }

  override onMessage(connection: Connection, message: Message): void {
    const request = message as Request;
    switch (request.kind) {
      case Api.brokerRegistration:
        connection.send(this.#register(request as BrokerRegistrationRequest));
        return;
      case Api.brokerHeartbeat:
        connection.send(this.#heartbeat(request as BrokerHeartbeatRequest));
        return;
      case RaftApi.fetch:
        this.#fetch(connection, request as QuorumFetchRequest);
        return;
      case Api.alterPartition:
        if (this.#script.confirmIsr) connection.send(this.confirm(request as AlterPartitionRequest));
        else super.onMessage(connection, message);
        return;
      case Api.allocateProducerIds:
        if (this.#script.giveProducerIds) connection.send(this.#producerIds(request));
        else super.onMessage(connection, message);
        return;
      default:
        super.onMessage(connection, message);
    }
  }

  /** Writes the proposed ISRs, and the answer that says so. */
  confirm(request: AlterPartitionRequest): AlterPartitionResponse {
    for (const { partition, newIsr } of request.partitions) {
      const isr = newIsr.map(({ brokerId }) => brokerId);
      this.commit({ kind: 'partition-change', partition, isr, leader: -2, leaderRecoveryState: null });
    }
    return this.alterPartitionResponse(request, KafkaError.NONE);
  }

  /** An answer with this error for every partition, and the present state. */
  alterPartitionResponse(request: AlterPartitionRequest, error: ErrorCode): AlterPartitionResponse {
    const partitions = request.partitions.map(({ partition }) => {
      const { leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch } =
        this.#script.image.partition(partition)!;
      return { partition, error, leaderId: leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch };
    });
    return { ...this.#reply(request), error: KafkaError.NONE, partitions };
  }

  #register(request: BrokerRegistrationRequest): Response {
    const { brokerId, rack } = request;
    const { registrationError, records } = this.#script;
    if (registrationError !== KafkaError.NONE) return { ...this.#reply(request), error: registrationError } as Response;
    const brokerEpoch = records.length;
    const flags = { fenced: true, inControlledShutdown: false, rack };
    this.commit({ kind: 'register-broker', brokerId, incarnationId: brokerEpoch, brokerEpoch, ...flags });
    return { ...this.#reply(request), error: KafkaError.NONE, brokerEpoch } as Response;
  }

  #heartbeat(request: BrokerHeartbeatRequest): Response {
    const { brokerId, brokerEpoch, wantFence } = request;
    if (!wantFence && this.#script.image.broker(brokerId)!.fenced) {
      const kind = 'broker-registration-change';
      this.commit({ kind, brokerId, brokerEpoch, fenced: -1, inControlledShutdown: 0 });
    }
    const { fenced } = this.#script.image.broker(brokerId)!;
    return {
      ...this.#reply(request),
      error: KafkaError.NONE,
      isCaughtUp: request.currentMetadataOffset >= brokerEpoch,
      isFenced: fenced,
      shouldShutDown: request.wantShutDown && this.#script.letStop,
    } as Response;
  }

  #fetch(connection: Connection, request: QuorumFetchRequest): void {
    const { records, withheld, shownEnd } = this.#script;
    const { fetchOffset, currentLeaderEpoch } = request;
    if (currentLeaderEpoch !== EPOCH) {
      connection.send(this.#fetched(request, KafkaError.FENCED_LEADER_EPOCH, fetchOffset));
      return;
    }
    const end = Math.min(records.length, shownEnd);
    if (fetchOffset >= end || withheld.has(connection.peer)) this.#fetches.push({ connection, request });
    else connection.send(this.#fetched(request, KafkaError.NONE, end));
  }

  #fetched(request: QuorumFetchRequest, error: ErrorCode, end: number): QuorumFetchResponse {
    const { fetchOffset } = request;
    const records = this.#script.records.slice(fetchOffset, end);
    return {
      ...this.#reply(request),
      error,
      leaderId: this.host.id,
      leaderEpoch: EPOCH,
      fetchOffset,
      batches: records.length === 0 ? [] : [{ baseOffset: fetchOffset, leaderEpoch: EPOCH, records }],
      highWatermark: end,
      divergingEpoch: NOWHERE,
      divergingEndOffset: NOWHERE,
      snapshotEpoch: NOWHERE,
      snapshotEndOffset: NOWHERE,
    };
  }

  #producerIds(request: Request): Response {
    const producerIdStart = this.#nextProducerId;
    this.#nextProducerId += BLOCK;
    return { ...this.#reply(request), error: KafkaError.NONE, producerIdStart, producerIdLen: BLOCK } as Response;
  }

  #reply(request: Request): Response {
    return { kind: request.kind + RESPONSE, bytes: 100, correlationId: request.correlationId };
  }
}
