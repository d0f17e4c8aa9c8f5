/**
 * One end of a connection: what a process holds, and what its machine's kernel keeps when the process has let go.
 *
 * What arrives while the process does not read waits here, up to the window. What ends the connection stands in line
 * behind it, so that everything which had arrived can still be read, as with Linux.
 */
import type { Core } from './core.js';
import { Recipient, type EventHandler } from './event-queue.js';
import type { Incarnation } from './incarnation.js';
import type { Link } from './link.js';
import { MessageQueue } from './message-queue.js';
import type { MessageRules } from './message-rules.js';
import type { Connection } from './network.js';
import { Pipe } from './pipe.js';
import { KernelProbe } from './probes.js';
import type { BrokenReason, MachineId, Message } from './process.js';
import { ACCEPT, brokenBy, CONNECTED, FIN, RST } from './segments.js';

/** Bytes that one end takes in while its process does not read. */
const WINDOW_BYTES = 256 * 1024;

const NO_KEY = -1;
const probeOfReason: Record<BrokenReason, number> = { reset: 0, closed: 1, timeout: 2, refused: 3 };

export class Socket implements Connection, EventHandler {
  readonly id: number;
  readonly peer: MachineId;
  readonly purpose: number;
  state: unknown = undefined;

  readonly owner: Incarnation;
  /** From here to the peer. */
  readonly out: Pipe;
  /** The machine's kernel knows the connection. If not, whatever arrives for it is answered with a reset. */
  present = true;
  /** The process has let go of it; the kernel still delivers what was written. */
  orphaned = false;

  private readonly core: Core;
  private readonly recipient = new Recipient(this);
  /** As the process knows: being set up, usable, or over. */
  private phase: 'setup' | 'open' | 'over' = 'setup';
  /** As the kernel knows: the handshake is through. */
  private established = false;
  private incoming: Pipe | null = null;
  private readonly inbox = new MessageQueue();
  private inboxBytes = 0;
  private readingPaused = false;
  /** A read event is on its way. */
  private readPending = false;

  constructor(core: Core, rules: MessageRules, owner: Incarnation, id: number, purpose: number, to: Link, from: Link) {
    this.core = core;
    this.owner = owner;
    this.id = id;
    this.peer = to.to;
    this.purpose = purpose;
    this.out = new Pipe(core, rules, this, to, from);
    owner.sockets.add(this);
  }

  get open(): boolean {
    return this.phase === 'open';
  }

  send(message: Message): void {
    if (this.phase === 'over') return;
    const { probes } = this.core;
    if (probes.heard(KernelProbe.messageSent)) {
      const { id, peer } = this;
      probes.emit(KernelProbe.messageSent, this.owner.id, NO_KEY, peer, message.kind, id, message.bytes);
    }
    if (this.present) this.out.write(message);
  }

  close(): void {
    this.letGo(FIN);
  }

  reset(): void {
    if (!this.forget() || !this.present) return;
    this.unlist();
    this.out.clear();
    this.out.reset();
  }

  pauseReading(): void {
    this.readingPaused = true;
  }

  resumeReading(): void {
    if (!this.readingPaused) return;
    this.readingPaused = false;
    this.wake();
  }

  // What follows is for the kernel.

  /** The far end exists. */
  join(far: Socket): void {
    this.incoming = far.out;
    this.out.connect(far);
  }

  /** The process let go, by close() or by dying: the kernel sends what was written, then this segment. */
  letGo(last: Message): void {
    if (!this.forget() || !this.present) return;
    if (this.established) {
      this.orphaned = true;
      this.owner.orphans.add(this);
      this.out.write(last);
    } else {
      this.drop();
    }
  }

  /** Forgotten by process and kernel, and nobody is told: as when the machine loses power. */
  discard(): void {
    this.forget();
    this.drop();
  }

  /** The kernel has nothing left to do for it. What is under way still arrives. */
  drop(): void {
    this.unlist();
    this.out.abandon();
  }

  /** The kernel gave up: setting up or retransmission came to nothing, or was refused. The process reads why. */
  fail(why: Message): void {
    if (!this.present) return;
    this.drop();
    if (this.phase !== 'over') this.receive(why);
  }

  /** Whether there is room for this. A process that reads takes anything; for one that does not there is the window. */
  admits(message: Message): boolean {
    if (this.phase === 'over' || (this.inbox.length === 0 && this.readable)) return true;
    return this.inboxBytes + message.bytes <= WINDOW_BYTES;
  }

  /** Something has arrived at this end. */
  take(segment: Message): void {
    if (segment === RST) this.drop();
    else if (segment === ACCEPT || segment === CONNECTED) this.established = true;
    if (this.phase !== 'over') this.receive(segment);
    else if (this.orphaned && brokenBy(segment) === undefined) this.refuseData();
  }

  /** The process goes on after a pause, or reads again: what waits is read, and the peer may send more. */
  wake(): void {
    if (this.inbox.length > 0) this.scheduleRead();
    else this.incoming?.windowOpened();
  }

  /** A read event: takes one segment. */
  onEvent(): void {
    this.readPending = false;
    if (!this.readable || this.inbox.length === 0) return;
    const segment = this.inbox.shift();
    this.inboxBytes -= segment.bytes;
    this.incoming?.windowOpened();
    this.read(segment);
    if (this.inbox.length > 0) this.scheduleRead();
  }

  private get readable(): boolean {
    return !this.readingPaused && this.owner.alive && !this.owner.paused;
  }

  private receive(segment: Message): void {
    if (this.inbox.length === 0 && !this.readPending && this.readable) {
      this.read(segment);
      return;
    }
    this.inbox.push(segment);
    this.inboxBytes += segment.bytes;
    this.scheduleRead();
  }

  private scheduleRead(): void {
    if (this.readPending || !this.readable) return;
    this.readPending = true;
    this.core.queue.push(this.core.now, this.recipient, 0, 0, undefined);
  }

  private read(segment: Message): void {
    const why = brokenBy(segment);
    if (why !== undefined) {
      this.breakDown(why);
    } else if (segment === ACCEPT) {
      this.phase = 'open';
      this.owner.process.onConnection(this);
    } else if (segment === CONNECTED) {
      this.phase = 'open';
      this.owner.process.onConnected(this);
    } else {
      const { probes } = this.core;
      if (probes.heard(KernelProbe.messageDelivered)) {
        const { id, peer } = this;
        probes.emit(KernelProbe.messageDelivered, this.owner.id, NO_KEY, peer, segment.kind, id, segment.bytes);
      }
      this.owner.read(this, segment);
    }
  }

  private breakDown(why: BrokenReason): void {
    this.forget();
    this.drop();
    const { owner, peer, id } = this;
    this.core.probes.emit(KernelProbe.connectionBroken, owner.id, NO_KEY, peer, id, probeOfReason[why]);
    owner.process.onBroken(this, why);
  }

  /** The process no longer knows this end. False: it did not before. */
  private forget(): boolean {
    if (this.phase === 'over') return false;
    this.phase = 'over';
    this.owner.sockets.delete(this);
    this.inbox.clear();
    this.inboxBytes = 0;
    return true;
  }

  /** Nobody will read data that arrive after the process let go: RFC 1122, 4.2.2.13 asks for a reset. */
  private refuseData(): void {
    this.unlist();
    this.out.reset();
  }

  private unlist(): void {
    this.present = false;
    if (!this.orphaned) return;
    this.orphaned = false;
    this.owner.orphans.delete(this);
  }
}
