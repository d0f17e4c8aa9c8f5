/** The records of a history, a row each: distinct (key, value). Columns that grow together. */
import { FAIL } from '../../../histories/history-columns.js';
import { grown } from '../../../histories/columns.js';

/** In `outcome`, above the codes of outcomes, whose order is that of what they prove: the best is the lowest. */
const NEVER_SENT = FAIL + 1;

export class RecordTable {
  length = 0;
  /** Index into History.keys; -1: nobody told. */
  key: Int32Array;
  value: Float64Array;
  /** The micro-operation that first sent it, and its operation; -1: nobody sent it. */
  send: Int32Array;
  writer: Int32Array;
  /** How its sends ended, the best of them: OK, INFO or FAIL. */
  outcome: Uint8Array;
  /** 1: it was sent more than once. */
  resent: Uint8Array;
  /** The first operation whose poll returned it; -1: none. */
  reader: Int32Array;
  /** The position that was learnt last; -1: none. */
  position: Int32Array;
  /** Another record of the same value, under another key; -1: none. */
  next: Int32Array;

  constructor(capacity: number) {
    this.key = new Int32Array(capacity);
    this.value = new Float64Array(capacity);
    this.send = new Int32Array(capacity);
    this.writer = new Int32Array(capacity);
    this.outcome = new Uint8Array(capacity);
    this.resent = new Uint8Array(capacity);
    this.reader = new Int32Array(capacity);
    this.position = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
  }

  /** A record that nobody has sent or read yet. */
  add(key: number, value: number, next: number): number {
    const record = this.length++;
    if (record === this.key.length) this.grow(record * 2);
    this.key[record] = key;
    this.value[record] = value;
    this.send[record] = -1;
    this.writer[record] = -1;
    this.outcome[record] = NEVER_SENT;
    this.reader[record] = -1;
    this.position[record] = -1;
    this.next[record] = next;
    return record;
  }

  /** Below 0: one was first sent before the other. Those that nobody sent come first. */
  orderOfSends(one: number, other: number): number {
    return this.writer[one]! - this.writer[other]! || this.send[one]! - this.send[other]!;
  }

  private grow(capacity: number): void {
    this.key = grown(this.key, new Int32Array(capacity));
    this.value = grown(this.value, new Float64Array(capacity));
    this.send = grown(this.send, new Int32Array(capacity));
    this.writer = grown(this.writer, new Int32Array(capacity));
    this.outcome = grown(this.outcome, new Uint8Array(capacity));
    this.resent = grown(this.resent, new Uint8Array(capacity));
    this.reader = grown(this.reader, new Int32Array(capacity));
    this.position = grown(this.position, new Int32Array(capacity));
    this.next = grown(this.next, new Int32Array(capacity));
  }
}
