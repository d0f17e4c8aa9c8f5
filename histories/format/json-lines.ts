/** JSON Lines with errors that name the line and say what is wrong with it. */
import { didYouMean } from '../nearest.js';

/** A file that is not what it should be. `line` counts from 1. */
export class FormatError extends Error {
  readonly line: number;
  readonly reason: string;

  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`);
    this.name = 'FormatError';
    this.line = line;
    this.reason = reason;
  }
}

/** One line's object, with typed access to its fields. Every accessor throws a FormatError on what it cannot accept. */
export class LineObject {
  readonly line: number;
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(line: number, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FormatError(line, `expected an object, got ${shown(value)}`);
    }
    this.line = line;
    this.fields = value as Record<string, unknown>;
  }

  fail(reason: string): never {
    throw new FormatError(this.line, reason);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.fields, name);
  }

  /** undefined if the field is absent. */
  any(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
  }

  /** The object as a line of JSON. */
  text(): string {
    return textOf(this.line, this.fields);
  }

  /** Refuses every field that is not one of these, with the nearest that is. */
  only(known: ReadonlySet<string>): void {
    for (const name of Object.keys(this.fields)) {
      if (!known.has(name)) this.fail(`unknown field "${name}"${didYouMean(name, known)}`);
    }
  }

  names(): readonly string[] {
    return Object.keys(this.fields);
  }

  string(name: string): string {
    const value = this.any(name);
    return typeof value === 'string' ? value : this.refuse(name, 'a string', value);
  }

  /** One of these words. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.any(name);
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const hint = typeof value === 'string' ? didYouMean(value, words) : '';
    const got = value === undefined ? 'it is missing' : `got ${shown(value)}`;
    return this.fail(`"${name}" should be one of ${words.join(', ')}; ${got}${hint}`);
  }

  stringOrNull(name: string): string | null {
    return this.any(name) === null ? null : this.string(name);
  }

  boolean(name: string): boolean {
    const value = this.any(name);
    return typeof value === 'boolean' ? value : this.refuse(name, 'true or false', value);
  }

  number(name: string): number {
    const value = this.any(name);
    return typeof value === 'number' ? value : this.refuse(name, 'a number', value);
  }

  /** A whole number of at least `least`. */
  integer(name: string, least: number): number {
    const value = this.any(name);
    const good = typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
    return good ? value : this.refuse(name, `a whole number of at least ${least}`, value);
  }

  list(name: string): readonly unknown[] {
    const value = this.any(name);
    return Array.isArray(value) ? value : this.refuse(name, 'a list', value);
  }

  strings(name: string): readonly string[] {
    const list = this.list(name);
    return list.every((item) => typeof item === 'string') ? list : this.refuse(name, 'a list of strings', list);
  }

  integers(name: string): readonly number[] {
    const list = this.list(name);
    return list.every((item) => Number.isSafeInteger(item))
      ? (list as number[])
      : this.refuse(name, 'a list of whole numbers', list);
  }

  object(name: string): LineObject {
    const value = this.any(name);
    const good = typeof value === 'object' && value !== null && !Array.isArray(value);
    return good ? new LineObject(this.line, value) : this.refuse(name, 'an object', value);
  }

  private refuse(name: string, wanted: string, value: unknown): never {
    const got = value === undefined ? 'it is missing' : `got ${shown(value)}`;
    throw new FormatError(this.line, `"${name}" should be ${wanted}; ${got}`);
  }
}

/** Each line of the text as an object; an empty last line is no line. */
export function* jsonLines(text: string): Generator<LineObject> {
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    yield new LineObject(line, parseLine(line, text.slice(start, end)));
    start = end + 1;
  }
}

/** @throws FormatError */
export function parseLine(line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError(line, text.trim() === '' ? 'it is empty' : `it is no JSON: ${shown(text)}`);
  }
}

/**
 * A value as JSON.
 * @throws FormatError if it is nested too deeply to be written
 */
export function textOf(line: number, value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(line, 'it is nested too deeply');
    throw error;
  }
}

/** A value as an error quotes it: short. */
export function shown(value: unknown): string {
  const text = shallow(value, 3);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** As JSON, with an ellipsis for what lies deeper or would not be shown anyway. */
function shallow(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  if (depth === 0) return '…';
  if (Array.isArray(value))
    return `[${value
      .slice(0, 20)
      .map((item) => shallow(item, depth - 1))
      .join(',')}]`;
  const entries = Object.entries(value).slice(0, 20);
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${shallow(item, depth - 1)}`).join(',')}}`;
}
