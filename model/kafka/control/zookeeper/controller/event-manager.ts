/**
 * ControllerEventManager: one thread does one event after the other, and blocks on ZooKeeper in between. What arrives
 * meanwhile waits for its turn.
 */
import type { Host } from '../../../../kernel/process.js';
import type { ZkSession } from '../zk-session.js';
import type { ZkSteps } from '../zk-steps.js';
import type { ControllerEvent } from './controller-events.js';

export interface ControllerEventProcessor {
  process(event: ControllerEvent): ZkSteps<void>;
  /** The event is over, whether or not it failed. */
  onProcessed(): void;
}

export class ControllerEventManager {
  readonly #host: Host;
  readonly #session: ZkSession;
  readonly #turnTimer: number;
  readonly #processor: ControllerEventProcessor;
  readonly #queue: ControllerEvent[] = [];
  /** An event is being processed, or its turn has come. */
  #isBusy = false;

  /** @param turnTimer the yield that calls `processNext` */
  constructor(host: Host, session: ZkSession, turnTimer: number, processor: ControllerEventProcessor) {
    this.#host = host;
    this.#session = session;
    this.#turnTimer = turnTimer;
    this.#processor = processor;
  }

  put(event: ControllerEvent): void {
    this.#queue.push(event);
    this.#proceed();
  }

  /** Nothing of what waits is done. Returns it. */
  clear(): readonly ControllerEvent[] {
    return this.#queue.splice(0);
  }

  processNext(): void {
    const event = this.#queue.shift();
    if (event === undefined) {
      this.#isBusy = false;
      return;
    }
    this.#session.run(this.#processor.process(event), () => {
      this.#processor.onProcessed();
      this.#isBusy = false;
      this.#proceed();
    });
  }

  #proceed(): void {
    if (this.#isBusy || this.#queue.length === 0) return;
    this.#isBusy = true;
    this.#host.later(this.#turnTimer, 0);
  }
}
