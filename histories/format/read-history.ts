/**
 * Reads `harrow/history` version 1. Whatever is wrong with a file is a FormatError with the line and the reason;
 * nothing is guessed and nothing crashes.
 */
import { columnarHistory, HistoryColumns, type Completion, type Invocation } from '../history-columns.js';
import type { History, HistoryHeader, MicroOp, Outcome } from '../operation.js';
import { FormatError, jsonLines, LineObject, shown } from './json-lines.js';

const fieldsRead = 'index process type f value time error client session recordKeys finalReadOf'.split(' ');
const fieldsOfOthers = 'node thread seekToBeginning pollMs rebalanceLog meta derived ext'.split(' ');
const operationFields = new Set([...fieldsRead, ...fieldsOfOthers]);

/** @throws FormatError */
export function readHistory(text: string): History {
  const lines = jsonLines(text);
  const first = lines.next();
  if (first.done === true) throw new FormatError(1, 'the file is empty');
  const keys = readKeys(first.value);
  const names = new ValueNames();
  const header = readHeader(first.value);
  const operations = readOperations(lines, new MicroOpReader(keys, names));
  return columnarHistory(header, keys, operations, (value) => names.nameOf(value));
}

function readOperations(lines: Iterable<LineObject>, microOps: MicroOpReader): HistoryColumns {
  const operations = new HistoryColumns();
  /** By process: its open operation. */
  const open = new Map<number, number>();
  const retired = new Set<number>();
  let index = 0;
  let time = 0;
  for (const line of lines) {
    for (const name of line.names()) if (!operationFields.has(name)) line.fail(`unknown field "${name}"`);
    if (line.integer('index', 0) !== index) line.fail(`"index" should be ${index}: lines are numbered from 0 on`);
    index++;
    const now = line.integer('time', 0);
    if (now < time) line.fail(`"time" goes back from ${time} to ${now}`);
    time = now;
    const type = line.string('type');
    if (type !== 'invoke' && !isOutcome(type)) line.fail(`"type" is none of invoke, ok, fail, info: ${shown(type)}`);
    // Other actors ("nemesis") are part of the format, but no operations of clients.
    if (typeof line.any('process') === 'string') continue;
    const process = line.integer('process', 0);
    if (type === 'invoke') {
      if (open.has(process)) line.fail(`process ${process} has an open operation already`);
      if (retired.has(process)) line.fail(`process ${process} ended with an unknown outcome and may not go on`);
      open.set(process, operations.invoke(invocation(line, process, microOps)));
      continue;
    }
    const operation = open.get(process) ?? line.fail(`process ${process} completes what it never invoked`);
    open.delete(process);
    if (type === 'info') retired.add(process);
    const f = line.string('f');
    const invokedAs = operations.f.at(operation);
    if (f !== invokedAs) line.fail(`"f" is ${shown(f)}, but the operation was invoked as ${shown(invokedAs)}`);
    operations.complete(operation, completion(line, type as Outcome, operations.finalReadOf[operation]!, microOps));
  }
  return operations;
}

function isOutcome(type: string): type is Outcome {
  return type === 'ok' || type === 'fail' || type === 'info';
}

function invocation(line: LineObject, process: number, microOps: MicroOpReader): Invocation {
  return {
    process,
    session: line.has('session') ? line.integer('session', 0) : process,
    client: line.has('client') ? line.string('client') : `p${process}`,
    f: line.string('f'),
    invokedAt: line.integer('time', 0),
    value: microOps.read(line),
    error: readError(line),
    finalReadOf: line.has('finalReadOf') ? line.integer('finalReadOf', 0) : -1,
  };
}

function completion(line: LineObject, outcome: Outcome, invokedFor: number, microOps: MicroOpReader): Completion {
  return {
    completedAt: line.integer('time', 0),
    outcome,
    value: microOps.read(line),
    error: readError(line),
    finalReadOf: line.has('finalReadOf') ? line.integer('finalReadOf', 0) : invokedFor,
  };
}

function readError(line: LineObject): string | null {
  const error = line.any('error');
  if (error === undefined || error === null) return null;
  return typeof error === 'string' ? error : JSON.stringify(error);
}

/** Operations whose value is no list of micro-operations; Operation holds nothing of it. */
const withoutMicroOps = new Set(['assign', 'subscribe', 'crash', 'debug-topic-partitions']);

class MicroOpReader {
  private readonly keys = new Map<string, number>();
  private readonly names: ValueNames;

  constructor(keys: readonly string[], names: ValueNames) {
    keys.forEach((key, index) => this.keys.set(key, index));
    this.names = names;
  }

