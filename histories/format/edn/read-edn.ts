/**
 * Reads EDN text, form by form. Whatever is wrong with it is a FormatError with the line and the reason.
 *
 * Everything of the EDN specification, and what Clojure prints beside it: ratios, `##Inf`, octal escapes, and maps with
 * a namespace (`#:jepsen{:f 1}`).
 */
import { FormatError, shown } from '../json-lines.js';
import { printEdn } from './print-edn.js';
import { readNumber, startsNumber } from './read-number.js';
import { type Edn, isKind, keyword, map, NAME, tagged } from './values.js';

/** Forms nested deeper are refused: no history has them, and each level costs stack. */
const MAX_DEPTH = 256;

const NEWLINE = 0x0a;
const SEMICOLON = 0x3b;
const HASH = 0x23;
const UNDERSCORE = 0x5f;

const namedCharacters = new Set(['newline', 'return', 'space', 'tab', 'backspace', 'formfeed']);
const stringEscapes: Readonly<Record<string, string>> = {
  t: '\t',
  r: '\r',
  n: '\n',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
};

/** @throws FormatError unless the text is exactly one form */
export function readEdn(text: string): Edn {
  const reader = new EdnReader(text);
  if (!reader.more()) reader.fail('a form is missing');
  const value = reader.next();
  if (reader.more()) reader.fail('one form was expected, and more follows');
  return value;
}

export class EdnReader {
  /** Of what is read next, from 1. */
  line = 1;
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  fail(reason: string): never {
    throw new FormatError(this.line, reason);
  }

