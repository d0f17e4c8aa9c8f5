/** From drafts to a story: lines that happened together become one, the lightest go, and what is left is linked. */
import { seconds } from '../words.js';
import type { Draft, Teller } from './teller.js';
import type { CausalEdge, CausalGraph, CausalNode, LineRole, StoryLine } from './types.js';

const MOST_LINES = 12;
/** Lines closer together than this may be one: what one decision of the controller did, or one fault. */
const TOGETHER_MICROS = 20_000;

export interface Composed {
  readonly lines: readonly StoryLine[];
  readonly graph: CausalGraph;
}

/** @param settings "acks=1", ...: what allowed the acknowledgement; roots of the graph. @param end the anomaly in a few words */
export function compose(teller: Teller, drafts: readonly Draft[], settings: readonly string[], end: string): Composed {
  const ordered = dedupe([...drafts].sort(inOrder));
  const kept = lightestDropped(merged(teller, ordered));
  const lines = kept.map((line): StoryLine => ({
    atMicros: line.at >= 0 ? line.at : (teller.reader.trace.time[line.index] ?? 0),
    text: line.text,
    note: line.note,
    traceIndex: line.index,
    operation: line.operation,
    role: line.role,
    lane: line.lane >= 0 ? line.lane : laneOf(teller, line),
  }));
  return { lines, graph: causalGraph(kept, lines, settings, end) };
}

/** Who announced the record; for a fault, which nobody announces, its first target. */
function laneOf(teller: Teller, line: Draft): number {
  const announcer = teller.reader.trace.machine[line.index] ?? 0;
  return announcer > 0 ? announcer : line.strike >= 0 ? line.machine : -1;
}

/** What members do stands in the history alone: the record of such a line is the last before it, and may have its own. */
const besideRecords = new Set<LineRole>(['process', 'commit', 'transaction-end']);

/** By record; what a member did after it, by time, and of one moment in the order in which it was begun. */
function inOrder(a: Draft, b: Draft): number {
  if (a.index !== b.index || !besideRecords.has(a.role) || !besideRecords.has(b.role)) return a.index - b.index;
  return a.at - b.at || (a.operation ?? -1) - (b.operation ?? -1);
}

/** One line a record: the heavier one, for drafts of two kinds may name the same record. */
function dedupe(drafts: readonly Draft[]): readonly Draft[] {
  const byRecord = new Map<string, Draft>();
  for (const line of drafts) {
    const name = besideRecords.has(line.role) ? `${line.index} ${line.operation} ${line.at}` : String(line.index);
    const other = byRecord.get(name);
    if (other === undefined || other.weight < line.weight) byRecord.set(name, line);
  }
  return [...byRecord.values()];
}

/** Lines that tell of one thing become one: a fencing and what the controller decided with it, a fault and what it did. */
function merged(teller: Teller, drafts: readonly Draft[]): readonly Draft[] {
  const { time } = teller.reader.trace;
  const lines: Draft[] = [];
  for (const line of drafts) {
    const before = lines.at(-1);
    const together = before !== undefined && time[line.index]! - time[before.index]! <= TOGETHER_MICROS;
    const one = together ? asOne(before, line) : null;
    if (one === null) lines.push(line);
    else lines[lines.length - 1] = one;
  }
  const faults = lines.filter((line) => line.strike >= 0 && line.role !== 'heal').length;
  return faults > 1 ? lines : lines.map((line) => (line.role === 'heal' ? { ...line, text: 'heal' } : line));
}

