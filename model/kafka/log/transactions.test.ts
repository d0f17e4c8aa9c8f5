import { describe, expect, it } from 'vitest';
import { TruncateReason } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import { markerBatch, type RecordBatch } from '../protocol/records.js';
import { LogLab } from './testing/log-lab.js';

/** A log with transactions of producers 7, 8, ..., each with its own sequence. */
class Transactions {
  readonly lab = new LogLab({ topic: { 'segment.bytes': 3 * 161 } });
  readonly #sequences = new Map<string, number>();

  get log() {
    return this.lab.log;
  }

  batch(producerId: number, producerEpoch = 0): RecordBatch {
    const key = `${producerId}/${producerEpoch}`;
    const baseSequence = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, baseSequence + 1);
    return this.lab.batch(1, { producerId, producerEpoch, baseSequence, isTransactional: true });
  }

  data(producerId: number, producerEpoch = 0): void {
    this.log.appendAsLeader(this.batch(producerId, producerEpoch), 0);
  }

  end(producerId: number, committed: boolean, producerEpoch = 0): void {
    this.log.appendAsLeader(markerBatch(producerId, producerEpoch, { committed, coordinatorEpoch: 3 }, 0), 0);
  }

  replicated(offset = this.log.logEndOffset): this {
    this.log.updateHighWatermark(offset, 0, true);
    return this;
  }
}

describe('the last stable offset', () => {
  it('is the high watermark while nothing is open', () => {
    const { lab, log } = new Transactions();
    lab.append(0, 0, 0);
    log.updateHighWatermark(2, 0, true);
    expect(log.lastStableOffset).toBe(2);
  });

  it('stands at the first record of the first open transaction', () => {
    const transactions = new Transactions();
    transactions.lab.append(0);
    transactions.data(7);
    transactions.data(8);
    transactions.end(7, true);
    expect(transactions.replicated().log.lastStableOffset).toBe(2);
  });

  it('waits for the high watermark to pass the marker', () => {
    const transactions = new Transactions();
    transactions.data(7);
    transactions.end(7, true);
    expect(transactions.replicated(1).log.lastStableOffset).toBe(0);
    expect(transactions.replicated(2).log.lastStableOffset).toBe(2);
  });

  it.each(['kill', 'power loss', 'stop'] as const)('is found again after a %s', (how) => {
    const transactions = new Transactions();
    transactions.data(8);
    transactions.end(8, false);
    for (let i = 0; i < 6; i++) transactions.data(7);
    transactions.replicated().log.flush();
    transactions.lab.pass(10_000_000);
    transactions.lab.restart(how);
    transactions.log.updateHighWatermark(8, 0, false);
    expect(transactions.log.lastStableOffset).toBe(2);
    expect(transactions.log.abortedTransactions.entries).toEqual([
      { producerId: 8, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 },
    ]);
  });

  it('goes back with a truncation that takes the marker away', () => {
    const transactions = new Transactions();
    transactions.data(7);
    transactions.data(7);
    transactions.replicated(1);
    transactions.end(7, false);
    transactions.log.truncateTo(2, TruncateReason.divergence);
    transactions.replicated(2);
    expect(transactions.log.lastStableOffset).toBe(0);
    expect(transactions.log.abortedTransactions.entries).toEqual([]);
  });
});

describe('the index of aborted transactions', () => {
  function aborts(): Transactions {
    const transactions = new Transactions();
    transactions.data(7); // 0
    transactions.data(8); // 1
    transactions.data(9); // 2
    transactions.end(8, false); // 3
    transactions.end(9, true); // 4
    transactions.end(7, false); // 5
    return transactions;
  }

  it('is in the order of markers, and holds neither the committed nor the empty', () => {
    const transactions = aborts();
    transactions.end(10, false);
    expect(transactions.log.abortedTransactions.entries).toEqual([
      { producerId: 8, firstOffset: 1, lastOffset: 3, lastStableOffset: 0 },
      { producerId: 7, firstOffset: 0, lastOffset: 5, lastStableOffset: 6 },
    ]);
  });

  it('gives those that reach into what is read', () => {
    const { log } = aborts();
    const between = (from: number, to: number) =>
      log.abortedTransactions.between(from, to).map(({ producerId }) => producerId);
    expect([between(0, 6), between(4, 6), between(0, 1), between(6, 7)]).toEqual([[8, 7], [7], [7], []]);
  });
});

