/**
 * Values of operations, by what the operation does: micro-operations of sends, polls and transactions, lists of
 * topic-partitions, and anything else as it is.
 *
 *   [:send 11 [537 641]]          ["send","11",[537,641]]
 *   [:poll {11 [[537 641]]}]      ["poll",{"11":[[537,641]]}]
 *   [:append :x 1]  [:r :x [1]]   ["append","x",1]  ["r","x",[1]]
 */
import { quoted } from '../edn/read-edn.js';
import { type Edn, isKeyword, isKeywordName, isKind, itemsOf, keyword, map, tagged, vector } from '../edn/values.js';
import { FormatError, shown } from '../json-lines.js';
import { INTEGER_KEY, type Spelling } from './spelling.js';
import { fromJson, toJson } from './values.js';

/** Functions whose value is a list of micro-operations, and those whose value is a list of topic-partitions. */
const ofMicroOps = new Set(['send', 'poll', 'txn']);
const ofKeys = new Set(['assign', 'seek', 'subscribe']);
/** Micro-operations of consumer groups, which Jepsen has not: written as they are. */
const ofGroups = new Set(['commit', 'committed', 'process', 'end-offset', 'own', 'assign']);

/** A value that would be taken for [offset, value], written so that it is not. */
const VALUE_TAG = 'harrow/value';

/** Between the two notations of one history, at one line of its file. */
export class ValueMapping {
  private readonly line: number;
  private readonly spelling: Spelling;

  constructor(line: number, spelling: Spelling) {
    this.line = line;
    this.spelling = spelling;
  }

  toJson(f: string, value: Edn): unknown {
    const items = itemsOf(value);
    if (items === undefined || !(ofMicroOps.has(f) || ofKeys.has(f))) return toJson(value, this.spelling.strings);
    if (ofMicroOps.has(f)) return items.map((item) => this.microOpToJson(item));
    return items.map((item) => this.keyToJson(item));
  }

  fromJson(f: string, value: unknown): Edn {
    if (!Array.isArray(value) || !(ofMicroOps.has(f) || ofKeys.has(f))) return this.plain(value);
    if (ofMicroOps.has(f)) return vector(value.map((item) => this.microOpFromJson(item)));
    return vector(value.map((item) => this.keyFromJson(item)));
  }

  keyToJson(key: Edn): string | null {
    const { keys } = this.spelling;
    if (key === null) return null;
    if (keys === 'int' && typeof key === 'number') return String(key);
    if (keys === 'string' && typeof key === 'string') return key;
    if (keys === 'keyword' && isKeyword(key)) return key.name;
    return this.fail(`a topic-partition is named by ${quoted(key)}, and others before it by ${keyWords[keys]}`);
  }

  keyFromJson(name: unknown): Edn {
    const { keys } = this.spelling;
    if (name === null) return null;
    if (typeof name !== 'string') return this.fail(`no name of a topic-partition: ${shown(name)}`);
    if (keys === 'string') return name;
    if (keys === 'keyword' && isKeywordName(name)) return keyword(name);
    if (keys === 'int' && INTEGER_KEY.test(name)) return Number(name);
    return this.fail(`the header says that names of topic-partitions are ${keyWords[keys]}: ${shown(name)}`);
  }

  private microOpToJson(microOp: Edn): unknown {
    const [f, ...rest] = itemsOf(microOp) ?? [];
    if (isKeyword(f, 'poll') && rest.length === 0) return ['poll'];
    if (isKeyword(f, 'poll') && rest.length === 1) return ['poll', this.readsToJson(rest[0]!)];
    if (rest.length === 2) {
      const [key, value] = rest as [Edn, Edn];
      if (isKeyword(f, 'send')) return ['send', this.keyToJson(key), this.sentToJson(value)];
      if (isKeyword(f, 'append')) return ['append', this.keyToJson(key), this.valueToJson(value)];
      if (isKeyword(f, 'r')) return ['r', this.keyToJson(key), this.listToJson(value)];
    }
    if (isKeyword(f) && ofGroups.has(f.name))
      return [f.name, ...rest.map((item) => toJson(item, this.spelling.strings))];
    return this.fail(
      `a micro-operation is [:send k v], [:send k [offset v]], [:poll], [:poll {k [[offset v] …]}], [:append k v], [:r k […]]; got ${quoted(microOp)}`,
    );
  }

