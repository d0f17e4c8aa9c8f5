/**
 * EDN (github.com/edn-format/edn), Clojure's data notation, as plain data. nil is null; an integer of at most 53 bits is
 * a number; everything that JavaScript has no value of its own for has a `kind`.
 */

/** Without the colon: 'jepsen.history/ok'. */
export interface Keyword {
  readonly kind: 'keyword';
  readonly name: string;
}
export interface EdnSymbol {
  readonly kind: 'symbol';
  readonly name: string;
}
/** As written behind the backslash: 'a', 'newline'. */
export interface Character {
  readonly kind: 'character';
  readonly name: string;
}
/** A number that is no integer of at most 53 bits, as printed: '1.5', '9007199254740993', '5N', '1.10M', '1/3', '##Inf'. */
export interface OtherNumber {
  readonly kind: 'number';
  readonly text: string;
}
export interface Sequence {
  readonly kind: 'vector' | 'list' | 'set';
  readonly items: readonly Edn[];
}
export interface EdnMap {
  readonly kind: 'map';
  readonly entries: readonly (readonly [key: Edn, value: Edn])[];
}
/** `#inst "2024-01-01"`; a record is one around a map: `#jepsen.history.Op{:index 0}`. */
export interface Tagged {
  readonly kind: 'tagged';
  readonly tag: string;
  readonly value: Edn;
}
export type Edn =
  | null
  | boolean
  | number
  | string
  | Keyword
  | EdnSymbol
  | Character
  | OtherNumber
  | Sequence
  | EdnMap
  | Tagged;

export function keyword(name: string): Keyword {
  return { kind: 'keyword', name };
}

export function vector(items: readonly Edn[]): Sequence {
  return { kind: 'vector', items };
}

export function map(entries: EdnMap['entries']): EdnMap {
  return { kind: 'map', entries };
}

export function tagged(tag: string, value: Edn): Tagged {
  return { kind: 'tagged', tag, value };
}

/** A double in EDN's spelling: always with a point or an exponent, unlike an integer. */
export function double(value: number): OtherNumber {
  if (Number.isNaN(value)) return { kind: 'number', text: '##NaN' };
  if (!Number.isFinite(value)) return { kind: 'number', text: value > 0 ? '##Inf' : '##-Inf' };
  const text = Object.is(value, -0) ? '-0' : String(value);
  return { kind: 'number', text: /[.e]/.test(text) ? text : `${text}.0` };
}

export function isKeyword(value: Edn | undefined, name?: string): value is Keyword {
  return isKind(value, 'keyword') && (name === undefined || value.name === name);
}

/** The items of a vector or a list, which are equal in EDN if their items are; undefined: neither. */
export function itemsOf(value: Edn | undefined): readonly Edn[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return value.kind === 'vector' || value.kind === 'list' ? value.items : undefined;
}

type Kind = Exclude<Edn, null | boolean | number | string>['kind'];

export function isKind<K extends Kind>(value: Edn | undefined, kind: K): value is Extract<Edn, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** What may stand in keywords, symbols and tags: no white space, nothing that ends or begins another form. */
export const NAME = /^[^\s,()[\]{}";@^`~\\#:/][^\s,()[\]{}";@^`~\\]*$/u;

/** Whether a keyword of this name is read back as it was printed. */
export function isKeywordName(name: string): boolean {
  return NAME.test(name) && !hasOddCharacters(name);
}

/** Control characters and halves of surrogate pairs: not for names. */
function hasOddCharacters(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0020\u007f-\u00a0]|\p{Surrogate}/u.test(name);
}
