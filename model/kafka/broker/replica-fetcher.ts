/**
 * Copies partitions from one leader: ReplicaFetcherThread (replication.md §3.2, §6.5). One request at a time on a
 * connection of its own: build | send, response | append | high watermark, each a step.
 *
 * The follower's high watermark is what the leader's was when it read for this answer: the records that this fetch
 * acknowledged are committed, for this follower, with the next answer at the earliest.
 */
import type { Connection } from '../../kernel/network.js';
import type { Host, MachineId, Message, TimerId } from '../../kernel/process.js';
import { assert } from '../../kernel/assert.js';
import { TruncateReason } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  RESPONSE,
  type FetchedPartition,
  type FetchRequest,
  type FetchResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../protocol/messages.js';
import { TimerRange, type BrokerServices, type ConnectionOwner } from './components.js';
import { fetchRequest, isCurrent, logEndsRequest, type FetchState } from './fetch-state.js';
import type { Partition } from './partition.js';
import { truncationOffset } from './truncation.js';

export const FetcherTimer = {
  build: TimerRange.replicaFetcher + 0,
  send: TimerRange.replicaFetcher + 1,
  apply: TimerRange.replicaFetcher + 2,
  highWatermarks: TimerRange.replicaFetcher + 3,
  backoff: TimerRange.replicaFetcher + 4,
  deadline: TimerRange.replicaFetcher + 5,
} as const;

/** socket.connection.setup.timeout.ms */
const SETUP_TIMEOUT_MICROS = 10_000_000;

const NO_STATES: readonly FetchState[] = [];

type Stage = 'idle' | 'building' | 'sending' | 'in-flight' | 'applying' | 'backing-off' | 'closed';

export class ReplicaFetcher implements ConnectionOwner {
  readonly leader: MachineId;
  readonly #broker: BrokerServices;
  readonly #host: Host;
  readonly #backoffMicros: number;
  readonly #requestTimeoutMicros: number;
  #states: FetchState[] = [];
  #stage: Stage = 'idle';
  #connection: Connection | null = null;
  #backoffTimer: TimerId = 0;
  #request: FetchRequest | ListOffsetsRequest | null = null;
  /** By index in the request. */
  #asked: readonly FetchState[] = NO_STATES;
  /** What a lost connection left to be delayed. */
  #lost: readonly FetchState[] = NO_STATES;
  #response: FetchResponse | ListOffsetsResponse | null = null;
  #deadline = 0;
  #deadlineTimer: TimerId = 0;
  #lastCorrelationId = 0;

  constructor(broker: BrokerServices, leader: MachineId) {
    this.#broker = broker;
    this.#host = broker.host;
    this.leader = leader;
    this.#backoffMicros = broker.config.settings['replica.fetch.backoff.ms'] * 1000;
    this.#requestTimeoutMicros = broker.config.settings['replica.socket.timeout.ms'] * 1000;
  }

  get isIdle(): boolean {
    return this.#states.length === 0;
  }

