/** EDN values of every kind, for properties. */
import fc from 'fast-check';
import { printEdn } from '../edn/print-edn.js';
import { double, type Edn, keyword } from '../edn/values.js';

export const names = fc.stringMatching(/^[a-z*!_?<>=][a-z0-9*!_?<>=.+-]{0,6}(\/[a-z]{1,4})?$/);
const digits = fc.bigInt({ min: 0n, max: 10n ** 25n }).map(String);

export const numbers: fc.Arbitrary<Edn> = fc.oneof(
  fc.maxSafeInteger(),
  fc.double().map(double),
  fc
    .bigInt({ min: 2n ** 53n, max: 2n ** 70n })
    .chain((value) => fc.constantFrom(String(value), `-${value}`))
    .map((text): Edn => ({ kind: 'number', text })),
  fc
    .oneof(
      digits.map((text) => `${text}N`),
      fc.tuple(digits, fc.nat(999)).map(([whole, part]) => `-${whole}.${part}M`),
      fc.tuple(digits, fc.integer({ min: 1, max: 99 })).map(([above, below]) => `${above}/${below}`),
    )
    .map((text): Edn => ({ kind: 'number', text })),
);

export const atoms: fc.Arbitrary<Edn> = fc.oneof(
  fc.constantFrom(null, true, false),
  numbers,
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('"', '\\', '\n;', '\u0000', '\ud800', 'é😀'),
  names.map(keyword),
  names.map((name): Edn => ({ kind: 'symbol', name: `${name}s` })),
  fc
    .constantFrom('a', '\\', '(', ',', '"', 'newline', 'space', 'u00e9', 'o101', '😀')
    .map((name): Edn => ({ kind: 'character', name })),
);

export const edn: fc.Arbitrary<Edn> = fc.letrec<{ value: Edn }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atoms,
    fc.record({
      kind: fc.constantFrom('vector' as const, 'list' as const),
      items: fc.array(tie('value'), { maxLength: 4 }),
    }),
    fc.uniqueArray(tie('value'), { maxLength: 4, selector: printEdn }).map((items): Edn => ({ kind: 'set', items })),
    fc
      .uniqueArray(fc.tuple(tie('value'), tie('value')), { maxLength: 4, selector: ([key]) => printEdn(key) })
      .map((entries): Edn => ({ kind: 'map', entries })),
    fc.record({
      kind: fc.constant('tagged' as const),
      tag: fc.stringMatching(/^[a-z][a-z.]{0,6}(\/[a-z]{1,4})?$/),
      value: tie('value'),
    }),
  ),
})).value;
