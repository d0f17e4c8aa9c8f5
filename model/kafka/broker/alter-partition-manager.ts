/**
 * Asks the controller to confirm ISR changes: AlterPartitionManager (KIP-497). One request is in flight per broker;
 * proposals that come meanwhile wait for the next. A proposal has no time-out.
 */
import type { Connection } from '../../kernel/network.js';
import type { BrokenReason, Message } from '../../kernel/process.js';
import { maskOf } from '../control/broker-set.js';
import { Probe } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type Response,
} from '../protocol/messages.js';
import { TimerRange, type BrokerComponent, type BrokerServices } from './components.js';
import { ControllerChannel, type ChannelUser } from './controller-channel.js';
import { committedIsr, type IsrState } from './isr-state.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';

const Timer = {
  /** submitted | sent; also the wait after an error. */
  send: TimerRange.alterPartition + 0,
  /** reply | applied. Payload: the reply. */
  apply: TimerRange.alterPartition + 1,
  resend: TimerRange.alterPartition + 2,
  channelDeadline: TimerRange.alterPartition + 3,
  channelReconnect: TimerRange.alterPartition + 4,
} as const;

const RETRY_BACKOFF_MICROS = 50_000;
/** controller.socket.timeout.ms */
const REQUEST_TIMEOUT_MICROS = 30_000_000;
const RECONNECT_BACKOFF_MAX_MICROS = 50_000;
const REQUEST_BYTES = 60;
const REQUEST_PARTITION_BYTES = 60;

type RequestPartition = AlterPartitionRequest['partitions'][number];
type ReplyPartition = AlterPartitionResponse['partitions'][number];

/** A proposal, as it stood when it was submitted. */
interface Item {
  readonly partition: Partition;
  readonly state: IsrState;
  readonly request: RequestPartition;
}

export class AlterPartitionManager implements BrokerComponent, ChannelUser {
  readonly #broker: BrokerServices;
  readonly #replicas: ReplicaManager;
  readonly #channel: ControllerChannel;
  /** At most one a partition, the one in flight included, in the order of submission. */
  #unsent: Item[] = [];
  /** Those that the request in flight carries. */
  #inFlight: readonly Item[] = [];
  /** From the moment a request is due until its reply was applied. */
  #busy = false;
  #request: AlterPartitionRequest | null = null;

  constructor(broker: BrokerServices, replicas: ReplicaManager) {
    this.#broker = broker;
    this.#replicas = replicas;
    this.#channel = new ControllerChannel(
      broker.host,
      {
        purpose: Purpose.alterPartition,
        requestTimeoutMicros: REQUEST_TIMEOUT_MICROS,
        reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      () => broker.controllerMachine(),
      this,
    );
  }

  start(): void {}

  /** Partition.submitAlterPartition. A state that metadata has overridden meanwhile is not proposed any more. */
  submit(partition: Partition, state: IsrState): void {
    if (partition.isr !== state) return;
    if (this.#unsent.some((item) => item.partition === partition)) {
      // Nothing was sent for this one, so nothing can have been applied (OPERATION_NOT_ATTEMPTED).
      this.#rollBack(partition, state);
      return;
    }
    this.#unsent.push({ partition, state, request: this.#requestOf(partition, state) });
    this.#sendSoon();
  }

  onConnected(connection: Connection): void {
    this.#channel.onConnected(connection);
  }

  onMessage(connection: Connection, message: Message): void {
    this.#channel.onMessage(connection, message);
  }

  onBroken(connection: Connection, why: BrokenReason): void {
    this.#channel.onBroken(connection, why);
  }

  onTimer(kind: number, _arg: number, payload: unknown): void {
    switch (kind) {
      case Timer.send:
        this.#send();
        return;
      case Timer.resend:
        this.#channel.send(this.#request!);
        return;
      case Timer.apply:
        this.#apply(payload as AlterPartitionResponse);
        return;
      default:
        this.#channel.onTimer(kind);
    }
  }

  onResponse(response: Response): void {
    this.#broker.host.later(Timer.apply, 0, response);
  }

  /** The controller may have applied it or not: the same request goes out again, with the same epochs. */
  onRequestLost(): void {
    this.#channel.send(this.#request!);
  }

