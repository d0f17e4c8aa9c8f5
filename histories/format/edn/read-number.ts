/** Numbers of EDN: integers of any size, doubles, and Clojure's exact kinds (5N, 1.5M, 1/3). */
import { double, type Edn } from './values.js';

export function startsNumber(token: string): boolean {
  return /^[+-]?\d/.test(token);
}

/** @returns undefined if it begins like a number and is none */
export function readNumber(token: string): Edn | undefined {
  const text = token.startsWith('+') ? token.slice(1) : token;
  if (/^-?(0|[1-9]\d*)$/.test(text)) return integer(text);
  if (/^-?(0|[1-9]\d*)N$/.test(text)) return { kind: 'number', text };
  if (/^-?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?M$/.test(text)) return { kind: 'number', text };
  if (/^-?(0|[1-9]\d*)\/[1-9]\d*$/.test(text)) return { kind: 'number', text };
  if (/^-?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?$/.test(text)) return double(Number(text));
  return undefined;
}

function integer(text: string): Edn {
  const value = Number(text);
  // -0 is 0: integers have no sign of zero.
  return Number.isSafeInteger(value) ? value + 0 : { kind: 'number', text };
}
