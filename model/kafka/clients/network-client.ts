/**
 * One connection to each broker, and the requests in flight on it (NetworkClient, ClusterConnectionStates,
 * InFlightRequests of the Java client).
 *
 * A request that waits longer than request.timeout.ms closes the whole connection, and every request in flight on it is
 * lost with it: to the client. Bytes already written are not taken back; the broker may still process them.
 *
 * Left out: the ApiVersions exchange after a connect (all brokers of the model speak the same versions) and the separate
 * connections that the Java client opens to bootstrap addresses.
 */
import type { BrokenReason, Host, MachineId } from '../../kernel/process.js';
import type { Connection } from '../../kernel/network.js';
import type { Stream } from '../../kernel/random.js';
import { Purpose, type Request, type Response } from '../protocol/messages.js';
import { ExponentialBackoff } from './exponential-backoff.js';

/** Settings under Kafka's names; those of producers and consumers have all of them. */
export interface NetworkSettings {
  readonly 'request.timeout.ms': number;
  readonly 'reconnect.backoff.ms': number;
  readonly 'reconnect.backoff.max.ms': number;
  readonly 'socket.connection.setup.timeout.ms': number;
  readonly 'socket.connection.setup.timeout.max.ms': number;
  readonly 'connections.max.idle.ms': number;
}

export interface NetworkListener {
  /** `context` is what was given with the request. For a request that expects no response (acks=0), `response` is null: it was written. */
  onResponse(node: MachineId, request: Request, response: Response | null, context: unknown): void;
  /** The connection broke with the request in flight: because a request on it timed out, or otherwise. The broker may have processed it. */
  onRequestLost(node: MachineId, request: Request, context: unknown, timedOut: boolean): void;
  /** A connection broke or could not be set up. Requests that were in flight on it are reported lost after this. */
  onDisconnected(node: MachineId): void;
}

interface InFlightRequest {
  readonly request: Request;
  readonly context: unknown;
  readonly expiresAt: number;
}

/** Above the machines of all brokers. */
const COORDINATOR_NODES = 64;

/**
 * The node that stands for a broker as the coordinator of a consumer's group: the connection to it is another than that
 * for data, so that fetches do not delay heartbeats (AbstractCoordinator: Integer.MAX_VALUE - id).
 */
export function coordinatorNode(broker: MachineId): MachineId {
  return COORDINATOR_NODES + broker;
}

type ConnectionState = 'disconnected' | 'connecting' | 'ready';

/** ClusterConnectionStates.NodeConnectionState. Times are microseconds of the wall clock, which is what the Java client goes by. */
class Node {
  readonly id: MachineId;
  state: ConnectionState = 'disconnected';
  connection: Connection | null = null;
  /** Oldest first: responses come in the order of requests. */
  readonly inFlight: InFlightRequest[] = [];
  lastConnectAttemptAt = -Infinity;
  reconnectBackoffMicros = 0;
  setupTimeoutMicros: number;
  failedAttempts = 0;
  failedConnectAttempts = 0;
  lastActiveAt = -Infinity;

  constructor(id: MachineId, setupTimeoutMicros: number) {
    this.id = id;
    this.setupTimeoutMicros = setupTimeoutMicros;
  }
}

export class NetworkClient {
  private readonly host: Host;
  private readonly purpose: number;
  private readonly maxInFlight: number;
  private readonly listener: NetworkListener;
  private readonly requestTimeoutMicros: number;
  private readonly idleMicros: number;
  private readonly reconnectBackoff: ExponentialBackoff;
  private readonly setupTimeout: ExponentialBackoff;
  private readonly leastLoadedDice: Stream;
  /** By machine; holes where this client never needed one. */
  private readonly nodes: (Node | undefined)[] = [];
  /** The same, without holes, in order of first use. */
  private readonly known: Node[] = [];
  private lastCorrelationId = 0;

  constructor(host: Host, purpose: number, settings: NetworkSettings, maxInFlight: number, listener: NetworkListener) {
    this.host = host;
    this.purpose = purpose;
    this.maxInFlight = maxInFlight;
    this.listener = listener;
    this.requestTimeoutMicros = settings['request.timeout.ms'] * 1000;
    this.idleMicros = settings['connections.max.idle.ms'] < 0 ? Infinity : settings['connections.max.idle.ms'] * 1000;
    this.reconnectBackoff = new ExponentialBackoff(
      settings['reconnect.backoff.ms'],
      settings['reconnect.backoff.max.ms'],
      host.dice('reconnect-backoff'),
    );
    this.setupTimeout = new ExponentialBackoff(
      settings['socket.connection.setup.timeout.ms'],
      settings['socket.connection.setup.timeout.max.ms'],
      host.dice('connection-setup-timeout'),
    );
    this.leastLoadedDice = host.dice('least-loaded-node');
  }

