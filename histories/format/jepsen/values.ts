/**
 * EDN values as JSON and back, without loss. What JSON has no notation for is an object of one name that begins with $:
 *
 *   {"$kw":"a"} {"$str":"a"}   a keyword, a string: the kind that plain JSON strings do not stand for here
 *   {"$int":"9007199254740993"} {"$f":"1.0"}   an integer beyond 2^53, a double that is whole
 *   {"$edn":"#{1 2}"}          anything else: sets, tagged literals, ratios, characters, symbols, maps with other keys
 */
import { printEdn } from '../edn/print-edn.js';
import { readEdn } from '../edn/read-edn.js';
import { double, type Edn, type EdnMap, isKeywordName, isKind, keyword, map, tagged, vector } from '../edn/values.js';
import { FormatError, shown } from '../json-lines.js';

/** What plain JSON strings stand for. */
export type Strings = 'keyword' | 'string';

/** A keyword whose name could not be read back, written so that it can. */
const KEYWORD_TAG = 'harrow/keyword';

/** JSON deeper than this is refused: no history has it, and each level costs stack. */
const MAX_DEPTH = 256;

export function toJson(value: Edn, strings: Strings): unknown {
  if (typeof value === 'string') return strings === 'string' ? value : { $str: value };
  if (value === null || typeof value !== 'object') return value;
  switch (value.kind) {
    case 'keyword':
      return strings === 'keyword' ? value.name : { $kw: value.name };
    case 'number':
      return numberToJson(value.text);
    case 'vector':
    case 'list': // equal to a vector with the same items
      return value.items.map((item) => toJson(item, strings));
    case 'map':
      return mapToJson(value, strings);
    case 'tagged':
      if (value.tag === KEYWORD_TAG && typeof value.value === 'string' && !isKeywordName(value.value)) {
        return strings === 'keyword' ? value.value : { $kw: value.value };
      }
      return { $edn: printEdn(value) };
    default:
      return { $edn: printEdn(value) };
  }
}

function numberToJson(text: string): unknown {
  if (/^-?\d+$/.test(text)) return { $int: text };
  if (/[NM/#]/.test(text)) return { $edn: text };
  return Number.isInteger(Number(text)) ? { $f: text } : Number(text);
}

/** An object, if every key is of the kind that plain strings stand for and none would be mistaken for a wrapper. */
function mapToJson(value: EdnMap, strings: Strings): unknown {
  const entries = value.entries.map(([key, item]) => [toJson(key, strings), item] as const);
  const isPlain = entries.every(([key]) => typeof key === 'string' && !key.startsWith('$'));
  if (!isPlain) return { $edn: printEdn(value) };
  return Object.fromEntries(entries.map(([key, item]) => [key as string, toJson(item, strings)]));
}

/** @throws FormatError at `line` for what no EDN stands for */
export function fromJson(line: number, value: unknown, strings: Strings, depth = 0): Edn {
  if (depth > MAX_DEPTH) throw new FormatError(line, `nested deeper than ${MAX_DEPTH} levels`);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return strings === 'string' ? value : keywordOf(value);
  if (typeof value === 'number') return numberFromJson(line, value);
  if (Array.isArray(value)) return vector(value.map((item) => fromJson(line, item, strings, depth + 1)));
  const entries = Object.entries(value as object);
  const [first] = entries;
  if (first !== undefined && entries.length === 1 && first[0].startsWith('$')) {
    return unwrapped(line, first[0], first[1]);
  }
  const reserved = entries.find(([name]) => name.startsWith('$'));
  if (reserved !== undefined)
    throw new FormatError(line, `names that begin with $ are reserved: ${shown(reserved[0])}`);
  return map(entries.map(([name, item]) => [fromJson(line, name, strings), fromJson(line, item, strings, depth + 1)]));
}

function keywordOf(name: string): Edn {
  return isKeywordName(name) ? keyword(name) : tagged(KEYWORD_TAG, name);
}

function numberFromJson(line: number, value: number): Edn {
  if (!Number.isInteger(value)) return double(value);
  if (Number.isSafeInteger(value)) return value + 0;
  throw new FormatError(line, `${value} is too large to be exact as a JSON number: write {"$int":"…"}`);
}

function unwrapped(line: number, wrapper: string, content: unknown): Edn {
  if (typeof content !== 'string') throw new FormatError(line, `${wrapper} holds a string; got ${shown(content)}`);
  switch (wrapper) {
    case '$kw':
      return keywordOf(content);
    case '$str':
      return content;
    case '$int':
    case '$f': {
      const value = parsed(line, content);
      const isInteger = typeof value === 'number' || (isKind(value, 'number') && /^-?\d+$/.test(value.text));
      if (wrapper === '$int' && isInteger) return value;
      if (wrapper === '$f' && isKind(value, 'number') && !/[NM/#]|^-?\d+$/.test(value.text)) return value;
      throw new FormatError(
        line,
        `${wrapper} holds ${wrapper === '$f' ? 'a double' : 'an integer'}; got ${shown(content)}`,
      );
    }
    case '$edn':
      return parsed(line, content);
    default:
      throw new FormatError(line, `no such wrapper: ${shown(wrapper)} ($kw, $str, $int, $f and $edn are known)`);
  }
}

function parsed(line: number, text: string): Edn {
  try {
    return readEdn(text);
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(line, `${shown(text)} is no EDN: ${error.reason}`);
    throw error;
  }
}
