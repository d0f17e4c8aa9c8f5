/** One line of a history: an operation's invocation or completion, as an EDN map and as a JSON object. */
import { printEdn } from '../edn/print-edn.js';
import { quoted, readEdn } from '../edn/read-edn.js';
import { type Edn, type EdnMap, isKeyword, isKind, itemsOf, keyword, map, tagged, vector } from '../edn/values.js';
import { FormatError, LineObject, shown } from '../json-lines.js';
import { ValueMapping } from './micro-ops.js';
import type { Spelling } from './spelling.js';
import { fromJson, type Strings, toJson } from './values.js';

interface Field {
  readonly name: string;
  /** Of its keyword. */
  readonly edn: string;
  /** What its strings are in EDN; 'any': as values are spelled in this history. */
  readonly strings: Strings | 'any';
}

/** In the order of a line. Jepsen's own names, and ours in a namespace. */
const fields: readonly Field[] = [
  { name: 'index', edn: 'index', strings: 'any' },
  { name: 'process', edn: 'process', strings: 'keyword' },
  { name: 'type', edn: 'type', strings: 'keyword' },
  { name: 'f', edn: 'f', strings: 'keyword' },
  { name: 'value', edn: 'value', strings: 'any' },
  { name: 'time', edn: 'time', strings: 'any' },
  { name: 'error', edn: 'error', strings: 'any' },
  { name: 'client', edn: 'harrow/client', strings: 'string' },
  { name: 'session', edn: 'harrow/session', strings: 'any' },
  { name: 'recordKeys', edn: 'harrow/record-keys', strings: 'string' },
  { name: 'tombstones', edn: 'harrow/tombstones', strings: 'any' },
  { name: 'finalReadOf', edn: 'harrow/final-read-of', strings: 'any' },
  { name: 'node', edn: 'node', strings: 'string' },
  { name: 'thread', edn: 'harrow/thread', strings: 'any' },
  { name: 'seekToBeginning', edn: 'seek-to-beginning?', strings: 'any' },
  { name: 'pollMs', edn: 'poll-ms', strings: 'any' },
  { name: 'rebalanceLog', edn: 'rebalance-log', strings: 'any' },
  { name: 'meta', edn: 'harrow/meta', strings: 'any' },
  { name: 'derived', edn: 'harrow/derived', strings: 'any' },
];
const fieldOf = new Map(fields.map((field) => [field.edn, field]));

/** Where a line stands in its history: what EDN may leave out, and JSON may not. */
export interface Place {
  readonly index: number;
  /** No later than this line's time. */
  readonly time: number;
}

/** @throws FormatError at `line` */
export function operationToJson(line: number, form: Edn, spelling: Spelling, place: Place): Record<string, unknown> {
  const operation = operationMap(line, form, spelling);
  const mapping = new ValueMapping(line, spelling);
  const f = nameIn(operation, 'f') ?? '';
  const known = new Map<string, unknown>();
  const ext: [string, unknown][] = [];
  for (const [key, value] of operation.entries) {
    const field = isKeyword(key) ? fieldOf.get(key.name) : undefined;
    if (field === undefined) ext.push([printEdn(key), toJson(value, spelling.strings)]);
    else known.set(field.name, fieldToJson(field, f, value, spelling, mapping));
  }
  settle(line, 'index', known, ext, place.index, spelling);
  settle(line, 'time', known, ext, place.time, spelling);
  const entries = fields.filter(({ name }) => known.has(name)).map(({ name }) => [name, known.get(name)] as const);
  return Object.fromEntries([...entries, ...(ext.length > 0 ? [['ext', Object.fromEntries(ext)] as const] : [])]);
}

/** @throws FormatError at the line's number */
export function operationToEdn(line: LineObject, spelling: Spelling): Edn {
  const mapping = new ValueMapping(line.line, spelling);
  const ext = line.has('ext') ? line.object('ext') : undefined;
  const f = line.string('f');
  const entries: [Edn, Edn][] = [];
  for (const field of fields) {
    const key = `:${field.edn}`;
    if (!line.has(field.name) || spelling.without.includes(field.name) || ext?.has(key) === true) continue;
    entries.push([keyword(field.edn), fieldFromJson(line.line, field, f, line.any(field.name), spelling, mapping)]);
  }
  for (const name of ext?.names() ?? []) {
    entries.push([extKey(line, name), fromJson(line.line, ext!.any(name), spelling.strings)]);
  }
  return spelling.tag === '' ? map(entries) : tagged(spelling.tag, map(entries));
}

