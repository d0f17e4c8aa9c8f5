import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../protocol/errors.js';
import type { EndTxnRequest } from '../../protocol/transaction-messages.js';
import { checkEnd } from './end-of-transaction.js';
import { partitionFor } from '../state-topic.js';
import { TransactionMetadata, type TransactionRecord, type TransactionState } from './transaction-metadata.js';

const NOW = 1_000;

function inState(state: TransactionState, other: Partial<TransactionRecord> = {}): TransactionMetadata {
  const created = TransactionMetadata.create('txn-1', 7, 60_000, NOW);
  return new TransactionMetadata({ ...created.current, producerEpoch: 3, state, partitions: [0, 1], ...other });
}

function end(committed: boolean, producerEpoch = 3, producerId = 7): EndTxnRequest {
  const identity = { transactionalId: 'txn-1', producerId, producerEpoch };
  return { kind: 26, bytes: 0, correlationId: 1, ...identity, committed };
}

it('a transactional id has its partition, as Kafka computes it', () => {
  expect(partitionFor('txn-1', 50)).toBe(10);
  expect(partitionFor('app-0', 50)).toBe(4);
  // The one string of two letters more whose hash is Integer.MIN_VALUE.
  expect(partitionFor('polygenelubricants', 50)).toBe(0);
});

describe('a change', () => {
  it('is applied only once it was written, and until then no other may begin', () => {
    const metadata = TransactionMetadata.create('txn-1', 7, 60_000, NOW);
    const record = metadata.prepareIncrementProducerEpoch(60_000, -1, NOW)!;
    expect([record.producerEpoch, metadata.current.producerEpoch]).toEqual([0, -1]);
    expect(() => metadata.prepareAddPartitions([1], false, NOW)).toThrow();
    metadata.apply(record);
    expect(metadata.current.producerEpoch).toBe(0);
  });

  it('that could not be written leaves the id as it was', () => {
    const metadata = inState('Empty');
    metadata.prepareAddPartitions([4], false, NOW);
    metadata.giveUp();
    expect([metadata.state, metadata.pendingState]).toEqual(['Empty', null]);
  });

  it.each([
    ['a commit of nothing', () => inState('Empty').prepareEnd(true, false, -1, NOW)],
    [
      'a new transaction before the last one is complete',
      () => inState('PrepareCommit').prepareAddPartitions([1], false, NOW),
    ],
    ['a new epoch within a transaction', () => inState('Ongoing').prepareIncrementProducerEpoch(1, -1, NOW)],
  ])('is not %s', (_name, prepare) => {
    expect(prepare).toThrow();
  });
});

describe('the epoch', () => {
  it('grows with each new session', () => {
    expect(inState('CompleteCommit').prepareIncrementProducerEpoch(1, -1, NOW)!.producerEpoch).toBe(4);
  });

  it('grows once for a producer that names its own, and not again for a repeated request', () => {
    const metadata = inState('CompleteAbort');
    metadata.apply(metadata.prepareIncrementProducerEpoch(1, 3, NOW)!);
    expect(metadata.current).toMatchObject({ producerEpoch: 4, lastProducerEpoch: 3 });
    expect(metadata.prepareIncrementProducerEpoch(1, 3, NOW)!.producerEpoch).toBe(4);
  });

  it('is refused to a producer that was fenced', () => {
    expect(inState('CompleteAbort').prepareIncrementProducerEpoch(1, 2, NOW)).toBeNull();
  });

  it('grows by a fencing, once, however often its abort cannot be written', () => {
    const metadata = inState('Ongoing');
    metadata.fence(metadata.prepareFenceProducerEpoch(NOW).producerEpoch);
    metadata.hasFailedEpochFence = true;
    expect(metadata.prepareFenceProducerEpoch(NOW).producerEpoch).toBe(4);
  });
});

describe('the end of a transaction', () => {
  const { CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE, NONE, PRODUCER_FENCED } = KafkaError;

  it.each([
    ['of another producer', 'Ongoing', end(true, 3, 8), INVALID_PRODUCER_ID_MAPPING],
    ['of an older epoch', 'Ongoing', end(true, 2), PRODUCER_FENCED],
    ['that is being committed, once more', 'PrepareCommit', end(true), CONCURRENT_TRANSACTIONS],
    ['that is being committed, as an abort', 'PrepareCommit', end(false), INVALID_TXN_STATE],
    ['that was committed, once more', 'CompleteCommit', end(true), NONE],
    ['that was committed, as an abort', 'CompleteCommit', end(false), INVALID_TXN_STATE],
    ['that was aborted, once more', 'CompleteAbort', end(false), NONE],
    ['of nothing', 'Empty', end(true), INVALID_TXN_STATE],
  ] as const)('%s is answered without a change', (_name, state, request, error) => {
    expect(checkEnd(inState(state), request, false)).toEqual({ kind: 'answer', error });
  });

  it('is decided if the transaction is open', () => {
    expect(checkEnd(inState('Ongoing'), end(true), false).kind).toBe('prepare');
  });

  it('has to wait for a change that is being written', () => {
    const metadata = inState('Ongoing');
    metadata.prepareAddPartitions([9], false, NOW);
    expect(checkEnd(metadata, end(true), false)).toEqual({ kind: 'answer', error: CONCURRENT_TRANSACTIONS });
  });

  describe('with an epoch for each transaction (version 2)', () => {
    it.each([
      ['that came late ends no later transaction', 'Ongoing', end(false, 2), PRODUCER_FENCED],
      ['once more, while it is carried out', 'PrepareCommit', end(true, 2), CONCURRENT_TRANSACTIONS],
      ['once more, when it is through', 'CompleteCommit', end(true, 2), NONE],
      ['of two transactions ago', 'CompleteCommit', end(true, 1), PRODUCER_FENCED],
    ] as const)('%s', (_name, state, request, error) => {
      expect(checkEnd(inState(state), request, true)).toEqual({ kind: 'answer', error });
    });

    it('bumps the epoch with the decision', () => {
      const record = inState('Ongoing').prepareEnd(true, true, -1, NOW);
      expect(record).toMatchObject({ state: 'PrepareCommit', producerEpoch: 4, lastProducerEpoch: 3 });
    });

    it('gives the producer another id where its epochs are used up', () => {
      const metadata = inState('Ongoing', { producerEpoch: 32_766, bumpsEpoch: true });
      metadata.apply(metadata.prepareEnd(true, true, 8, NOW));
      metadata.apply(metadata.prepareComplete(NOW));
      expect(metadata.current).toMatchObject({ producerId: 8, producerEpoch: 0, state: 'CompleteCommit' });
    });

    it('of an abort of nothing is decided as well, for the epoch that comes with it', () => {
      expect(checkEnd(inState('CompleteCommit'), end(false), true).kind).toBe('prepare');
    });
  });
});
