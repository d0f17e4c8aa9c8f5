/**
 * Tells the controller in which log directory each replica lies, where the metadata do not know it: AssignmentsManager
 * (KIP-858). A broker of one directory never has anything to say.
 *
 * What is to be said is gathered for a while, sent in one request, and said again until it is taken. The form is that of
 * 3.9; 3.7 gathered for 500 ms.
 */
import type { Connection } from '../../kernel/network.js';
import type { BrokenReason, Message, TimerId } from '../../kernel/process.js';
import type { Stream } from '../../kernel/random.js';
import type { MetadataImage } from '../control/metadata-image.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  type Response,
} from '../protocol/messages.js';
import { TimerRange, type BrokerComponent, type ControllerServices } from './components.js';
import { ControllerChannel, exponentialBackoff, type ChannelUser } from './controller-channel.js';

const Timer = {
  send: TimerRange.directoryAssignments + 0,
  resend: TimerRange.directoryAssignments + 1,
  channelDeadline: TimerRange.directoryAssignments + 2,
  channelReconnect: TimerRange.directoryAssignments + 3,
} as const;

/** AssignReplicasToDirsRequest.MAX_ASSIGNMENTS_PER_REQUEST */
const MAX_ASSIGNMENTS = 2250;
const BACKOFF_MICROS = 100_000;
const BACKOFF_MAX_MICROS = 10_000_000;
const BACKOFF_JITTER_PPM = 20_000;
/** NodeToControllerChannelManager's wait before it asks the next controller. */
const RETRY_BACKOFF_MICROS = 50_000;
/** controller.socket.timeout.ms */
const REQUEST_TIMEOUT_MICROS = 30_000_000;
const RECONNECT_BACKOFF_MAX_MICROS = 50_000;
const REQUEST_BYTES = 60;
const REQUEST_PARTITION_BYTES = 20;

export class DirectoryAssignments implements BrokerComponent, ChannelUser {
  readonly #broker: ControllerServices;
  readonly #image: MetadataImage;
  readonly #channel: ControllerChannel;
  readonly #dice: Stream;
  /** By partition, in the order in which they came: the directory. */
  readonly #ready = new Map<number, number>();
  /** What the request in flight says; null: none is. */
  #inFlight: AssignReplicasToDirsRequest | null = null;
  #sendTimer: TimerId = 0;
  /** Monotonic microseconds. */
  #sendAt = 0;
  #failures = 0;

  constructor(broker: ControllerServices, image: MetadataImage) {
    this.#broker = broker;
    this.#image = image;
    this.#dice = broker.host.dice('directory-assignments');
    this.#channel = new ControllerChannel(
      broker.host,
      {
        purpose: Purpose.directoryAssignments,
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

  /** A later one takes the place of an earlier (AssignmentsManager.onAssignment). */
  add(partition: number, directoryId: number): void {
    this.#ready.delete(partition);
    this.#ready.set(partition, directoryId);
    this.#schedule();
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

  onTimer(kind: number): void {
    switch (kind) {
      case Timer.send:
        this.#sendTimer = 0;
        this.#send();
        return;
      case Timer.resend:
        this.#channel.send(this.#inFlight!);
        return;
      default:
        this.#channel.onTimer(kind);
    }
  }

  onResponse(response: Response): void {
    const { error, partitions } = response as AssignReplicasToDirsResponse;
    if (error === KafkaError.NOT_CONTROLLER) {
      this.#channel.disconnect();
      this.#broker.host.timer(Timer.resend, RETRY_BACKOFF_MICROS, 0);
      return;
    }
    const sent = this.#inFlight!.partitions;
    this.#inFlight = null;
    if (error === KafkaError.NONE) this.#failures = 0;
    else this.#failures++;
    for (const { partition, directoryId } of sent) {
      const answer = error === KafkaError.NONE ? partitions.find((one) => one.partition === partition) : undefined;
      // What was said since counts more.
      if (answer?.error !== KafkaError.NONE && !this.#ready.has(partition)) this.#ready.set(partition, directoryId);
    }
    if (this.#ready.size > 0) this.#schedule();
  }

  /** The same request again: what it says is as true as before. */
  onRequestLost(): void {
    this.#channel.send(this.#inFlight!);
  }

  /** What is no longer this broker's to say is left out (maybeSendAssignments, Assignment.valid). */
  #send(): void {
    if (this.#inFlight !== null) return;
    const partitions: { partition: number; directoryId: number }[] = [];
    const { nodeId } = this.#broker.config;
    for (const [partition, directoryId] of this.#ready) {
      if (partitions.length === MAX_ASSIGNMENTS) break;
      this.#ready.delete(partition);
      if (this.#image.partition(partition)?.replicas.includes(nodeId) === true)
        partitions.push({ partition, directoryId });
    }
    if (partitions.length === 0) return;
    this.#inFlight = {
      kind: Api.assignReplicasToDirs,
      bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * partitions.length,
      correlationId: this.#channel.nextCorrelationId(),
      brokerId: nodeId,
      brokerEpoch: this.#broker.brokerEpoch(),
      partitions,
    };
    this.#channel.send(this.#inFlight);
  }

  /** After the wait, or when it was to be sent before, whichever comes first (AssignmentsManagerDeadlineFunction). */
  #schedule(): void {
    const { host } = this.#broker;
    const wait =
      this.#failures === 0
        ? BACKOFF_MICROS
        : exponentialBackoff(BACKOFF_MICROS, BACKOFF_MAX_MICROS, this.#failures, BACKOFF_JITTER_PPM, this.#dice);
    const at = host.monotonicMicros() + wait;
    if (this.#sendTimer !== 0) {
      if (this.#sendAt <= at) return;
      host.cancel(this.#sendTimer);
    }
    this.#sendAt = at;
    this.#sendTimer = host.timer(Timer.send, wait, 0);
  }
}
