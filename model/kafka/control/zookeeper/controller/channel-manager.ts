/** The controller's channels to all live brokers, itself among them: ControllerChannelManager. */
import type { Host } from '../../../../kernel/process.js';
import type { ControlRequest, ControlResponse } from '../../../protocol/control-messages.js';
import { BrokerChannel, type BrokerChannelSettings } from './broker-channel.js';

export class ChannelManager {
  private readonly host: Host;
  private readonly settings: BrokerChannelSettings;
  private readonly onResponse: (broker: number, response: ControlResponse) => void;
  private readonly channels = new Map<number, BrokerChannel>();
  private numbers = 0;
  private correlationIds = 0;

  constructor(
    host: Host,
    settings: BrokerChannelSettings,
    onResponse: (broker: number, response: ControlResponse) => void,
  ) {
    this.host = host;
    this.settings = settings;
    this.onResponse = onResponse;
  }

  addBroker(broker: number): void {
    if (this.channels.has(broker)) return;
    const number = ++this.numbers;
    this.channels.set(broker, new BrokerChannel(this.host, this.settings, broker, number, this.onResponse));
  }

  removeBroker(broker: number): void {
    this.channels.get(broker)?.shutDown();
    this.channels.delete(broker);
  }

  /** The controller has resigned. */
  shutDown(): void {
    for (const broker of this.channels.keys()) this.removeBroker(broker);
  }

  nextCorrelationId(): number {
    return ++this.correlationIds;
  }

  /** Dropped if the broker is not live. */
  send(broker: number, request: ControlRequest): void {
    this.channels.get(broker)?.send(request);
  }

  onTimer(kind: number, number: number): void {
    for (const channel of this.channels.values()) if (channel.number === number) channel.onTimer(kind);
  }
}
