/**
 * A history in columns: what recorder and reader fill, and what checkers walk. Three tables:
 *
 *   operations    a row each, in order of invocation: who, what, when, how it ended
 *   micro-ops     those of an operation in consecutive rows: send, poll, commit, ..., of which key
 *   records       those of a micro-operation in consecutive rows: offset and value; a send has one
 *
 * What the other kinds have beside their key stands in the same two cells of a record (`name` is a number in `names`):
 *
 *   append                            value
 *   read                              values, without offsets; a recordCount of -1 stands for null
 *   commit, committed, process        offset, name of the group
 *   end-offset                        offset, name of the isolation level
 *   own                               generation, name of the group; then -1, name of the member
 *   derive                            offset, value of the output; then key of the output, the count that it says or 0
 *
 * Operation objects are a view of it, made when stories, files and pages ask for them: a million of them are half a
 * gigabyte that the garbage collector walks again and again.
 */
import { grown, NameColumn, NameTable } from './columns.js';
import { derivedNames } from './derived-values.js';
import {
  APPEND,
  ASSIGN,
  COMMIT,
  COMMITTED,
  DERIVE,
  END_OFFSET,
  OWN,
  POLL,
  PROCESS,
  READ,
  SEND,
} from './micro-op-codes.js';
import type { History, HistoryHeader, MicroOp, Operation, Outcome, SendMicroOp } from './operation.js';

export * from './micro-op-codes.js';

/** Codes in `outcome`. */
export const OUTCOMES: readonly Outcome[] = ['ok', 'info', 'fail'];
export const OK = 0;
export const INFO = 1;
export const FAIL = 2;

/** An operation's fields that its invocation settles; the rest say how it ended. */
export type Invocation = Omit<Operation, 'index' | 'completedAt' | 'outcome'>;
export type Completion = Pick<Operation, 'completedAt' | 'outcome' | 'value' | 'error' | 'finalReadOf' | 'rebalanced'>;

const INITIAL_CAPACITY = 256;

export class HistoryColumns {
  /** Operations. */
  length = 0;
  process = new Float64Array(INITIAL_CAPACITY);
  session = new Float64Array(INITIAL_CAPACITY);
  readonly client = new NameColumn();
  readonly f = new NameColumn();
  /** Virtual microseconds. */
  invokedAt = new Float64Array(INITIAL_CAPACITY);
  /** -1: never completed. */
  completedAt = new Float64Array(INITIAL_CAPACITY);
  outcome = new Uint8Array(INITIAL_CAPACITY);
  readonly error = new NameColumn();
  finalReadOf = new Float64Array(INITIAL_CAPACITY);
  /** By operation, of the few that a rebalance fell into: the keys that it moved. */
  readonly rebalanced = new Map<number, readonly number[]>();
  firstMicroOp = new Int32Array(INITIAL_CAPACITY);
  microOpCount = new Int32Array(INITIAL_CAPACITY);

  private microOps = 0;
  microOpKind = new Uint8Array(INITIAL_CAPACITY);
  /** Kinds that there are, a bit each. */
  private kinds = 0;
  /** Index into History.keys; -1 while unknown. */
  key = new Int32Array(INITIAL_CAPACITY);
  /** Of sends; null: none. */
  readonly recordKey = new NameColumn();
  /** Rows of sends that delete their key. */
  readonly tombstones = new Set<number>();
  firstRecord = new Int32Array(INITIAL_CAPACITY);
  recordCount = new Int32Array(INITIAL_CAPACITY);

  private records = 0;
  /** -1 while unknown. */
  offset = new Float64Array(INITIAL_CAPACITY);
  value = new Float64Array(INITIAL_CAPACITY);

  /** Groups, members and isolation levels, which records name by number. */
  readonly names = new NameTable();

  /** @returns the operation's index; its outcome is unknown until it completes */
  invoke({ process, session, client, f, invokedAt, value, error, finalReadOf, rebalanced }: Invocation): number {
    const operation = this.length++;
    if (operation === this.outcome.length) this.growOperations(operation * 2);
    this.process[operation] = process;
    this.session[operation] = session;
    this.client.push(client);
    this.f.push(f);
    this.invokedAt[operation] = invokedAt;
    this.completedAt[operation] = -1;
    this.outcome[operation] = INFO;
    this.error.push(error);
    this.finalReadOf[operation] = finalReadOf;
    if (rebalanced !== undefined) this.rebalanced.set(operation, rebalanced);
    this.addMicroOps(operation, value);
    return operation;
  }

  /** Whether there is any micro-operation of a kind: most histories have sends and polls alone. */
  has(kind: number): boolean {
    return (this.kinds & (1 << kind)) !== 0;
  }

