/** A machine that does what the test says: sends requests and keeps the replies, takes requests and waits to be told. */
import type { Connection } from '../../../kernel/network.js';
import { Process, type BrokenReason, type MachineId, type Message } from '../../../kernel/process.js';
import { RESPONSE, type Request, type Response } from '../../protocol/messages.js';

const SETUP_TIMEOUT_MICROS = 10_000_000;

export interface Received {
  readonly connection: Connection;
  readonly request: Request;
}

export class Puppet extends Process {
  /** Requests of others, not answered yet. */
  readonly inbox: Received[] = [];
  /** By correlation id. */
  readonly replies = new Map<number, Response>();
  /** Connections that broke, with the peer and the reason. */
  readonly broken: { readonly peer: MachineId; readonly why: BrokenReason }[] = [];
  readonly #connections = new Map<string, Connection>();

  override start(): void {}
  override onConnection(): void {}
  override onConnected(): void {}

  override onMessage(connection: Connection, message: Message): void {
    const { correlationId } = message as Request;
    if (message.kind >= RESPONSE) this.replies.set(correlationId, message as Response);
    else this.inbox.push({ connection, request: message as Request });
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    this.broken.push({ peer: connection.peer, why });
    for (const [name, known] of this.#connections) if (known === connection) this.#connections.delete(name);
  }

  override onTimer(): void {}

  /** `lane`: requests on different lanes have connections of their own. */
  send(to: MachineId, lane: number, purpose: number, request: Request): void {
    const name = `${to}/${lane}`;
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      connection = this.host.net.connect(to, purpose, SETUP_TIMEOUT_MICROS);
      this.#connections.set(name, connection);
    }
    connection.send(request);
  }

  closeLane(to: MachineId, lane: number): void {
    this.#connections.get(`${to}/${lane}`)?.close();
    this.#connections.delete(`${to}/${lane}`);
  }

  /** Answers the oldest request of this kind. */
  answer(kind: number, response: (request: Request) => Response): void {
    const index = this.inbox.findIndex(({ request }) => request.kind === kind);
    if (index < 0) throw new Error(`nobody sent a request of kind ${kind}`);
    const [{ connection, request }] = this.inbox.splice(index, 1);
    connection.send(response(request));
  }
}
