/** Growable columns of integers, and maps from values to integers, for histories of millions of operations. */

export class IntColumn {
  length = 0;
  private cells: Int32Array;

  constructor(capacity = 64) {
    this.cells = new Int32Array(Math.max(1, capacity));
  }
  at(index: number): number {
    return this.cells[index]!;
  }
  set(index: number, value: number): void {
    this.cells[index] = value;
  }
  push(value: number): number {
    if (this.length === this.cells.length) {
      const larger = new Int32Array(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    this.cells[this.length] = value;
    return this.length++;
  }
}

/** As IntColumn, for offsets and values: whole numbers up to 2^53. */
export class NumberColumn {
  length = 0;
  private cells: Float64Array;

  constructor(capacity = 64) {
    this.cells = new Float64Array(Math.max(1, capacity));
  }
  at(index: number): number {
    return this.cells[index]!;
  }
  set(index: number, value: number): void {
    this.cells[index] = value;
  }
  push(value: number): number {
    if (this.length === this.cells.length) {
      const larger = new Float64Array(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    this.cells[this.length] = value;
    return this.length++;
  }
}

/**
 * Whole numbers to integers; -1 for what was never set. Harrow's values are dense from 0 on, those of other tools count
 * from -2 down: both are arrays. A map holds whatever lies far outside.
 */
export class IntegerMap {
  private readonly limit: number;
  private up: Int32Array;
  private down: Int32Array;
  private readonly far = new Map<number, number>();

  /** @param expected about how many numbers there are; those up to four times as large are looked up in an array */
  constructor(expected: number) {
    this.limit = expected * 4 + 1024;
    this.up = new Int32Array(Math.min(this.limit, expected + 64)).fill(-1);
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