  /** Another value of an operation that is open. */
  amend(operation: number, value: readonly MicroOp[]): void {
    if (!this.replaceSends(operation, value)) this.addMicroOps(operation, value);
  }

  complete(operation: number, { completedAt, outcome, value, error, finalReadOf, rebalanced }: Completion): void {
    this.completedAt[operation] = completedAt;
    this.outcome[operation] = OUTCOMES.indexOf(outcome);
    this.error.set(operation, error);
    this.finalReadOf[operation] = finalReadOf;
    if (rebalanced !== undefined) this.rebalanced.set(operation, rebalanced);
    this.amend(operation, value);
  }

  /** An operation that is known from beginning to end. */
  add(operation: Operation): void {
    const index = this.invoke(operation);
    this.completedAt[index] = operation.completedAt;
    this.outcome[index] = OUTCOMES.indexOf(operation.outcome);
  }

  /** The view of one operation. */
  operation(index: number): Operation {
    const first = this.firstMicroOp[index]!;
    const rebalanced = this.rebalanced.get(index);
    return {
      index,
      process: this.process[index]!,
      session: this.session[index]!,
      client: this.client.at(index)!,
      f: this.f.at(index)!,
      invokedAt: this.invokedAt[index]!,
      completedAt: this.completedAt[index]!,
      outcome: OUTCOMES[this.outcome[index]!]!,
      value: Array.from({ length: this.microOpCount[index]! }, (_, i) => this.microOp(first + i)),
      error: this.error.at(index),
      finalReadOf: this.finalReadOf[index]!,
      ...(rebalanced === undefined ? {} : { rebalanced }),
    };
  }

  private microOp(row: number): MicroOp {
    const key = this.key[row]!;
    const first = this.firstRecord[row]!;
    const offset = this.offset[first]!;
    const value = this.value[first]!;
    switch (this.microOpKind[row]!) {
      case SEND: {
        const send = { kind: 'send', key, offset, value, recordKey: this.recordKey.at(row) } as const;
        return this.tombstones.has(row) ? { ...send, tombstone: true } : send;
      }
      case POLL: {
        const end = first + this.recordCount[row]!;
        return {
          kind: 'poll',
          key,
          offsets: [...this.offset.subarray(first, end)],
          values: [...this.value.subarray(first, end)],
        };
      }
      case APPEND:
        return { kind: 'append', key, value };
      case READ: {
        const count = this.recordCount[row]!;
        return { kind: 'read', key, values: count < 0 ? null : [...this.value.subarray(first, first + count)] };
      }
      case COMMIT:
        return { kind: 'commit', key, group: this.names.at(value), offset };
      case COMMITTED:
        return { kind: 'committed', key, group: this.names.at(value), offset };
      case PROCESS:
        return { kind: 'process', key, group: this.names.at(value), offset };
      case END_OFFSET:
        return { kind: 'end-offset', key, isolation: this.names.at(value), offset };
      case OWN: {
        const member = this.names.at(this.value[first + 1]!);
        return { kind: 'own', key, group: this.names.at(value), member, generation: offset };
      }
      case DERIVE: {
        const derive = { kind: 'derive', key, offset, outputKey: this.offset[first + 1]!, outputValue: value } as const;
        const count = this.value[first + 1]!;
        return count === 0 ? derive : { ...derive, count };
      }
      default:
        return { kind: 'assign', key };
    }
  }

  private addMicroOps(operation: number, microOps: readonly MicroOp[]): void {
    this.firstMicroOp[operation] = this.microOps;
    this.microOpCount[operation] = microOps.length;
    for (const microOp of microOps) {
      const row = this.microOps++;
      if (row === this.key.length) this.growMicroOps(row * 2);
      this.key[row] = microOp.key;
      this.firstRecord[row] = this.records;
      if (microOp.kind === 'send') {
        this.microOpKind[row] = SEND;
        if (microOp.tombstone === true) this.tombstones.add(row);
        this.recordKey.push(microOp.recordKey);
        this.addRecord(microOp.offset, microOp.value);
      } else {
        this.recordKey.push(null);
        this.microOpKind[row] = this.addUnkeyed(microOp);
      }
      this.kinds |= 1 << this.microOpKind[row]!;
      this.recordCount[row] = this.records - this.firstRecord[row]!;
      if (microOp.kind === 'read' && microOp.values === null) this.recordCount[row] = -1;
    }
  }

