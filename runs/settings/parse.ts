/** Reads the text of one setting as Kafka does (ConfigDef.parseType and its validators). */
import { didYouMean } from '../../histories/nearest.js';
import type { Setting } from './table.js';

export type Parsed =
  | { readonly ok: true; readonly value: string | number | boolean }
  /** Says what is allowed and what may have been meant, and never what was given. */
  | { readonly ok: false; readonly why: string };

const integerBounds: Readonly<Record<string, readonly [bigint, bigint]>> = {
  short: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  long: [-9223372036854775808n, 9223372036854775807n],
};

/** The value of a setting, in Kafka's own unit. Whole numbers beyond 2^53 lose their last digits: no setting needs them. */
export function parseSetting(setting: Setting, given: string): Parsed {
  const text = given.trim();
  switch (setting.type) {
    case 'boolean':
      return parseBoolean(text);
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(setting, text);
    case 'double':
      return parseDouble(setting, text);
    case 'string':
      return parseWord(setting, text);
    case 'list':
      return parseList(setting, text);
    case 'class':
    case 'password':
      return { ok: true, value: text };
  }
}

const LARGEST_LONG = 9223372036854775807n;

/** As Kafka writes it. Its "never" is the largest long, which a double rounds up. */
export function settingText(value: string | number | boolean): string {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
    return String(value);
  }
  const exact = BigInt(value);
  return String(exact > LARGEST_LONG ? LARGEST_LONG : exact);
}

function parseBoolean(text: string): Parsed {
  const word = text.toLowerCase();
  if (word === 'true') return { ok: true, value: true };
  if (word === 'false') return { ok: true, value: false };
  return { ok: false, why: `is neither true nor false${didYouMean(word, ['true', 'false'])}` };
}

function parseInteger(setting: Setting, text: string): Parsed {
  if (!/^[+-]?\d+$/.test(text)) return { ok: false, why: 'is not a whole number' };
  const value = BigInt(text.replace(/^\+/, ''));
  const [lowest, highest] = integerBounds[setting.type]!;
  if (value < lowest || value > highest) return { ok: false, why: `does not fit in Kafka's ${setting.type}` };
  if (setting.min !== undefined && value < BigInt(setting.min)) return { ok: false, why: `is below ${setting.min}` };
  if (setting.max !== undefined && value > BigInt(setting.max)) return { ok: false, why: `is above ${setting.max}` };
  return { ok: true, value: Number(value) };
}

function parseDouble(setting: Setting, text: string): Parsed {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) return { ok: false, why: 'is not a number' };
  if (setting.min !== undefined && value < Number(setting.min)) return { ok: false, why: `is below ${setting.min}` };
  if (setting.max !== undefined && value > Number(setting.max)) return { ok: false, why: `is above ${setting.max}` };
  return { ok: true, value };
}

/** The words of which a setting has to be one, or a list of some. */
interface Choice {
  readonly words: readonly string[];
  /** What others begin with that are valid, too: "by_duration:". */
  readonly prefixes: readonly string[];
  readonly ignoresCase: boolean;
}

function parseWord(setting: Setting, text: string): Parsed {
  const choice = choiceOf(setting);
  if (choice === null || isOneOf(choice, text)) return { ok: true, value: text };
  return { ok: false, why: noneOf(choice, text) };
}

/** (ConfigDef.ValidList: every element) */
function parseList(setting: Setting, text: string): Parsed {
  const choice = choiceOf(setting);
  if (choice === null || text === '') return { ok: true, value: text };
  const strange = text
    .split(',')
    .map((word) => word.trim())
    .find((word) => !isOneOf(choice, word));
  return strange === undefined ? { ok: true, value: text } : { ok: false, why: noneOf(choice, strange) };
}

/** As a validator of Kafka's prints words: "[compact, delete]". Of releases it takes short forms, too, and prints none. */
const PRINTED_WORDS = /^\[([a-z]\S*(?:, [a-z]\S*)*)\]$/;

/** null: it may be anything. Kafka compares some lists of words without case, and prints those in capitals. */
function choiceOf({ type, oneOf, valid, default: usual }: Setting): Choice | null {
  const all =
    oneOf ?? (type === 'string' || type === 'list' ? PRINTED_WORDS.exec(valid ?? '')?.[1]?.split(', ') : null);
  if (all === null || all === undefined) return null;
  const patterns = all.filter((word) => word.includes(':'));
  const words = all.filter((word) => !patterns.includes(word));
  const prefixes = patterns.map((word) => word.slice(0, word.indexOf(':') + 1));
  const ignoresCase = words.some((word) => word === word.toUpperCase() && word !== word.toLowerCase());
  const writesSmall = ignoresCase && typeof usual === 'string' && usual === usual.toLowerCase();
  return { words: writesSmall ? words.map((word) => word.toLowerCase()) : words, prefixes, ignoresCase };
}

function isOneOf({ words, prefixes, ignoresCase }: Choice, text: string): boolean {
  if (words.includes(text) || prefixes.some((prefix) => text.startsWith(prefix))) return true;
  return ignoresCase && words.some((word) => word.toLowerCase() === text.toLowerCase());
}

function noneOf({ words, prefixes }: Choice, text: string): string {
  const near = [text, text.toLowerCase()].map((word) => didYouMean(word, words)).find((hint) => hint !== '');
  return `is none of ${[...words, ...prefixes.map((prefix) => `${prefix}...`)].join(', ')}${near ?? ''}`;
}
