/**
 * What an application remembers of the records that it sends, if it sends each of them again whose fate it does not know: it
 * has a table of them (an outbox), which outlives its process. It sends again what a producer gave up with an unknown
 * outcome, and, when it is started again, whatever its predecessor had not heard of. To the producer that is a new record:
 * idempotence ends with the session (KIP-98).
 */
import type { EventHandler } from '../kernel/event-queue.js';
import type { Outcome } from '../kernel/recorder.js';
import type { SendStep } from '../system.js';
import type { ClusterMachines } from './cluster-machines.js';

/** How often the application looks for what it has to send again. */
const LOOK_MICROS = 1_000_000;

interface Entry {
  readonly step: SendStep;
  /** That sent it. */
  process: object;
  /** Its producer gave it up, and does not know whether it was written. */
  isUnknown: boolean;
}

export class Outbox implements EventHandler {
  readonly #cluster: ClusterMachines;
  readonly #send: (step: SendStep) => boolean;
  /** By value, in the order in which they were sent. */
  readonly #entries = new Map<number, Entry>();
  #isLooking = false;
  #isClosed = false;

  /** @param send through the producer of the step; false: it is not running */
  constructor(cluster: ClusterMachines, send: (step: SendStep) => boolean) {
    this.#cluster = cluster;
    this.#send = send;
  }

  sent(step: SendStep): void {
    const process = this.#processOf(step)!;
    this.#entries.set(step.value, { step, process, isUnknown: false });
    this.#lookLater();
  }

  onSendCompleted(value: number, _partition: number, outcome: Outcome): void {
    if (outcome !== 'info') this.#entries.delete(value);
    else {
      const entry = this.#entries.get(value);
      if (entry !== undefined) entry.isUnknown = true;
    }
  }

  /** Sends nothing again from now on. */
  close(): void {
    this.#isClosed = true;
  }

  onEvent(): void {
    this.#isLooking = false;
    if (this.#isClosed) return;
    for (const entry of this.#entries.values()) {
      const process = this.#processOf(entry.step);
      if (process === undefined || (process === entry.process && !entry.isUnknown)) continue;
      if (!this.#send(entry.step)) continue;
      entry.process = process;
      entry.isUnknown = false;
    }
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isLooking || this.#entries.size === 0) return;
    this.#isLooking = true;
    const { world } = this.#cluster;
    world.schedule(world.now + LOOK_MICROS, this, 0, 0);
  }

  /** undefined: it is down. */
  #processOf({ client }: SendStep): object | undefined {
    return this.#cluster.producer(this.#cluster.clients[client]!);
  }
}
