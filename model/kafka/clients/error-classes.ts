/** What the Java client's exception classes say about an error code (org.apache.kafka.common.protocol.Errors). */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';

/** A code that the model's brokers do not send, but a client has to know. */
const REPLICA_NOT_AVAILABLE = 9;

/** InvalidMetadataException: retriable, and the metadata is asked for again. */
export function isInvalidMetadata(error: ErrorCode): boolean {
  switch (error) {
    case KafkaError.UNKNOWN_TOPIC_OR_PARTITION:
    case KafkaError.LEADER_NOT_AVAILABLE:
    case KafkaError.NOT_LEADER_OR_FOLLOWER:
    case REPLICA_NOT_AVAILABLE:
    case KafkaError.NETWORK_EXCEPTION:
    case KafkaError.KAFKA_STORAGE_ERROR:
    case KafkaError.FENCED_LEADER_EPOCH:
      return true;
    default:
      return false;
  }
}

/** RetriableException. */
export function isRetriable(error: ErrorCode): boolean {
  switch (error) {
    case KafkaError.CORRUPT_MESSAGE:
    case KafkaError.REQUEST_TIMED_OUT:
    case KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
    case KafkaError.COORDINATOR_NOT_AVAILABLE:
    case KafkaError.NOT_COORDINATOR:
    case KafkaError.CONCURRENT_TRANSACTIONS:
    case KafkaError.NOT_ENOUGH_REPLICAS:
    case KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case KafkaError.NOT_CONTROLLER:
    case KafkaError.UNKNOWN_LEADER_EPOCH:
    case KafkaError.OFFSET_NOT_AVAILABLE:
      return true;
    default:
      return isInvalidMetadata(error);
  }
}

/**
 * True if a broker that answers a produce request so has not appended the batch in this attempt. With acks=all a leader
 * may answer 3 or 6 after the append, when it lost the leadership while the request waited (DelayedProduce), so there
 * these two say nothing.
 */
export function refusedBeforeAppend(error: ErrorCode, acks: -1 | 0 | 1): boolean {
  switch (error) {
    case KafkaError.NOT_ENOUGH_REPLICAS:
    case KafkaError.MESSAGE_TOO_LARGE:
    case KafkaError.INVALID_RECORD:
    case KafkaError.INVALID_REQUIRED_ACKS:
    case KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER:
    case KafkaError.INVALID_PRODUCER_EPOCH:
    case KafkaError.PRODUCER_FENCED:
    case KafkaError.INVALID_TXN_STATE:
    case KafkaError.TRANSACTION_ABORTABLE:
      return true;
    case KafkaError.UNKNOWN_TOPIC_OR_PARTITION:
    case KafkaError.NOT_LEADER_OR_FOLLOWER:
      return acks === 1;
    default:
      return false;
  }
}

/** Errors after which a producer can do nothing more (TransactionManager.maybeTransitionToErrorState). */
export function isFatalForProducer(error: ErrorCode): boolean {
  return error === KafkaError.PRODUCER_FENCED;
}