  /** The records of anything but a send. @returns the code of its kind */
  private addUnkeyed(microOp: Exclude<MicroOp, SendMicroOp>): number {
    switch (microOp.kind) {
      case 'poll':
        for (let i = 0; i < microOp.values.length; i++) this.addRecord(microOp.offsets[i]!, microOp.values[i]!);
        return POLL;
      case 'append':
        this.addRecord(-1, microOp.value);
        return APPEND;
      case 'read':
        for (const value of microOp.values ?? []) this.addRecord(-1, value);
        return READ;
      case 'commit':
        this.addRecord(microOp.offset, this.names.numberOf(microOp.group));
        return COMMIT;
      case 'committed':
        this.addRecord(microOp.offset, this.names.numberOf(microOp.group));
        return COMMITTED;
      case 'process':
        this.addRecord(microOp.offset, this.names.numberOf(microOp.group));
        return PROCESS;
      case 'end-offset':
        this.addRecord(microOp.offset, this.names.numberOf(microOp.isolation));
        return END_OFFSET;
      case 'own':
        this.addRecord(microOp.generation, this.names.numberOf(microOp.group));
        this.addRecord(-1, this.names.numberOf(microOp.member));
        return OWN;
      case 'derive':
        this.addRecord(microOp.offset, microOp.outputValue);
        this.addRecord(microOp.outputKey, microOp.count ?? 0);
        return DERIVE;
      case 'assign':
        return ASSIGN;
    }
  }

  private addRecord(offset: number, value: number): void {
    const row = this.records++;
    if (row === this.value.length) this.growRecords(row * 2);
    this.offset[row] = offset;
    this.value[row] = value;
  }

  /** Sends that end as they began, with offsets perhaps, stay in their rows. Other micro-operations get new ones. */
  private replaceSends(operation: number, microOps: readonly MicroOp[]): boolean {
    const first = this.firstMicroOp[operation]!;
    if (microOps.length !== this.microOpCount[operation]!) return false;
    for (let i = 0; i < microOps.length; i++) {
      if (microOps[i]!.kind !== 'send' || this.microOpKind[first + i]! !== SEND) return false;
    }
    for (let i = 0; i < microOps.length; i++) {
      const microOp = microOps[i]!;
      if (microOp.kind !== 'send') continue;
      this.key[first + i] = microOp.key;
      this.recordKey.set(first + i, microOp.recordKey);
      const record = this.firstRecord[first + i]!;
      this.offset[record] = microOp.offset;
      this.value[record] = microOp.value;
    }
    return true;
  }

  private growOperations(capacity: number): void {
    this.process = grown(this.process, new Float64Array(capacity));
    this.session = grown(this.session, new Float64Array(capacity));
    this.invokedAt = grown(this.invokedAt, new Float64Array(capacity));
    this.completedAt = grown(this.completedAt, new Float64Array(capacity));
    this.outcome = grown(this.outcome, new Uint8Array(capacity));
    this.finalReadOf = grown(this.finalReadOf, new Float64Array(capacity));
    this.firstMicroOp = grown(this.firstMicroOp, new Int32Array(capacity));
    this.microOpCount = grown(this.microOpCount, new Int32Array(capacity));
  }

  private growMicroOps(capacity: number): void {
    this.microOpKind = grown(this.microOpKind, new Uint8Array(capacity));
    this.key = grown(this.key, new Int32Array(capacity));
    this.firstRecord = grown(this.firstRecord, new Int32Array(capacity));
    this.recordCount = grown(this.recordCount, new Int32Array(capacity));
  }

  private growRecords(capacity: number): void {
    this.offset = grown(this.offset, new Float64Array(capacity));
    this.value = grown(this.value, new Float64Array(capacity));
  }
}

const columnsOfHistory = new WeakMap<History, HistoryColumns>();

/** The columns of a history; one that was put together from operations gets them at the first call. */
export function columnsOf(history: History): HistoryColumns {
  let columns = columnsOfHistory.get(history);
  if (columns === undefined) {
    columns = new HistoryColumns();
    for (const operation of history.operations) columns.add(operation);
    columnsOfHistory.set(history, columns);
  }
  return columns;
}

/** A history that was recorded or read in columns; its operations are made when somebody asks for them. */
export function columnarHistory(
  header: HistoryHeader,
  keys: readonly string[],
  columns: HistoryColumns,
  valueName: (value: number) => string = String,
): History {
  let operations: readonly Operation[] | null = null;
  let derived: ReadonlyMap<number, string> | null = null;
  const history: History = {
    header,
    keys,
    get operations() {
      operations ??= Array.from({ length: columns.length }, (_, index) => columns.operation(index));
      return operations;
    },
    valueName(value) {
      derived ??= derivedNames(columns, keys);
      return derived.get(value) ?? valueName(value);
    },
  };
  columnsOfHistory.set(history, columns);
  return history;
}