/** The map of an operation, which may be a record. */
export function operationMap(line: number, form: Edn, { tag }: Pick<Spelling, 'tag'>): EdnMap {
  const value = isKind(form, 'tagged') ? form.value : form;
  if (!isKind(value, 'map')) throw new FormatError(line, `an operation is a map; got ${quoted(form)}`);
  const got = isKind(form, 'tagged') ? form.tag : '';
  if (got !== tag) throw new FormatError(line, `an operation is ${tagWords(got)}; those before are ${tagWords(tag)}`);
  return value;
}

/** The name that a field of an operation holds as a keyword; undefined: it is none. */
export function nameIn(operation: EdnMap, field: string): string | undefined {
  const value = operation.entries.find(([key]) => isKeyword(key, field))?.[1];
  return isKeyword(value) ? value.name : undefined;
}

function tagWords(tag: string): string {
  return tag === '' ? 'a plain map' : `a #${tag}`;
}

function fieldToJson(
  { name, strings }: Field,
  f: string,
  value: Edn,
  spelling: Spelling,
  mapping: ValueMapping,
): unknown {
  if (name === 'value') return mapping.toJson(f, value);
  if (name === 'rebalanceLog') return rebalancesToJson(value, spelling, mapping);
  return toJson(value, strings === 'any' ? spelling.strings : strings);
}

function fieldFromJson(
  line: number,
  { name, strings }: Field,
  f: string,
  value: unknown,
  spelling: Spelling,
  mapping: ValueMapping,
): Edn {
  if (name === 'value') return mapping.fromJson(f, value);
  if (name === 'rebalanceLog') return rebalancesFromJson(line, value, spelling, mapping);
  return fromJson(line, value, strings === 'any' ? spelling.strings : strings);
}

/**
 * Lines are numbered from 0 and never go back in time. Where an operation of EDN has another number or an earlier time,
 * its own is kept in `ext`; where none has any, the header says so.
 */
function settle(
  line: number,
  name: 'index' | 'time',
  known: Map<string, unknown>,
  ext: [string, unknown][],
  settled: number,
  { without }: Spelling,
): void {
  const own = known.get(name);
  if (!known.has(name) && !without.includes(name)) {
    throw new FormatError(line, `:${name} is missing, and operations before have it`);
  }
  const isGood = name === 'index' ? own === settled : Number.isSafeInteger(own) && (own as number) >= settled;
  if (isGood) return;
  if (known.has(name)) ext.push([`:${name}`, own]);
  known.set(name, settled);
}

function extKey(line: LineObject, name: string): Edn {
  const key = ednName(line.line, name);
  const field = isKeyword(key) ? fieldOf.get(key.name) : undefined;
  if (field !== undefined && field.name !== 'index' && field.name !== 'time') {
    line.fail(`"ext": ${shown(name)} is the field "${field.name}"`);
  }
  return key;
}

/** Names in `ext` are printed EDN: ":clock-offsets". */
function ednName(line: number, name: string): Edn {
  try {
    return readEdn(name);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(line, `"ext": ${shown(name)} is no EDN, as its names should be`);
  }
}

/** `[{:keys [:x], ...}]`: the keys that changed hands, and whatever else an entry says. */
function rebalancesToJson(log: Edn, spelling: Spelling, mapping: ValueMapping): unknown {
  const items = itemsOf(log);
  if (items === undefined || !items.every((item) => isKind(item, 'map'))) return toJson(log, spelling.strings);
  return items.map(({ entries }) => {
    const keys = entries.find(([key]) => isKeyword(key, 'keys'))?.[1];
    const listed = itemsOf(keys);
    const ext = entries.filter(([, value]) => listed === undefined || value !== keys);
    return {
      ...(listed === undefined ? {} : { keys: listed.map((key) => mapping.keyToJson(key)) }),
      ...(ext.length === 0
        ? {}
        : { ext: Object.fromEntries(ext.map(([key, value]) => [printEdn(key), toJson(value, spelling.strings)])) }),
    };
  });
}

function rebalancesFromJson(line: number, log: unknown, spelling: Spelling, mapping: ValueMapping): Edn {
  if (!Array.isArray(log) || !log.every(isRebalance)) return fromJson(line, log, spelling.strings);
  return vector(
    log.map((entry) => {
      const rebalance = new LineObject(line, entry);
      const listed = rebalance.has('keys') ? rebalance.list('keys').map((key) => mapping.keyFromJson(key)) : undefined;
      const ext = Object.entries(entry.ext ?? {});
      const others = ext.map(([key, value]) => [ednName(line, key), fromJson(line, value, spelling.strings)] as const);
      return map([...(listed === undefined ? [] : [[keyword('keys'), vector(listed)] as const]), ...others]);
    }),
  );
}

function isRebalance(entry: unknown): entry is { readonly keys?: unknown; readonly ext?: Record<string, unknown> } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return false;
  return Object.entries(entry).every(
    ([name, value]) => name === 'keys' || (name === 'ext' && typeof value === 'object' && value !== null),
  );
}
