/**
 * A broker's life as the controller sees it: registration, heartbeats, unfencing, controlled shutdown.
 * (BrokerLifecycleManager, KIP-631)
 *
 * starting: registered, catching up with the metadata. recovery: loading logs, until the controller unfences it.
 * running. pending-controlled-shutdown: waiting for the controller to move its leaderships away.
 */
import type { TimerId } from '../../kernel/process.js';
import type { Stream } from '../../kernel/random.js';
import { NO_DIRECTORIES } from '../protocol/directory-ids.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  RESPONSE,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  type Request,
  type Response,
} from '../protocol/messages.js';
import { TimerRange, type BrokerServices, type Lifecycle } from './components.js';
import { ControllerChannel, type ControllerRequestUser } from './controller-channel.js';
import { exponentialBackoff } from './inter-broker-channel.js';

export type BrokerState =
  | 'not-running'
  | 'starting'
  | 'recovery'
  | 'running'
  | 'pending-controlled-shutdown'
  | 'stopped';

const Timer = {
  communicate: TimerRange.lifecycle + 0,
  registrationTimeout: TimerRange.lifecycle + 1,
  channelDeadline: TimerRange.lifecycle + 2,
  channelReconnect: TimerRange.lifecycle + 3,
  /** log.dir.failure.timeout.ms. Argument: the directory's id. */
  directoryFailure: TimerRange.lifecycle + 4,
} as const;

/** Between heartbeats while starting, so that a broker with nothing to recover is up sooner. */
const STARTING_HEARTBEAT_MICROS = 10_000;
/** After the controller's first answer to a controlled shutdown. */
const FIRST_SHUTDOWN_HEARTBEAT_MICROS = 50_000;
/** resendExponentialBackoff: 100 ms × 2 up to the session time-out, jitter 2 %. */
const RESEND_BACKOFF_MICROS = 100_000;
const RESEND_JITTER_PPM = 20_000;

/** log.dir.failure.timeout.ms */
const DIRECTORY_FAILURE_TIMEOUT_MS = 30_000;

const REGISTRATION_BYTES = 120;
const HEARTBEAT_BYTES = 50;

export class BrokerLifecycle implements Lifecycle, ControllerRequestUser {
  brokerEpoch = -1;
  state: BrokerState = 'not-running';

  private readonly broker: BrokerServices;
  private readonly channel: ControllerChannel;
  private readonly dice: Stream;
  /** A new one each time the process starts: how the controller tells a restart from a retry. */
  private readonly incarnationId: number;
  private readonly sessionTimeoutMicros: number;
  private readonly heartbeatMicros: number;
  private registered = false;
  private readyToUnfence = false;
  private gotShutdownAnswer = false;
  private onStopped: (() => void) | null = null;
  /** Log directories that have failed since, and whether the controller has heard of each. */
  private readonly offlineDirs = new Map<number, boolean>();
  private failedAttempts = 0;
  private nextCommunication: TimerId = 0;
  /** The communication is due although a request is in flight: it follows the answer. */
  private isCommunicationDue = false;
  private inFlight: Request | null = null;

