/**
 * The batches that a log holds, over all its segments, in offset order. Immutable and shared by all replicas that hold
 * them. Beside each stands the running hash and the running size at its end, so that prefixes compare in O(log n) and
 * sizes between offsets are a subtraction.
 */
import { indexFrom, lastOffset, type RecordBatch } from '../protocol/records.js';
import { hashBatch } from './rolling-hash.js';

const NO_BATCHES: readonly RecordBatch[] = [];

export class BatchList {
  readonly batches: RecordBatch[] = [];
  /** By batch: hash of everything up to its end. */
  readonly #hashes: number[] = [];
  /** By batch: bytes of the log up to its end. */
  readonly #ends: number[] = [];
  /** Hash and bytes of what was deleted from the head. */
  #headHash = 0;
  #headBytes = 0;

  get length(): number {
    return this.batches.length;
  }

  push(batch: RecordBatch): void {
    const count = this.batches.length;
    this.batches.push(batch);
    this.#hashes.push(hashBatch(this.#hashUpTo(count), batch, batch.records.length));
    this.#ends.push(this.bytesBelow(count) + batch.bytes);
  }

  /** Keeps the first `count` batches. */
  truncate(count: number): void {
    this.batches.length = count;
    this.#hashes.length = count;
    this.#ends.length = count;
  }

  /** Forgets the first `count` batches; sizes and hashes of what is left count on from them. */
  dropHead(count: number): void {
    if (count === 0) return;
    this.#headHash = this.#hashUpTo(count);
    this.#headBytes = this.bytesBelow(count);
    this.batches.splice(0, count);
    this.#hashes.splice(0, count);
    this.#ends.splice(0, count);
  }

  /** Puts others in the place of the batches in [from, to): what compaction left of them. */
  replace(from: number, to: number, others: readonly RecordBatch[]): void {
    const behind = this.batches.slice(to);
    this.truncate(from);
    for (const batch of others) this.push(batch);
    for (const batch of behind) this.push(batch);
  }

  /** Index of the batch that holds the offset, or of the first one above it; `length` if there is none. */
  indexOf(offset: number): number {
    const { batches } = this;
    const count = batches.length;
    if (count === 0 || offset > lastOffset(batches[count - 1])) return count;
    if (offset >= batches[count - 1].baseOffset) return count - 1;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lastOffset(batches[middle]) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  slice(from: number, to: number): readonly RecordBatch[] {
    return from >= to ? NO_BATCHES : this.batches.slice(from, to);
  }

  /** Bytes of the log up to the batch at `index`. */
  bytesBelow(index: number): number {
    return index === 0 ? this.#headBytes : this.#ends[index - 1];
  }

  /** Rolling hash of (offset, leader epoch, value) of every record below the offset. */
  hashBelow(offset: number): number {
    const index = this.indexOf(offset);
    const hash = this.#hashUpTo(index);
    if (index === this.batches.length) return hash;
    const batch = this.batches[index];
    return hashBatch(hash, batch, indexFrom(batch, offset));
  }

  #hashUpTo(index: number): number {
    return index === 0 ? this.#headHash : this.#hashes[index - 1];
  }
}
