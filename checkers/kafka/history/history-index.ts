/**
 * What all black-box checkers need of a history, built once in linear time and shared: who sent what, at which offsets
 * each record is known to stand, who read it, and what the final reads returned.
 *
 * A *record* is a distinct (key, value); values are unique per key unless the workload resends. A *position* is a
 * distinct (record, offset): a record with two of them stands in the log twice, an offset with two of them held two
 * records. Offsets are learnt from every poll, whatever its outcome (what it returned is real), but from sends only if
 * they are ok, or unknown and proven by a read (the asymmetry of Jepsen's Kafka workload).
 */
import { IntColumn } from '../../../histories/columns.js';
import { columnsOf, INFO, OK, POLL, SEND, type HistoryColumns } from '../../../histories/history-columns.js';
import type { History, Operation } from '../../../histories/operation.js';
import { FinalReads, type FinalRead } from './final-reads.js';
import { IntegerMap } from '../../integer-map.js';
import { PositionTable } from './position-table.js';
import { RecordTable } from './record-table.js';
import { sortPositions } from './sort-positions.js';

export class HistoryIndex {
  readonly history: History;
  readonly operations: HistoryColumns;
  readonly records: RecordTable;
  readonly positions: PositionTable;
  acknowledgedSends = 0;
  recordsRead = 0;
  /** Some poll that succeeded was over no later than the send of what it returned was invoked. */
  isReadBeforeSent = false;

  readonly finalReads: readonly FinalRead[];
  /** Final reads that name no partition: nobody can say what they read. */
  readonly unnamedFinalReads: number;
  /** Positions by key, then by offset; those of one offset in the order in which their records were sent. */
  readonly log: Int32Array;
  /** Where each key's positions begin in `log`; one more at the end. */
  readonly logStart: Int32Array;

  private readonly recordOfValue: IntegerMap;
  private byKey: readonly Int32Array[] | null = null;
  private counts: Int32Array | null = null;
  private bounds: Int32Array | null = null;

  /** One pass over the operations, a second over those that read, and one over what is unknown. */
  constructor(history: History) {
    this.history = history;
    this.operations = columnsOf(history);
    // Most operations are sends, most sends are records of their own, and most records stand at one offset.
    const expected = this.operations.length + 64;
    this.records = new RecordTable(expected);
    this.positions = new PositionTable(expected);
    this.recordOfValue = new IntegerMap(expected, expected);

    const reads = new IntColumn();
    const unproven = new IntColumn();
    this.addAllSends(reads, unproven);
    const finalReads = new FinalReads(this.operations);
    for (let i = 0; i < reads.length; i++) this.addReads(reads.at(i), finalReads);
    for (let i = 0; i < unproven.length; i++) this.addIfProven(unproven.at(i));
    this.finalReads = finalReads.all;
    this.unnamedFinalReads = finalReads.unnamed;
    const { log, logStart } = sortPositions(this, history.keys.length);
    this.log = log;
    this.logStart = logStart;
  }

  /** The record of a value under a key; -1: neither sent nor read. */
  recordOf(key: number, value: number): number {
    let record = this.recordOfValue.get(value);
    while (record >= 0 && this.records.key[record] !== key) record = this.records.next[record]!;
    return record;
  }

  /** The record of a value that an operation was the first to send, wherever it went; -1: none. */
  recordWrittenBy(operation: number, value: number): number {
    let record = this.recordOfValue.get(value);
    while (record >= 0 && this.records.writer[record] !== operation) record = this.records.next[record]!;
    return record;
  }

  /** Another record of the same value that somebody sent, under another key or under one unknown: the first; -1: none. */
  sentElsewhere(record: number): number {
    const { value, writer, next } = this.records;
    let first = -1;
    for (let other = this.recordOfValue.get(value[record]!); other >= 0; other = next[other]!) {
      if (other === record || writer[other]! < 0) continue;
      if (first < 0 || writer[other]! < writer[first]!) first = other;
    }
    return first;
  }

  /** The operation that first sent a record; undefined: nobody did. */
  writer(record: number): Operation | undefined {
    const writer = this.records.writer[record]!;
    return writer < 0 ? undefined : this.operations.operation(writer);
  }

