/** Final reads: which operations belong together, what they returned, and whether they reached the end. */
import { IntColumn } from '../../../histories/columns.js';
import { OK, type HistoryColumns } from '../../../histories/history-columns.js';

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
  private readonly columns: HistoryColumns;
  private readonly sessions: number[] = [];

  constructor(columns: HistoryColumns) {
    this.columns = columns;
  }

  /** The final read that a poll of an operation is part of; null: of none. */
  of(operation: number, poll: number): FinalRead | null {
    const machine = this.columns.finalReadOf[operation]!;
    if (machine < 0) return null;
    const key = this.columns.key[poll]!;
    const complete = this.columns.outcome[operation]! === OK;
    const session = this.columns.session[operation]!;
    for (let i = 0; i < this.all.length; i++) {
      const read = this.all[i]!;
      if (read.key !== key || read.machine !== machine || this.sessions[i] !== session) continue;
      const operations = read.operations.includes(operation) ? read.operations : [...read.operations, operation];
      return (this.all[i] = { ...read, operations, complete: read.complete && complete });
    }
    const invokedAt = this.columns.invokedAt[operation]!;
    const records = new IntColumn(this.columns.recordCount[poll]!);
    const read = { key, machine, operations: [operation], complete, invokedAt, records };
    this.all.push(read);
    this.sessions.push(session);
    return read;
  }
}
