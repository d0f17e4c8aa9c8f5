/**
 * What all black-box checkers need of a history, built once in linear time and shared: who sent what, at which offsets
 * each record is known to stand, who read it, and what the final reads returned.
 *
 * A *record* is a distinct (key, value); values are unique per key unless the workload resends. A *position* is a
 * distinct (record, offset): a record with two of them stands in the log twice, an offset with two of them held two
 * records. Offsets are learnt from every poll, whatever its outcome (what it returned is real), but from sends only if
 * they are ok, or unknown and proven by a read (the asymmetry of Jepsen's Kafka workload).
 */
import type { History, Operation, Outcome, PollMicroOp, SendMicroOp } from '../../../histories/operation.js';
import { IntColumn, IntegerMap, NumberColumn } from './columns.js';
import { FinalReads, type FinalRead } from './final-reads.js';
import { sortPositions } from './sort-positions.js';

/** How the sends of a record ended: the best of them. */
export const SENT_OK = 0;
const SENT_INFO = 1;
export const SENT_FAIL = 2;
const NEVER_SENT = 3;

export class HistoryIndex {
  readonly history: History;
  /** Sends in order of invocation, and of micro-operations within one. */
  readonly sendOperation: IntColumn;
  readonly sendRecord: IntColumn;
  /** Producer sessions, numbered in order of appearance. */
  readonly sendSession: IntColumn;
  /** Record keys, numbered in order of appearance; -1: the record has none. */
  readonly sendRecordKey: IntColumn;
  sessions = 0;
  readonly recordKeys = new Map<string, number>();
  acknowledgedSends = 0;
  recordsRead = 0;

  readonly recordKey: IntColumn;
  readonly recordValue: NumberColumn;
  /** The first send of it; -1: nobody sent it. */
  readonly recordSend: IntColumn;
  readonly recordSends: IntColumn;
  readonly recordOutcome: IntColumn;
  /** The first poll that returned it; -1: none. */
  readonly recordReader: IntColumn;
  private readonly recordPosition: IntColumn;
  private readonly recordNext: IntColumn;

  readonly positionRecord: IntColumn;
  readonly positionOffset: NumberColumn;
  /** The first poll that showed it; -1: only an acknowledgement did. */
  readonly positionReader: IntColumn;
  /** The first send whose acknowledgement showed it; -1: only polls did. */
  readonly positionAck: IntColumn;
  private readonly positionNext: IntColumn;

  readonly finalReads: readonly FinalRead[];
  /** Final reads that name no partition: nobody can say what they read. */
  readonly unnamedFinalReads: number;
  /** Positions by key, then by offset; those of one offset in the order in which their records were sent. */
  readonly log: Int32Array;
  /** Where each key's positions begin in `log`; one more at the end. */
  readonly logStart: Int32Array;

  private readonly recordOfValue: IntegerMap;
  private readonly numberOfSession: IntegerMap;
  private byKey: readonly Int32Array[] | null = null;

  /** One pass over the operations, a second over those that read, and one over what is unknown. */
  constructor(history: History) {
    this.history = history;
    // Most operations are sends, most sends are records of their own, and most records stand at one offset.
    const expected = history.operations.length + 64;
    const column = (): IntColumn => new IntColumn(expected);
    this.sendOperation = column();
    this.sendRecord = column();
    this.sendSession = column();
    this.sendRecordKey = column();
    this.recordKey = column();
    this.recordValue = new NumberColumn(expected);
    this.recordSend = column();
    this.recordSends = column();
    this.recordOutcome = column();
    this.recordReader = column();
    this.recordPosition = column();
    this.recordNext = column();
    this.positionRecord = column();
    this.positionOffset = new NumberColumn(expected);
    this.positionReader = column();
    this.positionAck = column();
    this.positionNext = column();
    this.recordOfValue = new IntegerMap(expected);
    this.numberOfSession = new IntegerMap(expected);

    const reads = new IntColumn();
    const unproven = new IntColumn();
    for (const operation of history.operations) this.addSends(operation, reads, unproven);
    const finalReads = new FinalReads();
    for (let i = 0; i < reads.length; i++) this.addReads(history.operations[reads.at(i)]!, finalReads);
    for (let i = 0; i < unproven.length; i++) this.addIfProven(history.operations[unproven.at(i)]!);
    this.finalReads = finalReads.all;
    this.unnamedFinalReads = finalReads.unnamed;
    const { log, logStart } = sortPositions(this, history.keys.length);
    this.log = log;
    this.logStart = logStart;
  }

