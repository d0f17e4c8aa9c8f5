/**
 * Which broker coordinates a consumer's group, and whether it can be asked (AbstractCoordinator.ensureCoordinatorReady):
 * any broker says who it is; whoever is told by the coordinator that it is none, or loses the connection to it, asks again.
 */
import type { MachineId } from '../../../kernel/process.js';
import { KafkaError } from '../../protocol/errors.js';
import {
  Api,
  CoordinatorType,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
} from '../../protocol/messages.js';
import type { ConsumerNetwork } from '../consumer-network.js';
import type { ExponentialBackoff } from '../exponential-backoff.js';
import { coordinatorNode } from '../network-client.js';

const REQUEST_BYTES = 50;
const NOBODY = 0;

export class CoordinatorLookup {
  readonly #groupId: string;
  readonly #network: ConsumerNetwork;
  readonly #backoff: ExponentialBackoff;
  /** The node that stands for the coordinator (network-client.ts); 0: it is not known. */
  node: MachineId = NOBODY;
  #isAsking = false;
  /** Failures one after the other. */
  #failures = 0;
  #retryAt = -Infinity;

  constructor(groupId: string, network: ConsumerNetwork, backoff: ExponentialBackoff) {
    this.#groupId = groupId;
    this.#network = network;
    this.#backoff = backoff;
  }

  /** Known, and the connection to it has not just failed. */
  isKnown(now: number): boolean {
    const { client } = this.#network;
    if (this.node === NOBODY) return false;
    if (!client.connectionFailed(this.node) || client.connectableAt(this.node) <= now) return true;
    this.#failed(now);
    return false;
  }

  /** True: a request can be sent to `node` now. False: it is looked up, or connected to. */
  isReady(now: number): boolean {
    if (this.isKnown(now)) return this.#network.nodeReady(this.node, now);
    this.#lookUp(now);
    return false;
  }

  /** When `isReady` may say something else though nothing happens. */
  nextDeadline(now: number): number {
    const { client, metadata } = this.#network;
    if (this.node !== NOBODY) return client.connectableAt(this.node);
    if (this.#isAsking) return Infinity;
    if (this.#retryAt > now) return this.#retryAt;
    let next = Infinity;
    for (const node of metadata.nodes) next = Math.min(next, client.connectableAt(node));
    return next;
  }

  /** It said that it does not coordinate the group, or is silent: it is looked up again at once. */
  markUnknown(): void {
    this.node = NOBODY;
  }

  handleResponse({ error, nodeId }: FindCoordinatorResponse, now: number): void {
    this.#isAsking = false;
    if (error !== KafkaError.NONE) {
      this.#failed(now);
      return;
    }
    this.#failures = 0;
    this.node = coordinatorNode(nodeId);
    // It connects at once (client.tryConnect).
    this.#network.nodeReady(this.node, now);
  }

  handleRequestLost(now: number): void {
    this.#isAsking = false;
    this.#failed(now);
  }

  /** Not found, or not to be reached: the metadata may be stale too. */
  #failed(now: number): void {
    this.node = NOBODY;
    this.#retryAt = now + this.#backoff.next(this.#failures++);
    this.#network.metadata.requestUpdate();
  }

  #lookUp(now: number): void {
    if (this.#isAsking || now < this.#retryAt) return;
    const { client, metadata } = this.#network;
    const broker = client.leastLoadedNode(metadata.nodes, now);
    if (broker === NOBODY || !this.#network.nodeReady(broker, now)) return;
    const request: FindCoordinatorRequest = {
      kind: Api.findCoordinator,
      bytes: REQUEST_BYTES,
      correlationId: client.nextCorrelationId(),
      keyType: CoordinatorType.GROUP,
      key: this.#groupId,
    };
    this.#isAsking = true;
    client.send(broker, request, null, true, now);
  }
}