/** null: they are two. The later index stands for both, so that the state at the line shows both. */
function asOne(before: Draft, line: Draft): Draft | null {
  switch (`${before.role}+${line.role}`) {
    case 'fence+elect':
    case 'fence+frozen':
    case 'fence+isr':
      return { ...line, text: `${before.text}; ${line.text}` };
    case 'elect+fence':
    case 'frozen+fence':
    case 'isr+fence':
      return { ...before, index: line.index, text: `${line.text}; ${before.text}` };
    case 'fault+down':
      return before.machine === line.machine
        ? { ...line, text: `fault: ${line.text}`, strike: before.strike, weight: Math.max(before.weight, line.weight) }
        : null;
    case 'fault+data-lost':
    case 'down+data-lost': {
      if (before.machine !== line.machine) return null;
      const fault = before.text.startsWith('fault: ') ? 'fault: ' : '';
      return { ...line, text: fault + line.text.replace(' keeps ', ' loses power and keeps '), strike: before.strike };
    }
    case 'data-lost+down':
      if (before.machine !== line.machine || !line.text.endsWith(' loses power')) return null;
      if (before.text.includes('loses power')) return { ...before, index: line.index };
      return { ...before, index: line.index, text: before.text.replace(' keeps ', ' loses power and keeps ') };
    case 'send+append':
      return before.operation === line.operation && before.machine === line.machine
        ? { ...line, text: `${before.text}: offset ${line.offset}`, role: 'send' }
        : null;
    case 'heal+start':
    case 'start+heal': {
      const start = before.role === 'start' ? before : line;
      return before.machine === line.machine ? { ...start, index: line.index } : null;
    }
    default:
      return null;
  }
}

function lightestDropped(drafts: readonly Draft[]): readonly Draft[] {
  if (drafts.length <= MOST_LINES) return drafts;
  const byWeight = drafts.map((line, i) => ({ line, i }));
  byWeight.sort((a, b) => b.line.weight - a.line.weight || a.i - b.i);
  const heaviest = byWeight.slice(0, MOST_LINES).map(({ line }) => line);
  const kept = new Set(heaviest);
  for (const line of heaviest) {
    const reason = reasonFor(drafts, line);
    if (reason !== null) kept.add(reason);
  }
  return drafts.filter((line) => kept.has(line));
}

/** What befell the broker that a line says is gone, however light it is: else it would be gone for no reason. */
function reasonFor(drafts: readonly Draft[], line: Draft): Draft | null {
  if (line.role !== 'fence' && line.role !== 'isr' && line.role !== 'frozen') return null;
  const befell = (other: Draft): boolean =>
    other.machine === line.machine && (other.role === 'fault' || other.role === 'down' || other.role === 'data-lost');
  return drafts[latest(drafts, drafts.indexOf(line), befell)] ?? null;
}

/** What may have brought about a line of a role: earlier lines of these roles. */
const causesOf: Readonly<Record<LineRole, readonly LineRole[]>> = {
  baseline: [],
  fault: [],
  heal: ['fault'],
  down: ['fault'],
  start: ['data-lost', 'down', 'heal'],
  'data-lost': ['down', 'fault'],
  fence: ['data-lost', 'down', 'fault'],
  isr: ['fence', 'data-lost', 'down', 'fault', 'start', 'heal'],
  frozen: ['isr', 'data-lost', 'down', 'fault', 'fence'],
  elect: ['frozen', 'fence', 'data-lost', 'down', 'fault', 'isr', 'start'],
  send: ['elect', 'baseline'],
  append: ['send', 'transaction-begin', 'baseline'],
  retry: ['append', 'send', 'fault', 'down', 'refuse'],
  refuse: ['send', 'isr', 'fault'],
  ack: ['append', 'send'],
  truncate: ['elect', 'data-lost', 'heal', 'start'],
  read: ['truncate', 'late-request', 'data-lost', 'ack'],
  member: ['down', 'fault', 'member', 'process'],
  process: ['member', 'process'],
  commit: ['member', 'process'],
  'transaction-begin': ['transaction-decision', 'baseline'],
  'transaction-decision': ['append', 'transaction-begin', 'fault', 'baseline'],
  'late-request': ['heal', 'fault'],
  marker: ['late-request', 'transaction-decision', 'transaction-end'],
  'transaction-end': ['late-request', 'heal', 'append', 'fault', 'down'],
  other: ['elect', 'fault', 'down'],
};
/** Of these roles every earlier line counts, not only the latest; of the others the latest is cause enough. */
const ofEachRole = new Set<LineRole>(['truncate', 'frozen', 'retry']);

/** The first line of these roles is what a setting allowed. */
const allowedBySettings = new Set<LineRole>(['ack', 'retry', 'elect', 'commit']);

/** Roles of what happens to machines and the network; the others are of partitions, transactions and groups. */
const ofMachines = new Set<LineRole>(['fault', 'heal', 'down', 'start', 'fence']);

