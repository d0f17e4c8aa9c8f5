/**
 * A broker that leaves in order: it asks the controller, whom it looks up in ZooKeeper, to move its leaderships away, some
 * times over, and then ends whatever the answer (KafkaServer.controlledShutdown).
 */
import type { Connection } from '../../../kernel/network.js';
import type { Host, Message } from '../../../kernel/process.js';
import { NOBODY, readControllerId } from '../../control/zookeeper/controller/controller-election.js';
import type { ZkSession } from '../../control/zookeeper/zk-session.js';
import type { ZkSteps } from '../../control/zookeeper/zk-steps.js';
import {
  CONTROLLED_SHUTDOWN,
  ControlApi,
  UNKNOWN_BROKER_EPOCH,
  type ControlledShutdownRequest,
  type ControlledShutdownResponse,
} from '../../protocol/control-messages.js';
import { KafkaError } from '../../protocol/errors.js';
import type { ConnectionOwner } from '../components.js';

/** controlled.shutdown.max.retries, controlled.shutdown.retry.backoff.ms, controller.socket.timeout.ms */
const ATTEMPTS = 3;
const RETRY_BACKOFF_MICROS = 5_000_000;
const SOCKET_TIMEOUT_MICROS = 30_000_000;
const REQUEST_BYTES = 40;

export interface ShutdownTimers {
  readonly retry: number;
  readonly deadline: number;
}

export class ControlledShutdown implements ConnectionOwner {
  private readonly host: Host;
  private readonly session: ZkSession;
  private readonly timers: ShutdownTimers;
  /** UNKNOWN_BROKER_EPOCH before KIP-380 (2.2). */
  private readonly brokerEpoch: number;
  private readonly onStopped: () => void;
  private connection: Connection | null = null;
  private attempts = 0;
  private isOver = false;

  constructor(
    host: Host,
    session: ZkSession,
    timers: ShutdownTimers,
    brokerEpoch: number = UNKNOWN_BROKER_EPOCH,
    onStopped: () => void,
  ) {
    this.host = host;
    this.session = session;
    this.timers = timers;
    this.brokerEpoch = brokerEpoch;
    this.onStopped = onStopped;
  }

  begin(): void {
    this.attempts++;
    this.host.timer(this.timers.deadline, SOCKET_TIMEOUT_MICROS, this.attempts);
    this.session.run(this.connect(), (failure) => {
      if (failure !== null) this.failed();
    });
  }

  onConnected(connection: Connection): void {
    const request: ControlledShutdownRequest = {
      kind: ControlApi.controlledShutdown,
      bytes: REQUEST_BYTES,
      correlationId: this.attempts,
      brokerId: this.host.id,
      brokerEpoch: this.brokerEpoch,
    };
    connection.send(request);
  }

  onMessage(connection: Connection, message: Message): void {
    if (connection !== this.connection) return;
    const { error, remainingPartitions } = message as ControlledShutdownResponse;
    if (error === KafkaError.NONE && remainingPartitions.length === 0) this.finish();
    else this.failed();
  }

  onBroken(connection: Connection): void {
    if (connection === this.connection) this.failed();
  }

  onTimer(kind: number, attempt: number): void {
    if (this.isOver || attempt !== this.attempts) return;
    if (kind === this.timers.retry) this.begin();
    else this.failed();
  }

  private *connect(): ZkSteps<void> {
    const controller = yield* readControllerId();
    if (this.isOver) return;
    if (controller === NOBODY) {
      this.failed();
      return;
    }
    this.connection = this.host.net.connect(controller, CONTROLLED_SHUTDOWN, SOCKET_TIMEOUT_MICROS);
    this.connection.state = this;
  }

  private failed(): void {
    this.connection?.close();
    this.connection = null;
    if (this.isOver) return;
    if (this.attempts < ATTEMPTS) this.host.timer(this.timers.retry, RETRY_BACKOFF_MICROS, this.attempts);
    else this.finish();
  }

  private finish(): void {
    this.isOver = true;
    this.connection?.close();
    this.onStopped();
  }
}
