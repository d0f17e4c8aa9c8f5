/**
 * The trace as JSON Lines: a header with the tables of probes, machines, keys and faults, then a record a line with
 * named fields:
 *
 * {"index":41,"time":4205113,"event":"append","machine":"b1","key":"orders-0","offset":0,"leaderEpoch":4,"value":5,"asLeader":1}
 */
import { TraceColumns } from '../trace-columns.js';
import type { Trace, TraceHeader } from '../trace.js';
import { FormatError, jsonLines, LineObject, shown } from './json-lines.js';

/** The whole file as one text. */
export function writeTrace(trace: Trace): string {
  let text = '';
  for (const line of traceLines(trace)) text += line + '\n';
  return text;
}

/** Line by line, without line ends. */
function* traceLines(trace: Trace): Generator<string> {
  const { probes, machines, keys, faults, faultBands } = trace.header;
  yield JSON.stringify({
    format: 'harrow/trace',
    version: 1,
    timeUnit: 'us',
    probes: probes.map(({ kind, name, fields, sentence }) => ({
      kind,
      name,
      fields,
      ...(sentence === undefined ? {} : { sentence }),
    })),
    machines: machines.map(({ name, roles }) => ({ name, roles })),
    keys,
    faults,
    ...(faultBands === undefined ? {} : { faultBands: faultBands.map(({ label, hue }) => ({ label, hue })) }),
  });
  const kinds = new Map(probes.map((probe) => [probe.kind, probe]));
  const machineNames = writtenNames(machines.map((machine) => machine.name));
  const keyNames = writtenNames(keys);
  for (let i = 0; i < trace.length; i++) {
    const probe = kinds.get(trace.kind[i]!);
    if (probe === undefined) throw new Error(`The trace's header names no kind ${trace.kind[i]}`);
    const machine = trace.machine[i]!;
    const key = trace.key[i]!;
    let line = `{"index":${i},"time":${trace.time[i]},"event":${JSON.stringify(probe.name)}`;
    line += `,"machine":${machineNames[machine] ?? machine},"key":${key === -1 ? 'null' : (keyNames[key] ?? key)}`;
    const values = [trace.a[i]!, trace.b[i]!, trace.c[i]!, trace.d[i]!];
    probe.fields.forEach((field, place) => (line += `,${JSON.stringify(field)}:${values[place]}`));
    yield line + '}';
  }
}

/** Names as JSON, by number; a name that would be ambiguous is left out, and the number is written. */
function writtenNames(names: readonly string[]): readonly (string | undefined)[] {
  return names.map((name, i) => (name !== '' && names.indexOf(name) === i ? JSON.stringify(name) : undefined));
}

/** @throws FormatError */
export function readTrace(text: string): Trace {
  const lines = jsonLines(text);
  const first = lines.next();
  if (first.done === true) throw new FormatError(1, 'the file is empty');
  const trace = new TraceColumns();
  trace.header = readHeader(first.value);
  const probes = new Map(trace.header.probes.map((probe) => [probe.name, probe]));
  const machines = numbersOf(trace.header.machines.map((machine) => machine.name));
  const keys = numbersOf(trace.header.keys);
  const values: [number, number, number, number] = [0, 0, 0, 0];
  for (const line of lines) {
    if (line.integer('index', 0) !== trace.length) line.fail(`"index" should be ${trace.length}`);
    const probe = probes.get(line.string('event')) ?? line.fail(`unknown event ${shown(line.any('event'))}`);
    values.fill(0);
    probe.fields.forEach((field, place) => (values[place] = line.number(field)));
    const machine = numberOf(line, 'machine', machines);
    const key = line.any('key') === null ? -1 : numberOf(line, 'key', keys);
    trace.append(line.number('time'), probe.kind, machine, key, ...values);
  }
  return trace;
}

function readHeader(line: LineObject): TraceHeader {
  if (line.any('format') !== 'harrow/trace') {
    line.fail(`this is no harrow/trace: "format" is ${shown(line.any('format'))}`);
  }
  if (line.any('version') !== 1) line.fail(`version ${shown(line.any('version'))} is not supported; version 1 is`);
  return {
    probes: line.list('probes').map((value) => {
      const probe = new LineObject(line.line, value);
      const fields = probe.strings('fields');
      if (fields.length > 4) line.fail(`a probe has at most four fields: ${shown(fields)}`);
      const sentence = probe.has('sentence') ? { sentence: probe.string('sentence') } : {};
      return { kind: probe.integer('kind', 0), name: probe.string('name'), fields, ...sentence };
    }),
    machines: line.list('machines').map((value) => {
      const machine = new LineObject(line.line, value);
      return { name: machine.string('name'), roles: machine.strings('roles') };
    }),
    keys: line.strings('keys'),
    faults: line.strings('faults'),
    ...(line.has('faultBands') ? { faultBands: readBands(line) } : {}),
  };
}

function readBands(line: LineObject): NonNullable<TraceHeader['faultBands']> {
  return line.list('faultBands').map((value) => {
    const band = new LineObject(line.line, value);
    return { label: band.string('label'), hue: band.integer('hue', 0) };
  });
}

function numbersOf(names: readonly string[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  names.forEach((name, number) => {
    if (!numbers.has(name)) numbers.set(name, number);
  });
  return numbers;
}

function numberOf(line: LineObject, field: string, numbers: ReadonlyMap<string, number>): number {
  const value = line.any(field);
  if (Number.isSafeInteger(value)) return value as number;
  return numbers.get(line.string(field)) ?? line.fail(`the header names no ${field} ${shown(value)}`);
}
