/**
 * How micro-operations other than sends and polls are written: lists, groups' offsets, ownership, lineage.
 *
 *   in a txn      ["append",k,v]  ["r",k,[v,…]]  ["commit",{"group":g,"offsets":{k:o}}]
 *   alone         commit, committed, process   {"group":g,"offsets":{k:o}}
 *                 end-offsets         {"isolation":level,"offsets":{k:o}}
 *                 rebalance           {"group":g,"generation":n,"owned":{member:[k,…]}}
 *                 assign, seek        [k,…]; of subscribe too, where its keys are known
 *   beside value  "derived":[{"out":[k,v],"from":[[k,o],…]}]; of counts with "count":n
 */
import type { AppendMicroOp, DeriveMicroOp, MicroOp, PollMicroOp, ReadMicroOp, SendMicroOp } from '../operation.js';
import { LineObject, shown } from './json-lines.js';

type Listed = SendMicroOp | PollMicroOp | AppendMicroOp | ReadMicroOp;
type Special = Exclude<MicroOp, Listed>;
export type SpecialKind = Special['kind'];

/** Kinds that are all there is in an operation of this `f`. */
export const kindOf: Readonly<Partial<Record<string, SpecialKind>>> = {
  commit: 'commit',
  committed: 'committed',
  process: 'process',
  'end-offsets': 'end-offset',
  rebalance: 'own',
  assign: 'assign',
  seek: 'assign',
  subscribe: 'assign',
};

/** Names of keys and values, as a file has them. */
export interface Names {
  key(key: number): string | null;
  value(value: number): number | string;
}

/** And back. Each throws a FormatError that names the line. */
export interface Numbers {
  key(line: LineObject, name: unknown): number;
  value(line: LineObject, value: unknown): number;
}

/** The value of an operation that has micro-operations of one special kind alone; null: it has none. */
export function writeAlone(microOps: readonly MicroOp[], names: Names): unknown {
  const [first] = microOps;
  switch (first?.kind) {
    case 'commit':
    case 'committed':
    case 'process':
      return { group: first.group, offsets: writtenOffsets(microOps, names) };
    case 'end-offset':
      return { isolation: first.isolation, offsets: writtenOffsets(microOps, names) };
    case 'own': {
      const owned: Record<string, string[]> = {};
      for (const microOp of microOps) {
        if (microOp.kind !== 'own') continue;
        const keys = (owned[microOp.member] ??= []);
        if (microOp.key >= 0) keys.push(names.key(microOp.key)!);
      }
      return { group: first.group, generation: first.generation, owned };
    }
    case 'assign':
      return microOps.map(({ key }) => names.key(key));
    default:
      return null;
  }
}

/** @param value as it stands in the line, no null */
export function readAlone(line: LineObject, kind: SpecialKind, value: unknown, numbers: Numbers): readonly MicroOp[] {
  switch (kind) {
    case 'commit':
    case 'committed':
    case 'process': {
      const object = new LineObject(line.line, value);
      const group = object.string('group');
      return readOffsets(object, numbers).map(({ key, offset }) => ({ kind, key, group, offset }));
    }
    case 'end-offset': {
      const object = new LineObject(line.line, value);
      const isolation = object.string('isolation');
      return readOffsets(object, numbers).map(({ key, offset }) => ({ kind, key, isolation, offset }));
    }
    case 'own':
      return readOwned(new LineObject(line.line, value), numbers);
    case 'assign':
      if (!Array.isArray(value)) line.fail(`an assignment is a list of keys; got ${shown(value)}`);
      return value.map((name: unknown) => ({ kind, key: numbers.key(line, name) }));
    case 'derive':
      return line.fail('lineage stands in "derived"');
  }
}

/** A member of a transaction's list that is neither send nor poll. */
export function writeInTransaction(microOp: Exclude<MicroOp, SendMicroOp | PollMicroOp>, names: Names): unknown {
  switch (microOp.kind) {
    case 'append':
      return ['append', names.key(microOp.key), names.value(microOp.value)];
    case 'read':
      return ['r', names.key(microOp.key), microOp.values?.map((value) => names.value(value)) ?? null];
    default:
      return [microOp.kind, writeAlone([microOp], names)];
  }
}

