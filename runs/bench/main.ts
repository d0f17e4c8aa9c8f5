/**
 * `npm run bench`: the rows of the speed table (DESIGN, Speed) that exist, per CPU-second of one core. A calibration
 * loop runs beside them: its ratio is what compares between machines. Prints a table, then JSON; fails if the digest of
 * the standard trials is not the one that is committed (other behaviour, to be explained by whoever changes it).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { benchCheckers } from './checkers.js';
import { benchKernel } from './kernel.js';
import { calibrate } from './calibration.js';
import { benchTrials } from './trials.js';
import { benchWorkers } from './workers.js';

export interface BenchRow {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** What DESIGN asks for at least (or, with `atMost`, at most); null: information. */
  readonly bound: number | null;
  readonly atMost: boolean;
}

const digestFile = fileURLToPath(new URL('../../../runs/bench/standard-digest.txt', import.meta.url));

async function main(): Promise<void> {
  const calibration = calibrate();
  const trials = benchTrials();
  const rows = [...benchKernel(), ...trials.rows, ...benchCheckers(), ...(await benchWorkers())];
  printTable(rows, calibration);
  const report = {
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    calibration,
    digest: trials.digest,
    rows,
  };
  process.stdout.write(JSON.stringify(report) + '\n');
  if (process.argv.includes('--accept')) writeFileSync(digestFile, trials.digest + '\n');
  else if (readFileSync(digestFile, 'utf8').trim() !== trials.digest) {
    process.stderr.write(
      `The standard trials behave otherwise than committed: digest ${trials.digest}. If that is meant: --accept\n`,
    );
    process.exitCode = 1;
  }
}

function printTable(rows: readonly BenchRow[], calibration: number): void {
  process.stdout.write(`calibration: ${calibration.toFixed(1)} M steps per CPU-second\n\n`);
  for (const { measure, value, unit, bound, atMost } of rows) {
    const met = bound === null ? ' ' : (atMost ? value <= bound : value >= bound) ? '✓' : '✗';
    const wanted = bound === null ? '' : `(${atMost ? 'at most' : 'at least'} ${bound} ${unit})`;
    // What compares between machines: rates per million steps of the calibration loop.
    const ratio = unit.includes('/') ? `${format(value / calibration)} per M steps` : '';
    process.stdout.write(
      `${met} ${measure.padEnd(62)} ${format(value).padStart(12)} ${unit.padEnd(14)} ${wanted.padEnd(30)} ${ratio}\n`,
    );
  }
  process.stdout.write('\n');
}

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 3 : 1);
}

await main();
