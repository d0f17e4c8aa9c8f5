/**
 * Transactions of an application outside, which calls initTransactions, beginTransaction, send, commitTransaction and
 * abortTransaction as it likes. What KafkaProducer would throw it hears as the error of its call, and what to do about it is
 * its own affair.
 *
 * When the trial asks for more (liveness), that application is gone: its producer was closed, which aborts what was under way
 * (KafkaProducer.close; Sender.run), and from then on transactions go by themselves.
 *
 * An operation is one transaction, from beginTransaction on. `ok`: it was committed. `fail`: it was aborted, or
 * commitTransaction was never called. `info`: whether the coordinator has decided for a commit is not known.
 */
import type { Host } from '../../kernel/process.js';
import type { Outcome } from '../../kernel/recorder.js';
import { errorName } from '../protocol/errors.js';
import type { CallListener, SendListener } from './api.js';
import {
  sendsOf,
  type ProducerApplication,
  type TransactionalProducer,
  type TransactionalSend,
} from './producer-application.js';
import { TransactionalApplication } from './transactional-application.js';

interface OpenTransaction {
  readonly operation: number;
  readonly sends: TransactionalSend[];
  /** By index in `sends`: where it stands, as far as it was acknowledged. */
  readonly partitions: number[];
  readonly offsets: number[];
  /** A send failed: commitTransaction will throw this. */
  error: string | null;
}

type CalledF = 'init-transactions' | 'begin-transaction' | 'commit-transaction' | 'abort-transaction';

/** A call that has not returned. */
interface PendingCall {
  readonly f: Exclude<CalledF, 'begin-transaction'>;
  readonly call: number;
  /** The lifecycle was told to commit or abort. */
  ending: boolean;
}

/** The call of a close, which nobody waits for. */
const NOBODY = -1;

export class CalledTransactions implements ProducerApplication {
  readonly #host: Host;
  readonly #producer: TransactionalProducer;
  readonly #listener: SendListener | undefined;
  readonly #calls: CallListener;
  readonly #afterwards: TransactionalApplication;
  #open: OpenTransaction | null = null;
  #pending: PendingCall | null = null;
  #closed = false;

  constructor(host: Host, producer: TransactionalProducer, listener: SendListener | undefined, calls: CallListener) {
    this.#host = host;
    this.#producer = producer;
    this.#listener = listener;
    this.#calls = calls;
    this.#afterwards = new TransactionalApplication(host, producer, listener);
  }

  get openSends(): number {
    return (this.#open?.sends.length ?? 0) + this.#afterwards.openSends;
  }

  get isFlushing(): boolean {
    return this.#isHandedOver && this.#afterwards.isFlushing;
  }

  /** Nothing of the application outside is under way any more. */
  get #isHandedOver(): boolean {
    return this.#closed && this.#open === null && this.#pending === null;
  }

  // ---------------------------------------------------------------------- calls

  call(f: CalledF, call: number): void {
    const refusal = this.#refusal(f);
    if (refusal !== null) {
      this.#calls.onCallDone(call, refusal);
      return;
    }
    const { lifecycle } = this.#producer;
    if (f === 'init-transactions' && lifecycle.state !== 'uninitialized' && lifecycle.state !== 'fatal-error') {
      // Kafka's would throw; an application that is called anew each time cannot know that it has been called before.
      this.#calls.onCallDone(call);
      return;
    }
    if (f === 'begin-transaction') {
      this.#begin();
      this.#calls.onCallDone(call);
      return;
    }
    this.#pending = { f, call, ending: false };
    if (f !== 'init-transactions') return;
    if (lifecycle.state === 'fatal-error') {
      // Only close is legal: an application makes another producer with the same transactional.id.
      this.#producer.reopen();
    }
    this.#producer.lifecycle.initTransactions();
  }

  /** KafkaProducer.send; without a transaction it throws (TransactionManager.maybeFailWithError, throwIfNotInTransaction). */
  send(send: TransactionalSend): void {
    const { lifecycle } = this.#producer;
    const open = this.#open;
    if (open === null || lifecycle.state !== 'in-transaction' || this.#pending !== null) {
      this.#listener?.onSendCompleted(send.value, send.partition, 'fail', -1, -1, this.#whyNoSend());
      return;
    }
    open.sends.push(send);
    open.partitions.push(send.partition);
    open.offsets.push(-1);
    this.#host.recorder.amend(open.operation, sendsOf(open.sends, open.partitions, open.offsets));
    this.#producer.sendUnder(send, open.operation);
  }

  /** The application outside is gone. */
  transact(f: 'send' | 'txn', sends: readonly TransactionalSend[], commits: boolean): void {
    this.#closed = true;
    this.#afterwards.transact(f, sends, commits);
  }

