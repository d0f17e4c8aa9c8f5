/**
 * Tells the controller in which log directory each replica lies, where the metadata do not know it: AssignmentsManager
 * (KIP-858). A broker of one directory never has anything to say.
 *
 * What is to be said is gathered for a while, sent in one request, and said again until it is taken.
 */
import type { TimerId } from '../../kernel/process.js';
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
import { ControllerChannel, type ControllerRequestUser } from './controller-channel.js';
import { exponentialBackoff } from './inter-broker-channel.js';

const Timer = {
  send: TimerRange.directoryAssignments + 0,
  channelDeadline: TimerRange.directoryAssignments + 1,
  channelReconnect: TimerRange.directoryAssignments + 2,
} as const;

/** AssignReplicasToDirsRequest.MAX_ASSIGNMENTS_PER_REQUEST */
const MAX_ASSIGNMENTS = 2250;
/** 3.7: DISPATCH_INTERVAL_NS, begun again by each one that is new. */
const QUIET_MICROS = 500_000;
/** AssignmentsManager.STANDARD_BACKOFF */
const BACKOFF_MICROS = 100_000;
const BACKOFF_MAX_MICROS = 10_000_000;
const BACKOFF_JITTER_PPM = 20_000;
/** BrokerServer: retryTimeoutMs of the channel "directory-assignments". */
const RETRY_TIMEOUT_MICROS = 60_000_000;
const REQUEST_BYTES = 60;
const REQUEST_PARTITION_BYTES = 20;

type Said = AssignReplicasToDirsRequest['partitions'][number];
const NOTHING: readonly Said[] = [];

export class DirectoryAssignments implements BrokerComponent, ControllerRequestUser {
  readonly #broker: ControllerServices;
  readonly #image: MetadataImage;
  readonly #channel: ControllerChannel;
  readonly #dice: Stream;
  readonly #untilQuiet: boolean;
  /** By partition, in the order in which they came: the directory. */
  readonly #ready = new Map<number, number>();
  /** What the request in flight says; empty: none is. */
  #inFlight = NOTHING;
  #sendTimer: TimerId = 0;
  /** Monotonic microseconds. */
  #sendAt = 0;
  #failures = 0;

  constructor(broker: ControllerServices, image: MetadataImage) {
    this.#broker = broker;
    this.#image = image;
    this.#dice = broker.host.dice('directory-assignments');
    this.#untilQuiet = broker.config.rules.directoryAssignmentBatching === 'until-quiet';
    this.#channel = new ControllerChannel(
      broker,
      {
        purpose: Purpose.directoryAssignments,
        retryTimeoutMicros: RETRY_TIMEOUT_MICROS,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      this,
    );
  }

  start(): void {}

  /** A later one takes the place of an earlier (AssignmentsManager.onAssignment). */
  add(partition: number, directoryId: number): void {
    if (this.#untilQuiet && this.#saysAlready(partition, directoryId)) return;
    this.#ready.delete(partition);
    this.#ready.set(partition, directoryId);
    if (!this.#untilQuiet) this.#sendIn(this.#backoff());
    else if (this.#inFlight.length === 0) this.#sendIn(QUIET_MICROS);
  }

  onTimer(kind: number): void {
    if (kind !== Timer.send) {
      this.#channel.onTimer(kind);
      return;
    }
    this.#sendTimer = 0;
    this.#send();
  }

  onResponse(response: Response): void {
    const { error, partitions } = response as AssignReplicasToDirsResponse;
    if (error === KafkaError.NONE) this.#failures = 0;
    else this.#failures++;
    this.#takeBack(({ partition }) => partitions.find((one) => one.partition === partition)?.error !== KafkaError.NONE);
  }

  onTimeout(): void {
    this.#failures++;
    this.#takeBack(() => true);
  }

  /** Those of the request in flight that were not taken are to be said again, but for what was said since. */
  #takeBack(isToBeSaidAgain: (said: Said) => boolean): void {
    const sent = this.#inFlight;
    this.#inFlight = NOTHING;
    for (const said of sent) {
      if (isToBeSaidAgain(said) && !this.#ready.has(said.partition)) this.#ready.set(said.partition, said.directoryId);
    }
    if (this.#ready.size === 0) return;
    if (!this.#untilQuiet) this.#sendIn(this.#backoff());
    else this.#sendIn(this.#failures === 0 ? QUIET_MICROS : QUIET_MICROS + this.#backoff());
  }

  /** What is no longer this broker's to say is left out (maybeSendAssignments, Assignment.valid). */
  #send(): void {
    if (this.#inFlight.length > 0) return;
    const partitions: Said[] = [];
    const { nodeId } = this.#broker.config;
    for (const [partition, directoryId] of this.#ready) {
      if (partitions.length === MAX_ASSIGNMENTS) break;
      this.#ready.delete(partition);
      if (this.#image.partition(partition)?.replicas.includes(nodeId) === true)
        partitions.push({ partition, directoryId });
    }
    if (partitions.length === 0) return;
    this.#inFlight = partitions;
    const request: AssignReplicasToDirsRequest = {
      kind: Api.assignReplicasToDirs,
      bytes: REQUEST_BYTES + REQUEST_PARTITION_BYTES * partitions.length,
      correlationId: this.#channel.nextCorrelationId(),
      brokerId: nodeId,
      brokerEpoch: this.#broker.brokerEpoch(),
      partitions,
    };
    this.#channel.send(request);
  }

  #saysAlready(partition: number, directoryId: number): boolean {
    const waits = this.#ready.get(partition);
    if (waits !== undefined) return waits === directoryId;
    return this.#inFlight.some((said) => said.partition === partition && said.directoryId === directoryId);
  }

  #backoff(): number {
    if (this.#failures === 0) return BACKOFF_MICROS;
    return exponentialBackoff(BACKOFF_MICROS, BACKOFF_MAX_MICROS, this.#failures, BACKOFF_JITTER_PPM, this.#dice);
  }

  /** Then or when it was to be sent before: the earlier (AssignmentsManagerDeadlineFunction), once the later of the two. */
  #sendIn(wait: number): void {
    const { host } = this.#broker;
    const at = host.monotonicMicros() + wait;
    if (this.#sendTimer !== 0) {
      if (this.#untilQuiet ? at <= this.#sendAt : at >= this.#sendAt) return;
      host.cancel(this.#sendTimer);
    }
    this.#sendAt = at;
    this.#sendTimer = host.timer(Timer.send, wait, 0);
  }
}
