/**
 * A node with both roles, process.roles=broker,controller: one process, in which a broker and a controller share the node
 * of the quorum, the disk and every fate. Each has a listener of its own; what the broker asks the active controller goes
 * over the network, be it the one beside it. (KafkaRaftServer, SharedServer)
 */
import type { Connection } from '../kernel/network.js';
import { Process, type BrokenReason, type Host, type Message } from '../kernel/process.js';
import { Broker } from './broker/broker.js';
import type { BrokerConfig } from './broker/config.js';
import type { CommittedMetadata } from './control/committed-metadata.js';
import type { ControllerConfig } from './control/kraft/controller-config.js';
import { FIRST_CONTROLLER_TIMER } from './control/kraft/controller-timers.js';
import { Controller } from './control/kraft/controller.js';
import { Purpose } from './protocol/messages.js';

/** What others connect to the controller's listener for. */
const toController: ReadonlySet<number> = new Set([
  Purpose.heartbeat,
  Purpose.alterPartition,
  Purpose.metadataFetch,
  Purpose.forwarding,
  Purpose.directoryAssignments,
  Purpose.admin,
  Purpose.quorum,
]);

export class CombinedServer extends Process {
  readonly broker: Broker;
  readonly controller: Controller;
  /** Connections that others made to the controller. */
  readonly #accepted = new WeakSet<Connection>();

  constructor(host: Host, broker: BrokerConfig, controller: ControllerConfig, committed: CommittedMetadata) {
    super(host);
    this.controller = new Controller(host, controller, committed);
    this.broker = new Broker(host, broker, this.controller);
  }

  override listensFor(purpose: number): boolean {
    return toController.has(purpose) || this.broker.listening;
  }

  /** The controller first. One that cannot read its log has ended the process. */
  override start(): void {
    this.controller.start();
    if (this.controller.hasStarted) this.broker.start();
  }

  override onConnection(connection: Connection): void {
    if (toController.has(connection.purpose)) this.#accepted.add(connection);
    else this.broker.onConnection(connection);
  }

  override onConnected(connection: Connection): void {
    this.#roleOf(connection).onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    this.#roleOf(connection).onMessage(connection, message);
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    this.#roleOf(connection).onBroken(connection, why);
  }

  override onTimer(kind: number, arg: number, payload: unknown): void {
    if (kind >= FIRST_CONTROLLER_TIMER) this.controller.onTimer(kind, arg, payload);
    else this.broker.onTimer(kind, arg, payload);
  }

  /** Both ends of a connection may be here: of a heartbeat to the controller beside it the broker has the one it made. */
  #roleOf(connection: Connection): Broker | Controller {
    const isController = connection.purpose === Purpose.quorum || this.#accepted.has(connection);
    return isController ? this.controller : this.broker;
  }
}
