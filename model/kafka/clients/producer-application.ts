/** The application behind a transactional producer: who decides what it sends, and when transactions begin and end. */
import type { Outcome } from '../../kernel/recorder.js';
import type { TransactionLifecycle } from './transaction-lifecycle.js';

/** A record of a transaction; `partition` -1: the partitioner's choice. */
export interface TransactionalSend {
  readonly topic: number;
  readonly partition: number;
  readonly recordKey: string | null;
  readonly value: number;
  readonly tombstone?: true;
}

/** What the application does with its producer. */
export interface TransactionalProducer {
  readonly lifecycle: TransactionLifecycle;
  readonly session: number;
  /** KafkaProducer.send, under the transaction's operation. */
  sendUnder(send: TransactionalSend, operation: number): void;
  /** Calls of send that still wait for metadata or memory. */
  readonly hasBlocked: boolean;
  /** What was called on it is to be done, or seen to. */
  wakeup(): void;
  /** Closes the producer and makes another one with the same settings, which has nothing of the first. */
  reopen(): void;
}

/** What a transactional producer tells and asks its application. */
export interface ProducerApplication {
  /** Records that are not acknowledged, of all transactions. */
  readonly openSends: number;
  /** Whatever was sent goes out at once (KafkaProducer.flush). */
  readonly isFlushing: boolean;
  /** Something has happened that it has not reacted to yet. */
  readonly mayProceed: boolean;
  /** One transaction of these records; it is invoked now and begins when those before it have ended. */
  transact(f: 'send' | 'txn', sends: readonly TransactionalSend[], commits: boolean): void;
  onSendDone(
    value: number,
    partition: number,
    offset: number,
    outcome: Outcome,
    error: string | undefined,
    timestamp: number,
  ): void;
  /** Goes on as far as it can. Returns when to look again, in wall time. */
  proceed(now: number): number;
}

/** A transaction's sends in the shape of histories. */
export function sendsOf(
  sends: readonly TransactionalSend[],
  partitions: readonly number[],
  offsets: readonly number[],
): object {
  return {
    microOps: sends.map(({ recordKey, value, tombstone }, i) => {
      const send = { kind: 'send', key: partitions[i]!, offset: offsets[i]!, value, recordKey };
      return tombstone === undefined ? send : { ...send, tombstone };
    }),
  };
}
