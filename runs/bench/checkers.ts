/** The log checkers on a clean history of 10^6 operations, made beforehand: parsing and making are not counted. */
import { checkHistory } from '../../checkers/kafka/api.js';
import type { History, Operation } from '../../histories/operation.js';
import { cpuMicrosSince } from './calibration.js';
import type { BenchRow } from './main.js';
import { historyHeader, partitionsOf } from '../trial/history-header.js';
import { resolveCluster } from '../spec/resolve.js';
import { standardSpec } from './trials.js';

/** There with node's --expose-gc, as `npm run bench` has it. */
const collectGarbage = (globalThis as { gc?: () => void }).gc;

const PARTITIONS = 3;
const SESSIONS = 4;
const RECORDS_A_POLL = 500;

export function benchCheckers(): BenchRow[] {
  const small = secondsFor(100_000);
  const large = secondsFor(1_000_000);
  return [
    { measure: 'log checkers, 10^6 operations', value: large * 1_000, unit: 'ms', bound: 500, atMost: true },
    { measure: 'log checkers, 10^6 operations over 10^5', value: large / small, unit: 'x', bound: 13, atMost: true },
  ];
}

/** Best of three: the first runs warm the code up. */
function secondsFor(sends: number): number {
  const clean = cleanHistory(sends);
  let best = Infinity;
  for (let i = 0; i < 3; i++) {
    // A new history each time: checkers keep what they derive of one.
    const history: History = { ...clean };
    // The history was made beforehand, and so is its garbage collected beforehand.
    collectGarbage?.();
    const began = process.cpuUsage();
    const { anomalies } = checkHistory(history);
    best = Math.min(best, cpuMicrosSince(began) / 1e6);
    if (anomalies.length > 0) throw new Error(`A clean history shows ${anomalies[0]!.story}`);
  }
  return best;
}

/** Acknowledged sends of several sessions, dealt out over the partitions, and a full read of each. */
function cleanHistory(sends: number): History {
  const spec = standardSpec(sends);
  const operations: Operation[] = [];
  const logs: number[][] = Array.from({ length: PARTITIONS }, () => []);
  for (let value = 0; value < sends; value++) {
    const key = value % PARTITIONS;
    const session = value % SESSIONS;
    const offset = logs[key]!.push(value) - 1;
    operations.push({
      ...common(operations.length, session, `p${session}`, 'send'),
      value: [{ kind: 'send', key, offset, value, recordKey: `acct-${value % 60}` }],
      finalReadOf: -1,
    });
  }
  logs.forEach((log, key) => {
    const offsets = log.map((_, offset) => offset);
    for (let from = 0; from < log.length; from += RECORDS_A_POLL) {
      const poll = {
        kind: 'poll' as const,
        key,
        offsets: offsets.slice(from, from + RECORDS_A_POLL),
        values: log.slice(from, from + RECORDS_A_POLL),
      };
      operations.push({ ...common(operations.length, SESSIONS, 'c0', 'poll'), value: [poll], finalReadOf: -1 });
    }
    const whole = { kind: 'poll' as const, key, offsets, values: log };
    operations.push({
      ...common(operations.length, SESSIONS + 1, 'final', 'final-read'),
      value: [whole],
      finalReadOf: 1,
    });
  });
  const cluster = resolveCluster(spec);
  const partitions = partitionsOf(cluster, () => [1, 2, 3]);
  const header = historyHeader({
    name: 'bench',
    seed: '0',
    kafka: '3.9',
    cluster,
    workload: 'append',
    resend: false,
    partitions,
  });
  return { header, keys: ['orders-0', 'orders-1', 'orders-2'], operations, valueName: String };
}

function common(index: number, process: number, client: string, f: string): Omit<Operation, 'value' | 'finalReadOf'> {
  const invokedAt = index * 10;
  return {
    index,
    process,
    session: process,
    client,
    f,
    invokedAt,
    completedAt: invokedAt + 5,
    outcome: 'ok',
    error: null,
  };
}
