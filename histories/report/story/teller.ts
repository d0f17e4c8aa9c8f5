/** What every story is told from: the trace and the history, their names, and the drafts of lines. */
import type { JudgedAnomaly } from '../../anomaly.js';
import { membersOf } from '../../replay-state.js';
import type { History, Operation } from '../../operation.js';
import { TraceReader } from '../../trace-record.js';
import type { Trace } from '../../trace.js';
import { Names } from '../words.js';
import type { LineRole } from './types.js';

/** A line before it is known which lines are worth their place. */
export interface Draft {
  readonly index: number;
  readonly text: string;
  readonly note: string | null;
  readonly role: LineRole;
  /** Whom it is about; -1: nobody in particular. */
  readonly machine: number;
  /** Where it happened: the machine that announced the record unless told otherwise. */
  readonly lane: number;
  /** When: the record's time unless told otherwise (-1). */
  readonly at: number;
  /** The strike of a fault or a heal; -1: none. */
  readonly strike: number;
  readonly operation: number | null;
  /** Of an append: where; -1 otherwise. */
  readonly offset: number;
  /** 0..10: lines of least weight go first when there are too many. */
  readonly weight: number;
}

export function draft(line: Partial<Draft> & Pick<Draft, 'index' | 'text' | 'role'>): Draft {
  return { note: null, machine: -1, lane: -1, at: -1, strike: -1, offset: -1, operation: null, weight: 5, ...line };
}

export class Teller {
  readonly reader: TraceReader;
  readonly names: Names;
  readonly history: History;

  constructor(history: History, trace: Trace) {
    this.history = history;
    this.reader = new TraceReader(trace);
    this.names = new Names(trace.header, (value) => history.valueName(value));
  }

  /** The value of a setting, as the history's header states it; null if it does not. */
  setting(name: string): string | number | boolean | null {
    return this.history.header.settings[name] ?? null;
  }

  /** min.insync.replicas of a partition at a moment of the trace: it may have been altered. null: nothing says. */
  minInsyncReplicas(key: number, at: number): string | number | boolean | null {
    const altered = this.reader.lastBefore(['topic-settings-altered'], key, at);
    return altered?.minInsyncReplicas ?? this.setting('min.insync.replicas');
  }

  /** The trace's number of one of the history's keys. */
  key(historyKey: number): number {
    const name = this.history.keys[historyKey];
    return name === undefined ? -1 : this.reader.header.keys.indexOf(name);
  }

  /** The operation that sent a value: the one that the anomaly names, else the first. */
  sendOf(judged: JudgedAnomaly, value: number): Operation | null {
    const sends = (operation: Operation | undefined): boolean =>
      operation?.value.some((microOp) => microOp.kind === 'send' && microOp.value === value) ?? false;
    const { operations } = this.history;
    const named = judged.anomaly.operations.map((index) => operations[index]).find(sends);
    return named ?? operations.find(sends) ?? null;
  }

  /** The record key under which a value was sent; null: none, or nobody sent it. */
  recordKey(operation: Operation | null, value: number): string | null {
    for (const microOp of operation?.value ?? []) {
      if (microOp.kind === 'send' && microOp.value === value) return microOp.recordKey;
    }
    return null;
  }

  /** "orders-0@0 (key acct-8, value 5)" */
  recordWords(key: number, offset: number, value: number, operation: Operation | null): string {
    return `${this.names.record(key, offset)} ${this.valueWords(value, operation)}`;
  }

  /** "(key acct-8, value 5)" */
  valueWords(value: number, operation: Operation | null): string {
    const recordKey = this.recordKey(operation, value);
    const shownValue = this.history.valueName(value);
    return recordKey === null ? `(value ${shownValue})` : `(key ${recordKey}, value ${shownValue})`;
  }

  /** Brokers that ever hold the partition, ascending. */
  hosts(key: number): readonly number[] {
    const hosts = new Set<number>();
    for (const record of this.reader.scan(['partition-changed', 'become-leader', 'become-follower', 'append'], key)) {
      if (record.event === 'partition-changed') for (const member of membersOf(record.isr)) hosts.add(member);
      else hosts.add(record.machine);
    }
    return [...hosts].sort((a, b) => a - b);
  }

  /** The client's machine in the trace, and how it is called. */
  clientOf(operation: Operation | null): { machine: number; name: string } {
    const name = operation?.client ?? 'the producer';
    return { machine: this.names.machineNamed(name), name };
  }
}
