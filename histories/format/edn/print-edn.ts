/** EDN as text. What it prints, the reader reads back as an equal value. */
import type { Edn } from './values.js';

export function printEdn(value: Edn): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return printString(value);
  if (typeof value !== 'object') return String(value);
  switch (value.kind) {
    case 'keyword':
      return `:${value.name}`;
    case 'symbol':
      return value.name;
    case 'character':
      return `\\${value.name}`;
    case 'number':
      return value.text;
    case 'vector':
      return `[${value.items.map(printEdn).join(' ')}]`;
    case 'list':
      return `(${value.items.map(printEdn).join(' ')})`;
    case 'set':
      return `#{${value.items.map(printEdn).join(' ')}}`;
    case 'map':
      return `{${value.entries.map(([key, item]) => `${printEdn(key)} ${printEdn(item)}`).join(', ')}}`;
    case 'tagged': {
      const text = printEdn(value.value);
      // As Clojure prints records: no space before the map.
      return `#${value.tag}${text.startsWith('{') ? '' : ' '}${text}`;
    }
  }
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

function printString(text: string): string {
  // Control characters, and halves of surrogate pairs, which UTF-8 cannot hold.
  // oxlint-disable-next-line no-control-regex
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]|\p{Surrogate}/gu, (character) => {
    return escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
