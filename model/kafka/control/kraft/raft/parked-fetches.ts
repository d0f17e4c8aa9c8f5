/**
 * Fetches that found nothing and wait for more, each on a connection of its own. (KafkaRaftClient.fetchPurgatory)
 *
 * Who has waited long enough gets the answer as it was when he came, high watermark included: a follower learns of a
 * commitment with the next append, or with the fetch after next. KIP-1166 (4.1) mends that.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Host, TimerId } from '../../../../kernel/process.js';
import type { QuorumFetchRequest, QuorumFetchResponse } from '../../../protocol/raft-messages.js';

export interface ParkedFetch {
  readonly connection: Connection;
  readonly request: QuorumFetchRequest;
  /** As it would have been at once. */
  readonly response: QuorumFetchResponse;
  timer: TimerId;
}

export class ParkedFetches {
  private readonly host: Host;
  /** Kind of the timer that ends a wait; its payload is the fetch. */
  private readonly expired: number;
  private parked: ParkedFetch[] = [];

  constructor(host: Host, expired: number) {
    this.host = host;
    this.expired = expired;
  }

  park(connection: Connection, request: QuorumFetchRequest, response: QuorumFetchResponse): void {
    const fetch: ParkedFetch = { connection, request, response, timer: 0 };
    fetch.timer = this.host.timer(this.expired, request.maxWaitMs * 1000, 0, fetch);
    this.parked.push(fetch);
  }

  get isEmpty(): boolean {
    return this.parked.length === 0;
  }

  /** All of them, to be answered now. */
  takeAll(): readonly ParkedFetch[] {
    const { parked } = this;
    this.parked = [];
    for (const fetch of parked) this.host.cancel(fetch.timer);
    return parked;
  }

  /** False: it has been answered meanwhile. */
  expire(fetch: ParkedFetch): boolean {
    const index = this.parked.indexOf(fetch);
    if (index < 0) return false;
    this.parked.splice(index, 1);
    return true;
  }

  onBroken(connection: Connection): void {
    const fetch = this.parked.find((parked) => parked.connection === connection);
    if (fetch === undefined) return;
    this.host.cancel(fetch.timer);
    this.expire(fetch);
  }
}
