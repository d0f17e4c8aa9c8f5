/**
 * Reads `harrow/history` version 1. Whatever is wrong with a file is a FormatError with the line and the reason;
 * nothing is guessed and nothing crashes.
 */
import { columnarHistory, HistoryColumns } from '../history-columns.js';
import { didYouMean } from '../nearest.js';
import type { History, HistoryHeader, MicroOp, Outcome } from '../operation.js';
import { functions, withoutMicroOps } from './functions.js';
import { FormatError, jsonLines, type LineObject, shown, textOf } from './json-lines.js';
import { readHeader, readKeys, unitsPerMicrosecond } from './read-header.js';
import { kindOf, readAlone, readDerived, readInTransaction, type Numbers } from './special-micro-ops.js';

const fieldsRead =
  'index process type f value time error client session recordKeys tombstones finalReadOf derived rebalanceLog'.split(
    ' ',
  );
const fieldsOfOthers = 'node thread seekToBeginning pollMs meta ext'.split(' ');
const operationFields = new Set([...fieldsRead, ...fieldsOfOthers]);
const types = ['invoke', 'ok', 'fail', 'info'] as const;

/** @throws FormatError */
export function readHistory(text: string): History {
  return readHistoryLines(jsonLines(text));
}

/** @throws FormatError */
export function readHistoryLines(lines: Iterable<LineObject>): History {
  const reader = new HistoryReader();
  for (const line of lines) reader.add(line);
  return reader.end();
}

/** A history that comes line by line: whoever reads a large file need not have it whole. */
export class HistoryReader {
  private reading: OperationReader | null = null;

  /** @throws FormatError */
  add(line: LineObject): void {
    if (this.reading === null) this.reading = new OperationReader(line);
    else this.reading.add(line);
  }

  /** @throws FormatError if there was no line at all */
  end(): History {
    if (this.reading === null) throw new FormatError(1, 'the file is empty');
    return this.reading.history();
  }
}

class OperationReader {
  private readonly header: HistoryHeader;
  private readonly keys: readonly string[];
  private readonly unitsPerMicrosecond: number;
  private readonly names = new ValueNames();
  private readonly microOps: MicroOpReader;
  private readonly operations = new HistoryColumns();
  /** By process: its open operation. */
  private readonly open = new Map<number, number>();
  private readonly retired = new Set<number>();
  private index = 0;
  private time = 0;

  constructor(first: LineObject) {
    this.header = readHeader(first);
    this.keys = readKeys(first);
    this.unitsPerMicrosecond = unitsPerMicrosecond(first);
    this.microOps = new MicroOpReader(this.keys, this.names);
  }

  history(): History {
    return columnarHistory(this.header, this.keys, this.operations, (value) => this.names.nameOf(value));
  }

  add(line: LineObject): void {
    line.only(operationFields);
    this.place(line);
    const type = line.oneOf('type', types);
    const f = line.string('f');
    // Other actors ("nemesis") are part of the format, but no operations of clients.
    if (typeof line.any('process') === 'string') return;
    const process = line.integer('process', 0);
    if (type === 'invoke') this.invoke(line, process, f);
    else this.complete(line, process, f, type);
  }

  /** Lines stand in the order in which things happened. */
  private place(line: LineObject): void {
    const { index, time } = this;
    if (line.integer('index', 0) !== index) line.fail(`"index" should be ${index}: lines are numbered from 0 on`);
    this.index++;
    this.time = line.integer('time', 0);
    if (this.time < time) line.fail(`"time" goes back from ${time} to ${this.time}`);
  }

  private invoke(line: LineObject, process: number, f: string): void {
    if (this.open.has(process)) line.fail(`process ${process} has an open operation already`);
    if (this.retired.has(process)) {
      line.fail(`process ${process} ended with an unknown outcome and may not go on`);
    }
    if (!functions.has(f)) line.fail(`"f" is none that clients do: ${shown(f)}${didYouMean(f, functions)}`);
    const operation = this.operations.invoke({
      process,
      session: line.has('session') ? line.integer('session', 0) : process,
      client: line.has('client') ? line.string('client') : `p${process}`,
      f,
      invokedAt: this.time / this.unitsPerMicrosecond,
      value: this.microOps.read(line),
      error: readError(line),
      finalReadOf: line.has('finalReadOf') ? line.integer('finalReadOf', 0) : -1,
    });
    this.open.set(process, operation);
  }

