/** What has to be known of a whole EDN history before its first line can be written as JSON: its keys and its spelling. */
import { quoted } from '../edn/read-edn.js';
import { type Edn, type EdnMap, isKeyword, isKind, itemsOf } from '../edn/values.js';
import { FormatError } from '../json-lines.js';
import { nameIn, operationMap } from './operations.js';
import { INTEGER_KEY, type Spelling } from './spelling.js';

export interface Survey {
  readonly spelling: Spelling;
  readonly workload: 'kafka' | 'list-append';
  /** Names of topic-partitions in order of appearance. */
  readonly keys: readonly string[];
}

/** A form of an EDN file, and the line that it begins at. */
export interface Form {
  readonly line: number;
  readonly value: Edn;
}

/** @throws FormatError if topic-partitions are named in more than one way */
export function survey(forms: Iterable<Form>, container: Spelling['container']): Survey {
  const surveyor = new Surveyor();
  for (const { line, value } of forms) surveyor.add(line, value);
  const { keys, strings, tag, without, hasAppends } = surveyor;
  return {
    spelling: { keys: keys.kind ?? 'int', strings: strings ?? 'keyword', container, tag: tag ?? '', without },
    workload: hasAppends ? 'list-append' : 'kafka',
    keys: [...keys.names],
  };
}

const ofOneKey = new Set(['send', 'append', 'r']);

class Surveyor {
  readonly keys = new Keys();
  strings: Spelling['strings'] | undefined;
  tag: string | undefined;
  without: readonly string[] = [];
  hasAppends = false;

  add(line: number, form: Edn): void {
    const isFirst = this.tag === undefined;
    this.tag ??= isKind(form, 'tagged') ? form.tag : '';
    const operation = operationMap(line, form, { tag: this.tag });
    if (isFirst) this.without = ['index', 'time'].filter((name) => fieldIn(operation, name) === undefined);
    const f = nameIn(operation, 'f');
    const items = itemsOf(fieldIn(operation, 'value')) ?? [];
    if (f === 'assign' || f === 'seek' || f === 'subscribe') {
      for (const key of items) this.keys.add(line, key);
    } else if (f === 'send' || f === 'poll' || f === 'txn') {
      for (const microOp of items) this.microOp(line, microOp);
    }
    for (const rebalance of itemsOf(fieldIn(operation, 'rebalance-log')) ?? []) {
      const keys = isKind(rebalance, 'map') ? itemsOf(fieldIn(rebalance, 'keys')) : undefined;
      for (const key of keys ?? []) this.keys.add(line, key);
    }
  }

  private microOp(line: number, microOp: Edn): void {
    const [f, first, second] = itemsOf(microOp) ?? [];
    if (isKeyword(f, 'poll') && isKind(first, 'map')) {
      for (const [key, pairs] of first.entries) {
        this.keys.add(line, key);
        for (const pair of itemsOf(pairs) ?? []) this.value(itemsOf(pair)?.[1]);
      }
      return;
    }
    if (first === undefined || !isKeyword(f) || !ofOneKey.has(f.name)) return;
    this.keys.add(line, first);
    if (f.name === 'append' || f.name === 'r') this.hasAppends = true;
    this.value(second);
    for (const item of itemsOf(second) ?? []) this.value(item);
  }

  /** The first value that could be either decides. */
  private value(value: Edn | undefined): void {
    if (typeof value === 'string') this.strings ??= 'string';
    else if (isKeyword(value)) this.strings ??= 'keyword';
  }
}

class Keys {
  readonly names = new Set<string>();
  kind: Spelling['keys'] | undefined;

  add(line: number, key: Edn): void {
    if (key === null) return;
    const [kind, name] = namedBy(line, key);
    this.kind ??= kind;
    // Of another kind than those before: the conversion says so, at the same line.
    if (kind === this.kind) this.names.add(name);
  }
}

function namedBy(line: number, key: Edn): [Spelling['keys'], string] {
  if (typeof key === 'number' && INTEGER_KEY.test(String(key))) return ['int', String(key)];
  if (typeof key === 'string') return ['string', key];
  if (isKeyword(key)) return ['keyword', key.name];
  throw new FormatError(line, `a topic-partition is named by an integer, a keyword or a string; got ${quoted(key)}`);
}

/** undefined: the operation has no such field. */
function fieldIn(operation: EdnMap, name: string): Edn | undefined {
  return operation.entries.find(([key]) => isKeyword(key, name))?.[1];
}
