/** The index of a history by definition: plain objects and maps, one list of operations gone through again and again. */
import type { History, Operation, Outcome } from '../../../histories/operation.js';

export interface ReferencePosition {
  readonly offset: number;
  reader: number;
  ack: number;
}

export interface ReferenceRecord {
  key: number;
  readonly value: number;
  /** Index of the operation that first sent it; -1: nobody did. */
  writer: number;
  sends: number;
  /** The best of its sends; null: it was never sent. */
  outcome: Outcome | null;
  reader: number;
  /** In the order in which they were learnt. */
  readonly positions: ReferencePosition[];
}

/** Records in order of appearance: those that were sent, then those that were only read. */
export function referenceRecords({ operations }: History): readonly ReferenceRecord[] {
  const records: ReferenceRecord[] = [];
  const find = (key: number, value: number): ReferenceRecord | undefined =>
    records.find((record) => record.key === key && record.value === value);
  const add = (key: number, value: number): ReferenceRecord => {
    const record = { key, value, writer: -1, sends: 0, outcome: null, reader: -1, positions: [] };
    records.push(record);
    return record;
  };

  for (const operation of operations) {
    for (const { key, value, offset } of sendsOf(operation)) {
      const record = find(key, value) ?? add(key, value);
      if (record.writer < 0) record.writer = operation.index;
      record.sends++;
      record.outcome = better(record.outcome, operation.outcome);
      if (operation.outcome === 'ok') acknowledge(record, offset, operation.index);
    }
  }
  for (const operation of operations) {
    for (const { key, value, offset } of readsOf(operation)) {
      const record = find(key, value) ?? find(-1, value) ?? add(key, value);
      record.key = key;
      if (record.reader < 0) record.reader = operation.index;
      if (offset < 0) continue;
      const position = positionAt(record, offset);
      if (position.reader < 0) position.reader = operation.index;
    }
  }
  for (const operation of operations.filter(({ outcome }) => outcome === 'info')) {
    const sends = sendsOf(operation).map((send) => ({ ...send, record: find(send.key, send.value) }));
    if (!sends.some(({ record }) => record !== undefined && record.reader >= 0)) continue;
    for (const { record, offset } of sends) if (record !== undefined) acknowledge(record, offset, record.writer);
  }
  return records;
}

/** Offsets and values of a key, in no particular order. */
export function referenceLog(records: readonly ReferenceRecord[], key: number): readonly (readonly [number, number])[] {
  return records
    .filter((record) => record.key === key)
    .flatMap(({ value, positions }) => positions.map(({ offset }) => [offset, value] as const));
}

interface Item {
  readonly key: number;
  readonly value: number;
  readonly offset: number;
}

function sendsOf({ value }: Operation): readonly Item[] {
  return value.flatMap((microOp) => (microOp.kind === 'send' ? [microOp] : []));
}

function readsOf({ value }: Operation): readonly Item[] {
  return value.flatMap((microOp) =>
    microOp.kind === 'poll'
      ? microOp.values.map((read, i) => ({ key: microOp.key, value: read, offset: microOp.offsets[i]! }))
      : [],
  );
}

function better(one: Outcome | null, other: Outcome): Outcome {
  const order = ['ok', 'info', 'fail'];
  return one !== null && order.indexOf(one) <= order.indexOf(other) ? one : other;
}

function positionAt(record: ReferenceRecord, offset: number): ReferencePosition {
  const known = record.positions.find((position) => position.offset === offset);
  if (known !== undefined) return known;
  const position = { offset, reader: -1, ack: -1 };
  record.positions.push(position);
  return position;
}

function acknowledge(record: ReferenceRecord, offset: number, operation: number): void {
  if (offset < 0) return;
  const position = positionAt(record, offset);
  if (position.ack < 0) position.ack = operation;
}