  /** Correlation ids are unique in the client. */
  nextCorrelationId(): number {
    return ++this.lastCorrelationId;
  }

  /** True if a request can be sent to the node now. If there is no connection and none is being made, one is begun. */
  ready(node: MachineId, now: number): boolean {
    const state = this.node(node);
    if (state.state === 'ready') return state.inFlight.length < this.maxInFlight;
    if (this.canConnect(state, now)) this.connect(state, now);
    return false;
  }

  /** NetworkClient.canSendRequest. */
  canSendRequest(node: MachineId): boolean {
    const state = this.nodes[node];
    return state !== undefined && state.state === 'ready' && state.inFlight.length < this.maxInFlight;
  }

  /** The last attempt to connect failed or the connection broke, and none is being made. */
  connectionFailed(node: MachineId): boolean {
    const state = this.nodes[node];
    return state !== undefined && state.state === 'disconnected';
  }

  /** When a node that is not connected may be tried again; Infinity if it is connected or a connection is being made (then an event follows). */
  connectableAt(node: MachineId): number {
    const state = this.nodes[node];
    if (state === undefined) return -Infinity;
    return state.state === 'disconnected' ? state.lastConnectAttemptAt + state.reconnectBackoffMicros : Infinity;
  }

  /** Requests in flight to a node, or to all. */
  inFlightCount(node?: MachineId): number {
    if (node !== undefined) return this.nodes[node]?.inFlight.length ?? 0;
    let count = 0;
    for (const state of this.known) count += state.inFlight.length;
    return count;
  }

  /**
   * Writes a request to the node's socket. The node must be ready. With `expectsResponse` false (acks=0) it is complete
   * as soon as it is written: the caller hears of it through `onResponse(…, null, …)` before this returns.
   * @param timeoutMicros how long it may wait for its response
   */
  send(
    node: MachineId,
    request: Request,
    context: unknown,
    expectsResponse: boolean,
    now: number,
    timeoutMicros = this.requestTimeoutMicros,
  ): void {
    const state = this.node(node);
    if (state.connection === null || !this.canSendRequest(node))
      throw new Error(`Node ${node} is not ready for a request`);
    state.lastActiveAt = now;
    if (expectsResponse) state.inFlight.push({ request, context, expiresAt: now + timeoutMicros });
    state.connection.send(request);
    if (!expectsResponse) this.listener.onResponse(node, request, null, context);
  }

  onConnected(connection: Connection, now: number): void {
    const state = this.owner(connection);
    if (state === null) return;
    state.state = 'ready';
    state.lastActiveAt = now;
    state.failedAttempts = 0;
    state.reconnectBackoffMicros = this.reconnectBackoff.next(0);
    this.resetSetupTimeout(state);
  }

  onMessage(connection: Connection, response: Response, now: number): void {
    const state = this.owner(connection);
    // What a connection delivers after this end gave it up is nobody's.
    if (state === null) return;
    state.lastActiveAt = now;
    const head = state.inFlight.shift();
    if (head === undefined || head.request.correlationId !== response.correlationId) {
      throw new Error(`Node ${state.id} answered ${response.correlationId} out of order`);
    }
    this.listener.onResponse(state.id, head.request, response, head.context);
  }

  onBroken(connection: Connection, _why: BrokenReason, now: number): void {
    const state = this.owner(connection);
    if (state !== null) this.disconnected(state, false, now);
  }

  /** KafkaProducer.close, without waiting: what was written still arrives, and is lost to this end. */
  closeAll(now: number): void {
    for (const state of this.known) {
      if (state.state === 'disconnected') continue;
      state.connection!.close();
      this.disconnected(state, false, now);
    }
  }

  /** Closes connections on which a request waited too long, or that were idle too long. */
  expire(now: number): void {
    for (const state of this.known) {
      if (state.state !== 'ready') continue;
      const timedOut = firstExpiry(state) <= now;
      if (timedOut || state.lastActiveAt + this.idleMicros <= now) {
        state.connection!.close();
        this.disconnected(state, timedOut, now);
      }
    }
  }