  /** Positions of a record, in the order in which they were learnt. */
  positionsOf(record: number): readonly number[] {
    const positions: number[] = [];
    for (let p = this.records.position[record]!; p >= 0; p = this.positions.next[p]!) positions.push(p);
    return positions.reverse();
  }

  /** Whether a record has more than one position: it stands in the log more than once. */
  hasCopies(record: number): boolean {
    const last = this.records.position[record]!;
    return last >= 0 && this.positions.next[last]! >= 0;
  }

  /** The lowest offset of a record; -1: none is known. */
  firstOffset(record: number): number {
    const { offset, next } = this.positions;
    let lowest = -1;
    for (let p = this.records.position[record]!; p >= 0; p = next[p]!) {
      if (lowest < 0 || offset[p]! < lowest) lowest = offset[p]!;
    }
    return lowest;
  }

  /** The highest offset of a record; -1: none is known. */
  lastOffset(record: number): number {
    const { offset, next } = this.positions;
    let highest = -1;
    for (let p = this.records.position[record]!; p >= 0; p = next[p]!) highest = Math.max(highest, offset[p]!);
    return highest;
  }

  /**
   * By key: of the records that polls returned, the one whose lowest offset is the highest; -1: none was read.
   * @param reader by record: who read it, of the readers that are meant; left out: all of them
   */
  readBounds(reader: Int32Array = this.records.reader): Int32Array {
    if (reader !== this.records.reader) return this.findReadBounds(reader);
    this.bounds ??= this.findReadBounds(reader);
    return this.bounds;
  }

  private findReadBounds(reader: Int32Array): Int32Array {
    const { length, key: keys } = this.records;
    const bounds = new Int32Array(this.history.keys.length).fill(-1);
    const offsets = new Float64Array(this.history.keys.length).fill(-1);
    for (let record = 0; record < length; record++) {
      const key = keys[record]!;
      if (key < 0 || reader[record]! < 0) continue;
      const offset = this.firstOffset(record);
      if (offset <= offsets[key]!) continue;
      offsets[key] = offset;
      bounds[key] = record;
    }
    return bounds;
  }

  /** How many records a key has. */
  recordCount(key: number): number {
    this.counts ??= this.countByKey();
    return this.counts[key]!;
  }

  private countByKey(): Int32Array {
    const { length, key: keys } = this.records;
    const counts = new Int32Array(this.history.keys.length);
    for (let record = 0; record < length; record++) if (keys[record]! >= 0) counts[keys[record]!]!++;
    return counts;
  }

  /** The records of a key, in the order in which they first appeared. */
  recordsOf(key: number): Int32Array {
    this.byKey ??= this.groupByKey();
    return this.byKey[key]!;
  }

  private groupByKey(): readonly Int32Array[] {
    const { length, key: keys } = this.records;
    const groups = this.history.keys.map((_, key) => new Int32Array(this.recordCount(key)));
    const next = new Int32Array(groups.length);
    for (let record = 0; record < length; record++) {
      const key = keys[record]!;
      if (key >= 0) groups[key]![next[key]!++] = record;
    }
    return groups;
  }

  /** @param reads gets operations that poll @param unproven those that are unknown, and name offsets all the same */
  private addAllSends(reads: IntColumn, unproven: IntColumn): void {
    const { length, firstMicroOp, microOpCount, microOpKind, firstRecord, offset, outcome, finalReadOf } =
      this.operations;
    for (let operation = 0; operation < length; operation++) {
      const first = firstMicroOp[operation]!;
      const end = first + microOpCount[operation]!;
      let polls = finalReadOf[operation]! >= 0;
      let namesOffset = false;
      for (let microOp = first; microOp < end; microOp++) {
        if (microOpKind[microOp]! === SEND) {
          this.addSend(operation, microOp);
          namesOffset ||= offset[firstRecord[microOp]!]! >= 0;
        } else if (microOpKind[microOp]! === POLL) {
          polls = true;
        }
      }
      if (polls) reads.push(operation);
      if (namesOffset && outcome[operation]! === INFO) unproven.push(operation);
    }
  }

