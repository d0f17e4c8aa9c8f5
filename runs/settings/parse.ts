/** Reads the text of one setting as Kafka does (ConfigDef.parseType and its validators). */
import type { Setting } from './table.js';

export type Parsed =
  | { readonly ok: true; readonly value: string | number | boolean }
  /** Says what is allowed, and never what was given. */
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
  return { ok: false, why: 'is neither true nor false' };
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

/** Kafka compares some lists of words without case (it prints those in capitals): so do we for all but `acks`. */
function parseWord(setting: Setting, text: string): Parsed {
  const { oneOf } = setting;
  if (oneOf === undefined || oneOf.includes(text)) return { ok: true, value: text };
  const caseInsensitive = oneOf.some((word) => word === word.toUpperCase() && word !== word.toLowerCase());
  if (caseInsensitive && oneOf.includes(text.toUpperCase())) return { ok: true, value: text };
  return { ok: false, why: `is none of ${oneOf.join(', ')}` };
}