  /** What is in flight goes on without it; a wait after an error ends (partitionMapCond.signalAll). */
  add(state: FetchState): void {
    this.#states.push(state);
    if (this.#stage === 'backing-off') {
      this.#host.cancel(this.#backoffTimer);
      this.#stage = 'idle';
    }
    if (this.#stage === 'idle') this.#buildSoon();
  }

  remove(partition: Partition): void {
    const state = this.#states.find((candidate) => candidate.partition === partition);
    if (state !== undefined) this.#drop(state);
  }

  /** shutdownIdleFetcherThreads: nothing left to fetch from this leader. */
  close(): void {
    this.#stage = 'closed';
    this.#disconnect();
  }

  onTimer(kind: number): void {
    switch (kind) {
      case FetcherTimer.build:
        if (this.#stage === 'building') this.#build();
        return;
      case FetcherTimer.send:
        if (this.#stage === 'sending') this.#send();
        return;
      case FetcherTimer.apply:
        if (this.#stage === 'applying') this.#apply();
        return;
      case FetcherTimer.highWatermarks:
        if (this.#stage === 'applying') this.#applyHighWatermarks();
        return;
      case FetcherTimer.backoff:
        if (this.#stage === 'backing-off') this.#build();
        return;
      case FetcherTimer.deadline:
        this.#onDeadline();
        return;
    }
  }

  onConnected(): void {}

  onMessage(connection: Connection, message: Message): void {
    if (connection !== this.#connection || this.#stage !== 'in-flight') return;
    this.#response = message as FetchResponse | ListOffsetsResponse;
    this.#stage = 'applying';
    this.#host.later(FetcherTimer.apply, 0, this);
  }

  onBroken(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#connection = null;
    if (this.#stage === 'in-flight') this.#fail();
  }

  // ---------------------------------------------------------------------- build | send

  #buildSoon(): void {
    this.#stage = 'building';
    this.#host.later(FetcherTimer.build, 0, this);
  }

  #build(): void {
    const now = this.#host.monotonicMicros();
    for (const state of this.#lost) this.#delay(state);
    this.#lost = NO_STATES;
    const ready = this.#states.filter((state) => state.delayedUntil <= now);
    const outOfRange = ready.filter((state) => state.outOfRange);
    if (ready.length === 0) {
      if (this.#states.length === 0) this.#stage = 'idle';
      else this.#backOff();
      return;
    }
    this.#asked = outOfRange.length > 0 ? outOfRange : ready;
    const correlationId = ++this.#lastCorrelationId;
    this.#request =
      outOfRange.length > 0
        ? logEndsRequest(outOfRange, correlationId, this.#broker)
        : fetchRequest(ready, correlationId, this.#broker);
    this.#stage = 'sending';
    this.#host.later(FetcherTimer.send, 0, this);
  }

  #send(): void {
    if (this.#connection === null) {
      this.#connection = this.#host.net.connect(this.leader, Purpose.replicaFetcher, SETUP_TIMEOUT_MICROS);
      this.#connection.state = this;
    }
    this.#stage = 'in-flight';
    this.#connection.send(this.#request!);
    this.#deadline = this.#host.monotonicMicros() + this.#requestTimeoutMicros;
    if (this.#deadlineTimer === 0) this.#armDeadline();
  }

  // ---------------------------------------------------------------------- response | append | high watermark

  #apply(): void {
    const response = this.#response!;
    this.#response = null;
    if (response.kind === Api.listOffsets + RESPONSE) {
      this.#applyLogEnds(response as ListOffsetsResponse);
      this.#build();
      return;
    }
    const request = this.#request as FetchRequest;
    let highWatermarks = false;
    for (let i = 0; i < request.partitions.length; i++) {
      const state = this.#asked[i];
      const fetched = (response as FetchResponse).partitions[i];
      assert(fetched.partition === state.partition.number, 'a response answers the partitions of its request in order');
      if (!isCurrent(state, request.partitions[i])) continue;
      this.#applyPartition(state, fetched);
      if (state.leaderHighWatermark >= 0) highWatermarks = true;
    }
    if (highWatermarks) this.#host.later(FetcherTimer.highWatermarks, 0, this);
    else this.#build();
  }

  /** Forward or back, wherever the leader stands (UnifiedLog.maybeUpdateHighWatermark). */
  #applyHighWatermarks(): void {
    for (const state of this.#asked) {
      if (!state.removed && state.leaderHighWatermark >= 0) {
        state.partition.log.updateHighWatermark(state.leaderHighWatermark, state.leaderEpoch, false);
      }
      state.leaderHighWatermark = -1;
    }
    this.#build();
  }

  #applyPartition(state: FetchState, fetched: FetchedPartition): void {
    switch (fetched.error) {
      case KafkaError.NONE:
        if (fetched.divergingEpoch >= 0) this.#truncate(state, fetched);
        else this.#append(state, fetched);
        return;
      case KafkaError.OFFSET_OUT_OF_RANGE:
        state.outOfRange = true;
        return;
      case KafkaError.FENCED_LEADER_EPOCH:
        // The leader lives in a later epoch: nothing to do until metadata tells of it (onPartitionFenced).
        this.#drop(state);
        return;
      default:
        this.#delay(state);
    }
  }

  /** No high watermark is taken from this answer: the log is not what the leader thought (KAFKA-14704). */
  #truncate(state: FetchState, { divergingEpoch, divergingEndOffset }: FetchedPartition): void {
    const { log } = state.partition;
    log.truncateTo(truncationOffset(log, divergingEpoch, divergingEndOffset), TruncateReason.divergence);
    state.resume();
  }

  /** ReplicaFetcherThread.processPartitionData. */
  #append(state: FetchState, fetched: FetchedPartition): void {
    const { log } = state.partition;
    assert(state.fetchOffset === log.logEndOffset, 'a follower fetches from its log end');
    const { batches, highWatermark } = fetched;
    for (let i = 0; i < batches.length; i++) {
      // KAFKA-18723: what a later leader wrote does not belong into what was fetched in this epoch.
      if (batches[i].partitionLeaderEpoch > state.leaderEpoch) break;
      // UnexpectedAppendOffsetException: the histories part where no epoch shows it. Failed until the next leader epoch.
      if (batches[i].baseOffset < log.logEndOffset) {
        this.#drop(state);
        return;
      }
      log.appendAsFollower(batches[i]);
    }
    if (batches.length > 0) state.resume();
    const bounded = Math.max(log.logStartOffset, Math.min(highWatermark, log.logEndOffset));
    state.leaderHighWatermark = bounded === log.highWatermark ? -1 : highWatermark;
  }

  /**
   * fetchOffsetAndTruncate: a leader that ends below cuts this log to its end, by offset alone; else the same offset is
   * tried again. Log starts are all 0, so that no leader can begin above a follower's end.
   */
  #applyLogEnds(response: ListOffsetsResponse): void {
    for (let i = 0; i < response.partitions.length; i++) {
      const state = this.#asked[i];
      const { error, offset } = response.partitions[i];
      if (state.removed) continue;
      if (error !== KafkaError.NONE) {
        this.#delay(state);
        continue;
      }
      state.partition.log.truncateTo(offset, TruncateReason.outOfRange);
      state.outOfRange = false;
      state.resume();
    }
  }

  // ---------------------------------------------------------------------- failure

  #delay(state: FetchState): void {
    state.delayedUntil = this.#host.monotonicMicros() + this.#backoffMicros;
  }

  #drop(state: FetchState): void {
    state.removed = true;
    this.#states = this.#states.filter((other) => other !== state);
  }

  #armDeadline(): void {
    const wait = Math.max(1, this.#deadline - this.#host.monotonicMicros());
    this.#deadlineTimer = this.#host.timer(FetcherTimer.deadline, wait, 0, this);
  }

  /** One timer for all requests: it looks at the deadline of the one in flight when it fires. */
  #onDeadline(): void {
    this.#deadlineTimer = 0;
    if (this.#stage !== 'in-flight') return;
    if (this.#host.monotonicMicros() < this.#deadline) {
      this.#armDeadline();
      return;
    }
    this.#disconnect();
    this.#fail();
  }

  /**
   * The connection is lost, and the request with it. The thread waits, and then each partition once more, as any that
   * was answered with an error: twice replica.fetch.backoff.ms in all.
   */
  #fail(): void {
    this.#lost = this.#states.slice();
    this.#backOff();
  }

  #backOff(): void {
    this.#stage = 'backing-off';
    this.#backoffTimer = this.#host.timer(FetcherTimer.backoff, this.#backoffMicros, 0, this);
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }
}
