import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edn } from '../testing/edn-arbitraries.js';
import { printEdn } from './print-edn.js';
import { readEdn } from './read-edn.js';

describe('EDN', () => {
  it('is read back as it was printed', () => {
    fc.assert(
      fc.property(edn, (value) => {
        expect(readEdn(printEdn(value))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['[1 +2 -3 0]', [1, 2, -3, 0]],
    ['(1, 2)', [1, 2]],
    ['["a\\tb" "\\u00e9\\101"]', ['a\tb', 'éA']],
    ['[#_ [1 #_2] 3 ; the rest\n 4]', [3, 4]],
  ])('%s reads as %j', (text, items) => {
    expect(readEdn(text)).toMatchObject({ items });
  });

  it.each([
    ['12345678901234567890', { kind: 'number', text: '12345678901234567890' }],
    ['5N', { kind: 'number', text: '5N' }],
    ['1.10M', { kind: 'number', text: '1.10M' }],
    ['1/3', { kind: 'number', text: '1/3' }],
    ['1.50', { kind: 'number', text: '1.5' }],
    ['1.', { kind: 'number', text: '1.0' }],
    ['1E3', { kind: 'number', text: '1000.0' }],
    ['##-Inf', { kind: 'number', text: '##-Inf' }],
    ['\\newline', { kind: 'character', name: 'newline' }],
    [':jepsen/f', { kind: 'keyword', name: 'jepsen/f' }],
    ['a.b', { kind: 'symbol', name: 'a.b' }],
    ['#inst "2024-11-12"', { kind: 'tagged', tag: 'inst', value: '2024-11-12' }],
    ['#jepsen.history.Op{:index 0}', { kind: 'tagged', tag: 'jepsen.history.Op', value: { kind: 'map' } }],
    ['#{1 2}', { kind: 'set', items: [1, 2] }],
  ])('%s is %j', (text, value) => {
    expect(readEdn(text)).toMatchObject(value);
  });

  it('gives the keys of a map their namespace', () => {
    expect(printEdn(readEdn('#:a{:b 1, :c/d 2, :_/e 3, "f" 4}'))).toBe('{:a/b 1, :c/d 2, :e 3, "f" 4}');
  });

  it.each([
    ['', 'line 1: a form is missing'],
    ['1 2', 'line 1: one form was expected, and more follows'],
    ['\n[1\n2', 'line 2: [ is never closed: the text ends before ]'],
    ['[1}', 'line 1: } closes nothing'],
    ['{:a}', 'line 1: a map has a key without a value: :a'],
    ['{:a 1 :a 2}', 'line 1: a map has a key twice: :a'],
    ['#{1 1}', 'line 1: a set has an item twice: 1'],
    ['"a\nb', 'line 1: a string is never closed'],
    ['"\\q"', 'line 1: no such escape in a string: \\q'],
    ['\\nope', 'line 1: no such character: \\nope'],
    ['007', 'line 1: no number: "007"'],
    ['0x1F', 'line 1: no number: "0x1F"'],
    ['::a', 'line 1: no keyword: "::a"'],
    ['^meta', 'line 1: this is no EDN: "^meta"'],
    ['#_', 'line 1: #_ discards a form that is missing'],
    ['#tag', 'line 1: #tag has no form'],
    ['##Infinity', 'line 1: no such number: ##Infinity'],
    ['['.repeat(100_000), 'line 1: nested deeper than 256 levels'],
    ['#_'.repeat(100_000), 'line 1: nested deeper than 256 levels'],
    ['#a '.repeat(100_000), 'line 1: nested deeper than 256 levels'],
  ])('%.20s is refused', (text, message) => {
    expect(() => readEdn(text)).toThrow(message);
  });
});
