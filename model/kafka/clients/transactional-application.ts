/**
 * The application of a transactional producer, written as Kafka's documentation has it: one transaction after another; an
 * abortable error is followed by abortTransaction, a fatal one by a new producer with the same transactional.id.
 *
 * `ok`: it was committed. `fail`: it was aborted, or commitTransaction was never called. `info`: whether the coordinator
 * has decided for a commit is not known.
 */
import type { Host } from '../../kernel/process.js';
import type { Outcome } from '../../kernel/recorder.js';
import { errorName } from '../protocol/errors.js';
import type { SendListener } from './api.js';
import {
  sendsOf,
  type ProducerApplication,
  type TransactionalProducer,
  type TransactionalSend,
} from './producer-application.js';

interface Transaction {
  readonly operation: number;
  readonly sends: readonly TransactionalSend[];
  readonly commits: boolean;
  /** By index in `sends`: where it stands, as far as it was acknowledged. */
  readonly partitions: number[];
  readonly offsets: number[];
  /** Sends that have not returned. */
  open: number;
  /** A send threw: the transaction is not to be committed. */
  error: string | null;
}

/**
 * idle: between transactions, or before the first. sending: until every call of send has returned. flushing: until all
 * that was sent is acknowledged, of a transaction that is to be aborted. ending: commit or abort.
 */
type Step = 'idle' | 'sending' | 'flushing' | 'ending';

/** Before an application that was fenced tries with a new producer. */
const REOPEN_MICROS = 1_000_000;

export class TransactionalApplication implements ProducerApplication {
  readonly #host: Host;
  readonly #producer: TransactionalProducer;
  readonly #listener: SendListener | undefined;
  readonly #waiting: Transaction[] = [];
  #current: Transaction | null = null;
  #step: Step = 'idle';
  #reopensAt = Infinity;

  constructor(host: Host, producer: TransactionalProducer, listener: SendListener | undefined) {
    this.#host = host;
    this.#producer = producer;
    this.#listener = listener;
  }

  /** Records that are not acknowledged, of all transactions. */
  get openSends(): number {
    let open = this.#current?.sends.length ?? 0;
    for (const { sends } of this.#waiting) open += sends.length;
    return open;
  }

  /** Invokes the operation (`txn`, as histories call transactions); it is done when its turn comes. */
  transact(f: 'send' | 'txn', sends: readonly TransactionalSend[], commits: boolean): void {
    const partitions = sends.map(({ partition }) => partition);
    const offsets = sends.map(() => -1);
    const value = sendsOf(sends, partitions, offsets);
    const operation = this.#host.recorder.invoke(this.#host.id, this.#producer.session, f, value);
    this.#waiting.push({ operation, sends, commits, partitions, offsets, open: sends.length, error: null });
  }

  onSendDone(value: number, partition: number, offset: number, outcome: Outcome, error: string | undefined): void {
    const transaction = this.#current;
    const index = transaction?.sends.findIndex((send) => send.value === value) ?? -1;
    if (transaction === null || index < 0) return;
    transaction.open--;
    transaction.partitions[index] = partition;
    transaction.offsets[index] = offset;
    if (outcome !== 'ok') transaction.error ??= error ?? 'the send failed';
  }

  /** Whatever was sent goes out at once (KafkaProducer.flush). */
  get isFlushing(): boolean {
    return this.#step === 'flushing';
  }

  get #isDoneSending(): boolean {
    if (this.#producer.hasBlocked) return false;
    return this.#step === 'sending' || (this.#step === 'flushing' && this.#current!.open === 0);
  }

  /** Something has happened that it has not reacted to yet. */
  get mayProceed(): boolean {
    const { state } = this.#producer.lifecycle;
    if (state === 'fatal-error') return this.#reopensAt === Infinity;
    if (state === 'uninitialized') return true;
    if (state === 'ready') return this.#step === 'ending' || (this.#step === 'idle' && this.#waiting.length > 0);
    return this.#isDoneSending || (state === 'abortable-error' && this.#step === 'ending');
  }

  /** Goes on as far as it can. Returns when to look again. */
  proceed(now: number): number {
    const { lifecycle } = this.#producer;
    if (lifecycle.state === 'fatal-error') return this.#reopen(now);
    if (lifecycle.state === 'uninitialized') lifecycle.initTransactions();
    if (lifecycle.state === 'ready' && this.#step === 'ending') this.#ended();
    if (lifecycle.state === 'ready' && this.#step === 'idle') this.#beginNext();
    if (this.#step === 'sending' && !this.#current!.commits) this.#step = 'flushing';
    if (this.#isDoneSending) this.#end();
    // commitTransaction threw: the transaction can be aborted.
    if (this.#step === 'ending' && lifecycle.state === 'abortable-error') this.#abort(errorName(lifecycle.lastError));
    return Infinity;
  }

  #beginNext(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#current = next;
    this.#step = 'sending';
    this.#producer.lifecycle.beginTransaction();
    for (const send of next.sends) this.#producer.sendUnder(send, next.operation);
  }

  #end(): void {
    const { lifecycle } = this.#producer;
    const { commits, error } = this.#current!;
    this.#step = 'ending';
    if (lifecycle.state === 'abortable-error') this.#abort(errorName(lifecycle.lastError));
    else if (error !== null) this.#abort(error);
    else if (commits) lifecycle.commitTransaction();
    else lifecycle.abortTransaction();
  }

  #abort(error: string): void {
    this.#current!.error ??= error;
    this.#producer.lifecycle.abortTransaction();
  }

  #ended(): void {
    const { commits, error } = this.#current!;
    if (error === null && commits) this.#finish('ok', undefined);
    else this.#finish('fail', error ?? 'aborted');
  }

  #reopen(now: number): number {
    const { lifecycle } = this.#producer;
    if (this.#current !== null) {
      // A commit that was answered by an error may have been decided by an earlier attempt.
      this.#finish(lifecycle.commitWasSent ? 'info' : 'fail', errorName(lifecycle.lastError));
    }
    if (this.#reopensAt === Infinity) this.#reopensAt = now + REOPEN_MICROS;
    if (now < this.#reopensAt) return this.#reopensAt;
    this.#reopensAt = Infinity;
    this.#producer.reopen();
    return now;
  }

  #finish(outcome: Outcome, error: string | undefined): void {
    const { operation, sends, partitions, offsets } = this.#current!;
    this.#current = null;
    this.#step = 'idle';
    this.#host.recorder.complete(operation, outcome, sendsOf(sends, partitions, offsets), error);
    if (this.#listener === undefined) return;
    for (let i = 0; i < sends.length; i++) {
      this.#listener.onSendCompleted(sends[i]!.value, partitions[i]!, outcome, offsets[i]!, -1, error);
    }
  }
}
