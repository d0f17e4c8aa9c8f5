/** Final reads: which operations belong together, what they returned, and whether they reached the end. */
import type { Operation } from '../../../histories/operation.js';
import { IntColumn } from './columns.js';

/** One full read of a partition, with one machine as leader. */
export interface FinalRead {
  readonly key: number;
  readonly machine: number;
  readonly operations: readonly number[];
  /** Every operation of it ended ok: it reached the end. */
  readonly complete: boolean;
  readonly invokedAt: number;
  readonly records: IntColumn;
}

/** Groups the operations of final reads: those of one session that read one partition from one machine. */
export class FinalReads {
  readonly all: FinalRead[] = [];
  unnamed = 0;
  private readonly sessions: number[] = [];

  of(operation: Operation, key: number): FinalRead | null {
    const machine = operation.finalReadOf;
    if (machine < 0) return null;
    const complete = operation.outcome === 'ok';
    for (let i = 0; i < this.all.length; i++) {
      const read = this.all[i]!;
      if (read.key !== key || read.machine !== machine || this.sessions[i] !== operation.session) continue;
      const operations = read.operations.includes(operation.index)
        ? read.operations
        : [...read.operations, operation.index];
      return (this.all[i] = { ...read, operations, complete: read.complete && complete });
    }
    const { index, invokedAt, session } = operation;
    const read = { key, machine, operations: [index], complete, invokedAt, records: new IntColumn(256) };
    this.all.push(read);
    this.sessions.push(session);
    return read;
  }
}
