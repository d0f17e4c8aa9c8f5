/**
 * A broker's session with ZooKeeper, through its end and into the next, and the threads that block on it
 * (ZooKeeperClient, KafkaZkClient.retryRequestsUntilConnected).
 */
import type { Host, MachineId } from '../../../kernel/process.js';
import { ZkCode } from './ensemble/codes.js';
import { ZooKeeperClient, type ClientListener, type ClientState, type ResultListener } from './ensemble/client.js';
import { type ClientOp, type OpResult, type ZnodeEvent } from './ensemble/operations.js';
import { SessionExpired, ZkFailure, type ZkSteps } from './zk-steps.js';

export interface ZkSessionListener {
  /** beforeInitializingSession: the session is over. Calls `open()` of the session when the next may begin. */
  onSessionExpired(): void;
  /** afterInitializingSession: the next has begun, connected or not. */
  onNewSession(): void;
  onZnodeEvent(event: ZnodeEvent): void;
}

export interface ZkSessionSettings {
  readonly servers: readonly MachineId[];
  readonly sessionTimeoutMicros: number;
  readonly checkTimer: number;
  readonly connectTimer: number;
  /**
   * controllerStopsWithSession: from 1.1 on (KAFKA-5642) what a thread does ends with the session. ZkClient, before, had it
   * go on in the next one as if nothing had happened.
   */
  readonly threadsEndWithSession: boolean;
}

export class ZkSession implements ClientListener {
  readonly client: ZooKeeperClient;
  readonly threadsEndWithSession: boolean;
  private readonly listener: ZkSessionListener;
  private readonly waiting: ZkThread[] = [];
  private isFirst = true;

  constructor(host: Host, settings: ZkSessionSettings, listener: ZkSessionListener) {
    this.listener = listener;
    this.threadsEndWithSession = settings.threadsEndWithSession;
    this.client = new ZooKeeperClient(host, settings, this);
  }

  get id(): number {
    return this.client.session;
  }

  get state(): ClientState {
    return this.client.state;
  }

  /** The first session, or the next after one has expired. */
  open(): void {
    if (this.client.state === 'connecting' || this.client.state === 'connected') return;
    this.client.open();
    if (!this.isFirst) this.listener.onNewSession();
    this.isFirst = false;
    if (!this.threadsEndWithSession) this.wake();
  }

  /** A thread that blocks on ZooKeeper until it is done. */
  run(steps: ZkSteps<void>, onDone: (failure: ZkFailure | null) => void): void {
    new ZkThread(this, steps, onDone).start();
  }

  /** waitUntilConnected */
  await(thread: ZkThread): void {
    this.waiting.push(thread);
  }

  onStateChange(state: ClientState): void {
    if (state === 'connected') {
      this.wake();
    } else if (state === 'expired') {
      if (this.threadsEndWithSession) this.wake();
      this.listener.onSessionExpired();
    }
  }

  onEvent(event: ZnodeEvent): void {
    this.listener.onZnodeEvent(event);
  }

  private wake(): void {
    for (const thread of this.waiting.splice(0)) thread.onConnectedOrExpired();
  }
}

class ZkThread implements ResultListener {
  private readonly session: ZkSession;
  private readonly steps: ZkSteps<void>;
  private readonly onDone: (failure: ZkFailure | null) => void;
  private ops: readonly ClientOp[] = [];
  private results: (OpResult | null)[] = [];
  /** Requests under way. */
  private open = 0;

  constructor(session: ZkSession, steps: ZkSteps<void>, onDone: (failure: ZkFailure | null) => void) {
    this.session = session;
    this.steps = steps;
    this.onDone = onDone;
  }

  start(): void {
    this.resume(() => this.steps.next([]));
  }

  onResult(token: number, outcome: OpResult): void {
    this.results[token] = outcome;
    this.open--;
    if (this.open === 0) this.onAllAnswered();
  }

  onConnectedOrExpired(): void {
    if (this.session.state === 'expired') this.resume(() => this.steps.throw(new SessionExpired()));
    else this.submit();
  }

  /** Whatever failed with the connection is asked again: it may have been done already. */
  private onAllAnswered(): void {
    let isLost = false;
    for (let i = 0; i < this.results.length; i++) {
      if (!this.mustRetry(this.results[i]!.code)) continue;
      this.results[i] = null;
      isLost = true;
    }
    if (!isLost) {
      const results = this.results as OpResult[];
      this.resume(() => this.steps.next(results));
    } else if (this.session.state === 'connected') {
      this.submit();
    } else if (this.session.state === 'expired' && this.session.threadsEndWithSession) {
      this.resume(() => this.steps.throw(new SessionExpired()));
    } else {
      this.session.await(this);
    }
  }

  private mustRetry(code: number): boolean {
    if (code === ZkCode.CONNECTIONLOSS) return true;
    return code === ZkCode.SESSIONEXPIRED && !this.session.threadsEndWithSession;
  }

  private submit(): void {
    const wanted = this.results.flatMap((outcome, token) => (outcome === null ? [token] : []));
    this.open = wanted.length;
    for (const token of wanted) this.session.client.submit(this.ops[token], this, token);
  }

  private resume(step: () => IteratorResult<readonly ClientOp[], void>): void {
    let next: IteratorResult<readonly ClientOp[], void>;
    try {
      next = step();
    } catch (failure) {
      if (!(failure instanceof ZkFailure)) throw failure;
      this.onDone(failure);
      return;
    }
    if (next.done === true) {
      this.onDone(null);
      return;
    }
    this.ops = next.value;
    this.results = this.ops.map(() => null);
    this.submit();
  }
}
