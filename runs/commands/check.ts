/** harrow check: the checkers on any history, Harrow's or another tool's. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  checkHistory,
  checkInformational,
  checkTrace,
  judge,
  lagsBeyond,
  maxLag,
  realtimeLags,
  type Lag,
} from '../../checkers/kafka/api.js';
import type { Anomaly } from '../../histories/anomaly.js';
import { columnsOf } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';
import type { Trace } from '../../histories/trace.js';
import { Exit, type ExitCode } from '../outcome.js';
import { verdictMark } from '../reporters/paint.js';
import { anomalyJson } from '../reporters/trial-text.js';
import { counted } from '../reporters/words.js';
import { UsageError } from '../spec/problems.js';
import { anomalyWords } from '../anomaly-words.js';
import { asJepsen } from './as-jepsen.js';
import {
  type Assumptions,
  parseAsked,
  parseAssumptions,
  parseMaxLag,
  requiredNames,
  withSettings,
} from './check-options.js';
import { type Context, paintOf, say, sayJson } from './context.js';
import { convertHistory, mustBeWritable, readHistoryFile } from './history-files.js';
import { readStoredTrace, readStoredVerdict } from './trial-files.js';

export interface CheckOptions {
  readonly require: readonly string[];
  /** Settings and excluded events, for a history without a trace. */
  readonly assume: readonly string[];
  readonly compat?: string;
  /** What Kafka allows, and is told to those who ask. */
  readonly also: readonly string[];
  /** A duration: polls that lag behind by more are unsafe. */
  readonly maxLag?: string;
  /** A file to write the history to, in the format that its name ends in. */
  readonly to?: string;
  readonly json?: boolean;
}

/** Anomalies that are shown one by one; the rest are counted. */
const SHOWN = 20;

export function check(context: Context, path: string, options: CheckOptions): ExitCode {
  const file = historyFile(path);
  const assumptions = parseAssumptions(options.assume);
  const asked = parseAsked(options.also);
  const bound = parseMaxLag(options.maxLag);
  if (options.compat !== undefined && options.compat !== 'jepsen')
    throw new UsageError(`--compat ${options.compat}: there is jepsen only`);
  if (options.to !== undefined) mustBeWritable(options.to);
  const stored = readHistoryFile(file);
  const trace = traceBeside(file);
  if (trace !== null && assumptions !== null)
    throw new UsageError(`--assume: ${file} has a trace beside it, which says what it was made with and what happened`);
  if (options.to !== undefined) convertHistory(file, options.to, stored, trace);
  const history = assumptions === null ? stored : withSettings(stored, assumptions);
  const seen = checkHistory(history);
  const also = checkInformational(asked.checkers, history);
  const known = trace === null ? nothingKnown : knownOfRun(file);
  const judgedVerdict = judge({
    history,
    trace,
    anomalies: [
      ...(trace === null ? [] : checkTrace(trace, history)),
      ...seen.anomalies,
      ...known.anomalies,
      ...(bound === null ? [] : lagsBeyond(history, bound)),
    ],
    informational: also.anomalies,
    undecided: [...new Set([...seen.undecided, ...known.undecided])],
    requirements: requiredNames(options.require, file, history),
    demands: bound === null ? [] : [maxLag(options.maxLag!)],
    nothingLicensesLoss: assumptions?.noLoss === true,
  });
  const verdict =
    options.compat === 'jepsen' ? asJepsen(judgedVerdict, history, asked.checkers.includes('ww-deps')) : judgedVerdict;
  const lag = asked.lag ? greatestLag(history) : null;
  if (options.json === true) {
    sayJson(context, {
      format: 'harrow/check',
      version: 1,
      verdict: verdict.verdict,
      undecided: verdict.reasons,
      ...(asked.checkers.length > 0 ? { unanswered: also.undecided } : {}),
      ...(asked.lag ? { lag: lag === null ? null : lagJson(history, lag) } : {}),
      anomalies: verdict.anomalies.map((judged) => anomalyJson(history, judged)),
    });
  } else {
    const { length, client } = columnsOf(history);
    const what = `${counted(length, 'operation')} of ${counted(client.distinct, 'client')}`;
    say(context, `${verdictMark(verdict.verdict, paintOf(context))}   ${file}: ${what}`);
    if (trace === null) say(context, `  no trace beside it: ${judgedWithout(assumptions)}`);
    if (options.compat === 'jepsen')
      say(context, '  as jepsen.tests.kafka judges: its anomalies alone, and each makes a history invalid');
    for (const reason of verdict.reasons) say(context, `  undecided: ${reason}`);
    for (const reason of also.undecided) say(context, `  asked for, and not answered: ${reason}`);
    if (asked.lag) say(context, `  ${lagWords(history, lag)}`);
    for (const { anomaly, judgement } of verdict.anomalies.slice(0, SHOWN)) {
      const { words } = anomalyWords(anomaly.type);
      say(context, `  ${words} (${anomaly.type}), ${judgement}: ${anomaly.story}${preventedWords(anomaly)}`);
    }
    if (verdict.anomalies.length > SHOWN)
      say(context, `  and ${verdict.anomalies.length - SHOWN} more (--json lists all)`);
    if (verdict.anomalies.length === 0) say(context, '  no anomaly');
    if (options.to !== undefined) say(context, `  written to ${options.to}`);
  }
  if (verdict.verdict === 'undecided') return Exit.undecided;
  return verdict.verdict === 'clean' ? Exit.expected : Exit.failed;
}

