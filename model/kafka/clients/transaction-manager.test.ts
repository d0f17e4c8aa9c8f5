import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import { ProducerBatch } from './producer-batch.js';
import type { TransactionLifecycle } from './transaction-lifecycle.js';
import { TransactionManager } from './transaction-manager.js';

/** A transactional producer's sequences of one partition, and its failures as the lifecycle hears of them. */
function transactional(...defects: 'KAFKA-14034'[]) {
  const failures: number[] = [];
  const sequences = new TransactionManager(1, resolveRules('3.9', {}, defects));
  const lifecycle: Pick<TransactionLifecycle, 'batchFailed' | 'mayDrain'> = {
    batchFailed: (error) => failures.push(error),
    mayDrain: () => true,
  };
  sequences.lifecycle = lifecycle as TransactionLifecycle;
  sequences.setProducerId(7, 0);
  return { sequences, failures };
}

/** A batch of so many records, in flight. */
function sent(sequences: TransactionManager, records: number): ProducerBatch {
  const batch = new ProducerBatch(0, 0, 100_000, false);
  for (let i = 0; i < records; i++) batch.tryAppend({ key: null, value: i, timestamp: 0, bytes: 10 }, i, 0);
  sequences.assignSequence(batch);
  return batch;
}

describe('a batch that is refused in a transaction', () => {
  it('leaves no gap: what was sent behind it, and what comes next, moves up', () => {
    const { sequences, failures } = transactional();
    const [first, second, third] = [sent(sequences, 2), sent(sequences, 3), sent(sequences, 1)];
    sequences.handleFailed(second, KafkaError.MESSAGE_TOO_LARGE, true);
    expect(failures).toEqual([KafkaError.MESSAGE_TOO_LARGE]);
    expect([first.baseSequence, third.baseSequence, sent(sequences, 1).baseSequence]).toEqual([0, 2, 3]);
  });

  it('leaves its sequences in doubt while the fate of any batch in flight is open', () => {
    const { sequences } = transactional();
    const [first, second] = [sent(sequences, 2), sent(sequences, 1)];
    second.mayHaveBeenAppended = true;
    sequences.handleFailed(first, KafkaError.MESSAGE_TOO_LARGE, true);
    expect(second.baseSequence).toBe(2);
    expect(sequences.mayDrain(new ProducerBatch(0, 0, 100, false))).toBe(false);
  });

  it('leaves no gap then either, with KAFKA-14034', () => {
    const { sequences } = transactional('KAFKA-14034');
    const [first, second] = [sent(sequences, 2), sent(sequences, 1)];
    second.mayHaveBeenAppended = true;
    sequences.handleFailed(first, KafkaError.MESSAGE_TOO_LARGE, true);
    expect(second.baseSequence).toBe(0);
  });

  it('keeps its sequences when the client gave it up: nobody knows whether they were used', () => {
    const { sequences } = transactional();
    const [first, second] = [sent(sequences, 2), sent(sequences, 1)];
    sequences.handleFailed(first, KafkaError.NONE, false);
    expect(second.baseSequence).toBe(2);
  });
});

describe('UNKNOWN_PRODUCER_ID in a transaction', () => {
  const asked = (logStartOffset: number) => {
    const { sequences } = transactional();
    sequences.handleCompleted(sent(sequences, 2), 10);
    const batch = sent(sequences, 1);
    return { retried: sequences.canRetry(batch, KafkaError.UNKNOWN_PRODUCER_ID, logStartOffset), batch };
  };

  it('says nothing as long as the log start is not said', () => {
    expect(asked(-1)).toMatchObject({ retried: true, batch: { baseSequence: 2 } });
  });

  it('is no loss if the records were deleted: the sequences begin anew', () => {
    expect(asked(12)).toMatchObject({ retried: true, batch: { baseSequence: 0 } });
  });

  it('is one if they were not', () => {
    expect(asked(11)).toMatchObject({ retried: false, batch: { baseSequence: 2 } });
  });
});
