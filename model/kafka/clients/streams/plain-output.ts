/**
 * The producer of a thread under at_least_once: records go out as they come, each an operation of its own, 'send', and
 * before offsets are committed all of them are acknowledged (RecordCollectorImpl.flush).
 */
import type { Host } from '../../../kernel/process.js';
import type { Outcome } from '../../../kernel/recorder.js';
import type { TransactionalProducer, TransactionalSend } from '../producer-application.js';
import {
  changelogMicroOp,
  outputMicroOps,
  recordsOf,
  type CountUpdate,
  type OutputOwner,
  type OutputTopics,
  type ThreadOutput,
} from './stream-output.js';

/** A record that is not acknowledged. */
interface OpenSend {
  readonly operation: number;
  readonly update: CountUpdate;
}

export class PlainOutput implements ThreadOutput {
  readonly #host: Host;
  readonly #producer: TransactionalProducer;
  readonly #topics: OutputTopics;
  readonly #owner: OutputOwner;
  /** By value. */
  readonly #open = new Map<number, OpenSend>();
  isFlushing = false;
  isOpen = false;
  #hasFailed = false;

  constructor(host: Host, producer: TransactionalProducer, topics: OutputTopics, owner: OutputOwner) {
    this.#host = host;
    this.#producer = producer;
    this.#topics = topics;
    this.#owner = owner;
  }

  get openSends(): number {
    return this.#open.size;
  }

  // ---------------------------------------------------------------------- what the thread calls

  open(): void {}

  close(): void {}

  send(update: CountUpdate): void {
    for (const record of recordsOf(update, this.#topics)) this.#send(record, update);
    this.#producer.wakeup();
  }

  #send(record: TransactionalSend, update: CountUpdate): void {
    const value = sendOf(record.value, update, record.partition, -1);
    const operation = this.#host.recorder.invoke(this.#host.id, this.#producer.session, 'send', value);
    this.#open.set(record.value, { operation, update });
    this.#producer.sendUnder(record, operation);
  }

  commit(): void {
    this.isFlushing = true;
    this.#producer.wakeup();
  }

  /** What was sent stays sent, and the producer goes on. */
  lose(): void {
    this.isFlushing = false;
  }

  transact(): void {
    throw new Error('a stream thread sends by itself');
  }

  // ---------------------------------------------------------------------- what comes of them

  onSendDone(value: number, partition: number, offset: number, outcome: Outcome, error: string | undefined): void {
    const sent = this.#open.get(value);
    if (sent === undefined) return;
    const { operation, update } = sent;
    this.#open.delete(value);
    this.#host.recorder.complete(operation, outcome, sendOf(value, update, partition, offset), error);
    if (outcome !== 'ok') this.#hasFailed = true;
    else if (value === update.changelogValue) this.#owner.onAcknowledged(partition, offset);
  }

  get mayProceed(): boolean {
    return !this.isOpen || this.#hasFailed || (this.isFlushing && this.#open.size === 0);
  }

  proceed(): number {
    if (!this.mayProceed) return Infinity;
    if (!this.isOpen) {
      this.isOpen = true;
      this.#owner.onOpened();
    } else if (this.#hasFailed) {
      this.#hasFailed = false;
      this.isFlushing = false;
      this.#owner.onFailed('corrupted');
    } else {
      this.isFlushing = false;
      this.#owner.onCommitted();
    }
    return Infinity;
  }
}

function sendOf(value: number, update: CountUpdate, partition: number, offset: number): object {
  const isChangelog = value === update.changelogValue;
  return { microOps: isChangelog ? [changelogMicroOp(update, offset)] : outputMicroOps(update, partition, offset) };
}
