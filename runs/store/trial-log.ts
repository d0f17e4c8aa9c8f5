/** trials.jsonl: one line a finished trial, appended. A crash leaves at most a torn last line, which is dropped on load. */
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { ioReason, readTextFile } from '../files.js';
import { UsageError } from '../spec/problems.js';
import type { TrialRow } from '../engine.js';
import { StoreError, writeAll } from './atomic.js';

export class TrialLog {
  readonly #path: string;
  readonly #file: number;
  #length: number;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'a');
      this.#length = fstatSync(this.#file).size;
    } catch (error) {
      throw new StoreError(`cannot write ${path}: ${ioReason(error)}`);
    }
  }

  /** The line is there when this returns; if it does not fit, nothing of it stays. */
  append(row: TrialRow): void {
    const line = Buffer.from(`${JSON.stringify(row)}\n`, 'utf8');
    try {
      writeAll(this.#file, line);
      this.#length += line.length;
    } catch (error) {
      try {
        ftruncateSync(this.#file, this.#length);
      } catch {
        // The torn line stays; loading drops it.
      }
      throw new StoreError(`cannot write ${this.#path}: ${ioReason(error)}`);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** @throws UsageError if a line other than a torn last one is no trial */
export function readTrialLog(path: string): TrialRow[] {
  const lines = readTextFile(path).split('\n');
  // What follows the last line break was never finished.
  lines.pop();
  return lines.map((line, index) => {
    try {
      const row = JSON.parse(line) as TrialRow;
      if (typeof row.seed === 'string' && typeof row.digest === 'string') return row;
    } catch {
      // Said below.
    }
    throw new UsageError(`${path}:${index + 1}: not a line of a trial: the file is damaged`);
  });
}
