/**
 * A log as invariants keep it: leader epoch and value by offset. Below every offset stands the sum of the records' hashes,
 * so that any stretch of two logs is compared at once, behind a hole in one of them too. A difference that two equal sums
 * hide is missed: one chance in 2^32 a comparison.
 */
export class RecordLog {
  private readonly epochs: number[] = [];
  private readonly values: number[] = [];
  /** At an offset: the sum of the hashes of all records below it, 32 bits. */
  private readonly sums: number[] = [0];

  get end(): number {
    return this.epochs.length;
  }

  epochAt(offset: number): number {
    return this.epochs[offset] ?? ABSENT;
  }

  valueAt(offset: number): number {
    return this.values[offset] ?? ABSENT;
  }

  /** It goes on above this offset, where it holds nothing: a hole. */
  isHole(offset: number): boolean {
    return offset < this.end && this.epochs[offset] === ABSENT;
  }

  /** Offsets that are skipped hold nothing. */
  append(offset: number, leaderEpoch: number, value: number): void {
    this.cut(offset);
    while (this.end < offset) this.push(ABSENT, ABSENT);
    this.push(leaderEpoch, value);
  }

  /** Nothing stands from its end on up to this offset. */
  skipTo(end: number): void {
    while (this.end < end) this.push(ABSENT, ABSENT);
  }

  /** Keeps what is below the offset. */
  cut(end: number): void {
    if (end >= this.end) return;
    this.epochs.length = end;
    this.values.length = end;
    this.sums.length = end + 1;
  }

  /** Takes over what the other log holds from this one's end on, up to an offset that it reaches. */
  extendFrom(other: RecordLog, end: number): void {
    for (let offset = this.end; offset < end; offset++) this.push(other.epochAt(offset), other.valueAt(offset));
  }

  /** Whether both reach up to `to`, and hold the same records from `from` on up to there. */
  agreesBetween(from: number, to: number, other: RecordLog): boolean {
    if (to > this.end || to > other.end) return false;
    if (from >= to) return true;
    return ((this.sums[to]! - this.sums[from]!) | 0) === ((other.sums[to]! - other.sums[from]!) | 0);
  }

  /** The first offset from `from` on and below `end` at which they differ, or one of them ends; `end` if they agree. */
  firstDifference(other: RecordLog, end: number, from = 0): number {
    let low = from;
    let high = Math.max(from, Math.min(end, this.end, other.end));
    if (this.agreesBetween(low, high, other)) return high;
    // Stretches from here on agree up to the first difference and never after it.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.agreesBetween(from, middle, other)) low = middle;
      else high = middle;
    }
    return low;
  }

  /**
   * The first offset from `from` on and below `end` at which the other log holds a record, and this one does not hold that
   * very record; `end`: none. A hole in the other log asks for nothing.
   */
  firstLacking(other: RecordLog, end: number, from = 0): number {
    const bound = Math.min(end, other.end);
    let offset = this.firstDifference(other, bound, from);
    while (offset < bound && other.isHole(offset)) offset = this.firstDifference(other, bound, offset + 1);
    return offset < bound ? offset : end;
  }

  /**
   * Where the stretches begin in which this log lacks records that the other holds, from `from` on and below `end`: each
   * hole, and what comes behind the first difference that is none.
   */
  stretchesLacking(other: RecordLog, end: number, from = 0): readonly number[] {
    const begins: number[] = [];
    let offset = this.firstLacking(other, end, from);
    while (offset < end) {
      begins.push(offset);
      if (!this.isHole(offset)) break;
      while (this.isHole(offset)) offset++;
      offset = this.firstLacking(other, end, offset);
    }
    return begins;
  }

  private push(leaderEpoch: number, value: number): void {
    const offset = this.end;
    this.epochs.push(leaderEpoch);
    this.values.push(value);
    this.sums.push((this.sums[offset]! + hashed(offset, leaderEpoch, value)) | 0);
  }
}

const ABSENT = -1;

/** Multiply and shift, as in MurmurHash3's rounds, and its finalizer. */
function hashed(offset: number, leaderEpoch: number, value: number): number {
  let mix = Math.imul(value | 0, 0xcc9e2d51);
  mix = Math.imul((mix << 15) | (mix >>> 17), 0x1b873593) ^ leaderEpoch;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b) ^ offset;
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  return mix ^ (mix >>> 13);
}
