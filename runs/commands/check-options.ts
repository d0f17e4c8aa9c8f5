/** What `harrow check` is told beside the file: what to require, what to take for granted, whose judgement to copy. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { informational, requirementsSuiting } from '../../checkers/kafka/api.js';
import { columnarHistory, columnsOf } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';
import { requirements } from '../catalogue.js';
import { settingsTable } from '../settings/table.js';
import { parseDuration } from '../spec/durations.js';
import { loadSpec } from '../spec/load.js';
import { didYouMean } from '../spec/nearest.js';
import { UsageError } from '../spec/problems.js';

/** Of a history without a trace: the settings that it was made with, and which events there were none of. */
export interface Assumptions {
  readonly settings: Readonly<Record<string, string>>;
  /** No replica lost what it had written, and no leader changed where acks is below all: nothing licenses a loss. */
  readonly noLoss: boolean;
}

/** Events that only a trace could show, by the word that rules them out. */
const excluded = {
  'no-data-loss': 'no replica lost what it had written',
  'no-leader-change': 'no leader changed',
} as const;
type Excluded = keyof typeof excluded;

/** Settings that guarantees read (checkers/kafka/settings.ts). */
const judged: readonly string[] = [
  'acks',
  'enable.idempotence',
  'retries',
  'max.in.flight.requests.per.connection',
  'min.insync.replicas',
  'unclean.leader.election.enable',
  'flush.messages',
  'transactional.id',
  'isolation.level',
  'auto.offset.reset',
];

/**
 * "acks=all,enable.idempotence=true,no-data-loss"
 * @returns null if nothing is assumed
 */
export function parseAssumptions(lists: readonly string[]): Assumptions | null {
  const parts = lists.flatMap((list) => list.split(',')).filter((part) => part !== '');
  if (parts.length === 0) return null;
  const settings: Record<string, string> = {};
  const words = new Set<Excluded>();
  for (const part of parts) {
    const at = part.indexOf('=');
    if (at < 0) words.add(excludedBy(part));
    else settings[knownSetting(part.slice(0, at))] = part.slice(at + 1);
  }
  const { acks = 'all' } = settings;
  const isUnclean = settings['unclean.leader.election.enable'] === 'true';
  const acksAll = acks === 'all' || acks === '-1';
  return { settings, noLoss: !isUnclean && words.has('no-data-loss') && (acksAll || words.has('no-leader-change')) };
}

function excludedBy(word: string): Excluded {
  const names = Object.keys(excluded) as Excluded[];
  const found = names.find((name) => name === word);
  if (found !== undefined) return found;
  const hint = didYouMean(word, [...names, ...judged]);
  throw new UsageError(`--assume ${word}: write setting=value, or ${names.join(' or ')}${hint}`);
}

/** Of a scope or of none: 'acks', 'p0:acks'. */
function knownSetting(name: string): string {
  const plain = name.slice(name.indexOf(':') + 1);
  if (judged.includes(plain)) return name;
  const table = settingsTable('3.9');
  const exists = table.producer.has(plain) || table.topic.has(plain) || table.broker.has(plain);
  throw new UsageError(
    exists
      ? `--assume ${name}: no guarantee reads it (those read: ${judged.join(', ')})`
      : `--assume ${name}: unknown setting${didYouMean(plain, judged)}`,
  );
}

/** The history as if its header had said so. */
export function withSettings(history: History, { settings }: Assumptions): History {
  const { header, keys } = history;
  const assumed = { ...header, settings: { ...header.settings, ...settings } };
  return columnarHistory(assumed, keys, columnsOf(history), (value) => history.valueName(value));
}

/** What Kafka allows and nobody is told unasked: by checker, and the lag of polls. */
export interface Asked {
  /** Names of informational checkers. */
  readonly checkers: readonly string[];
  readonly lag: boolean;
}

const REALTIME_LAG = 'realtime-lag';

/** "idempotent-gap,ww-deps,realtime-lag" */
export function parseAsked(lists: readonly string[]): Asked {
  const names = new Set(lists.flatMap((list) => list.split(',')).filter((name) => name !== ''));
  const known = [...informational.map(({ name }) => name), REALTIME_LAG];
  for (const name of names) {
    if (!known.includes(name))
      throw new UsageError(`--also ${name}: there are ${known.join(', ')}${didYouMean(name, known)}`);
  }
  const lag = names.delete(REALTIME_LAG);
  return { checkers: [...names], lag };
}

/** @returns virtual microseconds; null: none was given */
export function parseMaxLag(text: string | undefined): number | null {
  if (text === undefined) return null;
  const micros = parseDuration(text);
  if (micros === null) throw new UsageError(`--max-lag ${text}: a duration is written 500ms, 4.2s, 2m`);
  return micros;
}

/** Those asked for; else those of the kept trial's spec; else the usual ones for histories of its kind. */
export function requiredNames(lists: readonly string[], historyFile: string, history: History): readonly string[] {
  const names = lists.flatMap((list) => list.split(',')).filter((name) => name !== '');
  const known = requirements.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(`--require ${name}: unknown requirement${didYouMean(name, known)}`);
  }
  if (names.length > 0) return names;
  const spec = join(dirname(historyFile), 'spec.yaml');
  if (!existsSync(spec)) return requirementsSuiting(history);
  return loadSpec({ input: spec }).spec.require.map(({ name }) => name);
}
