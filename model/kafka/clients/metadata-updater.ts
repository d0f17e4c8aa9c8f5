/** Keeps a client's metadata fresh over its network client: one request at a time, to the least loaded node (NetworkClient.DefaultMetadataUpdater). */
import type { MachineId } from '../../kernel/process.js';
import { Api, type MetadataRequest, type MetadataResponse } from '../protocol/messages.js';
import type { Metadata, MetadataAsked } from './metadata.js';
import type { NetworkClient } from './network-client.js';

/** Bytes of a request header and an empty body; a number for each topic comes on top. */
const REQUEST_BYTES = 40;

export class MetadataUpdater {
  private readonly network: NetworkClient;
  private readonly metadata: Metadata;
  private inProgress: MetadataAsked | null = null;

  constructor(network: NetworkClient, metadata: Metadata) {
    this.network = network;
    this.metadata = metadata;
  }

  /** While an update is due, the client sends nothing else (NetworkClient.isReady). */
  isUpdateDue(now: number): boolean {
    return this.inProgress === null && this.metadata.nextUpdateAt(now) <= now;
  }

  /** Sends a request if one is due and a node is ready; else begins to connect to one. True if a request was sent. */
  maybeUpdate(now: number): boolean {
    if (!this.isUpdateDue(now)) return false;
    const node = this.nodeToAsk(now);
    if (node === 0) return false;
    if (this.network.canSendRequest(node)) {
      const asked = this.metadata.ask(now);
      const request: MetadataRequest = {
        kind: Api.metadata,
        bytes: REQUEST_BYTES + 4 * asked.topics.length,
        correlationId: this.network.nextCorrelationId(),
        topics: asked.topics,
      };
      this.inProgress = asked;
      this.network.send(node, request, null, true, now);
      return true;
    }
    // One connection attempt at a time, so that a client does not connect to every broker for one answer.
    if (!this.network.isAnyConnecting(this.metadata.nodes)) this.network.ready(node, now);
    return false;
  }

  /** When `maybeUpdate` has something to do next; Infinity while it waits for a connection or an answer. */
  nextDeadline(now: number): number {
    if (this.inProgress !== null) return Infinity;
    const dueAt = this.metadata.nextUpdateAt(now);
    if (dueAt > now) return dueAt;
    // An event follows: the connection is there, or it failed.
    if (this.network.isAnyConnecting(this.metadata.nodes)) return Infinity;
    let next = Infinity;
    for (const node of this.metadata.nodes) next = Math.min(next, this.network.connectableAt(node));
    return next;
  }

  handleResponse(response: MetadataResponse, now: number): void {
    const asked = this.inProgress!;
    this.inProgress = null;
    // A broker that is still starting may answer with nothing.
    if (response.brokers.length === 0) this.metadata.failedUpdate(now);
    else this.metadata.update(asked, response, now);
  }

  handleRequestLost(now: number): void {
    this.inProgress = null;
    this.metadata.failedUpdate(now);
  }

  /** A broken connection may be the sign of stale metadata; one while an update was due counts as a failed update. */
  handleDisconnect(now: number): void {
    if (this.isUpdateDue(now)) this.metadata.failedUpdate(now);
    this.metadata.requestUpdate();
  }

  /** 0: there is none. */
  private nodeToAsk(now: number): MachineId {
    const node = this.network.leastLoadedNode(this.metadata.nodes, now);
    if (node !== 0 || this.network.isAnyReady(this.metadata.nodes) || !this.metadata.rebootstrap()) return node;
    return this.network.leastLoadedNode(this.metadata.nodes, now);
  }
}
