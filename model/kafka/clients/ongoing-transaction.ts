/**
 * The transaction that an application of Kafka's own kind (consume, transform, produce; a stream thread) has under way: its
 * operation, 'txn', in the history, and the error for which it will be aborted.
 *
 * `ok`: it was committed. `fail`: it was aborted, or commitTransaction was never called. `info`: nobody but the coordinator
 * knows.
 */
import type { Host } from '../../kernel/process.js';
import { errorName } from '../protocol/errors.js';
import type { TransactionalProducer } from './producer-application.js';

export class OngoingTransaction {
  readonly #host: Host;
  readonly #producer: TransactionalProducer;
  #operation = -1;
  #error: string | null = null;

  constructor(host: Host, producer: TransactionalProducer) {
    this.#host = host;
    this.#producer = producer;
  }

  get isOpen(): boolean {
    return this.#operation >= 0;
  }

  /** Its operation; -1: there is none. */
  get operation(): number {
    return this.#operation;
  }

  /** What it will be, or is being, aborted for; null: nothing. */
  get error(): string | null {
    return this.#error;
  }

  /** It cannot be committed any more. */
  get hasFailed(): boolean {
    return this.#producer.lifecycle.state === 'abortable-error' || this.#error !== null;
  }

  /** beginTransaction. @param value what is known of it by now, in the shape of histories */
  begin(value: object): void {
    const { lifecycle, session } = this.#producer;
    this.#error = null;
    if (lifecycle.state === 'ready') lifecycle.beginTransaction();
    this.#operation = this.#host.recorder.invoke(this.#host.id, session, 'txn', value);
  }

  amend(value: object): void {
    this.#host.recorder.amend(this.#operation, value);
  }

  /** A send threw, or its callback said so. The first error is the one that counts. */
  failed(error: string | undefined): void {
    this.#error ??= error ?? 'the send failed';
  }

  /** abortTransaction, after whatever was thrown. */
  abort(): void {
    const { lifecycle } = this.#producer;
    this.#error ??= errorName(lifecycle.lastError);
    lifecycle.abortTransaction();
  }

  /** commitTransaction or abortTransaction has returned. */
  end(value: object): void {
    if (this.#error === null) this.#complete('ok', value, undefined);
    else this.#complete('fail', value, this.#error);
  }

  /** Its producer is of no use any more. A commit that was sent may have been decided, whatever was answered. */
  abandon(value: object, error: string): void {
    if (this.isOpen) this.#complete(this.#producer.lifecycle.commitWasSent ? 'info' : 'fail', value, error);
  }

  #complete(outcome: 'ok' | 'fail' | 'info', value: object, error: string | undefined): void {
    this.#host.recorder.complete(this.#operation, outcome, value, error);
    this.#operation = -1;
    this.#error = null;
  }
}
