/** What an append that failed is to the clients of a coordinator. */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';

/** Of a generation (GroupMetadataManager.storeGroup). */
export function storeError(error: ErrorCode): ErrorCode {
  return error === KafkaError.REQUEST_TIMED_OUT ? KafkaError.REBALANCE_IN_PROGRESS : appendError(error);
}

/** Of offsets, whether the append failed or the verification before it (maybeConvertOffsetCommitError). */
export function commitError(error: ErrorCode): ErrorCode {
  return error === KafkaError.NETWORK_EXCEPTION ? KafkaError.COORDINATOR_LOAD_IN_PROGRESS : appendError(error);
}

/**
 * Of a change of a group of KIP-848 (CoordinatorOperationExceptionHelper), or of a transaction
 * (TransactionStateManager.appendTransactionToLog).
 */
export function changeError(error: ErrorCode): ErrorCode {
  return error === KafkaError.REQUEST_TIMED_OUT ? KafkaError.COORDINATOR_NOT_AVAILABLE : appendError(error);
}

function appendError(error: ErrorCode): ErrorCode {
  switch (error) {
    case KafkaError.UNKNOWN_TOPIC_OR_PARTITION:
    case KafkaError.NOT_ENOUGH_REPLICAS:
    case KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return KafkaError.COORDINATOR_NOT_AVAILABLE;
    case KafkaError.NOT_LEADER_OR_FOLLOWER:
    case KafkaError.KAFKA_STORAGE_ERROR:
      return KafkaError.NOT_COORDINATOR;
    default:
      return error;
  }
}