  get sends(): number {
    return this.sendOperation.length;
  }
  get records(): number {
    return this.recordKey.length;
  }

  /** The record of a value under a key; -1: neither sent nor read. */
  recordOf(key: number, value: number): number {
    let record = this.recordOfValue.get(value);
    while (record >= 0 && this.recordKey.at(record) !== key) record = this.recordNext.at(record);
    return record;
  }

  /** Another record of the same value that somebody sent, under another key or under one unknown; -1: none. */
  sentElsewhere(record: number): number {
    let other = this.recordOfValue.get(this.recordValue.at(record));
    while (other >= 0 && (other === record || this.recordSend.at(other) < 0)) other = this.recordNext.at(other);
    return other;
  }

  /** The operation that first sent a record; undefined: nobody did. */
  writer(record: number): Operation | undefined {
    const send = this.recordSend.at(record);
    return send < 0 ? undefined : this.history.operations[this.sendOperation.at(send)];
  }

  /** Positions of a record, in the order in which they were learnt. */
  positionsOf(record: number): readonly number[] {
    const positions: number[] = [];
    for (let p = this.recordPosition.at(record); p >= 0; p = this.positionNext.at(p)) positions.push(p);
    return positions.reverse();
  }

  /** Whether a record has more than one position: it stands in the log more than once. */
  hasCopies(record: number): boolean {
    const first = this.recordPosition.at(record);
    return first >= 0 && this.positionNext.at(first) >= 0;
  }

  /** The lowest offset of a record; -1: none is known. */
  firstOffset(record: number): number {
    let lowest = -1;
    for (let p = this.recordPosition.at(record); p >= 0; p = this.positionNext.at(p)) {
      const offset = this.positionOffset.at(p);
      if (lowest < 0 || offset < lowest) lowest = offset;
    }
    return lowest;
  }

  /** The highest offset of a record; -1: none is known. */
  lastOffset(record: number): number {
    let highest = -1;
    for (let p = this.recordPosition.at(record); p >= 0; p = this.positionNext.at(p)) {
      highest = Math.max(highest, this.positionOffset.at(p));
    }
    return highest;
  }

  /** By key: of the records that polls returned, the one whose lowest offset is the highest; -1: none was read. */
  readBounds(): Int32Array {
    const bounds = new Int32Array(this.history.keys.length).fill(-1);
    const offsets = new Float64Array(this.history.keys.length).fill(-1);
    for (let record = 0; record < this.records; record++) {
      const key = this.recordKey.at(record);
      if (key < 0 || this.recordReader.at(record) < 0) continue;
      const offset = this.firstOffset(record);
      if (offset <= offsets[key]!) continue;
      offsets[key] = offset;
      bounds[key] = record;
    }
    return bounds;
  }

  /** The records of a key, in the order in which they first appeared. */
  recordsOf(key: number): Int32Array {
    this.byKey ??= this.groupByKey();
    return this.byKey[key]!;
  }

  private groupByKey(): readonly Int32Array[] {
    const counts = new Int32Array(this.history.keys.length);
    for (let r = 0; r < this.records; r++) if (this.recordKey.at(r) >= 0) counts[this.recordKey.at(r)]!++;
    const groups = this.history.keys.map((_, key) => new Int32Array(counts[key]!));
    counts.fill(0);
    for (let r = 0; r < this.records; r++) {
      const key = this.recordKey.at(r);
      if (key >= 0) groups[key]![counts[key]!++] = r;
    }
    return groups;
  }

  /** @param reads gets operations that poll @param unproven those that are unknown, and name offsets all the same */
  private addSends(operation: Operation, reads: IntColumn, unproven: IntColumn): void {
    const { value, outcome, index, session, finalReadOf } = operation;
    let polls = finalReadOf >= 0;
    let namesOffset = false;
    for (const microOp of value) {
      if (microOp.kind === 'send') {
        this.addSend(microOp, index, session, outcome);
        namesOffset ||= microOp.offset >= 0;
      } else {
        polls = true;
      }
    }
    if (polls) reads.push(index);
    if (namesOffset && outcome === 'info') unproven.push(index);
  }

