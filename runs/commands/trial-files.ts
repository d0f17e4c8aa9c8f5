/** The folder of a kept trial: what is written into it, and how it is read again. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { JudgedAnomaly, Verdict } from '../../histories/anomaly.js';
import { writeHistory } from '../../histories/format/history-format.js';
import { readTrace, writeTrace } from '../../histories/format/trace-format.js';
import type { Trace } from '../../histories/trace.js';
import type { Trial } from '../engine.js';
import { readTextFile } from '../files.js';
import { type LoadedSpec, loadSpec } from '../spec/load.js';
import { UsageError } from '../spec/problems.js';
import { writeSpec } from '../spec/write-spec.js';
import { inFormat, readBytes } from './history-files.js';

/** verdict.json */
export interface StoredVerdict {
  readonly format: 'harrow/trial';
  readonly version: 1;
  readonly name: string;
  readonly seed: string;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly anomalies: readonly JudgedAnomaly[];
  readonly digest: string;
}

/** spec.yaml, history.jsonl.gz, trace.jsonl.gz, verdict.json: the report is added by whoever draws it. */
export function trialFiles(trial: Trial): Record<string, string | Uint8Array> {
  const { spec, seed, plan, row, verdict, history, trace } = trial;
  const stored: StoredVerdict = {
    format: 'harrow/trial',
    version: 1,
    name: spec.name,
    seed,
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    anomalies: verdict.anomalies,
    digest: row.digest,
  };
  return {
    'spec.yaml': writeSpec(spec, { seed, plan, digest: row.digest }),
    'history.jsonl.gz': gzipSync(writeHistory(history)),
    'trace.jsonl.gz': gzipSync(writeTrace(trace)),
    'verdict.json': `${JSON.stringify(stored, null, 1)}\n`,
  };
}

/** The spec.yaml of a kept trial: its folder, or the file itself. null: this is no kept trial. */
export function keptSpecPath(path: string): string | null {
  if (!existsSync(path)) return null;
  if (!statSync(path).isDirectory()) return path;
  const spec = join(path, 'spec.yaml');
  return existsSync(spec) ? spec : null;
}

/** @throws UsageError if the file is no spec of a kept trial */
export function loadKeptTrial(path: string): LoadedSpec & { readonly seed: string; readonly plan: Trial['plan'] } {
  const file = keptSpecPath(path);
  if (file === null) throw new UsageError(`${path}: no kept trial there (no spec.yaml)`);
  const loaded = loadSpec({ input: file });
  const { seed, plan } = loaded;
  if (seed === null || plan === null)
    throw new UsageError(`${file}: not the spec of a kept trial: it has no seed and plan`);
  return { ...loaded, seed, plan };
}

const namesOfKept = ['spec.yaml', 'history.jsonl.gz', 'trace.jsonl.gz', 'verdict.json', 'report.html', 'original'];

/**
 * A kept trial may be replaced by another, and nothing else may be lost for it.
 * @throws UsageError if something else stands there
 */
export function mustBeReplaceable(path: string): void {
  if (!existsSync(path)) return;
  const refuse = (why: string): never => {
    throw new UsageError(`${path}: ${why}: nothing is written over it (--out names another folder)`);
  };
  if (!statSync(path).isDirectory()) refuse('is a file, not a folder');
  const names = readdirSync(path);
  if (names.length === 0) return;
  try {
    loadKeptTrial(path);
  } catch {
    refuse('holds files, and is no kept trial');
  }
  const foreign = names.find((name) => !namesOfKept.includes(name));
  if (foreign !== undefined) refuse(`holds ${foreign}, which is no part of a kept trial`);
}

export function readStoredTrace(path: string): Trace {
  return inFormat(path, () => readTrace(readBytes(path).toString('utf8')));
}

export function readStoredVerdict(path: string): StoredVerdict {
  try {
    const value = JSON.parse(readTextFile(path)) as StoredVerdict;
    if (value.format === 'harrow/trial' && Array.isArray(value.anomalies)) return value;
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
  throw new UsageError(`${path}: damaged: not the verdict of a trial`);
}
