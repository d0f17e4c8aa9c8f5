/** Whether a producer may end the transaction that it says it has: TransactionCoordinator.endTransaction. */
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { InitProducerIdRequest } from '../../protocol/messages.js';
import type { EndTxnRequest } from '../../protocol/transaction-messages.js';
import { isEpochExhausted, type TransactionMetadata, type TransactionRecord } from './transaction-metadata.js';

/** answer: nothing is to be done, or it may not. prepare: the end is to be decided as asked. */
export type EndVerdict = { readonly kind: 'answer'; readonly error: ErrorCode } | { readonly kind: 'prepare' };

const PREPARE: EndVerdict = { kind: 'prepare' };

/** @param bumpsEpoch transaction version 2: each end has an epoch of its own, so that a late one is told from the next */
export function checkEnd(metadata: TransactionMetadata, request: EndTxnRequest, bumpsEpoch: boolean): EndVerdict {
  const { producerId, producerEpoch, state } = metadata.current;
  const isRepeated = bumpsEpoch && isRepeatedEnd(metadata.current, request);
  if (request.producerId !== producerId && !isRepeated) return answer(KafkaError.INVALID_PRODUCER_ID_MAPPING);
  if (request.producerEpoch !== producerEpoch && !isRepeated) return answer(KafkaError.PRODUCER_FENCED);
  // While markers are under way the pending state is Complete: the end is decided, and the client asks again.
  if (metadata.pendingState !== null) return answer(KafkaError.CONCURRENT_TRANSACTIONS);
  switch (state) {
    case 'Ongoing':
      return PREPARE;
    case 'PrepareCommit':
    case 'PrepareAbort': {
      const isSame = request.committed === (state === 'PrepareCommit');
      return answer(isSame ? KafkaError.CONCURRENT_TRANSACTIONS : KafkaError.INVALID_TXN_STATE);
    }
    case 'CompleteCommit':
    case 'CompleteAbort': {
      // An abort of a transaction that nothing was added to still gets its epoch.
      if (bumpsEpoch && !isRepeated) return request.committed ? answer(KafkaError.INVALID_TXN_STATE) : PREPARE;
      const isSame = request.committed === (state === 'CompleteCommit');
      return answer(isSame ? KafkaError.NONE : KafkaError.INVALID_TXN_STATE);
    }
    default:
      return bumpsEpoch && !request.committed ? PREPARE : answer(KafkaError.INVALID_TXN_STATE);
  }
}

/** The end that brought the present epoch, asked for once more by a producer that did not hear of it. */
function isRepeatedEnd({ producerEpoch, producerId, state }: TransactionRecord, request: EndTxnRequest): boolean {
  if (state === 'Ongoing' || state === 'Empty') return false;
  if (request.producerId === producerId) return request.producerEpoch + 1 === producerEpoch;
  // The epochs were used up, and another id took the place of the producer's.
  return producerEpoch === 0 && isEpochExhausted(request.producerEpoch);
}

/**
 * KIP-360: may this producer go on under the next epoch? (isValidProducerId) Left out is who asks again for the id that came
 * when the epochs of its last one were used up: no trial bumps an epoch 32,766 times.
 */
export function isExpectedProducer(current: TransactionRecord, request: InitProducerIdRequest): boolean {
  const { producerId = -1 } = request;
  return producerId < 0 || current.producerEpoch < 0 || producerId === current.producerId;
}

function answer(error: ErrorCode): EndVerdict {
  return { kind: 'answer', error };
}
