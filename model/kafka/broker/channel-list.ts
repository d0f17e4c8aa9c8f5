/** The connections that others made to this broker, and the end of those that nobody uses: Selector. */
import type { Connection } from '../../kernel/network.js';
import type { Host } from '../../kernel/process.js';
import { RequestChannel } from './request-channel.js';

export class ChannelList {
  readonly #host: Host;
  /** connections.max.idle.ms; not positive: never. */
  readonly #idleMicros: number;
  readonly #channels = new Set<RequestChannel>();

  constructor(host: Host, idleMs: number) {
    this.#host = host;
    this.#idleMicros = idleMs * 1000;
  }

  get closesIdle(): boolean {
    return this.#idleMicros > 0;
  }

  accept(connection: Connection): void {
    this.#channels.add(new RequestChannel(this.#host, connection, this));
  }

  /** The channel's connection is gone. */
  remove(channel: RequestChannel): void {
    this.#channels.delete(channel);
  }

  /** Selector.maybeCloseOldestConnection. One with a request in hand is in use. */
  closeIdle(): void {
    const limit = this.#host.monotonicMicros() - this.#idleMicros;
    for (const channel of this.#channels) {
      if (channel.request === null && channel.lastActive <= limit) channel.close();
    }
  }

  /** Until the next of the present connections may have been idle for too long. */
  untilNextIdleMicros(): number {
    const now = this.#host.monotonicMicros();
    let oldest = now;
    for (const { request, lastActive } of this.#channels) {
      if (request === null && lastActive < oldest) oldest = lastActive;
    }
    return oldest + this.#idleMicros - now;
  }
}