  private microOpFromJson(microOp: unknown): Edn {
    if (!Array.isArray(microOp)) return this.fail(`a micro-operation should be a list; got ${shown(microOp)}`);
    const [f, key, value] = microOp as readonly unknown[];
    if (f === 'poll') {
      return vector([keyword('poll'), ...(microOp.length === 1 ? [] : [this.readsFromJson(key)])]);
    }
    if (f === 'send') return vector([keyword('send'), this.keyFromJson(key), this.sentFromJson(value)]);
    if (f === 'append') return vector([keyword('append'), this.keyFromJson(key), this.valueFromJson(value)]);
    if (f === 'r') return vector([keyword('r'), this.keyFromJson(key), this.listFromJson(value)]);
    if (typeof f !== 'string' || !ofGroups.has(f)) return this.fail(`no micro-operation: ${shown(f)}`);
    return vector([keyword(f), ...microOp.slice(1).map((item) => this.plain(item))]);
  }

  private readsToJson(reads: Edn): unknown {
    if (reads === null) return null;
    if (!isKind(reads, 'map')) return this.fail(`a poll reads a map of topic-partitions; got ${quoted(reads)}`);
    return Object.fromEntries(
      reads.entries.map(([key, pairs]) => {
        const items = itemsOf(pairs) ?? this.fail(`a poll reads lists of [offset value]; got ${quoted(pairs)}`);
        return [
          this.keyToJson(key) ?? this.fail('a poll reads no topic-partition nil'),
          items.map((pair) => this.pairToJson(pair)),
        ];
      }),
    );
  }

  private readsFromJson(reads: unknown): Edn {
    if (reads === null || typeof reads !== 'object') return this.plain(reads);
    return map(
      Object.entries(reads).map(([name, pairs]) => {
        if (!Array.isArray(pairs)) return this.fail(`a poll of ${shown(name)} should be a list of [offset, value]`);
        return [this.keyFromJson(name), vector(pairs.map((pair) => this.pairFromJson(pair)))];
      }),
    );
  }

  private sentToJson(sent: Edn): unknown {
    if (isPair(sent)) return this.pairToJson(sent);
    const isWrapped = isKind(sent, 'tagged') && sent.tag === VALUE_TAG && isPair(sent.value);
    return this.valueToJson(isWrapped ? sent.value : sent);
  }

  private sentFromJson(sent: unknown): Edn {
    if (Array.isArray(sent)) return this.pairFromJson(sent);
    const value = this.valueFromJson(sent);
    return isPair(value) ? tagged(VALUE_TAG, value) : value;
  }

  private pairToJson(pair: Edn): unknown {
    const [offset, value, ...more] = itemsOf(pair) ?? [];
    if (value === undefined || more.length > 0) return this.fail(`expected [offset value], got ${quoted(pair)}`);
    return [toJson(offset!, this.spelling.strings), this.valueToJson(value)];
  }

  private pairFromJson(pair: unknown): Edn {
    if (!Array.isArray(pair) || pair.length !== 2) return this.fail(`expected [offset, value], got ${shown(pair)}`);
    return vector([this.plain(pair[0]), this.valueFromJson(pair[1])]);
  }

  private listToJson(list: Edn): unknown {
    if (list === null) return null;
    const items = itemsOf(list) ?? this.fail(`a read returns a list, or nil; got ${quoted(list)}`);
    return items.map((item) => this.valueToJson(item));
  }

  private listFromJson(list: unknown): Edn {
    if (list === null) return null;
    return Array.isArray(list) ? vector(list.map((item) => this.valueFromJson(item))) : this.plain(list);
  }

  /** A list in the place of a value means [offset, value]: structured values are wrapped. */
  private valueToJson(value: Edn): unknown {
    const json = toJson(value, this.spelling.strings);
    return isStructured(json) ? { $v: json } : json;
  }

  private valueFromJson(json: unknown): Edn {
    if (!isObject(json) || !Object.hasOwn(json, '$v')) return this.plain(json);
    return this.plain(json['$v']);
  }

  private plain(json: unknown): Edn {
    return fromJson(this.line, json, this.spelling.strings);
  }

  private fail(reason: string): never {
    throw new FormatError(this.line, reason);
  }
}

const keyWords = { int: 'integers', keyword: 'keywords', string: 'strings' } as const;

/** [offset value], as sends complete with: the offset is an integer, or nil where it is not known. */
function isPair(value: Edn): boolean {
  const items = itemsOf(value);
  return items?.length === 2 && (items[0] === null || typeof items[0] === 'number');
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A list, or an object that wraps nothing. */
function isStructured(json: unknown): boolean {
  return Array.isArray(json) || (isObject(json) && !Object.keys(json).some((name) => name.startsWith('$')));
}
