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
import { LogStartReason } from '../probes.js';
import {
  Api,
  Purpose,
  RESPONSE,
  type FetchRequest,
  type FetchResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../protocol/messages.js';
import { TimerRange, type BrokerBasics, type ConnectionOwner } from './components.js';
import type { FetchState, Need } from './fetch-state.js';
import { applyEpochEnd, applyFetched, applyLogOffset, truncateDiverged, type Outcome } from './fetcher-answers.js';
import { fetcherRequest, type FetcherRequest } from './fetcher-requests.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';

export const FetcherTimer = {
  build: TimerRange.replicaFetcher + 0,
  send: TimerRange.replicaFetcher + 1,
  apply: TimerRange.replicaFetcher + 2,
  highWatermarks: TimerRange.replicaFetcher + 3,
  backoff: TimerRange.replicaFetcher + 4,
  deadline: TimerRange.replicaFetcher + 5,
  truncate: TimerRange.replicaFetcher + 6,
} as const;

/** socket.connection.setup.timeout.ms */
const SETUP_TIMEOUT_MICROS = 10_000_000;

const NO_STATES: readonly FetchState[] = [];

type FetcherResponse = FetchResponse | ListOffsetsResponse | OffsetForLeaderEpochResponse;
type Stage = 'idle' | 'building' | 'sending' | 'in-flight' | 'applying' | 'backing-off' | 'closed';

export class ReplicaFetcher implements ConnectionOwner {
  readonly leader: MachineId;
  readonly #broker: BrokerBasics;
  readonly #replicas: ReplicaManager;
  readonly #host: Host;
  readonly #backoffMicros: number;
  readonly #requestTimeoutMicros: number;
  #states: FetchState[] = [];
  #stage: Stage = 'idle';
  #connection: Connection | null = null;
  #backoffTimer: TimerId = 0;
  #request: FetcherRequest | null = null;
  /** By index in the request. */
  #asked: readonly FetchState[] = NO_STATES;
  /** What a lost connection left to be delayed. */
  #lost: readonly FetchState[] = NO_STATES;
  #response: FetcherResponse | null = null;
  #deadline = 0;
  #deadlineTimer: TimerId = 0;
  #lastCorrelationId = 0;

  constructor(broker: BrokerBasics, replicas: ReplicaManager, leader: MachineId) {
    this.#broker = broker;
    this.#replicas = replicas;
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
      case FetcherTimer.truncate:
        if (this.#stage === 'applying') this.#truncateDiverged();
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
    this.#response = message as FetcherResponse;
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
    const need = mostUrgentNeed(this.#states, now);
    if (need === null) {
      if (this.#states.length === 0) this.#stage = 'idle';
      else this.#backOff();
      return;
    }
    this.#asked = this.#states.filter((state) => state.delayedUntil <= now && state.need === need);
    const { rules, replicaEpoch } = this.#replicas;
    this.#request = fetcherRequest(need, this.#asked, ++this.#lastCorrelationId, this.#broker, rules, replicaEpoch);
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
    switch (response.kind) {
      case Api.fetch + RESPONSE:
        this.#applyFetch(this.#request as FetchRequest, response as FetchResponse);
        break;
      case Api.offsetForLeaderEpoch + RESPONSE:
        this.#applyEpochEnds(this.#request as OffsetForLeaderEpochRequest, response as OffsetForLeaderEpochResponse);
        break;
      case Api.listOffsets + RESPONSE:
        this.#applyLogOffsets(this.#request as ListOffsetsRequest, response as ListOffsetsResponse);
        break;
    }
    if (this.#states.some(hasMore)) this.#host.later(FetcherTimer.highWatermarks, 0, this);
    else this.#build();
  }

  /** Forward or back, wherever the leader stands (UnifiedLog.maybeUpdateHighWatermark), and then the log start. */
  #applyHighWatermarks(): void {
    let mustTruncate = false;
    for (const state of this.#states) {
      if (!hasMore(state)) continue;
      const { log, number } = state.partition;
      const { leaderHighWatermark, leaderLogStart, leaderEpoch } = state;
      const moved = leaderHighWatermark >= 0 && log.updateHighWatermark(leaderHighWatermark, leaderEpoch, false);
      try {
        if (leaderLogStart >= 0) log.incrementLogStart(leaderLogStart, LogStartReason.leaderOffset);
      } catch (failure) {
        this.#failWrite(state, failure);
        continue;
      }
      state.leaderHighWatermark = -1;
      state.leaderLogStart = -1;
      if (state.divergence !== null) mustTruncate = true;
      // Consumers may wait for it here (KIP-392).
      else if (moved) this.#replicas.delayedFetches.check(number);
    }
    if (mustTruncate) this.#host.later(FetcherTimer.truncate, 0, this);
    else this.#build();
  }

  #truncateDiverged(): void {
    for (const state of this.#states) {
      try {
        truncateDiverged(state, this.#replicas.rules);
      } catch (failure) {
        this.#failWrite(state, failure);
      }
    }
    this.#build();
  }

  #applyFetch(request: FetchRequest, response: FetchResponse): void {
    for (let i = 0; i < request.partitions.length; i++) {
      const asked = request.partitions[i];
      const fetched = response.partitions[i];
      assert(fetched.partition === asked.partition, 'a response answers the partitions of its request in order');
      const state = this.#takerOf(this.#asked[i]);
      // Nobody minds the epoch: added anew meanwhile, the partition takes the answer if it would ask for the same offset
      // (AbstractFetcherThread.processFetchRequest).
      if (state === undefined || state.need !== 'records' || state.fetchOffset !== asked.fetchOffset) continue;
      try {
        this.#settle(state, applyFetched(state, asked, fetched, this.#replicas.rules));
      } catch (failure) {
        this.#failWrite(state, failure);
      }
    }
  }

  #applyEpochEnds(request: OffsetForLeaderEpochRequest, response: OffsetForLeaderEpochResponse): void {
    const { rules } = this.#replicas;
    for (let i = 0; i < request.partitions.length; i++) {
      const state = this.#takerOf(this.#asked[i]);
      if (state === undefined) continue;
      // KIP-320: an answer to what was asked in another epoch says nothing any more.
      if (rules.truncation === 'fenced' && state !== this.#asked[i]) continue;
      const { currentLeaderEpoch } = request.partitions[i];
      try {
        this.#settle(state, applyEpochEnd(state, currentLeaderEpoch, response.partitions[i], rules));
      } catch (failure) {
        this.#failWrite(state, failure);
      }
    }
  }

  #applyLogOffsets(request: ListOffsetsRequest, response: ListOffsetsResponse): void {
    for (let i = 0; i < request.partitions.length; i++) {
      const state = this.#asked[i];
      if (state.removed) continue;
      const { currentLeaderEpoch } = request.partitions[i];
      try {
        this.#settle(state, applyLogOffset(state, currentLeaderEpoch, response.partitions[i], this.#replicas.rules));
      } catch (failure) {
        this.#failWrite(state, failure);
      }
    }
  }

  /** The partition as it is now: it may have been removed since, and added anew in another epoch. */
  #takerOf(asked: FetchState): FetchState | undefined {
    if (!asked.removed) return asked;
    return this.#states.find(({ partition }) => partition === asked.partition);
  }

  /** The log directory fails: this partition is not fetched any more, the others are (markPartitionFailed). */
  #failWrite(state: FetchState, failure: unknown): void {
    this.#replicas.storageError(failure);
    this.#drop(state);
  }

  #settle(state: FetchState, outcome: Outcome): void {
    switch (outcome) {
      case 'done':
        return;
      case 'delay':
        this.#delay(state);
        return;
      case 'failed':
        this.#drop(state);
        return;
      case 'exit':
        this.#host.die('exit');
        return;
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

/** A high watermark or a log start, after the records. */
function hasMore(state: FetchState): boolean {
  return state.leaderHighWatermark >= 0 || state.leaderLogStart >= 0;
}

/** Truncation comes before fetching, as in AbstractFetcherThread.doWork; null: nothing can be asked now. */
function mostUrgentNeed(states: readonly FetchState[], now: number): Need | null {
  let need: Need | null = null;
  for (let i = 0; i < states.length; i++) {
    if (states[i].delayedUntil > now) continue;
    if (states[i].need !== 'records') return states[i].need;
    need = 'records';
  }
  return need;
}
