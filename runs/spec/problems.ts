/** What is wrong with a spec: collected, so that all of it is said at once, and shown where it stands. */
import type { Origin } from './spec.js';

export interface Problem {
  readonly origin: Origin;
  readonly message: string;
  /** Shows the line, underlines `length` characters and says this beside the underline. */
  readonly frame: { readonly length: number; readonly note: string; readonly hideAfter: boolean } | null;
  /** Of a warning: the name that Kafka ignores. */
  readonly ignored?: string;
}

export class Problems {
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];

  error(origin: Origin, message: string): void {
    this.errors.push({ origin, message, frame: null });
  }

  /** An error in a name: the line is shown with the name underlined. `hideAfter` keeps the value behind it off the screen. */
  misnamed(origin: Origin, message: string, name: string, note: string, hideAfter: boolean): void {
    this.errors.push({ origin, message, frame: { length: name.length, note, hideAfter } });
  }

  warn(origin: Origin, message: string): void {
    this.warnings.push({ origin, message, frame: null });
  }

  /** A warning about a name that Kafka does not know, and ignores. */
  warnIgnored(origin: Origin, message: string, name: string): void {
    this.warnings.push({ origin, message, frame: null, ignored: name });
  }
}

/** Bad usage or a spec that cannot be run: nothing ran and nothing was written. Exit 64. */
export class SpecError extends Error {
  override readonly name = 'SpecError';
  readonly problems: readonly Problem[];
  readonly texts: ReadonlyMap<string, string>;
  constructor(problems: readonly Problem[], texts: ReadonlyMap<string, string>) {
    super(renderProblems(problems, texts));
    this.problems = problems;
    this.texts = texts;
  }
}

/** A sentence about bad usage that has no place in a file. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where a value came from, as people read it: "orders.yaml:9:5", "--set". */
export function originLabel(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'option':
      return origin.option;
    case 'default':
      return 'default';
    case 'assumed':
      return 'assumed';
  }
}

/** "line 5", or "--brokers", or "by default": how one error refers to another place. */
export function originWords(origin: Origin): string {
  if (origin.kind === 'file') return `line ${origin.line}`;
  return origin.kind === 'option' ? origin.option : 'the default';
}

/** All problems, in the order of their places, with a line that says how many. */
function renderProblems(problems: readonly Problem[], texts: ReadonlyMap<string, string>): string {
  const sorted = [...problems].sort(inOrderOfPlace);
  const labels = sorted.map(({ origin }) => originLabel(origin));
  const width = Math.max(...labels.map((label) => label.length)) + 2;
  const lines = sorted.flatMap((problem, index) => [
    labels[index]!.padEnd(width) + problem.message,
    ...frameLines(problem, texts),
  ]);
  const count = problems.length === 1 ? '1 error.' : `${problems.length} errors.`;
  return [...lines, '', `${count} Nothing ran, nothing was written. exit 64`].join('\n');
}

/** Warnings, one a line; names of one file that Kafka ignores, where there are many, on one line together. */
export function renderWarnings(warnings: readonly Problem[]): string[] {
  const byFile = new Map<string, Problem[]>();
  for (const warning of warnings) {
    if (warning.ignored === undefined || warning.origin.kind !== 'file') continue;
    const { file } = warning.origin;
    const known = byFile.get(file) ?? [];
    byFile.set(file, known);
    // Every variant of a spec reads the same file.
    if (!known.some(({ ignored }) => ignored === warning.ignored)) known.push(warning);
  }
  const lines = [...warnings].sort(inOrderOfPlace).map((warning) => {
    const { origin, ignored } = warning;
    const together = ignored === undefined || origin.kind !== 'file' ? [] : byFile.get(origin.file)!;
    return together.length > FEW_IGNORED ? ignoredWords(together) : warningWords(warning);
  });
  return [...new Set(lines)];
}

/** More names than these that Kafka ignores are told together. */
const FEW_IGNORED = 3;

function warningWords({ origin, message }: Problem): string {
  return `${originLabel(origin)}  warning: ${message}`;
}

function ignoredWords(warnings: readonly Problem[]): string {
  const [first] = warnings;
  const places = warnings.map(({ origin, ignored }) => `${ignored} (${originWords(origin)})`);
  const file = first!.origin.kind === 'file' ? `${first!.origin.file}  ` : '';
  return `${file}warning: Kafka ignores ${warnings.length} names that it does not know here: ${places.join(', ')}`;
}

function inOrderOfPlace(a: Problem, b: Problem): number {
  if (a.origin.kind !== 'file' || b.origin.kind !== 'file') {
    return Number(a.origin.kind !== 'file') - Number(b.origin.kind !== 'file');
  }
  if (a.origin.file !== b.origin.file) return a.origin.file < b.origin.file ? -1 : 1;
  return a.origin.line - b.origin.line || a.origin.column - b.origin.column;
}

function frameLines({ origin, frame }: Problem, texts: ReadonlyMap<string, string>): string[] {
  if (frame === null || origin.kind !== 'file') return [];
  const line = texts.get(origin.file)?.split(/\r?\n/)[origin.line - 1];
  if (line === undefined) return [];
  const start = origin.column - 1;
  const shown = frame.hideAfter ? line.slice(0, start + frame.length) : line;
  const gutter = String(origin.line).padStart(4);
  return [
    `${gutter} | ${shown.replaceAll('\t', ' ')}`,
    `     | ${' '.repeat(start)}${'^'.repeat(frame.length)} ${frame.note}`.trimEnd(),
  ];
}
