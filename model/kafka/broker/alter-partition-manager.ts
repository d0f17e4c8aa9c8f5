/**
 * Asks the controller to confirm ISR changes: AlterPartitionManager (KIP-497). One request is in flight per broker;
 * proposals that come meanwhile wait for the next. A proposal has no time-out: the same request, with the same epochs, goes out until a
 * controller answers it, be it applied already or not.
 */
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
import { TimerRange, type BrokerComponent, type ControllerServices } from './components.js';
import { ControllerChannel, type ControllerRequestUser } from './controller-channel.js';
import { committedIsr, type IsrState } from './isr-state.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';

const Timer = {
  /** submitted | sent */
  send: TimerRange.alterPartition + 0,
  /** reply | applied. Payload: the reply. */
  apply: TimerRange.alterPartition + 1,
  channelDeadline: TimerRange.alterPartition + 2,
  channelReconnect: TimerRange.alterPartition + 3,
  /** The wait after an error of the whole request. */
  retry: TimerRange.alterPartition + 4,
} as const;

const RETRY_BACKOFF_MICROS = 50_000;
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

export class AlterPartitionManager implements BrokerComponent, ControllerRequestUser {
  readonly #broker: ControllerServices;
  readonly #replicas: ReplicaManager;
  readonly #channel: ControllerChannel;
  /** At most one a partition, the one in flight included, in the order of submission. */
  #unsent: Item[] = [];
  /** Those that the request in flight carries. */
  #inFlight: readonly Item[] = [];
  /** From the moment a request is due until its reply was applied. */
  #busy = false;

  constructor(broker: ControllerServices, replicas: ReplicaManager) {
    this.#broker = broker;
    this.#replicas = replicas;
    this.#channel = new ControllerChannel(
      broker,
      {
        purpose: Purpose.alterPartition,
        retryTimeoutMicros: Infinity,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      this,
    );
  }

  start(): void {}

  /**
   * Partition.submitAlterPartition. A proposal that metadata has overridden meanwhile is sent all the same: its epochs tell
   * the controller how old it is, and its reply is ignored.
   */
  submit(partition: Partition, state: IsrState): void {
    if (this.#unsent.some((item) => item.partition === partition)) {
      // Nothing was sent for this one, so nothing can have been applied.
      const { proposed, partitionEpoch, leaderEpoch } = state;
      const { id, probes } = this.#broker.host;
      probes.emit(Probe.isrNotAttempted, id, partition.number, proposed, partitionEpoch, leaderEpoch);
      this.#onPartitionError(partition, state, KafkaError.OPERATION_NOT_ATTEMPTED);
      return;
    }
    this.#unsent.push({ partition, state, request: requestOf(partition, state) });
    this.#sendSoon();
  }

  onTimer(kind: number, _arg: number, payload: unknown): void {
    switch (kind) {
      case Timer.send:
        this.#send();
        return;
      case Timer.retry:
        this.#sendSoon();
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

  onTimeout(): void {
    throw new Error('a proposal has no time-out');
  }

  #sendSoon(): void {
    if (this.#busy || this.#unsent.length === 0) return;
    this.#busy = true;
    this.#broker.host.later(Timer.send, 0);
  }

  #send(): void {
    this.#inFlight = this.#unsent.slice();
    const partitions = this.#inFlight.map((item) => item.request);
    const request: AlterPartitionRequest = {
      kind: Api.alterPartition,
      bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * partitions.length,
      correlationId: this.#channel.nextCorrelationId(),
      brokerId: this.#broker.config.nodeId,
      brokerEpoch: this.#broker.brokerEpoch(),
      partitions,
    };
    this.#channel.send(request);
  }

  #apply(response: AlterPartitionResponse): void {
    const { host } = this.#broker;
    const sent = this.#inFlight;
    this.#inFlight = [];
    this.#busy = false;
    if (response.error !== KafkaError.NONE) {
      // STALE_BROKER_EPOCH and whatever else is said of the whole: a new request, with the epoch of then. Whoever submits
      // something before the wait is over sends it all.
      host.timer(Timer.retry, RETRY_BACKOFF_MICROS, 0);
      return;
    }
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
  #applyPartition({ partition, state }: Item, reply: ReplyPartition): void {
    if (reply.error !== KafkaError.NONE) this.#onPartitionError(partition, state, reply.error);
    else if (partition.isr === state) this.#adopt(partition, reply);
  }

  /** Partition.handleAlterPartitionUpdate. An equal partition epoch means that the state was this one already. */
  #adopt(partition: Partition, reply: ReplyPartition): void {
    if (reply.leaderEpoch !== partition.leaderEpoch || reply.partitionEpoch < partition.partitionEpoch) return;
    const { host } = this.#broker;
    const isr = maskOf(reply.isr);
    partition.isr = committedIsr(isr);
    partition.partitionEpoch = reply.partitionEpoch;
    host.probes.emit(Probe.isrAdopted, host.id, partition.number, isr, reply.partitionEpoch, reply.leaderEpoch);
    // The ISR may be down to this broker alone.
    if (this.#replicas.rules.ignoresConfirmedShrink) return;
    if (this.#replicas.advanceHighWatermark(partition)) this.#replicas.completeDelayed(partition.number);
  }

  /** Partition.handleAlterPartitionError. */
  #onPartitionError(partition: Partition, state: IsrState, error: ErrorCode): void {
    if (partition.isr !== state) return;
    switch (error) {
      case KafkaError.INELIGIBLE_REPLICA:
      case KafkaError.OPERATION_NOT_ATTEMPTED:
        // The only two that prove that it was not applied, and never will be.
        partition.isr = state.lastCommitted!;
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
}

function requestOf({ number }: Partition, { leaderEpoch, partitionEpoch, members }: IsrState): RequestPartition {
  return { partition: number, leaderEpoch, partitionEpoch, newIsr: members, leaderRecoveryState: 0 };
}
