/**
 * What records of counting applications say. A record carries a number that is given once in a trial, whoever sends it;
 * here stands the count behind it, for whoever has read the record.
 */
import type { OutputValues } from '../transform/transform-application.js';

export class CountRecords {
  readonly #values: OutputValues;
  readonly #counts = new Map<number, number>();

  constructor(values: OutputValues) {
    this.#values = values;
  }

  /** @returns the value of a new record that says so */
  write(count: number): number {
    const value = this.#values.next++;
    this.#counts.set(value, count);
    return value;
  }

  /** undefined: the record is no count. */
  read(value: number): number | undefined {
    return this.#counts.get(value);
  }
}
