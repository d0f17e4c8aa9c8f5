/** Growable columns: what histories of millions of operations are kept in, and indexes of them. */

const INITIAL_CAPACITY = 256;

/** Integers of 32 bits: row numbers, counts, codes. */
export class IntColumn {
  length = 0;
  private cells: Int32Array;

  constructor(capacity = INITIAL_CAPACITY) {
    this.cells = new Int32Array(Math.max(1, capacity));
  }
  at(row: number): number {
    return this.cells[row]!;
  }
  set(row: number, value: number): void {
    this.cells[row] = value;
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

/** Texts, each kept once and numbered in order of appearance. */
export class NameTable {
  private readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  /** How many different texts there are. */
  get length(): number {
    return this.names.length;
  }
  at(number: number): string {
    return this.names[number]!;
  }
  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

/** A text a row, of which many are equal; -1 stands for null. */
export class NameColumn {
  private readonly numbers = new IntColumn();
  private readonly names = new NameTable();

  /** How many different texts there are. */
  get distinct(): number {
    return this.names.length;
  }
  at(row: number): string | null {
    const number = this.numbers.at(row);
    return number < 0 ? null : this.names.at(number);
  }
  number(row: number): number {
    return this.numbers.at(row);
  }
  set(row: number, name: string | null): void {
    if (this.at(row) !== name) this.numbers.set(row, this.numbered(name));
  }
  push(name: string | null): number {
    return this.numbers.push(this.numbered(name));
  }

  private numbered(name: string | null): number {
    return name === null ? -1 : this.names.numberOf(name);
  }
}

/** Copies a column's cells into larger ones. */
export function grown<Cells extends Int32Array | Float64Array | Uint8Array>(from: Cells, to: Cells): Cells {
  to.set(from);
  return to;
}