  private complete(line: LineObject, process: number, f: string, outcome: Outcome): void {
    const { open, operations } = this;
    const operation = open.get(process) ?? line.fail(`process ${process} completes what it never invoked`);
    open.delete(process);
    if (outcome === 'info') this.retired.add(process);
    const invokedAs = operations.f.at(operation);
    if (f !== invokedAs) line.fail(`"f" is ${shown(f)}, but the operation was invoked as ${shown(invokedAs)}`);
    operations.complete(operation, {
      completedAt: this.time / this.unitsPerMicrosecond,
      outcome,
      value: this.microOps.read(line),
      error: readError(line),
      finalReadOf: line.has('finalReadOf') ? line.integer('finalReadOf', 0) : operations.finalReadOf[operation]!,
      ...(line.has('rebalanceLog') ? { rebalanced: this.microOps.rebalanced(line) } : {}),
    });
  }
}

function readError(line: LineObject): string | null {
  const error = line.any('error');
  if (error === undefined || error === null) return null;
  return typeof error === 'string' ? error : textOf(line.line, error);
}

const microOpNames = ['send', 'poll', 'append', 'r', 'commit'];

class MicroOpReader implements Numbers {
  private readonly keys = new Map<string, number>();
  private readonly names: ValueNames;

  constructor(keys: readonly string[], names: ValueNames) {
    keys.forEach((key, index) => this.keys.set(key, index));
    this.names = names;
  }

  read(line: LineObject): readonly MicroOp[] {
    const value = line.any('value');
    if (value === null || value === undefined) return [];
    const f = line.string('f');
    if (f === 'subscribe') return this.subscribed(value);
    if (withoutMicroOps.has(f)) return [];
    const alone = kindOf[f];
    const microOps = alone === undefined || isEmpty(value) ? this.list(line) : readAlone(line, alone, value, this);
    return line.has('derived') ? [...microOps, ...readDerived(line, this)] : microOps;
  }

  /** The keys of what a consumer subscribes to, if the value names keys alone; it may be topics or a pattern as well. */
  private subscribed(value: unknown): readonly MicroOp[] {
    const names: readonly unknown[] = Array.isArray(value) ? value : [];
    const keys = names.map((name) => (typeof name === 'string' ? this.keys.get(name) : undefined));
    return keys.every((key) => key !== undefined) ? keys.map((key) => ({ kind: 'assign', key })) : [];
  }

  /** The keys that a consumer's rebalances gave or took: [{"keys":["x"], …}, …]; null: none. */
  rebalanced(line: LineObject): readonly number[] {
    if (line.any('rebalanceLog') === null) return [];
    const keys = line.list('rebalanceLog').flatMap((entry): readonly number[] => {
      const { keys: named = [] } = isObject(entry) ? entry : line.fail(`a rebalance is an object; got ${shown(entry)}`);
      if (named === null) return [];
      if (!Array.isArray(named)) line.fail(`the keys of a rebalance should be a list; got ${shown(named)}`);
      return named.map((name: unknown) => this.key(line, name));
    });
    return [...new Set(keys)];
  }

  private list(line: LineObject): readonly MicroOp[] {
    const recordKeys = line.has('recordKeys') ? line.list('recordKeys') : [];
    const tombstones = line.has('tombstones') ? line.list('tombstones') : [];
    let sends = 0;
    const microOps = line.list('value').flatMap((item): readonly MicroOp[] => {
      if (!Array.isArray(item)) line.fail(`a micro-operation should be a list; got ${shown(item)}`);
      if (item[0] === 'send') {
        const isTombstone = tombstones.includes(sends);
        return [this.send(line, item, recordKeys[sends++] ?? null, isTombstone)];
      }
      if (item[0] === 'poll') return this.polls(line, item);
      return readInTransaction(line, item, this) ?? unknownMicroOp(line, item[0]);
    });
    if (recordKeys.length > 0 && recordKeys.length !== sends) {
      line.fail(`"recordKeys" names ${recordKeys.length} keys for ${sends} sends`);
    }
    const stray = tombstones.find((index) => typeof index !== 'number' || index >= sends);
    if (stray !== undefined) line.fail(`"tombstones" names send ${shown(stray)} of ${sends}`);
    return microOps;
  }