  #sendSoon(): void {
    if (this.#busy || this.#unsent.length === 0) return;
    this.#busy = true;
    this.#broker.host.later(Timer.send, 0);
  }

  #send(): void {
    this.#inFlight = this.#unsent.slice();
    const partitions = this.#inFlight.map((item) => item.request);
    this.#request = {
      kind: Api.alterPartition,
      bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * partitions.length,
      correlationId: this.#channel.nextCorrelationId(),
      brokerId: this.#broker.config.nodeId,
      brokerEpoch: this.#broker.brokerEpoch(),
      partitions,
    };
    this.#channel.send(this.#request);
  }

  #apply(response: AlterPartitionResponse): void {
    const { host } = this.#broker;
    if (hasError(response, KafkaError.NOT_CONTROLLER)) {
      // The channel looks for the active controller and asks that: the same request.
      host.timer(Timer.resend, RETRY_BACKOFF_MICROS, 0);
      return;
    }
    if (response.error !== KafkaError.NONE) {
      // STALE_BROKER_EPOCH and whatever else is said of the whole: a new request, with the epoch of then.
      host.timer(Timer.send, RETRY_BACKOFF_MICROS, 0);
      return;
    }
    const sent = this.#inFlight;
    this.#inFlight = [];
    this.#request = null;
    this.#busy = false;
    for (const item of sent) {
      const reply = response.partitions.find(({ partition }) => partition === item.partition.number);
      // What the controller passed over stays, and is sent again.
      if (reply === undefined) continue;
      this.#unsent = this.#unsent.filter((other) => other !== item);
      this.#applyPartition(item, reply);
    }
    this.#sendSoon();
  }

  /** Ignored where metadata has overridden the proposal: nobody knows what the reply still means. */
  #applyPartition(item: Item, reply: ReplyPartition): void {
    const { partition, state } = item;
    if (partition.isr !== state) return;
    if (reply.error === KafkaError.NONE) this.#adopt(partition, reply);
    else this.#applyError(partition, state, reply.error);
  }

  /** Partition.handleAlterPartitionUpdate. An equal partition epoch means that the state was this one already. */
  #adopt(partition: Partition, reply: ReplyPartition): void {
    if (reply.leaderEpoch !== partition.leaderEpoch || reply.partitionEpoch < partition.partitionEpoch) return;
    const { host } = this.#broker;
    const isr = maskOf(reply.isr);
    partition.isr = committedIsr(isr);
    partition.partitionEpoch = reply.partitionEpoch;
    host.probes.emit(Probe.isrAdopted, host.id, partition.number, isr, reply.partitionEpoch, reply.leaderEpoch);
    if (this.#replicas.advanceHighWatermark(partition)) this.#replicas.completeDelayed(partition.number);
  }

  /** Partition.handleAlterPartitionError. */
  #applyError(partition: Partition, state: IsrState, error: ErrorCode): void {
    switch (error) {
      case KafkaError.INELIGIBLE_REPLICA:
      case KafkaError.OPERATION_NOT_ATTEMPTED:
        // The only two that prove that it was not applied, and never will be.
        this.#rollBack(partition, state);
        return;
      case KafkaError.FENCED_LEADER_EPOCH:
      case KafkaError.INVALID_UPDATE_VERSION:
      case KafkaError.INVALID_REQUEST:
      case KafkaError.UNKNOWN_TOPIC_OR_PARTITION:
      case KafkaError.NEW_LEADER_ELECTED:
        // The controller knows better, but not what of this was applied: the maximal ISR stands until metadata arrives.
        return;
      default:
        this.submit(partition, state);
    }
  }

  #rollBack(partition: Partition, state: IsrState): void {
    partition.isr = state.lastCommitted!;
  }

  #requestOf(partition: Partition, state: IsrState): RequestPartition {
    const { nodeId } = this.#broker.config;
    const brokerEpoch = this.#replicas.rules.brokerEpochInIsr ? this.#broker.brokerEpoch() : -1;
    return {
      partition: partition.number,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partition.partitionEpoch,
      newIsr: state.members.map((member) => (member.brokerId === nodeId ? { ...member, brokerEpoch } : member)),
      leaderRecoveryState: 0,
    };
  }
}

function hasError(response: AlterPartitionResponse, error: ErrorCode): boolean {
  return response.error === error || response.partitions.some((partition) => partition.error === error);
}