  read(line: LineObject): readonly MicroOp[] {
    const value = line.any('value');
    if (value === null || value === undefined) return [];
    if (withoutMicroOps.has(line.string('f'))) return [];
    const recordKeys = line.has('recordKeys') ? line.list('recordKeys') : [];
    let sends = 0;
    const microOps = line.list('value').flatMap((item): readonly MicroOp[] => {
      if (!Array.isArray(item)) line.fail(`a micro-operation should be a list; got ${shown(item)}`);
      if (item[0] === 'send') return [this.send(line, item, recordKeys[sends++] ?? null)];
      if (item[0] === 'poll') return this.polls(line, item);
      return line.fail(`a micro-operation is none of send, poll: ${shown(item[0])}`);
    });
    if (recordKeys.length > 0 && recordKeys.length !== sends) {
      line.fail(`"recordKeys" names ${recordKeys.length} keys for ${sends} sends`);
    }
    return microOps;
  }

  private send(line: LineObject, item: readonly unknown[], recordKey: unknown): MicroOp {
    if (item.length !== 3) line.fail(`a send is ["send", key, value or [offset, value]]; got ${shown(item)}`);
    if (recordKey !== null && typeof recordKey !== 'string') {
      line.fail(`a record key is a string or null: ${shown(recordKey)}`);
    }
    const key = item[1] === null ? -1 : this.key(line, item[1]);
    const [offset, value] = Array.isArray(item[2]) ? this.pair(line, item[2]) : [-1, this.value(line, item[2])];
    return { kind: 'send', key, offset, value, recordKey };
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

  private key(line: LineObject, name: unknown): number {
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

  private value(line: LineObject, value: unknown): number {
    if (typeof value === 'string') return this.names.numberOf(value);
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    return line.fail(`a value is a string or a whole number of at least 0; got ${shown(value)}`);
  }
}

/** Values that are strings get the numbers -2, -3, ... in order of appearance. */
class ValueNames {
  private readonly numbers = new Map<string, number>();
  private readonly names: string[] = [];

  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = -2 - this.names.length;
      this.names.push(name);
      this.numbers.set(name, number);
    }
    return number;
  }

  nameOf(value: number): string {
    return this.names[-2 - value] ?? String(value);
  }
}

function readHeader(line: LineObject): HistoryHeader {
  if (line.any('format') !== 'harrow/history') {
    line.fail(`this is no harrow/history: "format" is ${shown(line.any('format'))}`);
  }
  if (line.any('version') !== 1) line.fail(`version ${shown(line.any('version'))} is not supported; version 1 is`);
  if (line.has('timeUnit') && line.any('timeUnit') !== 'us') {
    line.fail(`"timeUnit" should be "us"; got ${shown(line.any('timeUnit'))}`);
  }
  const text = (name: string): string | null => (line.has(name) ? line.stringOrNull(name) : null);
  return {
    format: 'harrow/history',
    version: 1,
    name: text('name') ?? '',
    seed: text('seed') ?? '',
    timeUnit: 'us',
    workload: line.string('workload'),
    nodes: line.has('nodes') ? line.strings('nodes') : [],
    kafka: text('kafka'),
    control: text('control'),
    settings: readScalars(line, 'settings'),
    rules: readScalars(line, 'rules'),
    ...(line.has('defects') ? { defects: line.strings('defects') } : {}),
    topology: readTopology(line),
    resend: line.has('resend') && line.boolean('resend'),
  };
}

function readKeys(line: LineObject): readonly string[] {
  if (!line.has('keys')) return [];
  const entries = line.object('keys');
  const names = entries.names();
  const keys: string[] = [];
  names.forEach((name, position) => {
    const entry = entries.object(name);
    const index = entry.has('index') ? entry.integer('index', 0) : position;
    if (index >= names.length || keys[index] !== undefined) line.fail(`"keys" does not number ${shown(name)} rightly`);
    keys[index] = name;
  });
  return keys;
}

function readScalars(line: LineObject, field: string): Record<string, string | number | boolean> {
  const scalars: Record<string, string | number | boolean> = {};
  if (!line.has(field)) return scalars;
  const object = line.object(field);
  for (const name of object.names()) {
    const value = object.any(name);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      line.fail(`"${field}": ${name} should be a string, a number or a boolean; got ${shown(value)}`);
    }
    scalars[name] = value;
  }
  return scalars;
}

function readTopology(line: LineObject): HistoryHeader['topology'] {
  if (!line.has('topology') || line.any('topology') === null) return null;
  const topology = line.object('topology');
  const partitions = topology.list('partitions').map((value) => {
    const partition = new LineObject(line.line, value);
    return {
      topic: partition.string('topic'),
      partition: partition.integer('partition', 0),
      replicas: partition.integers('replicas'),
      minInsyncReplicas: partition.integer('minInsyncReplicas', 0),
    };
  });
  return { brokers: topology.integers('brokers'), controllers: topology.integers('controllers'), partitions };
}
