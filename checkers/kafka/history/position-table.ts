/** Where records are known to stand, a row for each distinct (record, offset). Columns that grow together. */
import { grown } from '../../../histories/columns.js';

export class PositionTable {
  length = 0;
  record: Int32Array;
  offset: Float64Array;
  /** The first operation whose poll showed it; -1: only an acknowledgement did. */
  reader: Int32Array;
  /** The first operation whose acknowledgement showed it; -1: only polls did. */
  ack: Int32Array;
  /** The position of the same record that was learnt before; -1: none. */
  next: Int32Array;

  constructor(capacity: number) {
    this.record = new Int32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.reader = new Int32Array(capacity);
    this.ack = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
  }

  add(record: number, offset: number, next: number): number {
    const position = this.length++;
    if (position === this.record.length) this.grow(position * 2);
    this.record[position] = record;
    this.offset[position] = offset;
    this.reader[position] = -1;
    this.ack[position] = -1;
    this.next[position] = next;
    return position;
  }

  private grow(capacity: number): void {
    this.record = grown(this.record, new Int32Array(capacity));
    this.offset = grown(this.offset, new Float64Array(capacity));
    this.reader = grown(this.reader, new Int32Array(capacity));
    this.ack = grown(this.ack, new Int32Array(capacity));
    this.next = grown(this.next, new Int32Array(capacity));
  }
}
