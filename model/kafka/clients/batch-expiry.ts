/** When a producer gives up a batch that is not acknowledged: one object for each value of the rule `batchExpiry`. */
import type { ProducerSettings } from '../cluster-spec.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { ProducerBatch } from './producer-batch.js';

/** Times are microseconds of the wall clock; Infinity: never. */
export interface BatchExpiry {
  /** What an expired batch's sends fail with. */
  readonly error: string;
  /** Batches of a muted partition wait: an earlier one is in flight. */
  readonly sparesMuted: boolean;
  /** When a batch at the head of its queue expires; the first that has not keeps those behind it. */
  inQueue(batch: ProducerBatch, isFull: boolean): number;
  /** When one that was sent expires, and is not tried again. */
  inFlight(batch: ProducerBatch): number;
}

export function batchExpiry(rules: Pick<Rules, 'batchExpiry'>, settings: ProducerSettings): BatchExpiry {
  switch (rules.batchExpiry) {
    case 'delivery-timeout':
      return deliveryTimeout(settings);
    case 'request-timeout':
      return requestTimeout(settings);
    case 'retries':
      return never;
  }
}

/** KIP-91 (2.1): one bound for all of a batch's life (ProducerBatch.hasReachedDeliveryTimeout). */
function deliveryTimeout(settings: ProducerSettings): BatchExpiry {
  const deliveryMicros = settings['delivery.timeout.ms'] * 1000;
  const expiry = (batch: ProducerBatch): number => batch.createdAt + deliveryMicros;
  return { error: 'TimeoutException: delivery.timeout.ms', sparesMuted: false, inQueue: expiry, inFlight: expiry };
}

/**
 * KIP-19, as from 0.10.1 to 2.0: request.timeout.ms after the linger of a batch that was never sent, or after the last
 * append to a full one; after the backoff of one that waits for another attempt (ProducerBatch.maybeExpire of 2.0). What is
 * in flight is bounded by the request alone.
 */
function requestTimeout(settings: ProducerSettings): BatchExpiry {
  const timeoutMicros = settings['request.timeout.ms'] * 1000;
  const lingerMicros = settings['linger.ms'] * 1000;
  return {
    error: 'TimeoutException: request.timeout.ms in the queue',
    sparesMuted: true,
    inQueue(batch: ProducerBatch, isFull: boolean): number {
      if (batch.inRetry) return batch.lastAttemptAt + batch.backoffMicros + timeoutMicros;
      const afterLinger = batch.createdAt + lingerMicros + timeoutMicros;
      return isFull ? Math.min(batch.lastAppendAt + timeoutMicros, afterLinger) : afterLinger;
    },
    inFlight: () => Infinity,
  };
}

/** Up to 0.8.2 only answers and broken connections use up retries. */
const never: BatchExpiry = {
  error: '',
  sparesMuted: false,
  inQueue: () => Infinity,
  inFlight: () => Infinity,
};
