/** All that a broker does for transactions: it coordinates some, appends markers of others, and verifies what it appends. */
import {
  FIRST_VERIFICATION_TIMER,
  TransactionTimer,
  type CoordinatorServices,
} from '../coordinator/transaction/services.js';
import { StateTopic } from '../coordinator/state-topic.js';
import { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.js';
import { TRANSACTION_STATE_TOPIC } from '../coordinator/transaction/transaction-log.js';
import type { TransactionSettings } from '../cluster-spec.js';
import { Api, type InitProducerIdRequest, type ProduceRequest, type Request } from '../protocol/messages.js';
import type {
  AddOffsetsToTxnRequest,
  AddPartitionsToTxnRequest,
  EndTxnRequest,
  TxnOffsetCommitRequest,
  WriteTxnMarkersRequest,
} from '../protocol/transaction-messages.js';
import type { ProducerIds } from './control-plane.js';
import type { GroupSupport } from './group-support.js';
import type { InternalAppend } from './internal-append.js';
import type { ProduceHandler } from './produce.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';
import { TransactionVerifier, type Verification } from './transaction-verifier.js';
import { MarkerWrites } from './txn-markers.js';
import { verifiesTransactions } from './verified-transaction.js';

const APPEND_TIMERS = { check: TransactionTimer.checkAppend, done: TransactionTimer.appendDone } as const;
/** verification reply | append. Payload: the verification. */
const VERIFIED = FIRST_VERIFICATION_TIMER + 99;

export class TransactionSupport {
  /** __transaction_state */
  readonly topic: StateTopic;
  readonly coordinator: TransactionCoordinator;
  readonly #services: CoordinatorServices;
  readonly #verifier: TransactionVerifier | null;
  readonly #groups: GroupSupport | null;

  /** @param groups null: no client of the cluster is in a group, and no offsets are committed in transactions */
  constructor(
    replicas: ReplicaManager,
    producerIds: ProducerIds,
    settings: TransactionSettings,
    groups: GroupSupport | null,
  ) {
    const { host, config, image } = replicas;
    const { rules, partitions } = config;
    const partitionCount = settings['transaction.state.log.num.partitions'];
    this.topic = new StateTopic(TRANSACTION_STATE_TOPIC, partitions, partitionCount);
    this.#services = { host, replicas, image, producerIds, rules, settings, topic: this.topic };
    this.coordinator = new TransactionCoordinator(this.#services);
    this.#verifier = verifiesTransactions(config) ? new TransactionVerifier(this.#services, VERIFIED) : null;
    this.#groups = groups;
  }

  /** False: the request is none of its. */
  handle(channel: RequestChannel, request: Request): boolean {
    switch (request.kind) {
      case Api.produce:
        return this.#verify(channel, request as ProduceRequest);
      case Api.initProducerId:
        if ((request as InitProducerIdRequest).transactionalId === undefined) return false;
        this.coordinator.initProducerId(channel, request);
        return true;
      case Api.addPartitionsToTxn:
        this.coordinator.addPartitions(channel, request as AddPartitionsToTxnRequest);
        return true;
      case Api.addOffsetsToTxn: {
        const { groupId } = request as AddOffsetsToTxnRequest;
        const partition = this.#groups?.topic.partitionOf(groupId);
        if (partition === undefined) return false;
        this.coordinator.addOffsets(channel, request as AddOffsetsToTxnRequest, partition);
        return true;
      }
      case Api.txnOffsetCommit:
        return this.#verifyOffsets(channel, request as TxnOffsetCommitRequest);
      case Api.endTxn:
        this.coordinator.endTxn(channel, request as EndTxnRequest);
        return true;
      case Api.writeTxnMarkers: {
        const writes = new MarkerWrites(channel, request as WriteTxnMarkersRequest);
        writes.begin(this.#services.replicas, APPEND_TIMERS, this.#groups);
        return true;
      }
      default:
        return false;
    }
  }

  onTimer(kind: number, payload: unknown, produce: ProduceHandler): void {
    switch (kind) {
      case TransactionTimer.checkAppend:
        (payload as InternalAppend).check();
        return;
      case TransactionTimer.appendDone:
        (payload as InternalAppend).done();
        return;
      case VERIFIED:
        this.#verified(payload as Verification, produce);
        return;
      default:
        if (kind >= FIRST_VERIFICATION_TIMER) this.#verifier?.onTimer(kind);
        else this.coordinator.onTimer(kind, payload);
    }
  }

  /** True: the append waits for the coordinator's answer. */
  #verify(channel: RequestChannel, request: ProduceRequest): boolean {
    if (this.#verifier === null || request.transactionalId === undefined) return false;
    const verification = this.#verifier.begin(channel, request);
    if (verification === undefined) return false;
    this.#verifier.ask(verification);
    return true;
  }

  /** True: the commit waits for the transaction coordinator's answer. */
  #verifyOffsets(channel: RequestChannel, request: TxnOffsetCommitRequest): boolean {
    const partition = this.#groups?.topic.partitionOf(request.groupId);
    if (this.#verifier === null || partition === undefined) return false;
    if (this.#groups?.refusesBeforeVerification(channel, request) === true) return true;
    const verification = this.#verifier.beginOffsets(channel, request, partition);
    if (verification === undefined) return false;
    this.#verifier.ask(verification);
    return true;
  }

  #verified({ channel, request, verified }: Verification, produce: ProduceHandler): void {
    if (request.kind === Api.produce) produce.handle(channel, request as ProduceRequest, verified);
    else this.#groups!.commitVerified(channel, request as TxnOffsetCommitRequest, verified!);
  }
}
