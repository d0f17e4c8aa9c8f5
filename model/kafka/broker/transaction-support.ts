/** All that a broker does for transactions: it coordinates some, appends markers of others, and verifies what it appends. */
import { answerFindCoordinator } from '../coordinator/transaction/answers.js';
import {
  FIRST_VERIFICATION_TIMER,
  TransactionTimer,
  type CoordinatorServices,
} from '../coordinator/transaction/services.js';
import { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.js';
import { TRANSACTION_STATE_TOPIC } from '../coordinator/transaction/transaction-log.js';
import type { TransactionSettings } from '../cluster-spec.js';
import { Api, type InitProducerIdRequest, type ProduceRequest, type Request } from '../protocol/messages.js';
import type {
  AddPartitionsToTxnRequest,
  EndTxnRequest,
  FindCoordinatorRequest,
  WriteTxnMarkersRequest,
} from '../protocol/transaction-messages.js';
import type { PartitionConfig } from './config.js';
import type { ProducerIds } from './control-plane.js';
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
  readonly coordinator: TransactionCoordinator;
  readonly #services: CoordinatorServices;
  readonly #verifier: TransactionVerifier | null;

  constructor(replicas: ReplicaManager, producerIds: ProducerIds, settings: TransactionSettings) {
    const { host, config, image } = replicas;
    const { rules } = config;
    const statePartitions = statePartitionsOf(config.partitions);
    this.#services = { host, replicas, image, producerIds, rules, settings, statePartitions };
    this.coordinator = new TransactionCoordinator(this.#services);
    this.#verifier = verifiesTransactions(config) ? new TransactionVerifier(this.#services, VERIFIED) : null;
  }

  /** False: the request is none of its. */
  handle(channel: RequestChannel, request: Request): boolean {
    switch (request.kind) {
      case Api.produce:
        return this.#verify(channel, request as ProduceRequest);
      case Api.findCoordinator:
        answerFindCoordinator(channel, request as FindCoordinatorRequest, this.#services);
        return true;
      case Api.initProducerId:
        if ((request as InitProducerIdRequest).transactionalId === undefined) return false;
        this.coordinator.initProducerId(channel, request);
        return true;
      case Api.addPartitionsToTxn:
        this.coordinator.addPartitions(channel, request as AddPartitionsToTxnRequest);
        return true;
      case Api.endTxn:
        this.coordinator.endTxn(channel, request as EndTxnRequest);
        return true;
      case Api.writeTxnMarkers:
        new MarkerWrites(channel, request as WriteTxnMarkersRequest).begin(this.#services.replicas, APPEND_TIMERS);
        return true;
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
      case VERIFIED: {
        const { channel, request, verified } = payload as Verification;
        produce.handle(channel, request, verified);
        return;
      }
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
}

/** By index within __transaction_state. */
function statePartitionsOf(partitions: readonly PartitionConfig[]): readonly (number | undefined)[] {
  const numbers: (number | undefined)[] = [];
  partitions.forEach(({ name, index }, number) => {
    if (name === `${TRANSACTION_STATE_TOPIC}-${index}`) numbers[index] = number;
  });
  return numbers;
}