  private addSend(microOp: SendMicroOp, operation: number, session: number, outcome: Outcome): void {
    const send = this.sendOperation.push(operation);
    let record = this.recordOf(microOp.key, microOp.value);
    if (record < 0) record = this.addRecord(microOp.key, microOp.value);
    this.sendRecord.push(record);
    this.sendSession.push(this.sessionNumber(session));
    this.sendRecordKey.push(microOp.recordKey === null ? -1 : this.recordKeyNumber(microOp.recordKey));
    if (this.recordSend.at(record) < 0) this.recordSend.set(record, send);
    this.recordSends.set(record, this.recordSends.at(record) + 1);
    const sent = outcome === 'ok' ? SENT_OK : outcome === 'info' ? SENT_INFO : SENT_FAIL;
    if (sent < this.recordOutcome.at(record)) this.recordOutcome.set(record, sent);
    if (sent !== SENT_OK) return;
    this.acknowledgedSends++;
    this.addAcknowledged(record, microOp.offset, send);
  }

  private sessionNumber(session: number): number {
    let number = this.numberOfSession.get(session);
    if (number < 0) this.numberOfSession.set(session, (number = this.sessions++));
    return number;
  }

  private recordKeyNumber(recordKey: string): number {
    let number = this.recordKeys.get(recordKey);
    if (number === undefined) this.recordKeys.set(recordKey, (number = this.recordKeys.size));
    return number;
  }

  private addAcknowledged(record: number, offset: number, send: number): void {
    if (offset < 0) return;
    const position = this.position(record, offset);
    if (this.positionAck.at(position) < 0) this.positionAck.set(position, send);
  }

  private addReads(operation: Operation, finalReads: FinalReads): void {
    for (const microOp of operation.value) {
      if (microOp.kind !== 'poll') continue;
      this.addRead(operation, microOp, finalReads.of(operation, microOp.key));
    }
    if (operation.finalReadOf >= 0 && operation.value.length === 0) finalReads.unnamed++;
  }

  private addRead(operation: Operation, { key, offsets, values }: PollMicroOp, finalRead: FinalRead | null): void {
    for (let i = 0; i < values.length; i++) {
      const record = this.recordRead(key, values[i]!);
      this.recordsRead++;
      if (this.recordReader.at(record) < 0) this.recordReader.set(record, operation.index);
      if (offsets[i]! >= 0) {
        const position = this.position(record, offsets[i]!);
        if (this.positionReader.at(position) < 0) this.positionReader.set(position, operation.index);
      }
      if (finalRead !== null) finalRead.records.push(record);
    }
  }

  /** A producer may not know where a record went: the first read of it tells. */
  private recordRead(key: number, value: number): number {
    const record = this.recordOf(key, value);
    if (record >= 0) return record;
    const unplaced = this.recordOf(-1, value);
    if (unplaced < 0) return this.addRecord(key, value);
    this.recordKey.set(unplaced, key);
    return unplaced;
  }

  /** The offsets that an unknown send names count if one of its records was read. */
  private addIfProven({ value }: Operation): void {
    const sends = value.filter((microOp) => microOp.kind === 'send');
    const records = sends.map((microOp) => this.recordOf(microOp.key, microOp.value));
    if (!records.some((record) => record >= 0 && this.recordReader.at(record) >= 0)) return;
    sends.forEach((microOp, i) => {
      if (records[i]! >= 0) this.addAcknowledged(records[i]!, microOp.offset, this.recordSend.at(records[i]!));
    });
  }

  private addRecord(key: number, value: number): number {
    const record = this.recordKey.push(key);
    this.recordValue.push(value);
    this.recordSend.push(-1);
    this.recordSends.push(0);
    this.recordOutcome.push(NEVER_SENT);
    this.recordReader.push(-1);
    this.recordPosition.push(-1);
    this.recordNext.push(this.recordOfValue.get(value));
    this.recordOfValue.set(value, record);
    return record;
  }

  private position(record: number, offset: number): number {
    const first = this.recordPosition.at(record);
    for (let p = first; p >= 0; p = this.positionNext.at(p)) {
      if (this.positionOffset.at(p) === offset) return p;
    }
    const position = this.positionRecord.push(record);
    this.positionOffset.push(offset);
    this.positionReader.push(-1);
    this.positionAck.push(-1);
    this.positionNext.push(first);
    this.recordPosition.set(record, position);
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