describe('a marker', () => {
  const check = (log: Transactions['log'], producerEpoch: number, coordinatorEpoch: number) =>
    log.producers.checkMarker(7, producerEpoch, { committed: false, coordinatorEpoch });

  it('is refused if its producer epoch is older than the newest, or its coordinator was deposed', () => {
    const transactions = new Transactions();
    transactions.data(7, 4);
    transactions.end(7, true, 4);
    expect(check(transactions.log, 3, 3)).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
    expect(check(transactions.log, 4, 2)).toBe(KafkaError.TRANSACTION_COORDINATOR_FENCED);
    expect(check(transactions.log, 4, 3)).toBe(KafkaError.NONE);
  });

  it('of a higher epoch fences the old one, and the new one begins at sequence 0', () => {
    const transactions = new Transactions();
    transactions.data(7);
    const late = transactions.batch(7);
    transactions.end(7, false, 1);
    const { producers } = transactions.log;
    expect(producers.check(late)).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
    expect(producers.check({ ...late, producerEpoch: 1 })).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(producers.check(transactions.batch(7, 1))).toBe(KafkaError.NONE);
  });

  it('of the same epoch leaves the sequence as it was', () => {
    const transactions = new Transactions();
    transactions.data(7);
    transactions.end(7, true);
    expect(transactions.log.producers.check(transactions.batch(7))).toBe(KafkaError.NONE);
  });
});

it('a batch outside of transactions is refused while its producer has one open', () => {
  const transactions = new Transactions();
  transactions.data(7);
  const outside = transactions.lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: 1 });
  expect(transactions.log.producers.check(outside)).toBe(KafkaError.INVALID_TXN_STATE);
});

it('a producer with an open transaction does not expire', () => {
  const transactions = new Transactions();
  transactions.data(7);
  transactions.data(8);
  transactions.end(8, true);
  expect(transactions.log.producers.removeExpired(Number.MAX_SAFE_INTEGER)).toEqual([8]);
});

it('a verification guard falls with the marker that ends the transaction it was set for', () => {
  const transactions = new Transactions();
  const { verifications } = transactions.log.producers;
  const guard = verifications.begin(7, 0, 5);
  expect(verifications.isStanding(7, guard)).toBe(true);
  transactions.end(7, false);
  expect(verifications.isStanding(7, guard)).toBe(false);
});

it('a verification guard stands when a newer epoch asks, whose sequences begin anew', () => {
  const { verifications } = new Transactions().log.producers;
  const guard = verifications.begin(7, 0, 5);
  expect(verifications.begin(7, 1, 9)).toBe(guard);
  expect(verifications.isStanding(7, guard)).toBe(true);
  expect(verifications.lowestSequence(7)).toBe(9);
  verifications.begin(7, 0, 2);
  expect(verifications.lowestSequence(7)).toBe(9);
});

it('after a truncation a transaction counts as decided whose marker the snapshot left behind, replicated or not', () => {
  const transactions = new Transactions();
  const { log, lab } = transactions;
  transactions.data(7);
  transactions.end(7, true);
  // The roll takes a snapshot above the marker.
  lab.append(0, 0, 0);
  transactions.replicated(1);
  expect(log.lastStableOffset).toBe(0);
  log.truncateTo(4, TruncateReason.divergence);
  expect(log.logEndOffset).toBe(4);
  transactions.replicated(1);
  expect(log.producers.transactions.firstUnstableOffset).toBe(-1);
});