  constructor(broker: BrokerServices) {
    const { host, config } = broker;
    this.broker = broker;
    this.sessionTimeoutMicros = config.settings['broker.session.timeout.ms'] * 1000;
    this.heartbeatMicros = config.settings['broker.heartbeat.interval.ms'] * 1000;
    this.dice = host.dice('broker-lifecycle');
    this.incarnationId = this.dice.bits() >>> 0;
    this.channel = new ControllerChannel(
      broker,
      {
        purpose: Purpose.heartbeat,
        // Half a session, so that a lost request costs no session (KAFKA-14392).
        retryTimeoutMicros: Math.trunc(this.sessionTimeoutMicros / 2),
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      this,
    );
  }

  start(): void {
    const timeout = this.broker.config.settings['initial.broker.registration.timeout.ms'] * 1000;
    this.state = 'starting';
    this.broker.host.timer(Timer.registrationTimeout, timeout, 0);
    this.communicate();
  }

  ready(): void {
    this.readyToUnfence = true;
    this.schedule(0);
  }

  directoryFailed(directoryId: number): void {
    const { host, config } = this.broker;
    const timeoutMs = config.settings['log.dir.failure.timeout.ms'] ?? DIRECTORY_FAILURE_TIMEOUT_MS;
    this.offlineDirs.set(directoryId, false);
    host.timer(Timer.directoryFailure, timeoutMs * 1000, directoryId);
    if (this.registered) this.schedule(0);
  }

  /**
   * Asks the controller to move this broker's leaderships away; `onStopped` follows when the process may end.
   * A broker that is not running stops at once.
   */
  beginControlledShutdown(onStopped: () => void): void {
    this.onStopped = onStopped;
    if (this.state === 'pending-controlled-shutdown') return;
    if (this.state !== 'running') {
      this.stop();
      return;
    }
    this.state = 'pending-controlled-shutdown';
    this.schedule(0);
  }

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case Timer.communicate:
        this.nextCommunication = 0;
        this.communicate();
        return;
      case Timer.registrationTimeout:
        // Without a registration within initial.broker.registration.timeout.ms the broker gives up starting.
        if (!this.registered) this.broker.host.die('exit');
        return;
      case Timer.directoryFailure:
        // Whoever leads there might lead on for ever (OfflineDirBrokerFailureEvent).
        if (this.offlineDirs.get(arg) === false) this.broker.shutDown();
        return;
      default:
        this.channel.onTimer(kind);
    }
  }

  onResponse(response: Response): void {
    const asked = this.inFlight;
    this.inFlight = null;
    if (response.kind === Api.brokerRegistration + RESPONSE) {
      this.onRegistration(response as BrokerRegistrationResponse);
    } else {
      this.onHeartbeat(response as BrokerHeartbeatResponse, (asked as BrokerHeartbeatRequest).offlineLogDirs);
    }
    if (this.isCommunicationDue && this.inFlight === null) this.schedule(0);
  }

  onTimeout(): void {
    this.inFlight = null;
    this.scheduleAfterFailure();
  }

  // ---------------------------------------------------------------------- what is sent

  private communicate(): void {
    if (this.state === 'stopped') return;
    if (this.inFlight !== null) {
      this.isCommunicationDue = true;
      return;
    }
    this.isCommunicationDue = false;
    this.inFlight = this.registered ? this.heartbeat() : this.registration();
    this.channel.send(this.inFlight);
  }

  private registration(): BrokerRegistrationRequest {
    const { metadataVersion } = this.broker.config;
    return {
      kind: Api.brokerRegistration,
      bytes: REGISTRATION_BYTES,
      correlationId: this.channel.nextCorrelationId(),
      brokerId: this.broker.config.nodeId,
      incarnationId: this.incarnationId,
      rack: this.broker.config.rack,
      previousBrokerEpoch: this.broker.previousBrokerEpoch,
      ...(metadataVersion === undefined ? {} : { metadataVersion }),
      logDirs: this.broker.logDirectoryIds(),
    };
  }

  private heartbeat(): BrokerHeartbeatRequest {
    return {
      kind: Api.brokerHeartbeat,
      bytes: HEARTBEAT_BYTES,
      correlationId: this.channel.nextCorrelationId(),
      brokerId: this.broker.config.nodeId,
      brokerEpoch: this.brokerEpoch,
      currentMetadataOffset: this.broker.currentMetadataOffset(),
      wantFence: !this.readyToUnfence,
      wantShutDown: this.state === 'pending-controlled-shutdown',
      offlineLogDirs: this.offlineDirs.size === 0 ? NO_DIRECTORIES : [...this.offlineDirs.keys()],
    };
  }

  // ---------------------------------------------------------------------- what is answered

  private onRegistration(response: BrokerRegistrationResponse): void {
    if (response.error !== KafkaError.NONE) {
      // DUPLICATE_BROKER_REGISTRATION: the session of this broker's former life is not over yet.
      this.scheduleAfterFailure();
      return;
    }
    this.failedAttempts = 0;
    this.brokerEpoch = response.brokerEpoch;
    this.registered = true;
    this.schedule(0);
  }

  /** @param reported the failed log directories that the heartbeat named */
  private onHeartbeat(response: BrokerHeartbeatResponse, reported: readonly number[]): void {
    if (response.error !== KafkaError.NONE) {
      // STALE_BROKER_EPOCH too: a registration of this broker's former life was in flight when it died, and was taken after
      // this one's. The broker goes on with its stale epoch until somebody restarts it (BrokerHeartbeatResponseEvent).
      this.scheduleAfterFailure();
      return;
    }
    this.failedAttempts = 0;
    for (const directory of reported) this.offlineDirs.set(directory, true);
    switch (this.state) {
      case 'starting':
        this.schedule(STARTING_HEARTBEAT_MICROS);
        if (!response.isCaughtUp) return;
        this.state = 'recovery';
        this.broker.onCaughtUp();
        return;
      case 'recovery':
        this.schedule(this.heartbeatMicros);
        if (response.isFenced) return;
        this.state = 'running';
        this.broker.onUnfenced();
        return;
      case 'running':
        this.schedule(this.heartbeatMicros);
        return;
      case 'pending-controlled-shutdown':
        if (response.shouldShutDown) this.stop();
        else this.schedule(this.gotShutdownAnswer ? this.heartbeatMicros : FIRST_SHUTDOWN_HEARTBEAT_MICROS);
        this.gotShutdownAnswer = true;
        return;
      case 'not-running':
      case 'stopped':
        return;
    }
  }

  private stop(): void {
    this.state = 'stopped';
    this.channel.disconnect();
    this.inFlight = null;
    this.onStopped?.();
  }

  private scheduleAfterFailure(): void {
    const { failedAttempts } = this;
    this.failedAttempts++;
    this.isCommunicationDue = false;
    this.schedule(
      exponentialBackoff(
        RESEND_BACKOFF_MICROS,
        this.sessionTimeoutMicros,
        failedAttempts,
        RESEND_JITTER_PPM,
        this.dice,
      ),
    );
  }

  /** Replaces what was scheduled. */
  private schedule(afterMicros: number): void {
    const { host } = this.broker;
    if (this.nextCommunication !== 0) host.cancel(this.nextCommunication);
    this.nextCommunication = host.timer(Timer.communicate, afterMicros, 0);
  }
}