  /** Skips white space, comments and discarded forms. @returns whether anything follows */
  more(): boolean {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === NEWLINE) this.line++;
      else if (code === SEMICOLON) this.skipComment();
      else if (code === HASH && this.text.charCodeAt(this.at + 1) === UNDERSCORE) this.discard();
      else if (!isBlank(code)) return true;
    }
    return false;
  }

  /** The first character of the next form, unread. Call `more` first. */
  peek(): string {
    return this.text[this.at]!;
  }

  /** Steps over an opening or a closing bracket, so that its items can be read one by one. */
  skip(bracket: string): void {
    if (this.peek() !== bracket) this.fail(`expected ${bracket}, got ${shown(this.peek())}`);
    this.at++;
  }

  /** The next form. Call `more` first. */
  next(): Edn {
    const character = this.peek();
    switch (character) {
      case '(':
        return { kind: 'list', items: this.itemsTo('(', ')') };
      case '[':
        return { kind: 'vector', items: this.itemsTo('[', ']') };
      case '{':
        return this.map();
      case '"':
        return this.string();
      case '\\':
        return this.character();
      case '#':
        return this.dispatched();
      case ')':
      case ']':
      case '}':
        return this.fail(`${character} closes nothing`);
      default:
        return this.atom();
    }
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = (end < 0 ? this.text.length : end) - 1;
  }

  private discard(): void {
    this.at += 2;
    this.nested(() => {
      if (!this.more()) this.fail('#_ discards a form that is missing');
      this.next();
    });
    this.at--;
  }

  /** Items up to the closing bracket. */
  private itemsTo(opening: string, closing: string): Edn[] {
    const { line } = this;
    const items: Edn[] = [];
    this.skip(opening);
    this.nested(() => {
      while (this.more()) {
        if (this.peek() === closing) return;
        items.push(this.next());
      }
      throw new FormatError(line, `${opening} is never closed: the text ends before ${closing}`);
    });
    this.skip(closing);
    return items;
  }

  private nested(read: () => void): void {
    if (++this.depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    read();
    this.depth--;
  }

  private map(): Edn {
    const { line } = this;
    const items = this.itemsTo('{', '}');
    if (items.length % 2 === 1)
      throw new FormatError(line, `a map has a key without a value: ${quoted(items.at(-1)!)}`);
    const entries = Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i]!, items[2 * i + 1]!] as const);
    mustDiffer(
      line,
      entries.map(([key]) => key),
      'a map has a key twice',
    );
    return map(entries);
  }

  private set(): Edn {
    const { line } = this;
    const items = this.itemsTo('{', '}');
    mustDiffer(line, items, 'a set has an item twice');
    return { kind: 'set', items };
  }

  private string(): string {
    const { line } = this;
    let text = '';
    let start = ++this.at;
    for (; this.at < this.text.length; this.at++) {
      const character = this.text[this.at]!;
      if (character === '\n') this.line++;
      if (character !== '"' && character !== '\\') continue;
      text += this.text.slice(start, this.at);
      if (character === '"') {
        this.at++;
        return text;
      }
      text += this.escaped();
      start = this.at + 1;
    }
    throw new FormatError(line, 'a string is never closed');
  }

  /** What an escape stands for; ends at its last character. */
  private escaped(): string {
    const letter = this.text[++this.at] ?? '';
    const simple = stringEscapes[letter];
    if (simple !== undefined) return simple;
    const rest = this.text.slice(this.at, this.at + 5);
    const code = /^u[0-9a-fA-F]{4}/.exec(rest)?.[0] ?? /^[0-3]?[0-7]{1,2}/.exec(rest)?.[0];
    if (code === undefined) return this.fail(`no such escape in a string: \\${letter}`);
    this.at += code.length - 1;
    return String.fromCharCode(code.startsWith('u') ? parseInt(code.slice(1), 16) : parseInt(code, 8));
  }

  private character(): Edn {
    const first = this.text.codePointAt(++this.at);
    if (first === undefined) return this.fail('a character is missing after \\');
    const start = this.at;
    this.at += String.fromCodePoint(first).length;
    // The first is taken whatever it is: \( and \, are characters.
    while (this.at < this.text.length && !endsToken(this.text.charCodeAt(this.at))) this.at++;
    const name = this.text.slice(start, this.at);
    const known = name.length === String.fromCodePoint(first).length || namedCharacters.has(name);
    if (!known && !/^(u[0-9a-fA-F]{4}|o[0-3]?[0-7]{1,2})$/.test(name)) this.fail(`no such character: \\${name}`);
    if (name === '\n') this.line++;
    return { kind: 'character', name };
  }

  /** Behind a #: a set, a symbolic number, a map with a namespace, or a tag with its form. */
  private dispatched(): Edn {
    this.at++;
    if (this.at >= this.text.length) this.fail('# is followed by nothing');
    if (this.peek() === '{') return this.set();
    if (this.peek() === '#') return this.symbolic();
    const tag = this.token();
    const namespace = tag.startsWith(':');
    if (!NAME.test(namespace ? tag.slice(1) : tag)) this.fail(`no tag: #${tag}`);
    let value: Edn = null;
    this.nested(() => {
      if (!this.more()) this.fail(`#${tag} has no form`);
      value = this.next();
    });
    return namespace ? this.withNamespace(tag.slice(1), value) : tagged(tag, value);
  }

  private symbolic(): Edn {
    this.at++;
    const name = this.token();
    if (name !== 'Inf' && name !== '-Inf' && name !== 'NaN') this.fail(`no such number: ##${name}`);
    return { kind: 'number', text: `##${name}` };
  }

  /** `#:a{:b 1, :_/c 2}` is {:a/b 1, :c 2}. */
  private withNamespace(namespace: string, value: Edn): Edn {
    if (!isKind(value, 'map')) return this.fail(`#:${namespace} should be followed by a map`);
    return map(
      value.entries.map(([key, item]) => {
        if (!isKind(key, 'keyword')) return [key, item];
        if (key.name.startsWith('_/')) return [keyword(key.name.slice(2)), item];
        return [key.name.includes('/') ? key : keyword(`${namespace}/${key.name}`), item];
      }),
    );
  }

  private token(): string {
    const start = this.at;
    while (this.at < this.text.length && !endsToken(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(start, this.at);
  }

  private atom(): Edn {
    const token = this.token();
    switch (token) {
      case 'nil':
        return null;
      case 'true':
        return true;
      case 'false':
        return false;
    }
    if (startsNumber(token)) return readNumber(token) ?? this.fail(`no number: ${shown(token)}`);
    if (token.startsWith(':')) {
      const name = token.slice(1);
      return NAME.test(name) ? keyword(name) : this.fail(`no keyword: ${shown(token)}`);
    }
    if (token === '/' || NAME.test(token)) return { kind: 'symbol', name: token };
    return this.fail(`this is no EDN: ${shown(token === '' ? this.peek() : token)}`);
  }
}

function mustDiffer(line: number, items: readonly Edn[], otherwise: string): void {
  if (items.length < 2) return;
  const seen = new Set<string>();
  for (const item of items) {
    const text = printEdn(item);
    if (seen.has(text)) throw new FormatError(line, `${otherwise}: ${quoted(item)}`);
    seen.add(text);
  }
}

/** As an error quotes a form: short. */
export function quoted(value: Edn): string {
  const text = printEdn(value);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** What characters are to the reader, by code; beyond ASCII only white space matters. */
const BLANK = 1;
const ENDS_TOKEN = 2;
const classes = new Uint8Array(128);
for (const character of ' \t\n\v\f\r,\u001c\u001d\u001e\u001f') classes[character.charCodeAt(0)] = BLANK | ENDS_TOKEN;
for (const character of '()[]{}";\\') classes[character.charCodeAt(0)] = ENDS_TOKEN;

function isBlank(code: number): boolean {
  return code < 128 ? (classes[code]! & BLANK) !== 0 : /\s/.test(String.fromCharCode(code));
}

function endsToken(code: number): boolean {
  return code < 128 ? classes[code]! !== 0 : isBlank(code);
}
