/**
 * What producer and consumer processes share: the network thread's loop. It runs when a message comes, a connection
 * changes, a deadline passes, or the application wakes it (Sender.run, ConsumerNetworkClient.poll); one timer stands for
 * the time-out of the selector.
 *
 * Deadlines are kept in microseconds of the wall clock, because the Java client measures all its time-outs with
 * System.currentTimeMillis: a jump of the clock moves them.
 */
import type { Connection } from '../../kernel/network.js';
import {
  Process,
  type BrokenReason,
  type Host,
  type MachineId,
  type Message,
  type TimerId,
} from '../../kernel/process.js';
import { Api, Purpose, type MetadataResponse, type Request, type Response } from '../protocol/messages.js';
import { Probe } from '../probes.js';
import type { ClientConfig } from './api.js';
import { Metadata, type MetadataListener, type MetadataSettings } from './metadata.js';
import { MetadataUpdater } from './metadata-updater.js';
import { NetworkClient, type NetworkListener, type NetworkSettings } from './network-client.js';

const TIMER_LOOP = 1;
const TIMER_DEADLINE = 2;
export const TIMER_APPLICATION = 3;
/** A deadline that is already past and could not be met is tried again after this: the granularity of the selector. */
const SHORTEST_WAIT_MICROS = 1000;

export abstract class ClientProcess extends Process implements NetworkListener, MetadataListener {
  protected readonly network: NetworkClient;
  protected readonly metadata: Metadata;
  private readonly updater: MetadataUpdater;
  private wakeupDue = false;
  private timer: TimerId = 0;
  /** When the timer fires, on the monotonic clock: the wall clock may jump meanwhile. */
  private timerAt = Infinity;

  constructor(host: Host, config: ClientConfig, settings: NetworkSettings & MetadataSettings, maxInFlight: number) {
    super(host);
    this.network = new NetworkClient(host, Purpose.clientData, settings, maxInFlight, this);
    this.metadata = new Metadata(
      config.partitions,
      config.bootstrap,
      settings,
      config.rules,
      host.dice('metadata-backoff'),
      this,
    );
    this.updater = new MetadataUpdater(this.network, this.metadata);
  }

  /** What the application asked for with TIMER_APPLICATION. */
  protected onApplicationTimer(): void {}
  /** One turn of the loop: does whatever is due. Returns when something is due next, in wall time; Infinity for never. */
  protected abstract turn(now: number): number;
  /** As NetworkListener, metadata requests excepted. */
  protected abstract handleResponse(
    node: MachineId,
    request: Request,
    response: Response | null,
    context: unknown,
  ): void;
  protected abstract handleRequestLost(node: MachineId, request: Request, context: unknown, timedOut: boolean): void;

  /** A producer's or consumer's session, as histories number them: a restart begins another. */
  get session(): number {
    return this.host.id * 65536 + this.host.incarnation;
  }

  /** Brokers that this client can turn to: those that its last metadata named, and no others (metadata.recovery.strategy=none). */
  get knownBrokers(): readonly MachineId[] {
    return this.metadata.nodes;
  }

  /** Whether this client would turn to a broker for some partition. */
  takesForLeader(broker: MachineId): boolean {
    return this.metadata.takesForLeader(broker);
  }

  /** The network thread is to look again; after a CPU-time delay, once for however many calls. */
  wakeup(): void {
    if (this.wakeupDue) return;
    this.wakeupDue = true;
    this.host.later(TIMER_LOOP, 0);
  }

  /** NetworkClient.ready: a node takes no request while a metadata update is due, which goes first. */
  protected ready(node: MachineId, now: number): boolean {
    return this.network.ready(node, now) && !this.updater.isUpdateDue(now);
  }

  override start(): void {
    this.wakeup();
  }

  override onConnection(connection: Connection): void {
    // Clients listen on no port.
    connection.reset();
  }

  override onConnected(connection: Connection): void {
    this.network.onConnected(connection, this.host.wallMicros());
    this.loop();
  }

  override onMessage(connection: Connection, message: Message): void {
    this.network.onMessage(connection, message as Response, this.host.wallMicros());
    this.loop();
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    this.network.onBroken(connection, why, this.host.wallMicros());
    this.loop();
  }

  override onTimer(kind: number): void {
    if (kind === TIMER_LOOP) {
      this.wakeupDue = false;
    } else if (kind === TIMER_DEADLINE) {
      this.timer = 0;
      this.timerAt = Infinity;
    } else {
      this.onApplicationTimer();
    }
    this.loop();
  }

  onResponse(node: MachineId, request: Request, response: Response | null, context: unknown): void {
    if (request.kind === Api.metadata)
      this.updater.handleResponse(response as MetadataResponse, this.host.wallMicros());
    else this.handleResponse(node, request, response, context);
  }

  onRequestLost(node: MachineId, request: Request, context: unknown, timedOut: boolean): void {
    if (request.kind === Api.metadata) this.updater.handleRequestLost(this.host.wallMicros());
    else this.handleRequestLost(node, request, context, timedOut);
  }

  onDisconnected(_node: MachineId): void {
    this.updater.handleDisconnect(this.host.wallMicros());
  }

  onLeaderLearnt(partition: number, leader: MachineId, leaderEpoch: number): void {
    this.host.probes.emit(Probe.leaderLearnt, this.host.id, partition, leader, leaderEpoch);
  }

  private loop(): void {
    const now = this.host.wallMicros();
    this.network.expire(now);
    let next = this.turn(now);
    // What the turn found missing is asked for at once; when the request is on its way, nodes are ready again.
    if (this.updater.maybeUpdate(now)) next = this.turn(now);
    next = Math.min(next, this.network.nextDeadline(), this.updater.nextDeadline(now));
    this.sleepUntil(next, now);
  }

  /** Sees to it that the loop runs after so long or before. A timer that comes too early only looks and sleeps again. */
  private sleepUntil(at: number, now: number): void {
    if (at === Infinity) return;
    const wait = at > now ? at - now : SHORTEST_WAIT_MICROS;
    const firesAt = this.host.monotonicMicros() + wait;
    if (firesAt >= this.timerAt) return;
    if (this.timer !== 0) this.host.cancel(this.timer);
    this.timerAt = firesAt;
    this.timer = this.host.timer(TIMER_DEADLINE, wait, 0);
  }
}
