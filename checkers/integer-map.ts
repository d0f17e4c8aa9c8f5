/**
 * Whole numbers to integers; -1 for what was never set. Harrow's values are dense from 0 on, those of other tools count
 * from -2 down: both are arrays. A map holds whatever lies far outside.
 */
export class IntegerMap {
  private readonly limit: number;
  private up: Int32Array;
  private down: Int32Array;
  private readonly far = new Map<number, number>();

  /**
   * @param expected at most about this many numbers; those up to four times as large are looked up in an array
   * @param capacity how many there are likely to be at once
   */
  constructor(expected: number, capacity = 0) {
    this.limit = expected * 4 + 1024;
    this.up = new Int32Array(Math.min(this.limit, capacity + 64)).fill(-1);
    this.down = new Int32Array(64).fill(-1);
  }

  get(number: number): number {
    if (number >= 0) {
      if (number < this.up.length) return this.up[number]!;
      return number < this.limit ? -1 : (this.far.get(number) ?? -1);
    }
    const below = -number;
    if (below < this.down.length) return this.down[below]!;
    return below < this.limit ? -1 : (this.far.get(number) ?? -1);
  }

  set(number: number, to: number): void {
    const distance = number >= 0 ? number : -number;
    if (distance >= this.limit) {
      this.far.set(number, to);
    } else if (number >= 0) {
      if (distance >= this.up.length) this.up = widened(this.up, distance, this.limit);
      this.up[distance] = to;
    } else {
      if (distance >= this.down.length) this.down = widened(this.down, distance, this.limit);
      this.down[distance] = to;
    }
  }
}

function widened(cells: Int32Array, index: number, limit: number): Int32Array {
  const larger = new Int32Array(Math.min(limit, Math.max(index + 1, cells.length * 2))).fill(-1);
  larger.set(cells);
  return larger;
}
