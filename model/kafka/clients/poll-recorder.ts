/** The operation 'poll': invoked when the application begins to wait, completed when poll returns records or throws. */
import type { Host } from '../../kernel/process.js';
import type { PolledRecords } from './fetcher.js';

/** Histories take values as lists of micro-operations. */
const NOTHING = { microOps: [] };

export class PollRecorder {
  readonly #host: Host;
  readonly #session: number;
  /** The poll that the application waits in. */
  #poll = -1;
  /** Said with the next one that returns: why positions moved otherwise than by reading. */
  #warning: string | undefined = undefined;
  /** The exception that the last poll ended with; the same one again is not another operation. */
  #lastException: string | undefined = undefined;

  constructor(host: Host, session: number) {
    this.#host = host;
    this.#session = session;
  }

  invoke(): void {
    this.#poll = this.#host.recorder.invoke(this.#host.id, this.#session, 'poll', NOTHING);
  }

  warn(words: string): void {
    this.#warning = words;
  }

  /** It returned records; the next begins. */
  returned(polled: readonly PolledRecords[]): void {
    const microOps = polled.map(({ partition, offsets, values }) => ({
      kind: 'poll',
      key: partition,
      offsets,
      values,
    }));
    this.#host.recorder.complete(this.#poll, 'ok', { microOps }, this.#warning);
    this.#warning = undefined;
    this.#lastException = undefined;
    this.invoke();
  }

  /** It threw what may pass: the application polls again. */
  threw(error: string): void {
    if (this.#lastException === error) return;
    this.#lastException = error;
    this.#host.recorder.complete(this.#poll, 'fail', NOTHING, error);
    this.invoke();
  }

  /** It threw what ends the application. */
  ended(error: string): void {
    this.#host.recorder.complete(this.#poll, 'fail', NOTHING, error);
  }
}
