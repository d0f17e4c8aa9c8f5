/** A machine with nothing but a client of the ensemble, which does what a test says and writes down what it sees. */
import type { Host, MachineId } from '../../../../../kernel/process.js';
import { AskingProcess } from '../../../../testing/asking-process.js';
import { ZooKeeperClient, type ClientListener, type ClientState, type ResultListener } from '../client.js';
import type { ClientOp, OpResult, ZnodeEvent } from '../operations.js';

const CHECK = 1;
const CONNECT = 2;

export interface Asked {
  readonly op: ClientOp;
  readonly session: number;
  /** Monotonic microseconds. */
  readonly at: number;
  answeredAt: number;
  /** null: no answer yet. */
  result: OpResult | null;
}

export class ClientMachine extends AskingProcess implements ClientListener, ResultListener {
  readonly client: ZooKeeperClient;
  /** By token. */
  readonly asked: Asked[] = [];
  /** Everything heard, in order: events, states, and the tokens of answers. */
  readonly heard: (ZnodeEvent | ClientState | number)[] = [];
  /** A new session begins by itself when the last is over. */
  private readonly reopens: boolean;

  constructor(host: Host, servers: readonly MachineId[], sessionTimeoutMicros: number, reopens: boolean) {
    super(host);
    this.reopens = reopens;
    const settings = { servers, sessionTimeoutMicros, checkTimer: CHECK, connectTimer: CONNECT };
    this.client = new ZooKeeperClient(host, settings, this);
  }

  override start(): void {
    this.client.open();
  }

  /** @returns the token under which the answer is found */
  ask(op: ClientOp): number {
    const token = this.asked.length;
    const { session } = this.client;
    this.asked.push({ op, session, at: this.host.monotonicMicros(), answeredAt: -1, result: null });
    this.client.submit(op, this, token);
    return token;
  }

  onResult(token: number, outcome: OpResult): void {
    this.asked[token].result = outcome;
    this.asked[token].answeredAt = this.host.monotonicMicros();
    this.heard.push(token);
  }

  onStateChange(state: ClientState): void {
    this.heard.push(state);
    if (state === 'expired' && this.reopens) this.client.open();
  }

  onEvent(event: ZnodeEvent): void {
    this.heard.push(event);
  }

  override onTimer(kind: number): void {
    this.client.onTimer(kind);
  }
}
