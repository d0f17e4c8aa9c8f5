/**
 * The search for cycles with its inference, on a clean history of 10^5 transactions over Kafka's logs and on one over
 * lists: transactions of a few sends and polls, some of which overlap, recorded beforehand. The index that all log
 * checkers share is built beforehand too: it has a row of its own.
 */
import { historyIndex } from '../../checkers/kafka/history/history-index.js';
import { findLogCycles } from '../../checkers/kafka/transactions/cycles.js';
import { listCheckers } from '../../checkers/list-append/checkers.js';
import { runCheckers } from '../../checkers/verdict.js';
import { columnarHistory, HistoryColumns } from '../../histories/history-columns.js';
import type { History, HistoryHeader, MicroOp } from '../../histories/operation.js';
import { cpuMicrosSince } from './calibration.js';
import type { BenchRow } from './main.js';

const TRANSACTIONS = 100_000;
const TIMES = 5;
const CLIENTS = 8;

export function benchTransactions(header: HistoryHeader): BenchRow[] {
  const logs = best(
    () => withIndex(logHistory(header)),
    (history) => findLogCycles(history),
  );
  const lists = best(
    () => listHistory(header),
    (history) => runCheckers(listCheckers, history),
  );
  const row = (measure: string, seconds: number): BenchRow => ({
    measure: `cycle search with inference, 10^5 transactions, ${measure}`,
    value: seconds * 1_000,
    unit: 'ms',
    bound: 2_000,
    atMost: true,
  });
  return [row('logs', logs), row('lists', lists)];
}

/** Seconds. A new history each time: checkers keep what they derive of one. */
function best(made: () => History, check: (history: History) => { readonly anomalies: readonly unknown[] }): number {
  let seconds = Infinity;
  for (let i = 0; i < TIMES; i++) {
    const history = made();
    const began = process.cpuUsage();
    const { anomalies } = check(history);
    seconds = Math.min(seconds, cpuMicrosSince(began) / 1e6);
    if (anomalies.length > 0) throw new Error('A clean history of transactions shows anomalies');
  }
  return seconds;
}

function withIndex(history: History): History {
  historyIndex(history);
  return history;
}

/** Each transaction overlaps those of the other clients; each takes effect at one moment, in order of invocation. */
function recorded(header: HistoryHeader, keys: readonly string[], valueOf: (i: number) => MicroOp[]): History {
  const columns = new HistoryColumns();
  for (let i = 0; i < TRANSACTIONS; i++) {
    columns.add({
      index: i,
      process: i % CLIENTS,
      session: i % CLIENTS,
      client: `t${i % CLIENTS}`,
      f: 'txn',
      invokedAt: i * 10,
      completedAt: i * 10 + 10 * CLIENTS - 5,
      outcome: 'ok',
      value: valueOf(i),
      error: null,
      finalReadOf: -1,
    });
  }
  return columnarHistory(header, keys, columns);
}

/** Two sends, and a poll of the last three records of two partitions. */
function logHistory(header: HistoryHeader): History {
  const keys = Array.from({ length: 12 }, (_, i) => `orders-${i}`);
  const logs: number[][] = keys.map(() => []);
  let value = 0;
  const poll = (key: number): MicroOp => {
    const log = logs[key]!;
    const from = Math.max(0, log.length - 3);
    return { kind: 'poll', key, offsets: log.slice(from).map((_, j) => from + j), values: log.slice(from) };
  };
  return recorded(header, keys, (i) => {
    const reads = [poll((i * 5) % 12), poll((i * 7 + 3) % 12)];
    const sends = [i % 12, (i + 5) % 12].map((key): MicroOp => {
      const offset = logs[key]!.push(value) - 1;
      return { kind: 'send', key, offset, value: value++, recordKey: null };
    });
    return [...reads, ...sends];
  });
}

/** Two appends and two reads; a list gets fifty elements, then another takes its place. */
function listHistory(header: HistoryHeader): History {
  const keys = Array.from({ length: Math.ceil(TRANSACTIONS / 25) + 8 }, (_, i) => `list-${i}`);
  const lists: number[][] = keys.map(() => []);
  let value = 0;
  return recorded(header, keys, (i) => {
    const active = Math.floor(i / 100) * 4;
    const read = (key: number): MicroOp => ({ kind: 'read', key, values: [...lists[key]!] });
    const append = (key: number): MicroOp => {
      lists[key]!.push(value);
      return { kind: 'append', key, value: value++ };
    };
    return [
      read(active + (i % 4)),
      read(active + ((i + 1) % 4)),
      append(active + ((i + 2) % 4)),
      append(active + ((i + 3) % 4)),
    ];
  });
}