  private send(line: LineObject, item: readonly unknown[], recordKey: unknown, isTombstone: boolean): MicroOp {
    if (item.length !== 3) line.fail(`a send is ["send", key, value or [offset, value]]; got ${shown(item)}`);
    if (recordKey !== null && typeof recordKey !== 'string') {
      line.fail(`a record key is a string or null: ${shown(recordKey)}`);
    }
    const key = item[1] === null ? -1 : this.key(line, item[1]);
    const [offset, value] = Array.isArray(item[2]) ? this.pair(line, item[2]) : [-1, this.value(line, item[2])];
    const send = { kind: 'send', key, offset, value, recordKey } as const;
    return isTombstone ? { ...send, tombstone: true } : send;
  }

  private polls(line: LineObject, item: readonly unknown[]): readonly MicroOp[] {
    const ranges = item[1] ?? null;
    if (ranges === null) return [];
    if (typeof ranges !== 'object' || Array.isArray(ranges)) {
      line.fail(`a poll is ["poll", {key: [[offset, value], …]}]; got ${shown(item)}`);
    }
    return Object.entries(ranges).map(([name, pairs]): MicroOp => {
      if (!Array.isArray(pairs)) line.fail(`a poll of ${shown(name)} should be a list of [offset, value]`);
      const read = pairs.map((pair: unknown) => this.pair(line, pair));
      return {
        kind: 'poll',
        key: this.key(line, name),
        offsets: read.map(([offset]) => offset),
        values: read.map(([, value]) => value),
      };
    });
  }

  key(line: LineObject, name: unknown): number {
    const key = typeof name === 'string' ? this.keys.get(name) : undefined;
    return key ?? line.fail(`the header names no key ${shown(name)}`);
  }

  private pair(line: LineObject, pair: unknown): readonly [number, number] {
    if (!Array.isArray(pair) || pair.length !== 2) line.fail(`expected [offset, value], got ${shown(pair)}`);
    const offset: unknown = pair[0];
    if (offset === null) return [-1, this.value(line, pair[1])];
    if (!Number.isSafeInteger(offset) || (offset as number) < 0) line.fail(`no offset: ${shown(offset)}`);
    return [offset as number, this.value(line, pair[1])];
  }

  value(line: LineObject, value: unknown): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    if (typeof value === 'string') return this.names.ofString(value);
    if (Array.isArray(value)) return line.fail(`a value that is a list is written {"$v":[…]}; got ${shown(value)}`);
    if (typeof value === 'object' && value !== null && !isWrapped(value)) {
      return line.fail(`a value that is an object is written {"$v":{…}}; got ${shown(value)}`);
    }
    return this.names.ofOther(textOf(line.line, value));
  }
}

function isObject(value: unknown): value is { readonly keys?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWrapped(value: object): boolean {
  const names = Object.keys(value);
  return names.length === 1 && names[0]!.startsWith('$');
}

function unknownMicroOp(line: LineObject, name: unknown): never {
  const hint = typeof name === 'string' ? didYouMean(name, microOpNames) : '';
  return line.fail(`a micro-operation is none of ${microOpNames.join(', ')}: ${shown(name)}${hint}`);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Values that are no whole numbers get the numbers -2, -3, ... in order of appearance. */
class ValueNames {
  private readonly strings = new Map<string, number>();
  private readonly others = new Map<string, number>();
  private readonly names: string[] = [];

  ofString(text: string): number {
    return this.numberIn(this.strings, text);
  }

  /** By its JSON. */
  ofOther(text: string): number {
    return this.numberIn(this.others, text);
  }

  nameOf(value: number): string {
    return this.names[-2 - value] ?? String(value);
  }

  private numberIn(numbers: Map<string, number>, name: string): number {
    let number = numbers.get(name);
    if (number === undefined) {
      number = -2 - this.names.length;
      this.names.push(name);
      numbers.set(name, number);
    }
    return number;
  }
}
