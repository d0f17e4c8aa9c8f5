/**
 * A log as invariants keep it: leader epoch and value by offset, with a rolling hash below every offset, so that two
 * prefixes are compared at once. A difference that two equal hashes hide is missed: one chance in 2^32 a comparison.
 */
export class RecordLog {
  private readonly epochs: number[] = [];
  private readonly values: number[] = [];
  /** At an offset: the hash of all records below it. */
  private readonly hashes: number[] = [0];

  get end(): number {
    return this.epochs.length;
  }

  epochAt(offset: number): number {
    return this.epochs[offset] ?? ABSENT;
  }

  valueAt(offset: number): number {
    return this.values[offset] ?? ABSENT;
  }

  /** Offsets that are skipped (gaps that compaction and control records leave) hold nothing. */
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
    this.hashes.length = end + 1;
  }

  /** Takes over what the other log holds from this one's end on, up to an offset that it reaches. */
  extendFrom(other: RecordLog, end: number): void {
    for (let offset = this.end; offset < end; offset++) this.push(other.epochAt(offset), other.valueAt(offset));
  }

  /**
   * Whether both hold the same records below the offset, as far as anybody still asks: what lies below `floor` was deleted
   * by policy, and the other's word counts for this log from now on.
   */
  agreesAbove(floor: number, offset: number, other: RecordLog): boolean {
    if (this.agreesBelow(offset, other)) return true;
    if (this.firstDifference(other, offset) >= Math.min(floor, this.end)) return false;
    this.adopt(other, Math.min(floor, this.end, other.end));
    return this.agreesBelow(offset, other);
  }

  private adopt(other: RecordLog, end: number): void {
    const epochs = this.epochs.slice(end);
    const values = this.values.slice(end);
    this.cut(0);
    this.extendFrom(other, end);
    for (let i = 0; i < epochs.length; i++) this.push(epochs[i]!, values[i]!);
  }

  /** Whether both hold the same records below the offset. */
  agreesBelow(offset: number, other: RecordLog): boolean {
    return offset <= this.end && offset <= other.end && this.hashes[offset] === other.hashes[offset];
  }

  /** The first offset below `end` at which they differ, or one of them ends; `end` if they agree. */
  firstDifference(other: RecordLog, end: number): number {
    let low = 0;
    let high = Math.min(end, this.end, other.end);
    if (this.agreesBelow(high, other)) return high;
    // Prefixes agree up to the first difference and never after it.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.agreesBelow(middle, other)) low = middle;
      else high = middle;
    }
    return low;
  }

  private push(leaderEpoch: number, value: number): void {
    const offset = this.end;
    this.epochs.push(leaderEpoch);
    this.values.push(value);
    this.hashes.push(mixed(this.hashes[offset]!, offset, leaderEpoch, value));
  }
}

const ABSENT = -1;

/** Multiply and shift, as in MurmurHash3's rounds. */
function mixed(hash: number, offset: number, leaderEpoch: number, value: number): number {
  let mix = Math.imul(hash ^ (value | 0), 0xcc9e2d51);
  mix = Math.imul((mix << 15) | (mix >>> 17), 0x1b873593) ^ leaderEpoch;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b) ^ offset;
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}
