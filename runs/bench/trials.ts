/**
 * The standard trial: 3 brokers, RF 3, 60 s of safety phase, 2,000 sends, acks=all, idempotent, random faults.
 *
 * What is measured is the steady state of a campaign's worker, which runs hundreds of trials: CPU time of the whole process,
 * user and system, V8's compiler and collector threads included, over 400 seeds after a warm-up of 40 that is not
 * counted, the median of three repetitions. V8 runs as in a worker (worker-flags.ts). A row of its own says what the
 * first trials of a process cost. Trials with transactions and groups are measured once, over 100 seeds.
 */
import { fileURLToPath } from 'node:url';
import { digestOfDigests } from '../../histories/digest.js';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import type { Spec } from '../spec/spec.js';
import type { TrialRow } from '../engine.js';
import { sweepBetweenTrials } from '../trial-memory.js';
import { runTrial } from '../trial.js';
import { cpuMicrosSince } from './calibration.js';
import type { BenchRow } from './main.js';

const COLD = 10;
const WARM_UP = 40;
const TRIALS = 400;
const REPETITIONS = 3;
const TRANSACTIONAL_TRIALS = 100;

const standardFile = fileURLToPath(new URL('../../../runs/bench/standard.yaml', import.meta.url));

export function standardSpec(sends: number): Spec {
  return standardTrials(sends).spec;
}

interface Trials {
  readonly spec: Spec;
  /** What `harrow replay SEED` takes to run one of them again. */
  readonly options: string;
}

function standardTrials(sends: number): Trials {
  const { spec } = loadSpec({ input: standardFile, set: [`sends=${sends}`] });
  return { spec, options: `runs/bench/standard.yaml --set sends=${sends}` };
}

export function benchTrials(): { rows: BenchRow[]; digest: string } {
  const standard = standardTrials(2_000);
  const began = process.cpuUsage();
  for (let i = 0; i < COLD; i++) trial(standard, `cold-${i}`, true);
  const coldSeconds = cpuMicrosSince(began) / 1e6;
  for (let i = COLD; i < WARM_UP; i++) {
    trial(standard, `warm-up-${i}`, true);
    trial(standard, `warm-up-${i}`, false);
  }
  const runs = Array.from({ length: REPETITIONS }, () => series(standard, TRIALS, [true, false]) as [Series, Series]);
  const digest = digestOfDigests(runs[0]![0].digests);
  if (runs.some(([again]) => digestOfDigests(again.digests) !== digest)) {
    throw new Error('the standard trials differ from one repetition to the next');
  }
  const [watched, bare] = runs.sort(([a], [b]) => a.seconds - b.seconds)[Math.floor(REPETITIONS / 2)]!;
  const [large] = series(standardTrials(100_000), 3, [true]) as [Series];
  const share = (100 * (watched.seconds - bare.seconds)) / watched.seconds;
  const growth = large.seconds / large.events / (watched.seconds / watched.events);
  const rows: BenchRow[] = [
    row('standard trial', TRIALS / watched.seconds, 'trials/CPU-s', 20),
    row(`standard trial, the first ${COLD} of a process`, COLD / coldSeconds, 'trials/CPU-s', null),
    row('with transactions and groups (preset exactly-once)', transactionalTrials(), 'trials/CPU-s', 8),
    row('simulated time', watched.simulatedSeconds / watched.seconds, 's/CPU-s', 1_200),
    row('events in standard trials', watched.events / watched.seconds, 'events/CPU-s', null),
    row('events in one standard trial', watched.events / TRIALS, 'events', null),
    { ...row('share of invariants and checkers', share, '%', 25), atMost: true },
    { ...row('cost per event of a 100,000-send trial over a 2,000-send one', growth, 'x', 1.5), atMost: true },
  ];
  return { rows, digest };
}

/** Consume, transform, produce: 500 inputs, two members of a group, a transaction for what each poll returns. */
function transactionalTrials(): number {
  const trials = { spec: loadSpec({ input: 'exactly-once' }).spec, options: 'exactly-once' };
  series(trials, WARM_UP, [true]);
  const [{ seconds }] = series(trials, TRANSACTIONAL_TRIALS, [true]) as [Series];
  return TRANSACTIONAL_TRIALS / seconds;
}

function row(measure: string, value: number, unit: string, bound: number | null): BenchRow {
  return { measure, value, unit, bound, atMost: false };
}

interface Series {
  seconds: number;
  events: number;
  simulatedSeconds: number;
  readonly digests: string[];
}

/** The same seeds under each way, trial by trial in turn, so that a machine whose speed drifts is fair to all. */
function series(trials: Trials, count: number, ways: readonly boolean[]): readonly Series[] {
  const sums = ways.map((): Series => ({ seconds: 0, events: 0, simulatedSeconds: 0, digests: [] }));
  for (let i = 0; i < count; i++) {
    ways.forEach((watched, way) => {
      const began = process.cpuUsage();
      const { events, simulatedMicros, digest } = trial(trials, String(1_000 + i), watched);
      const sum = sums[way]!;
      sum.seconds += cpuMicrosSince(began) / 1e6;
      sum.events += events;
      sum.simulatedSeconds += simulatedMicros / 1e6;
      sum.digests.push(digest);
    });
  }
  return sums;
}

function trial({ spec, options }: Trials, seed: string, watched: boolean): TrialRow {
  const { row } = runTrial({ spec, seed, plan: drawFor(spec, seed), variant: 0, watched });
  sweepBetweenTrials();
  if (row.verdict === 'bug') throw new Error(`a trial says bug: npx harrow replay ${seed} ${options}`);
  return row;
}