  /** What the call would throw at once; null: it is legal. */
  #refusal(f: CalledF): string | null {
    const { state, lastError } = this.#producer.lifecycle;
    if (this.#pending !== null) return `IllegalStateException: ${this.#pending.f} has not returned`;
    if (f === 'init-transactions') return null;
    if (state === 'fatal-error') return errorName(lastError);
    const legal = f === 'begin-transaction' ? state === 'ready' : this.#open !== null;
    return legal ? null : `IllegalStateException: ${state}`;
  }

  #whyNoSend(): string {
    const { state, lastError } = this.#producer.lifecycle;
    if (state === 'abortable-error' || state === 'fatal-error') return errorName(lastError);
    return `IllegalStateException: ${this.#pending === null ? state : this.#pending.f}`;
  }

  #begin(): void {
    const { recorder, id } = this.#host;
    const operation = recorder.invoke(id, this.#producer.session, 'txn', sendsOf([], [], []));
    this.#open = { operation, sends: [], partitions: [], offsets: [], error: null };
    this.#producer.lifecycle.beginTransaction();
  }

  // ---------------------------------------------------------------------- what comes of them

  onSendDone(
    value: number,
    partition: number,
    offset: number,
    outcome: Outcome,
    error: string | undefined,
    timestamp: number,
  ): void {
    const open = this.#open;
    const index = open?.sends.findIndex((send) => send.value === value) ?? -1;
    if (open === null || index < 0) {
      this.#afterwards.onSendDone(value, partition, offset, outcome, error);
      return;
    }
    open.partitions[index] = partition;
    open.offsets[index] = offset;
    if (outcome !== 'ok') open.error ??= error ?? 'the send failed';
    this.#listener?.onSendCompleted(value, partition, outcome, offset, timestamp, error);
  }

  get mayProceed(): boolean {
    if (this.#isHandedOver) return this.#afterwards.mayProceed;
    const { state } = this.#producer.lifecycle;
    if (state === 'fatal-error') return this.#open !== null || this.#pending !== null;
    if (this.#pending === null) return this.#closed && this.#open !== null;
    if (this.#pending.f === 'init-transactions') return state === 'ready';
    if (this.#pending.ending) return state === 'ready' || state === 'abortable-error';
    return !this.#producer.hasBlocked;
  }

  proceed(now: number): number {
    if (this.#isHandedOver) return this.#afterwards.proceed(now);
    const { state } = this.#producer.lifecycle;
    if (state === 'fatal-error') this.#failed();
    else if (this.#pending === null) this.#close();
    else if (this.#pending.f === 'init-transactions') {
      if (state === 'ready') this.#return();
    } else this.#proceedToEnd(this.#pending);
    return this.#isHandedOver ? this.#afterwards.proceed(now) : Infinity;
  }

  #close(): void {
    if (!this.#closed || this.#open === null) return;
    this.#pending = { f: 'abort-transaction', call: NOBODY, ending: false };
    this.#proceedToEnd(this.#pending);
  }

  #proceedToEnd(pending: PendingCall): void {
    const { lifecycle, hasBlocked } = this.#producer;
    const commits = pending.f === 'commit-transaction';
    if (!pending.ending) {
      if (hasBlocked) return;
      const error = lifecycle.state === 'abortable-error' ? errorName(lifecycle.lastError) : this.#open!.error;
      if (commits && error !== null) {
        // commitTransaction throws; the transaction is there still, and can be aborted.
        this.#return(error);
        return;
      }
      pending.ending = true;
      if (commits) lifecycle.commitTransaction();
      else lifecycle.abortTransaction();
    } else if (lifecycle.state === 'ready') {
      this.#finish(commits ? 'ok' : 'fail', commits ? undefined : (this.#open!.error ?? 'aborted'));
      this.#return();
    } else if (lifecycle.state === 'abortable-error') {
      this.#open!.error ??= errorName(lifecycle.lastError);
      this.#return(errorName(lifecycle.lastError));
    }
  }

  /** A commit that was answered by an error may have been decided by an earlier attempt. */
  #failed(): void {
    const { lifecycle } = this.#producer;
    const error = errorName(lifecycle.lastError);
    if (this.#open !== null) this.#finish(lifecycle.commitWasSent ? 'info' : 'fail', error);
    if (this.#pending !== null) this.#return(error);
  }

  #finish(outcome: Outcome, error: string | undefined): void {
    const { operation, sends, partitions, offsets } = this.#open!;
    this.#open = null;
    this.#host.recorder.complete(operation, outcome, sendsOf(sends, partitions, offsets), error);
  }

  #return(error?: string): void {
    const { call } = this.#pending!;
    this.#pending = null;
    if (call === NOBODY) return;
    if (error === undefined) this.#calls.onCallDone(call);
    else this.#calls.onCallDone(call, error);
  }
}
