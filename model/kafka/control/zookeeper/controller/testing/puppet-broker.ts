/** A broker of which only the controller is real: it registers, takes what controllers tell it, and writes it down. */
import type { Connection } from '../../../../../kernel/network.js';
import { Process, type BrokenReason, type Host, type MachineId, type Message } from '../../../../../kernel/process.js';
import type { ConnectionOwner } from '../../../../broker/components.js';
import type { ControlRequest, ControlResponse } from '../../../../protocol/control-messages.js';
import { KafkaError } from '../../../../protocol/errors.js';
import { RESPONSE, type Request, type Response } from '../../../../protocol/messages.js';
import type { ZnodeEvent } from '../../ensemble/operations.js';
import { ALREADY_REGISTERED, registerBroker } from '../../broker-registration.js';
import { ZkSession, type ZkSessionListener } from '../../zk-session.js';
import type { ZkSteps } from '../../zk-steps.js';
import { KafkaController, type ControllerHome } from '../controller.js';
import type { ControllerSettings } from '../controller-config.js';

const Timer = { check: 1, connect: 2, event: 3, rebalance: 4, retry: 5, deadline: 6, register: 7 } as const;

export class PuppetBroker extends Process implements ControllerHome, ZkSessionListener {
  readonly session: ZkSession;
  readonly controller: KafkaController;
  brokerEpoch = -1;
  /** What controllers said, in order of arrival. */
  readonly told: ControlRequest[] = [];
  private readonly settings: ControllerSettings;

  constructor(host: Host, servers: readonly MachineId[], settings: ControllerSettings) {
    super(host);
    this.settings = settings;
    this.session = new ZkSession(
      host,
      {
        servers,
        sessionTimeoutMicros: 6_000_000,
        checkTimer: Timer.check,
        connectTimer: Timer.connect,
        threadsEndWithSession: settings.rules.controllerStopsWithSession,
      },
      this,
    );
    this.controller = new KafkaController(this, settings, {
      event: Timer.event,
      rebalance: Timer.rebalance,
      channelRetry: Timer.retry,
      channelDeadline: Timer.deadline,
    });
  }

  override start(): void {
    this.session.open();
    this.begin();
  }

  *registerBroker(): ZkSteps<void> {
    const registration = { brokerId: this.host.id, rack: null, formerSessions: [] };
    this.brokerEpoch = yield* registerBroker(registration, () => this.session.id, true);
  }

  onSessionExpired(): void {
    this.controller.onSessionExpired();
  }

  onNewSession(): void {
    this.controller.onNewSession();
  }

  onZnodeEvent(event: ZnodeEvent): void {
    this.controller.onZnodeEvent(event);
  }

  /** Asks this broker's own controller. */
  ask(request: Request): { response: Response | null } {
    const answer: { response: Response | null } = { response: null };
    this.controller.onRequest(request, (response) => {
      answer.response = response;
    });
    return answer;
  }

  override onConnection(): void {
    // Who connects speaks first.
  }

  override onConnected(connection: Connection): void {
    (connection.state as ConnectionOwner).onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    if (connection.state !== undefined) {
      (connection.state as ConnectionOwner).onMessage(connection, message);
      return;
    }
    const request = message as ControlRequest;
    this.told.push(request);
    const response: ControlResponse = {
      kind: request.kind + RESPONSE,
      bytes: 40,
      correlationId: request.correlationId,
      error: KafkaError.NONE,
      partitions: [],
    };
    connection.send(response);
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    (connection.state as ConnectionOwner | undefined)?.onBroken(connection, why);
  }

  override onTimer(kind: number, arg: number): void {
    switch (kind) {
      case Timer.check:
      case Timer.connect:
        this.session.client.onTimer(kind);
        return;
      case Timer.register:
        this.begin();
        return;
      default:
        this.controller.onTimer(kind, arg);
    }
  }

  private begin(): void {
    this.session.run(this.registerBroker(), () => {
      if (this.brokerEpoch === ALREADY_REGISTERED) this.host.timer(Timer.register, 1_000_000, 0);
      else this.controller.startup();
    });
  }

  get rules(): ControllerSettings['rules'] {
    return this.settings.rules;
  }
}
