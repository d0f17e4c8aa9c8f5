/** The first line of `harrow/history`: what the history is of, and what its topic-partitions are called. */
import type { HistoryHeader } from '../operation.js';
import { LineObject, shown } from './json-lines.js';

const headerFields = new Set(
  'format version workload name seed timeUnit nodes keys kafka control settings rules defects topology resend edn'.split(
    ' ',
  ),
);

/** @throws FormatError */
export function readHeader(line: LineObject): HistoryHeader {
  if (line.any('format') !== 'harrow/history') {
    line.fail(`this is no harrow/history: "format" is ${shown(line.any('format'))}`);
  }
  if (line.any('version') !== 1) line.fail(`version ${shown(line.any('version'))} is not supported; version 1 is`);
  line.only(headerFields);
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

/**
 * Names of the topic-partitions by number.
 * @throws FormatError
 */
export function readKeys(line: LineObject): readonly string[] {
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

/** How many of the header's time units make a microsecond, which is what histories count in once they are read. */
export function unitsPerMicrosecond(line: LineObject): number {
  if (!line.has('timeUnit')) return 1;
  return { us: 1, ns: 1000 }[line.oneOf('timeUnit', ['us', 'ns'])];
}
