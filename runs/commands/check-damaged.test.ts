import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeHistory } from '../../histories/format/history-format.js';
import { groupHistories } from '../../histories/format/testing/group-arbitraries.js';
import { histories } from '../../histories/format/testing/history-arbitraries.js';
import { jepsenHistories } from '../../histories/format/testing/jepsen-arbitraries.js';
import { Workplace } from '../testing/command-line.js';

let place: Workplace;
beforeEach(() => (place = new Workplace()));
afterEach(() => place.remove());

const whole: fc.Arbitrary<{ readonly name: string; readonly text: string }> = fc.oneof(
  histories.map((history) => ({ name: 'a.jsonl', text: writeHistory(history) })),
  groupHistories.map((history) => ({ name: 'b.jsonl', text: writeHistory(history) })),
  jepsenHistories.map((text) => ({ name: 'c.edn', text })),
);

/** Where damage is done: a share of the length. */
const place1000 = fc.nat(1000);
const junk = fc.constantFrom(
  'null',
  '-1',
  '1e999',
  '9007199254740993',
  '123456789012345678901234567890',
  '"x"',
  '"__proto__"',
  'true',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
  ':a',
  'nil',
  '#{1}',
  '\\',
  '"',
  '\u0000',
  '\ud800',
  '['.repeat(2000),
  `${'['.repeat(2000)}${']'.repeat(2000)}`,
  `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`,
);

type Damage = (text: string) => string;
const at = (text: string, share: number): number => Math.floor((text.length * share) / 1000);

/** Swaps, drops or repeats lines. */
const reordered = fc
  .tuple(fc.constantFrom('swap', 'drop', 'repeat'), place1000, place1000)
  .map(([how, one, other]): Damage => (text) => {
    const lines = text.split('\n');
    const [i, j] = [one, other].map((share) => Math.floor((lines.length * share) / 1001)) as [number, number];
    if (how === 'drop') lines.splice(i, 1);
    else if (how === 'repeat') lines.splice(j, 0, lines[i]!);
    else [lines[i], lines[j]] = [lines[j]!, lines[i]!];
    return lines.join('\n');
  });

/** Puts something else in the place of a number, a string or a keyword. */
const retyped = fc.tuple(place1000, junk).map(([share, other]): Damage => (text) => {
  const tokens = [...text.matchAll(/"[^"]*"|-?\d+|:[a-z-]+|null|nil/g)];
  const token = tokens[Math.floor((tokens.length * share) / 1001)];
  return token === undefined ? other : text.slice(0, token.index) + other + text.slice(token.index + token[0].length);
});

const damages = fc.oneof(
  place1000.map(
    (share): Damage =>
      (text) =>
        text.slice(0, at(text, share)),
  ),
  place1000.map(
    (share): Damage =>
      (text) =>
        text.slice(at(text, share)),
  ),
  fc.tuple(place1000, junk).map(
    ([share, other]): Damage =>
      (text) =>
        text.slice(0, at(text, share)) + other + text.slice(at(text, share)),
  ),
  reordered,
  { arbitrary: retyped, weight: 4 },
);

interface Bytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Good files, damaged as text, and some of them as bytes or as archives too. */
const damaged: fc.Arbitrary<Bytes> = fc
  .record({
    file: whole,
    damages: fc.array(damages, { minLength: 1, maxLength: 3 }),
    zipped: fc.nat(3),
    bytes: fc.array(fc.tuple(place1000, fc.nat(255)), { maxLength: 1 }),
    unnamed: fc.nat(4),
  })
  .map(({ file, damages: all, zipped, bytes, unnamed }) => {
    const text = all.reduce((before, damage) => damage(before), file.text);
    const packed = zipped === 0 ? gzipSync(text) : Buffer.from(text, 'utf8');
    for (const [share, byte] of bytes) if (packed.length > 0) packed[Math.floor((packed.length * share) / 1001)] = byte;
    return { name: unnamed === 0 ? 'history' : file.name, bytes: packed };
  });

describe('a damaged history', () => {
  it('gets a verdict or an error that says where and why: 500 of them', async () => {
    const exits = new Set<number>();
    await fc.assert(
      fc.asyncProperty(damaged, async ({ name, bytes }) => {
        writeFileSync(join(place.folder, name), bytes);
        const { exit, out, err } = await place.run('check', `@${name}`, '--json');
        exits.add(exit);
        if (exit === 64) {
          expect(err).toMatch(new RegExp(`@${name}:(\\d+:)? .`));
          expect(out).toBe('');
        } else {
          expect([0, 1, 2]).toContain(exit);
          expect(JSON.parse(out)).toMatchObject({ format: 'harrow/check' });
        }
      }),
      { numRuns: 500, endOnFailure: true },
    );
    // Damage that nobody notices and damage that everybody does would both test nothing.
    expect(exits.has(64)).toBe(true);
    expect(exits.size).toBeGreaterThan(1);
  });
});
