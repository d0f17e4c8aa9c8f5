/**
 * An application that has several clients of Kafka: they share its machine and its fate, and each has its own connections
 * and timers. Whatever happens to the process is handed on to the client that it concerns; to one that was closed, to
 * nobody.
 */
import type { Connection } from '../../kernel/network.js';
import { Process, type BrokenReason, type Message } from '../../kernel/process.js';
import { kindWithinPart, partOfTimer, PartHost, type PartOwner } from './part-host.js';

/** The application itself; its clients are 1, 2, ... */
const OWN_PART = 0;
/** Sessions of processes are below (ClientProcess.session). */
const SESSIONS = 4_294_967_296;

export abstract class PartedProcess extends Process implements PartOwner {
  readonly #parts = new Map<number, Process>();
  readonly #partOf = new WeakMap<Connection, number>();
  #lastPart = OWN_PART;

  /** The number of another client: none had it before. */
  protected nextPart(): number {
    return ++this.#lastPart;
  }

  /** Of one of several producers that send at the same time: no other client has it, and no later process. */
  protected sessionOf(part: number): number {
    return this.host.id * 65536 + this.host.incarnation + part * SESSIONS;
  }

  /** Builds a client, which from now on hears what happens to it. */
  protected open<P extends Process>(part: number, create: (host: PartHost) => P): P {
    const process = create(new PartHost(this, part));
    this.#parts.set(part, process);
    return process;
  }

  /** The client is closed: it hears of nothing any more. */
  protected forgetPart(part: number): void {
    this.#parts.delete(part);
  }

  /** All clients are closed. */
  protected forgetParts(): void {
    this.#parts.clear();
  }

  /** A timer of the application itself. */
  protected abstract onOwnTimer(kind: number): void;
  abstract onPartEnds(part: number, why: 'halt' | 'exit'): void;

  onPartConnects(part: number, connection: Connection): void {
    this.#partOf.set(connection, part);
  }

  override onConnection(connection: Connection): void {
    // Clients listen on no port.
    connection.reset();
  }

  override onConnected(connection: Connection): void {
    this.#part(connection)?.onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    this.#part(connection)?.onMessage(connection, message);
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    this.#part(connection)?.onBroken(connection, why);
  }

  override onTimer(kind: number, arg: number, payload: unknown): void {
    const part = partOfTimer(kind);
    if (part === OWN_PART) this.onOwnTimer(kindWithinPart(kind));
    else this.#parts.get(part)?.onTimer(kindWithinPart(kind), arg, payload);
  }

  #part(connection: Connection): Process | undefined {
    return this.#parts.get(this.#partOf.get(connection) ?? OWN_PART);
  }
}
