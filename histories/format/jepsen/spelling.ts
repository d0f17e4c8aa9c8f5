/**
 * How a history is spelled in EDN, where one `harrow/history` can be spelled in several ways: the field `edn` of its
 * header. Imported from EDN, it says how that was; else it is what fits.
 */
import { isKeywordName } from '../edn/values.js';
import { LineObject } from '../json-lines.js';
import type { Strings } from './values.js';

export interface Spelling {
  /** What all names of topic-partitions are. */
  readonly keys: 'int' | 'keyword' | 'string';
  /** What JSON strings stand for in values, errors and unknown fields. */
  readonly strings: Strings;
  /** A form for each operation, or one collection of them. */
  readonly container: 'lines' | 'vector' | 'list';
  /** Of the record that each operation is: 'jepsen.history.Op'; '': plain maps. */
  readonly tag: string;
  /** Fields that no operation has: `index` and `time` may be missing in EDN. */
  readonly without: readonly string[];
}

export const INTEGER_KEY = /^(0|-?[1-9]\d{0,14})$/;

/** As the header says, and where it is silent as its keys can be written. */
export function spellingOf(header: LineObject): Spelling {
  const edn = header.has('edn') ? header.object('edn') : new LineObject(header.line, {});
  const names = header.has('keys') ? header.object('keys').names() : [];
  return {
    keys: edn.has('keys') ? edn.oneOf('keys', ['int', 'keyword', 'string']) : kindOfKeys(names),
    strings: edn.has('strings') ? edn.oneOf('strings', ['keyword', 'string']) : 'string',
    container: edn.has('container') ? edn.oneOf('container', ['lines', 'vector', 'list']) : 'lines',
    tag: edn.has('tag') ? edn.string('tag') : '',
    without: edn.has('without') ? edn.strings('without') : [],
  };
}

function kindOfKeys(names: readonly string[]): Spelling['keys'] {
  if (names.length > 0 && names.every((name) => INTEGER_KEY.test(name))) return 'int';
  return names.every(isKeywordName) ? 'keyword' : 'string';
}
