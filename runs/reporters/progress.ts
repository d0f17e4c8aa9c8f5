/** What is seen while a campaign runs. Results come after, from the same rows: see `campaign-text.ts`. */
import type { TrialRow } from '../engine.js';
import type { TextStream } from './paint.js';
import { grouped } from './words.js';

export interface Progress {
  trial(row: TrialRow): void;
  /** Nothing more will come. */
  end(): void;
}

export interface ProgressInput {
  readonly stream: TextStream;
  /** Trials in all: seeds × variants. */
  readonly trials: number;
  readonly workers: number;
  /** Milliseconds; injected so that a test can let time pass. */
  readonly clock: () => number;
}

export const silent: Progress = { trial: () => undefined, end: () => undefined };

/** Counts what both views show. */
class Tally {
  done = 0;
  failed = 0;
  readonly #began: number;
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#began = clock();
  }

  add(row: TrialRow): void {
    this.done++;
    if (row.verdict === 'unsafe' || row.verdict === 'bug') this.failed++;
  }

  /** Trials a second since the beginning. */
  rate(): string {
    const elapsed = (this.#clock() - this.#began) / 1000;
    const rate = this.done / Math.max(elapsed, 0.001);
    return rate >= 10 ? String(Math.round(rate)) : rate.toFixed(1);
  }
}

/** For terminals: one line, painted over at most ten times a second. */
export function liveProgress({ stream, trials, workers, clock }: ProgressInput): Progress {
  const tally = new Tally(clock);
  let painted = Number.NEGATIVE_INFINITY;
  const paint = (): void => {
    painted = clock();
    const blocks = trials === 0 ? 20 : Math.round((20 * tally.done) / trials);
    const bar = '█'.repeat(blocks) + '░'.repeat(20 - blocks);
    const failed = tally.failed === 0 ? '' : `  ${grouped(tally.failed)} failed`;
    const line = `  ${tally.done}/${trials} ${bar} ${tally.rate()} trials/s  ${workersWords(workers)}${failed}`;
    stream.write(`\r\u001B[2K${line.slice(0, Math.max(20, (stream.columns ?? 100) - 1))}`);
  };
  return {
    trial(row) {
      tally.add(row);
      if (clock() - painted >= 100) paint();
    },
    end() {
      paint();
      stream.write('\n');
    },
  };
}

/** For logs: a line for every tenth of the way, or after ten seconds. */
export function lineProgress({ stream, trials, workers, clock }: ProgressInput): Progress {
  const tally = new Tally(clock);
  let said = clock();
  let tenth = 0;
  const say = (): void => {
    said = clock();
    tenth = Math.floor((10 * tally.done) / trials);
    const share = Math.floor((100 * tally.done) / trials);
    stream.write(
      `  ${tally.done}/${trials}  ${share} %  ${tally.rate()} trials/s  ${workersWords(workers)}  ${grouped(tally.failed)} failed\n`,
    );
  };
  return {
    trial(row) {
      tally.add(row);
      if (Math.floor((10 * tally.done) / trials) > tenth || clock() - said >= 10_000) say();
    },
    end: () => undefined,
  };
}

function workersWords(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}
