/**
 * The log checkers on a clean history of 10^6 operations that was recorded beforehand, and what the recorder costs: it
 * fills the columns that the checkers walk. Parsing is not counted.
 */
import { checkHistory } from '../../checkers/kafka/api.js';
import type { History, HistoryHeader, MicroOp } from '../../histories/operation.js';
import { TrialRecorder } from '../../histories/recorder.js';
import { cpuMicrosSince } from './calibration.js';
import type { BenchRow } from './main.js';
import { historyHeader, partitionsOf } from '../trial/history-header.js';
import { resolveCluster } from '../spec/resolve.js';
import { benchTransactions } from './transactions.js';
import { standardSpec } from './trials.js';

/** There with node's --expose-gc, as `npm run bench` has it. */
const collectGarbage = (globalThis as { gc?: () => void }).gc;

const KEYS = ['orders-0', 'orders-1', 'orders-2'];
const PARTITIONS = KEYS.length;
const SESSIONS = 4;
const RECORDS_A_POLL = 500;

export function benchCheckers(): BenchRow[] {
  const small = measure(100_000, 20);
  const large = measure(1_000_000, 5);
  const atMost = true;
  return [
    { measure: 'log checkers, 10^6 operations', value: large.checking * 1_000, unit: 'ms', bound: 500, atMost },
    {
      measure: 'log checkers, 10^6 operations over 10^5',
      value: large.checking / small.checking,
      unit: 'x',
      bound: 13,
      atMost,
    },
    { measure: 'recording 10^6 operations', value: large.recording * 1_000, unit: 'ms', bound: null, atMost },
    ...benchTransactions(benchHeader(1)),
  ];
}

interface Seconds {
  readonly recording: number;
  readonly checking: number;
}

/** Best of several: the first runs warm the code up. */
function measure(sends: number, times: number): Seconds {
  const header = benchHeader(sends);
  const beganToRecord = process.cpuUsage();
  const recorder = recordCleanHistory(sends);
  const recording = cpuMicrosSince(beganToRecord) / 1e6;
  let checking = Infinity;
  // Held while the next one is checked: the engine drops compiled code once all objects that it was compiled for died.
  let history: History | null = null;
  for (let i = 0; i < times; i++) {
    // What was made beforehand was made beforehand, and so is its garbage collected beforehand.
    collectGarbage?.();
    // A new history each time: checkers keep what they derive of one.
    const next = recorder.history(header, KEYS);
    const began = process.cpuUsage();
    const { anomalies } = checkHistory(next);
    checking = Math.min(checking, cpuMicrosSince(began) / 1e6);
    if (anomalies.length > 0) throw new Error(`A clean history shows ${anomalies[0]!.story}`);
    history = next;
  }
  if (history === null) throw new Error('Nothing was measured');
  return { recording, checking };
}

/** A fresh consumer, behind those of the sessions. */
const FINAL_READER = SESSIONS + 1;

/** Acknowledged sends of several sessions, dealt out over the partitions, and a full read of each. */
function recordCleanHistory(sends: number): TrialRecorder {
  const recorder = new TrialRecorder();
  const clock = { now: 0 };
  const names = ['p0', 'p1', 'p2', 'p3', 'c0', 'final'];
  recorder.begin(clock, { probes: [], machines: [], keys: KEYS, faults: [] }, (machine) => names[machine]!);
  const operate = (client: number, f: string, invoked: readonly MicroOp[], completed: readonly MicroOp[]): void => {
    const finalReadOf = client === FINAL_READER ? { finalReadOf: 1 } : {};
    const operation = recorder.invoke(client, client, f, { microOps: invoked, ...finalReadOf });
    clock.now += 5;
    recorder.complete(operation, 'ok', { microOps: completed, ...finalReadOf });
    clock.now += 5;
  };
  const recordKeys = Array.from({ length: 60 }, (_, i) => `acct-${i}`);
  const logs: number[][] = KEYS.map(() => []);
  for (let value = 0; value < sends; value++) {
    const key = value % PARTITIONS;
    const offset = logs[key]!.push(value) - 1;
    const recordKey = recordKeys[value % recordKeys.length]!;
    const sent: MicroOp = { kind: 'send', key, offset: -1, value, recordKey };
    operate(value % SESSIONS, 'send', [sent], [{ ...sent, offset }]);
  }
  logs.forEach((log, key) => {
    const offsets = log.map((_, offset) => offset);
    const nothing: MicroOp = { kind: 'poll', key, offsets: [], values: [] };
    for (let from = 0; from < log.length; from += RECORDS_A_POLL) {
      const to = from + RECORDS_A_POLL;
      operate(
        SESSIONS,
        'poll',
        [nothing],
        [{ kind: 'poll', key, offsets: offsets.slice(from, to), values: log.slice(from, to) }],
      );
    }
    operate(FINAL_READER, 'poll', [nothing], [{ kind: 'poll', key, offsets, values: log }]);
  });
  return recorder;
}

function benchHeader(sends: number): HistoryHeader {
  const cluster = resolveCluster(standardSpec(sends));
  return historyHeader({
    name: 'bench',
    seed: '0',
    control: 'kraft',
    kafka: '3.9',
    cluster,
    workload: 'append',
    resend: false,
    partitions: partitionsOf(cluster, () => [1, 2, 3]),
  });
}
