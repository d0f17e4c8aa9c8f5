/**
 * What a transactional producer asks of coordinators: the requests in the order in which they go out, and what is in each
 * (TransactionManager: Priority, TxnRequestHandler).
 */
import { Api, CoordinatorType, type FindCoordinatorRequest, type InitProducerIdRequest } from '../protocol/messages.js';
import { NO_GENERATION, NO_MEMBER_ID, type MemberIdentity, type OffsetToCommit } from '../protocol/group-messages.js';
import type {
  AddOffsetsToTxnRequest,
  AddPartitionsToTxnRequest,
  EndTxnRequest,
  TxnOffsetCommitRequest,
} from '../protocol/transaction-messages.js';

const REQUEST_BYTES = 60;
const PARTITION_BYTES = 8;

/** What a consumer says of itself (KIP-447): with generation -1 and no member id, the group alone. */
export interface ConsumerGroupMetadata extends MemberIdentity {
  readonly groupId: string;
  readonly generationId: number;
}

/** sendOffsetsToTransaction(offsets, consumerGroupId) says nothing of the member. */
export function groupAlone(groupId: string): ConsumerGroupMetadata {
  return { groupId, generationId: NO_GENERATION, memberId: NO_MEMBER_ID, groupInstanceId: null };
}

/** What sendOffsetsToTransaction has not returned of. */
export interface PendingOffsets {
  readonly group: ConsumerGroupMetadata;
  readonly offsets: readonly OffsetToCommit[];
}

/** Requests to coordinators, in the order in which they go out: TransactionManager.Priority. */
export type TransactionalRequest =
  | { readonly kind: 'find-coordinator' }
  /** FindCoordinator of the group whose offsets are committed. */
  | { readonly kind: 'find-group-coordinator' }
  | { readonly kind: 'init-producer-id' }
  | { readonly kind: 'add-partitions'; readonly partitions: readonly number[] }
  | { readonly kind: 'add-offsets' }
  | { readonly kind: 'commit-offsets' }
  | { readonly kind: 'end-txn'; readonly committed: boolean }
  /** InitProducerId with the id and epoch of this session, after an abort (KIP-360). */
  | { readonly kind: 'epoch-bump' };

const PRIORITY: Readonly<Record<TransactionalRequest['kind'], number>> = {
  'find-coordinator': 0,
  'find-group-coordinator': 0,
  'init-producer-id': 1,
  'add-partitions': 2,
  'add-offsets': 2,
  'commit-offsets': 2,
  'end-txn': 3,
  'epoch-bump': 4,
};

export class RequestQueue {
  readonly #requests: TransactionalRequest[] = [];

  add(request: TransactionalRequest): void {
    const requests = this.#requests;
    let at = requests.length;
    while (at > 0 && PRIORITY[requests[at - 1]!.kind] > PRIORITY[request.kind]) at--;
    requests.splice(at, 0, request);
  }

  get head(): TransactionalRequest | undefined {
    return this.#requests[0];
  }

  shift(): void {
    this.#requests.shift();
  }

  has(kind: TransactionalRequest['kind']): boolean {
    return this.#requests.some((request) => request.kind === kind);
  }

  clear(): void {
    this.#requests.length = 0;
  }
}

export type CoordinatorRequest =
  | FindCoordinatorRequest
  | InitProducerIdRequest
  | AddPartitionsToTxnRequest
  | AddOffsetsToTxnRequest
  | TxnOffsetCommitRequest
  | EndTxnRequest;

/** Who asks, and of what. */
export interface Asking {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** transaction.timeout.ms */
  readonly timeoutMs: number;
  readonly offsets: PendingOffsets | null;
  readonly correlationId: number;
}

/** The request as it travels. */
export function requestFor(next: TransactionalRequest, asking: Asking): CoordinatorRequest {
  const { transactionalId, producerId, producerEpoch, timeoutMs, offsets, correlationId } = asking;
  const identity = { transactionalId, producerId, producerEpoch };
  const envelope = { bytes: REQUEST_BYTES, correlationId };
  switch (next.kind) {
    case 'find-coordinator':
      return { kind: Api.findCoordinator, ...envelope, keyType: CoordinatorType.TRANSACTION, key: transactionalId };
    case 'find-group-coordinator': {
      const key = offsets!.group.groupId;
      return { kind: Api.findCoordinator, ...envelope, keyType: CoordinatorType.GROUP, key };
    }
    case 'init-producer-id': {
      const fields = { transactionalId, transactionTimeoutMs: timeoutMs };
      return { kind: Api.initProducerId, ...envelope, ...fields };
    }
    case 'epoch-bump': {
      const fields = { transactionTimeoutMs: timeoutMs, ...identity };
      return { kind: Api.initProducerId, ...envelope, ...fields };
    }
    case 'add-partitions': {
      const { partitions } = next;
      const bytes = REQUEST_BYTES + PARTITION_BYTES * partitions.length;
      const fields = { verifyOnly: false, ...identity, partitions };
      return { kind: Api.addPartitionsToTxn, ...envelope, bytes, ...fields };
    }
    case 'add-offsets':
      return { kind: Api.addOffsetsToTxn, ...envelope, ...identity, groupId: offsets!.group.groupId };
    case 'commit-offsets': {
      const { group, offsets: committed } = offsets!;
      const bytes = REQUEST_BYTES + PARTITION_BYTES * committed.length;
      return { kind: Api.txnOffsetCommit, ...envelope, bytes, ...identity, ...group, offsets: committed };
    }
    case 'end-txn':
      return { kind: Api.endTxn, ...envelope, ...identity, committed: next.committed };
  }
}

/** It asks who a coordinator is, which any broker knows. */
export function isLookUp({ kind }: TransactionalRequest): boolean {
  return kind === 'find-coordinator' || kind === 'find-group-coordinator';
}

/** It serves the transaction under way alone. */
export function isOfTransaction({ kind }: TransactionalRequest): boolean {
  return (
    kind === 'add-partitions' ||
    kind === 'add-offsets' ||
    kind === 'commit-offsets' ||
    kind === 'find-group-coordinator'
  );
}
