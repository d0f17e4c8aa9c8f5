/** Responses of the transaction coordinator. */
import type { RequestChannel } from '../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  RESPONSE,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  type Request,
} from '../../protocol/messages.js';
import type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  EndTxnRequest,
  EndTxnResponse,
} from '../../protocol/transaction-messages.js';
import type { TransactionRecord } from './transaction-metadata.js';

const RESPONSE_BYTES = 40;
const PARTITION_BYTES = 6;

/** Spread behind a property of its own: V8 gives each object that begins with a spread, and goes on, a new shape. */
function envelope(request: Request, bytes = RESPONSE_BYTES) {
  return { kind: request.kind + RESPONSE, bytes, correlationId: request.correlationId };
}

/** @param record what was written; null: nothing was */
export function answerInitProducerId(
  channel: RequestChannel,
  request: InitProducerIdRequest,
  error: ErrorCode,
  record: TransactionRecord | null,
): void {
  const isGiven = error === KafkaError.NONE && record !== null;
  const response: InitProducerIdResponse = {
    error,
    ...envelope(request),
    producerId: isGiven ? record.producerId : -1,
    producerEpoch: isGiven ? record.producerEpoch : -1,
  };
  channel.respond(response);
}

/**
 * One error for all partitions: a request is taken or refused as a whole.
 * @param absent of a verification: those that are not in the transaction
 */
export function answerAddPartitions(
  channel: RequestChannel,
  request: AddPartitionsToTxnRequest,
  error: ErrorCode,
  absent: readonly number[] = [],
): void {
  const response: AddPartitionsToTxnResponse = {
    ...envelope(request, RESPONSE_BYTES + PARTITION_BYTES * request.partitions.length),
    partitions: request.partitions.map((partition) => ({
      partition,
      error: absent.includes(partition) ? KafkaError.TRANSACTION_ABORTABLE : error,
    })),
  };
  channel.respond(response);
}

export function answerAddOffsets(channel: RequestChannel, request: AddOffsetsToTxnRequest, error: ErrorCode): void {
  const response: AddOffsetsToTxnResponse = { error, ...envelope(request) };
  channel.respond(response);
}

/** @param record the state with the producer's next epoch; null: not said */
export function answerEndTxn(
  channel: RequestChannel,
  request: EndTxnRequest,
  error: ErrorCode,
  record: TransactionRecord | null,
): void {
  const isGiven = error === KafkaError.NONE && record?.bumpsEpoch === true;
  const rotates = isGiven && record.nextProducerId >= 0;
  const response: EndTxnResponse = {
    error,
    ...envelope(request),
    producerId: rotates ? record.nextProducerId : isGiven ? record.producerId : -1,
    producerEpoch: rotates ? 0 : isGiven ? record.producerEpoch : -1,
  };
  channel.respond(response);
}