/** null: there is no micro-operation of that name. */
export function readInTransaction(
  line: LineObject,
  item: readonly unknown[],
  numbers: Numbers,
): readonly MicroOp[] | null {
  const [name, first, second] = item;
  if (name === 'append') {
    if (item.length !== 3) line.fail(`an append is ["append", key, value]; got ${shown(item)}`);
    return [{ kind: 'append', key: numbers.key(line, first), value: numbers.value(line, second) }];
  }
  if (name === 'r') {
    const isList = Array.isArray(second);
    if (!isList && second !== null) line.fail(`a read is ["r", key, [value, …] or null]; got ${shown(item)}`);
    const values = isList ? second.map((value: unknown) => numbers.value(line, value)) : null;
    return [{ kind: 'read', key: numbers.key(line, first), values }];
  }
  const kind = specialKinds.find((one) => one === name);
  return kind === undefined ? null : readAlone(line, kind, first, numbers);
}

const specialKinds: readonly SpecialKind[] = ['commit', 'committed', 'process', 'end-offset', 'own', 'assign'];

/** Lineage by output, in order of appearance; undefined: there is none. */
export function writeDerived(microOps: readonly MicroOp[], names: Names): unknown {
  const derived: { readonly out: readonly unknown[]; readonly count?: number; readonly from: unknown[] }[] = [];
  let last: DeriveMicroOp | null = null;
  for (const microOp of microOps) {
    if (microOp.kind !== 'derive') continue;
    const same = last?.outputKey === microOp.outputKey && last.outputValue === microOp.outputValue;
    if (!same) {
      const out = [names.key(microOp.outputKey), names.value(microOp.outputValue)];
      const { count } = microOp;
      derived.push(count === undefined ? { out, from: [] } : { out, count, from: [] });
    }
    derived[derived.length - 1]!.from.push([names.key(microOp.key), microOp.offset]);
    last = microOp;
  }
  return derived.length === 0 ? undefined : derived;
}

export function readDerived(line: LineObject, numbers: Numbers): readonly MicroOp[] {
  if (!line.has('derived')) return [];
  return line.list('derived').flatMap((one) => {
    const output = new LineObject(line.line, one);
    const out = output.list('out');
    if (out.length !== 2) line.fail(`"out" is [key, value]; got ${shown(out)}`);
    // As of a send: null while nobody knows where the output will be.
    const outputKey = out[0] === null ? -1 : numbers.key(line, out[0]);
    const outputValue = numbers.value(line, out[1]);
    const counted = output.has('count') ? { count: output.integer('count', 1) } : {};
    return output.list('from').map((from): MicroOp => {
      if (!Array.isArray(from) || from.length !== 2) line.fail(`"from" lists [key, offset]; got ${shown(from)}`);
      const [key, offset] = from as readonly unknown[];
      const input = { key: numbers.key(line, key), offset: anOffset(line, offset) };
      return { kind: 'derive', ...input, outputKey, outputValue, ...counted };
    });
  });
}

function writtenOffsets(microOps: readonly MicroOp[], names: Names): Record<string, number | null> {
  const offsets: Record<string, number | null> = {};
  for (const microOp of microOps) {
    if (!('offset' in microOp)) continue;
    offsets[names.key(microOp.key)!] = microOp.offset < 0 ? null : microOp.offset;
  }
  return offsets;
}

function readOffsets(
  object: LineObject,
  numbers: Numbers,
): readonly { readonly key: number; readonly offset: number }[] {
  const offsets = object.object('offsets');
  return offsets.names().map((name) => {
    const offset = offsets.any(name);
    return { key: numbers.key(object, name), offset: offset === null ? -1 : anOffset(object, offset) };
  });
}

function readOwned(object: LineObject, numbers: Numbers): readonly MicroOp[] {
  const group = object.string('group');
  const generation = object.integer('generation', 0);
  const owned = object.object('owned');
  return owned.names().flatMap((member): readonly MicroOp[] => {
    const own = { kind: 'own', group, member, generation } as const;
    const keys = owned.list(member).map((name) => ({ ...own, key: numbers.key(object, name) }));
    return keys.length === 0 ? [{ ...own, key: -1 }] : keys;
  });
}

function anOffset(line: LineObject, offset: unknown): number {
  if (Number.isSafeInteger(offset) && (offset as number) >= 0) return offset as number;
  return line.fail(`no offset: ${shown(offset)}`);
}