  /** When `expire` has something to do next. */
  nextDeadline(): number {
    let next = Infinity;
    for (const state of this.known) {
      if (state.state !== 'ready') continue;
      next = Math.min(next, state.lastActiveAt + this.idleMicros);
      next = Math.min(next, firstExpiry(state));
    }
    return next;
  }

  /**
   * Among nodes: one that is ready, with the fewest requests in flight; else one that is being connected; else the one
   * whose last attempt to connect lies furthest back. 0 if there is none. The search starts at a random node
   * (NetworkClient.leastLoadedNode).
   */
  leastLoadedNode(candidates: readonly MachineId[], now: number): MachineId {
    if (candidates.length === 0) return 0;
    let fewest = Infinity;
    let ready = 0;
    let connecting = 0;
    let connectable: Node | null = null;
    const offset = this.leastLoadedDice.int(candidates.length);
    for (let i = 0; i < candidates.length; i++) {
      const state = this.node(candidates[(offset + i) % candidates.length]!);
      if (this.canSendRequest(state.id)) {
        if (state.inFlight.length === 0) return state.id;
        if (state.inFlight.length < fewest) {
          fewest = state.inFlight.length;
          ready = state.id;
        }
      } else if (state.state === 'connecting') {
        connecting = state.id;
      } else if (this.canConnect(state, now)) {
        if (connectable === null || connectable.lastConnectAttemptAt > state.lastConnectAttemptAt) connectable = state;
      }
    }
    return ready || connecting || (connectable?.id ?? 0);
  }

  isAnyReady(candidates: readonly MachineId[]): boolean {
    for (const node of candidates) if (this.nodes[node]?.state === 'ready') return true;
    return false;
  }

  isAnyConnecting(candidates: readonly MachineId[]): boolean {
    for (const node of candidates) if (this.nodes[node]?.state === 'connecting') return true;
    return false;
  }

  private node(id: MachineId): Node {
    let state = this.nodes[id];
    if (state === undefined) {
      state = new Node(id, this.setupTimeout.next(0));
      this.nodes[id] = state;
      this.known.push(state);
    }
    return state;
  }

  private canConnect(state: Node, now: number): boolean {
    return state.state === 'disconnected' && now - state.lastConnectAttemptAt >= state.reconnectBackoffMicros;
  }

  private connect(state: Node, now: number): void {
    state.state = 'connecting';
    state.lastConnectAttemptAt = now;
    const isCoordinator = state.id > COORDINATOR_NODES;
    const machine = isCoordinator ? state.id - COORDINATOR_NODES : state.id;
    const purpose = isCoordinator ? Purpose.consumerCoordinator : this.purpose;
    state.connection = this.host.net.connect(machine, purpose, state.setupTimeoutMicros);
    state.connection.state = state;
  }

  /** The node that a connection belongs to; null if it has been given up since. */
  private owner(connection: Connection): Node | null {
    const state = connection.state as Node | null | undefined;
    return state instanceof Node && state.connection === connection ? state : null;
  }

  private disconnected(state: Node, timedOut: boolean, now: number): void {
    state.lastConnectAttemptAt = now;
    state.reconnectBackoffMicros = this.reconnectBackoff.next(state.failedAttempts);
    state.failedAttempts++;
    if (state.state === 'connecting') {
      state.failedConnectAttempts++;
      state.setupTimeoutMicros = this.setupTimeout.next(state.failedConnectAttempts);
    } else {
      this.resetSetupTimeout(state);
    }
    state.state = 'disconnected';
    state.connection = null;
    const lost = state.inFlight.splice(0);
    this.listener.onDisconnected(state.id);
    for (const { request, context } of lost) this.listener.onRequestLost(state.id, request, context, timedOut);
  }

  private resetSetupTimeout(state: Node): void {
    state.failedConnectAttempts = 0;
    state.setupTimeoutMicros = this.setupTimeout.next(0);
  }
}

/** When the first of the requests in flight has waited too long. Infinity: there is none. Later ones may have less time. */
function firstExpiry({ inFlight }: Node): number {
  let first = Infinity;
  for (let i = 0; i < inFlight.length; i++) first = Math.min(first, inFlight[i]!.expiresAt);
  return first;
}