function preventedWords({ preventedBy }: Anomaly): string {
  return preventedBy === null ? '' : ` (prevented by ${preventedBy.setting}=${preventedBy.value})`;
}

function greatestLag(history: History): Lag | null {
  return realtimeLags(history).reduce<Lag | null>(
    (most, one) => (most === null || one.lag > most.lag ? one : most),
    null,
  );
}

function lagJson({ keys }: History, { key, client, lag, operation }: Lag): object {
  return { microseconds: lag, client, key: keys[key], operation };
}

function lagWords({ keys }: History, lag: Lag | null): string {
  if (lag === null) return 'realtime-lag: no poll is known to have lagged behind';
  const { key, client, lag: micros, operation } = lag;
  return `realtime-lag: at the worst ${client} lagged at least ${(micros / 1e6).toFixed(3)} s behind on ${keys[key]} (operation ${operation})`;
}

/** What can be said of a history whose events nobody recorded. */
function judgedWithout(assumptions: Assumptions | null): string {
  if (assumptions === null) return 'requirements alone are judged';
  return assumptions.noLoss
    ? 'guarantees are judged as if nothing had licensed a loss'
    : 'requirements alone are judged: what licenses a loss stands in a trace (--assume no-data-loss rules it out)';
}

/** What the run of a kept trial found out, and neither its history nor its trace shows. */
interface KnownOfRun {
  readonly anomalies: readonly Anomaly[];
  readonly undecided: readonly string[];
}

const nothingKnown: KnownOfRun = { anomalies: [], undecided: [] };

/** Whether the cluster came back after faults were healed, and what could not be read, stand in verdict.json alone. */
function knownOfRun(file: string): KnownOfRun {
  const path = join(dirname(file), 'verdict.json');
  if (!existsSync(path))
    return { ...nothingKnown, undecided: ['liveness not judged: no verdict.json beside the trace'] };
  const { anomalies, reasons } = readStoredVerdict(path);
  const stuck = anomalies.map(({ anomaly }) => anomaly).filter(({ type }) => type === 'stuck');
  return { anomalies: stuck, undecided: reasons };
}

function historyFile(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const inside = ['history.jsonl.gz', 'history.jsonl'].map((name) => join(path, name)).find((file) => existsSync(file));
  if (inside === undefined) throw new UsageError(`${path}: no history there (no history.jsonl.gz)`);
  return inside;
}

function traceBeside(file: string): Trace | null {
  if (!/history\.jsonl(\.gz)?$/.test(file)) return null;
  const trace = ['trace.jsonl.gz', 'trace.jsonl']
    .map((name) => join(dirname(file), name))
    .find((one) => existsSync(one));
  return trace === undefined ? null : readStoredTrace(trace);
}