  private addSend(operation: number, microOp: number): void {
    const { operations, records } = this;
    const row = operations.firstRecord[microOp]!;
    const record = this.recordAt(operations.key[microOp]!, operations.value[row]!);
    if (records.writer[record]! < 0) {
      records.writer[record] = operation;
      records.send[record] = microOp;
    } else {
      records.resent[record] = 1;
    }
    const outcome = operations.outcome[operation]!;
    if (outcome < records.outcome[record]!) records.outcome[record] = outcome;
    if (outcome !== OK) return;
    this.acknowledgedSends++;
    this.addAcknowledged(record, operations.offset[row]!, operation);
  }

  private addAcknowledged(record: number, offset: number, operation: number): void {
    if (offset < 0) return;
    const position = this.positionAt(record, offset);
    if (this.positions.ack[position]! < 0) this.positions.ack[position] = operation;
  }

  private addReads(operation: number, finalReads: FinalReads): void {
    const { operations } = this;
    const first = operations.firstMicroOp[operation]!;
    const end = first + operations.microOpCount[operation]!;
    for (let microOp = first; microOp < end; microOp++) {
      if (operations.microOpKind[microOp]! !== POLL) continue;
      this.addRead(operation, microOp, finalReads.of(operation, microOp));
    }
    if (operations.finalReadOf[operation]! >= 0 && first === end) finalReads.unnamed++;
  }

  private addRead(operation: number, microOp: number, finalRead: FinalRead | null): void {
    const { operations, records, positions } = this;
    const { value, offset: offsets } = operations;
    const key = operations.key[microOp]!;
    const first = operations.firstRecord[microOp]!;
    const end = first + operations.recordCount[microOp]!;
    const overAt = operations.outcome[operation] === OK ? operations.completedAt[operation]! : Infinity;
    for (let row = first; row < end; row++) {
      const record = this.recordRead(key, value[row]!);
      if (records.reader[record]! < 0) records.reader[record] = operation;
      const writer = records.writer[record]!;
      if (writer >= 0 && overAt <= operations.invokedAt[writer]!) this.isReadBeforeSent = true;
      const offset = offsets[row]!;
      if (offset >= 0) {
        const position = this.positionAt(record, offset);
        if (positions.reader[position]! < 0) positions.reader[position] = operation;
      }
      if (finalRead !== null) finalRead.records.push(record);
    }
    this.recordsRead += end - first;
  }

  /** A producer may not know where a record went: the first read of it tells. */
  private recordRead(key: number, value: number): number {
    const record = this.recordOf(key, value);
    if (record >= 0) return record;
    const unplaced = this.recordOf(-1, value);
    if (unplaced < 0) return this.recordAt(key, value);
    this.records.key[unplaced] = key;
    return unplaced;
  }

  /** The offsets that an unknown operation's sends name count if one of its records was read. */
  private addIfProven(operation: number): void {
    const { operations, records } = this;
    const sends: { readonly record: number; readonly offset: number }[] = [];
    const first = operations.firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + operations.microOpCount[operation]!; microOp++) {
      if (operations.microOpKind[microOp]! !== SEND) continue;
      const row = operations.firstRecord[microOp]!;
      const record = this.recordOf(operations.key[microOp]!, operations.value[row]!);
      if (record >= 0) sends.push({ record, offset: operations.offset[row]! });
    }
    if (!sends.some(({ record }) => records.reader[record]! >= 0)) return;
    for (const { record, offset } of sends) this.addAcknowledged(record, offset, records.writer[record]!);
  }

  private recordAt(key: number, value: number): number {
    const record = this.recordOf(key, value);
    if (record >= 0) return record;
    const added = this.records.add(key, value, this.recordOfValue.get(value));
    this.recordOfValue.set(value, added);
    return added;
  }

  private positionAt(record: number, offset: number): number {
    const last = this.records.position[record]!;
    for (let p = last; p >= 0; p = this.positions.next[p]!) if (this.positions.offset[p] === offset) return p;
    const position = this.positions.add(record, offset, last);
    this.records.position[record] = position;
    return position;
  }
}

const indexes = new WeakMap<History, HistoryIndex>();

/** The index of a history, built at the first call. */
export function historyIndex(history: History): HistoryIndex {
  let index = indexes.get(history);
  if (index === undefined) {
    index = new HistoryIndex(history);
    indexes.set(history, index);
  }
  return index;
}