function causalGraph(
  drafts: readonly Draft[],
  lines: readonly StoryLine[],
  settings: readonly string[],
  end: string,
): CausalGraph {
  const nodes: CausalNode[] = lines.map((line, i) => ({
    id: i,
    kind: line.role,
    label: line.text.replaceAll(/ {2,}/g, ' '),
    detail: `${seconds(line.atMicros)}${line.note === null ? '' : ` · ${line.note.replace(/^← /, '')}`}`,
    line: i,
  }));
  const edges: CausalEdge[] = [];
  const link = (from: number, to: number): void => {
    if (from >= 0 && from !== to && !edges.some((edge) => edge.from === from && edge.to === to))
      edges.push({ from, to });
  };
  drafts.forEach((line, to) => {
    for (const from of causesFor(drafts, to, line)) link(from, to);
  });
  for (const setting of settings) {
    const id = nodes.length;
    nodes.push({ id, kind: 'setting', label: setting, detail: 'setting', line: -1 });
    const target = drafts.findIndex((line) => allowedBySettings.has(line.role));
    if (target >= 0) link(id, target);
  }
  const anomaly = nodes.length;
  nodes.push({ id: anomaly, kind: 'anomaly', label: end, detail: '', line: -1 });
  for (const role of [
    'ack',
    'truncate',
    'data-lost',
    'read',
    'process',
    'commit',
    'marker',
    'transaction-end',
  ] as const) {
    link(
      drafts.findLastIndex((line) => line.role === role),
      anomaly,
    );
  }
  for (const [id, line] of drafts.entries()) {
    // What the partition was like bears on the first thing that is done to it, if nothing in the table says more.
    if (line.role === 'baseline' && !edges.some(({ from }) => from === id))
      link(
        id,
        drafts.findIndex((other, i) => i > id && !ofMachines.has(other.role)),
      );
  }
  // Whatever led nowhere in this table still led here.
  if (!edges.some((edge) => edge.to === anomaly)) link(drafts.length - 1, anomaly);
  return { nodes, edges };
}

function causesFor(drafts: readonly Draft[], to: number, line: Draft): readonly number[] {
  const found: number[] = [];
  for (const role of causesOf[line.role]) {
    const from = latest(drafts, to, (other) => other.role === role && related(line, other));
    if (from < 0) continue;
    found.push(from);
    if (!ofEachRole.has(line.role)) break;
  }
  const also = besides[line.role];
  const beside = also === undefined ? -1 : latest(drafts, to, (other) => also(line, other));
  return beside < 0 ? found : [...found, beside];
}

/** What has its part in a line besides what brought it about. */
const besides: Readonly<Partial<Record<LineRole, (line: Draft, other: Draft) => boolean>>> = {
  // A leader that had been down leads because it came back, with the log that recovery left it.
  elect: (line, { role, machine }) => (role === 'start' || role === 'truncate') && machine === line.machine,
  // Members leave one after the other.
  isr: (_, { role }) => role === 'isr',
  marker: (line, { role, machine }) => role === 'append' && machine === line.machine,
  // What was held up has to arrive before it is refused.
  'transaction-end': (_, { role }) => role === 'heal',
};

/** A heal ends its own fault; a machine's fate comes from its own; elections and sends hang on whatever came last. */
function related(line: Draft, other: Draft): boolean {
  switch (line.role) {
    case 'heal':
      return other.strike === line.strike;
    case 'data-lost':
    case 'down':
    case 'fence':
      return other.machine === line.machine || other.role === 'fault';
    case 'isr':
    case 'frozen':
      // The machine that left, or the last in the ISR that is away; an earlier change of the ISR whoever it was.
      return other.role === 'isr' || other.machine === line.machine || (other.role === 'fault' && other.strike >= 0);
    case 'start':
      return other.machine === line.machine;
    case 'member':
      return other.role === 'member' || other.role === 'fault' || other.machine === line.machine;
    case 'process':
    case 'commit':
      return other.machine === line.machine;
    case 'truncate':
      return (other.role !== 'start' && other.role !== 'data-lost') || other.machine === line.machine;
    case 'ack':
    case 'retry':
    case 'append':
      return other.operation === null || line.operation === null || other.operation === line.operation;
    default:
      return true;
  }
}

function latest(drafts: readonly Draft[], before: number, condition: (line: Draft) => boolean): number {
  for (let i = before - 1; i >= 0; i--) if (condition(drafts[i]!)) return i;
  return -1;
}
