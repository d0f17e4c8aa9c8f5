/**
 * The order of sends and polls as jepsen.tests.kafka judges it, for `--compat jepsen`. It differs from ours on purpose:
 *
 *   - Places are compared by index: the dense rank of a partition's known offsets. A poll that passes a known index has
 *     skipped it, whether or not anybody ever read what stands there (ours asks for a record that some read returned).
 *   - Sends are compared by process, and an assignment forgets the keys that it does not name (ours: by producer
 *     session, which no assignment touches).
 *   - Polls are compared whether or not anything was assigned; seeks and warnings are unknown to it.
 *   - int-send-skip: two sends of one operation with records of others between them. Kafka isolates no writes: always
 *     allowed, and so looked for here alone.
 *
 *   p0  |-- send x=1, send x=3 --| ok, 0 and 2      p1 |-- send x=2 --| ok, 1 → int-send-skip
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { FAIL, INFO, OK, POLL, SEND, type HistoryColumns } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';
import { endOf, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';

/** Anomalies of order, by Jepsen's rules. */
export function jepsenOrder(history: History): readonly Anomaly[] {
  const order = new JepsenOrder(historyIndex(history));
  for (let operation = 0; operation < order.columns.length; operation++) order.take(operation);
  return order.anomalies;
}

/** What a process sent to a key last, or read of it. */
interface Last {
  readonly operation: number;
  readonly record: number;
}

interface Process {
  sends: Map<number, Last>;
  polls: Map<number, Last>;
}

class JepsenOrder {
  readonly anomalies: Anomaly[] = [];
  readonly columns: HistoryColumns;
  private readonly index: HistoryIndex;
  private readonly ranks: Ranks;
  private readonly processes = new Map<number, Process>();

  constructor(index: HistoryIndex) {
    this.index = index;
    this.columns = index.operations;
    this.ranks = new Ranks(index);
  }

  take(operation: number): void {
    const { columns, processes } = this;
    const number = columns.process[operation]!;
    let process = processes.get(number);
    if (process === undefined) processes.set(number, (process = { sends: new Map(), polls: new Map() }));
    switch (columns.f.at(operation)) {
      case 'assign':
      case 'subscribe':
        return this.assign(operation, process);
      case 'send':
      case 'poll':
      case 'txn':
        this.compareSends(operation, process);
        this.comparePolls(operation, process);
    }
  }

  private assign(operation: number, process: Process): void {
    const { outcome, firstMicroOp, microOpCount, key } = this.columns;
    if (outcome[operation] === FAIL) return;
    const first = firstMicroOp[operation]!;
    const named = new Set(key.subarray(first, first + microOpCount[operation]!));
    process.sends = new Map([...process.sends].filter(([one]) => named.has(one)));
    process.polls = new Map([...process.polls].filter(([one]) => named.has(one)));
  }

  private compareSends(operation: number, { sends }: Process): void {
    const outcome = this.columns.outcome[operation]!;
    for (const [key, records] of this.recordsOf(operation, SEND)) {
      this.compareWithin(operation, records, 'send');
      if (outcome !== OK && outcome !== INFO) continue;
      const last = sends.get(key);
      if (last !== undefined && this.steps(last.record, records[0]!) < 1) {
        this.found('nonmonotonic-send', last.record, records[0]!, last.operation, operation);
      }
      sends.set(key, { operation, record: records.at(-1)! });
    }
  }

  private comparePolls(operation: number, { polls }: Process): void {
    const isOk = this.columns.outcome[operation] === OK;
    const rebalanced = this.columns.rebalanced.get(operation) ?? [];
    for (const [key, records] of this.recordsOf(operation, POLL)) {
      if (!rebalanced.includes(key)) this.compareWithin(operation, records, 'poll');
      const last = polls.get(key);
      const steps = last === undefined ? 1 : this.steps(last.record, records[0]!);
      if (last !== undefined && steps !== 1) {
        const type = steps > 1 ? 'poll-skip' : 'nonmonotonic-poll';
        this.found(type, last.record, records[0]!, last.operation, operation);
      }
      if (isOk) polls.set(key, { operation, record: records.at(-1)! });
    }
  }

  private compareWithin(operation: number, records: readonly number[], kind: 'send' | 'poll'): void {
    for (let i = 1; i < records.length; i++) {
      const steps = this.steps(records[i - 1]!, records[i]!);
      if (steps === 1) continue;
      const type = steps > 1 ? `int-${kind}-skip` : `int-nonmonotonic-${kind}`;
      this.found(type, records[i - 1]!, records[i]!, operation, operation);
    }
  }

  /** The records that an operation sent or polled, by key, in its order. */
  private recordsOf(operation: number, kind: number): ReadonlyMap<number, readonly number[]> {
    const { firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } = this.columns;
    const byKey = new Map<number, number[]>();
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== kind || key[microOp]! < 0) continue;
      const begin = firstRecord[microOp]!;
      for (let row = begin; row < begin + recordCount[microOp]!; row++) {
        const record = this.index.recordOf(key[microOp]!, value[row]!);
        const records = byKey.get(key[microOp]!);
        if (records === undefined) byKey.set(key[microOp]!, [record]);
        else records.push(record);
      }
    }
    return byKey;
  }

  /** From one record to another by index; 1 if the place of either is not known. */
  private steps(from: number, to: number): number {
    const [one, other] = [this.ranks.of(from), this.ranks.of(to)];
    return one < 0 || other < 0 ? 1 : other - one;
  }

  private found(type: string, from: number, to: number, operation: number, next: number): void {
    const { index, ranks } = this;
    const isSkip = type.endsWith('skip');
    const records = isSkip ? [ranks.recordAfter(from)] : [from, to];
    const offsets = records.map((record) => index.lastOffset(record));
    const words = records.map((record, i) => recordWords(index, record, offsets[i]!));
    const [before, after] = [from, to].map((record) => recordWords(index, record, index.lastOffset(record)));
    const did = type.endsWith('poll') || type.includes('poll-') ? 'read' : 'sent';
    const client = this.columns.client.at(next)!;
    this.anomalies.push({
      type,
      key: index.records.key[to]!,
      offsets,
      operations: operationsOf(operation, next),
      values: records.map((record) => index.records.value[record]!),
      events: [],
      at: endOf(index, next),
      story: isSkip
        ? `${client} ${did} ${after!} next after ${before!}; between them stands ${words[0]!}`
        : `${client} ${did} ${after!} after ${before!}`,
      preventedBy: null,
    });
  }
}

/** Jepsen's version orders: of each key the known offsets without gaps, with one record at each. */
class Ranks {
  /** By record: its last index in the version order; -1: none. */
  private readonly rank: Int32Array;
  /** Records in version order, those of a key together. */
  private readonly order: number[] = [];

  constructor({ log, logStart, positions, records, history }: HistoryIndex) {
    this.rank = new Int32Array(records.length).fill(-1);
    for (let key = 0; key < history.keys.length; key++) {
      let offset = -1;
      for (let i = logStart[key]!; i < logStart[key + 1]!; i++) {
        // Of several records at one offset the one that was sent first stands for it.
        if (positions.offset[log[i]!] === offset) continue;
        offset = positions.offset[log[i]!]!;
        this.rank[positions.record[log[i]!]!] = this.order.push(positions.record[log[i]!]!) - 1;
      }
    }
  }

  of(record: number): number {
    return record < 0 ? -1 : this.rank[record]!;
  }

  /** The record one index further on. */
  recordAfter(record: number): number {
    return this.order[this.rank[record]! + 1]!;
  }
}
