import { expect, it } from 'vitest';
import {
  commit,
  committed,
  endOffsets,
  historyOf,
  owns,
  poll,
  processed,
  send,
  txn,
  type OperationBuilder,
} from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';

/** Inputs 10, 11, 12 stand in `in` at offsets 5, 6, 7; something else was going on before. */
const begun = [
  send('elsewhere', 1).ok(0),
  poll('elsewhere', [0, 1]).by('c9'),
  ...[10, 11, 12].map((value, i) =>
    send('in', value)
      .ok(5 + i)
      .keyed('a'),
  ),
];
const IN = 1;

/** Consumes the input at an offset and produces one output, with the offset of the next. */
const step = (offset: number, output: number, at: number): OperationBuilder =>
  txn(poll('in', [offset, offset + 5]), send('out', output).keyed('a').ok(at), commit('g', { in: offset + 1 })).derived(
    'out',
    output,
    ['in', offset],
  );
const readOut = (...records: readonly (readonly [number, number])[]): OperationBuilder =>
  poll('out', ...records).by('reader');
const readIn = poll('in', [5, 10], [6, 11], [7, 12]).by('c7');
const readAll = poll('in', [5, 10], [6, 11], [7, 12], [8, 13]);

/** Each ends 5 after it began, and before the next begins: operation n from 10 n on. */
const foundIn = (...operations: readonly OperationBuilder[]) =>
  checkHistory(historyOf([...begun, ...operations].map((one, i) => one.from(i * 10).to(i * 10 + 5)))).anomalies.map(
    ({ type, key, offsets, operations: involved, values, at }) => [type, key, offsets, involved, values, at],
  );

it.each<[string, readonly OperationBuilder[], readonly unknown[]]>([
  [
    'ctp-duplicate: the input, and who processed it',
    [step(5, 100, 0), step(6, 101, 2), step(6, 102, 4), readOut([0, 100], [2, 101], [4, 102])],
    [IN, [6], [6, 7], [11], 75],
  ],
  [
    'ctp-missing: the input, who read it, and who committed above it last',
    [step(5, 100, 0), poll('in', [6, 11]).by('t0'), step(7, 102, 4), readOut([0, 100], [4, 102])],
    [IN, [6], [6, 7], [11], 75],
  ],
  [
    'ctp-phantom: the input that nobody read, and who made something of it',
    [
      step(5, 100, 0),
      txn(send('out', 109).ok(2), commit('g', { in: 9 })).derived('out', 109, ['in', 8]),
      readOut([0, 100], [2, 109]),
    ],
    [IN, [8], [6], [], 65],
  ],
  [
    'ctp-torn: the input that lies above the offset',
    [
      step(5, 100, 0),
      txn(poll('in', [6, 11]), send('out', 101).ok(2), commit('g', { in: 6 })).derived('out', 101, ['in', 6]),
      readOut([0, 100], [2, 101]),
    ],
    [IN, [6], [6], [11], 65],
  ],
  [
    'zombie-output: the offset, who had taken over, and who committed',
    [owns('g', 't0', 3, 'in'), owns('g', 't1', 4, 'in'), step(5, 100, 0), readOut([0, 100])],
    [IN, [6], [6, 7], [], 75],
  ],
  [
    'committed-regression: the offset before and the one answered',
    [commit('g', { in: 6 }), commit('g', { in: 8 }), committed('g', { in: 6 })],
    [IN, [8, 6], [6, 7], [], 75],
  ],
  [
    'committed-phantom: the offset that nobody committed',
    [commit('g', { in: 6 }), committed('g', { in: 99 })],
    [IN, [99], [6], [], 65],
  ],
  [
    'committed-beyond-end: the offset, and the end',
    [commit('g', { in: 9 }), endOffsets('read_uncommitted', { in: 8 })],
    [IN, [9, 8], [5, 6], [], 65],
  ],
  [
    'committed-too-far: the record that nobody had polled, who committed, and who did poll it',
    [poll('in', [5, 10]).by('c1'), commit('g', { in: 7 }).by('c1'), poll('in', [6, 11]).by('c1')],
    [IN, [6, 7], [6, 7], [11], 75],
  ],
  [
    'overlapping-ownership: both rebalances, at the time of the later',
    [owns('g', 'm1', 4, 'in'), owns('g', 'm2', 4, 'in')],
    [IN, [], [5, 6], [], 65],
  ],
  [
    'duplicate-consumption: the record, and both polls',
    [
      owns('g', 'm1', 4, 'in'),
      owns('g', 'm2', 5, 'in'),
      poll('in', [5, 10]).by('m1'),
      poll('in', [5, 10], [6, 11]).by('m2'),
    ],
    [IN, [5], [7, 8], [10], 85],
  ],
  [
    'skipped: the record and the offset above it, who committed and who read it',
    [owns('g', 'c1', 1, 'in'), send('in', 13).ok(8), readAll.by('c1'), commit('g', { in: 9 }), processed('g', 'in', 5)],
    [IN, [8, 9], [7, 8], [13], 85],
  ],
  [
    'reprocessed: the record, and both who processed it',
    [owns('g', 'c1', 1, 'in'), readIn, processed('g', 'in', 6), processed('g', 'in', 6)],
    [IN, [6], [7, 8], [11], 85],
  ],
  [
    'processed-out-of-order: both records, who processed the later, and who the one before it',
    [owns('g', 'c1', 1, 'in'), readIn, processed('g', 'in', 6), processed('g', 'in', 5)],
    [IN, [5, 6], [7, 8], [10, 11], 85],
  ],
])('%s', (name, operations, said) => {
  expect(foundIn(...operations)).toEqual([[name.slice(0, name.indexOf(':')), ...said]]);
});
