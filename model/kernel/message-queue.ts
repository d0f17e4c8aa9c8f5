/** First in, first out: a ring that grows by doubling. A queue that never held anything costs nothing: most are such. */
import type { Message } from './process.js';

const FIRST_CAPACITY = 4;
const NO_RING: (Message | null)[] = [];

export class MessageQueue {
  private ring = NO_RING;
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** The one that waits longest. There must be one. */
  get first(): Message {
    return this.ring[this.head] as Message;
  }

  push(message: Message): void {
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.head + this.count++) & (this.ring.length - 1)] = message;
  }

  shift(): Message {
    const message = this.ring[this.head] as Message;
    this.ring[this.head] = null;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    return message;
  }

  /** Takes all out. */
  drain(): Message[] {
    const all: Message[] = [];
    while (this.count > 0) all.push(this.shift());
    return all;
  }

  clear(): void {
    if (this.count > 0) this.ring = NO_RING;
    this.head = 0;
    this.count = 0;
  }

  private grow(): void {
    const larger = emptyRing(Math.max(FIRST_CAPACITY, this.ring.length * 2));
    for (let i = 0; i < this.count; i++) larger[i] = this.ring[(this.head + i) & (this.ring.length - 1)];
    this.ring = larger;
    this.head = 0;
  }
}

/** The capacity is a power of two, so that a position wraps by a mask. */
function emptyRing(capacity: number): (Message | null)[] {
  const ring: (Message | null)[] = [];
  for (let i = 0; i < capacity; i++) ring.push(null);
  return ring;
}
