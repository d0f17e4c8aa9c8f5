/**
 * Requests of transactions, with the field names of Kafka's message schemas (clients.md §4.3). InitProducerId stands with
 * the requests of all producers.
 */
import type { ErrorCode } from './errors.js';
import type { MemberIdentity, OffsetToCommit } from './group-messages.js';
import type { Request, Response } from './messages.js';

// AddPartitionsToTxn (key 24). Of a client (v3); or of a partition's leader, which wants to know (v4, KIP-890).
export interface AddPartitionsToTxnRequest extends Request {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Nothing is added: is the transaction open, and the partition in it? Or, with version 2: add it on the client's behalf. */
  readonly verifyOnly: boolean;
  readonly partitions: readonly number[];
}
export interface AddPartitionsToTxnResponse extends Response {
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}

// AddOffsetsToTxn (key 25)
export interface AddOffsetsToTxnRequest extends Request {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
}
export interface AddOffsetsToTxnResponse extends Response {
  readonly error: ErrorCode;
}

// EndTxn (key 26). v5: every end bumps the epoch, and the answer tells it (KIP-890 part 2).
export interface EndTxnRequest extends Request {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}
export interface EndTxnResponse extends Response {
  readonly error: ErrorCode;
  /** From v5 on: those of the next transaction; -1: not said. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

// WriteTxnMarkers (key 27): a transaction coordinator to a partition's leader
export interface TxnMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly committed: boolean;
  readonly partitions: readonly number[];
}
export interface WriteTxnMarkersRequest extends Request {
  readonly markers: readonly TxnMarker[];
}
export interface WriteTxnMarkersResponse extends Response {
  /** In the order of the request. */
  readonly markers: readonly {
    readonly producerId: number;
    readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
  }[];
}

// TxnOffsetCommit (key 28, v3): to the group coordinator
export interface TxnOffsetCommitRequest extends Request, MemberIdentity {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** KIP-447, with `memberId` and `groupInstanceId`: the consumer's group metadata. -1, '' and null: not said (before version 3). */
  readonly generationId: number;
  readonly offsets: readonly OffsetToCommit[];
}
export interface TxnOffsetCommitResponse extends Response {
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}
