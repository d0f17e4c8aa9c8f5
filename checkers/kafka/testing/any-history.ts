/** Histories in which anything may stand: resends, reads of what nobody sent, partitions and offsets that nobody knows. */
import fc, { type Arbitrary } from 'fast-check';
import { historyOf } from '../../../histories/builders.js';
import type { History, MicroOp, Operation, Outcome } from '../../../histories/operation.js';

const keys = ['x', 'y'];
const value = fc.oneof(fc.nat(12), fc.integer({ min: -6, max: -2 }), fc.constantFrom(1e6, 2 ** 40));
const offset = fc.oneof(fc.constant(-1), fc.nat(9), fc.nat(1e5), fc.constant(Number.MAX_SAFE_INTEGER));
const recordKey = fc.option(fc.constantFrom('a', 'b', 'c'));

const send: Arbitrary<MicroOp> = fc.record({
  kind: fc.constant('send' as const),
  key: fc.integer({ min: -1, max: 1 }),
  offset,
  value,
  recordKey,
});

const poll: Arbitrary<MicroOp> = fc
  .tuple(fc.nat(1), fc.array(fc.tuple(offset, value), { maxLength: 6 }))
  .map(([key, read]) => ({
    kind: 'poll',
    key,
    offsets: read.map(([at]) => at),
    values: read.map(([, one]) => one),
  }));

const operation = fc.record({
  session: fc.constantFrom(0, 1, 65_537),
  client: fc.constantFrom('p0', 'p1', 'c0'),
  f: fc.constantFrom('send', 'poll', 'txn'),
  lasts: fc.nat(3000),
  outcome: fc.constantFrom<Outcome>('ok', 'fail', 'info'),
  value: fc.array(fc.oneof(send, poll), { maxLength: 4 }),
  error: fc.option(fc.constantFrom('REQUEST_TIMED_OUT', 'INVALID_RECORD')),
  finalReadOf: fc.constantFrom(-1, -1, 1, 2),
});

export const anyHistory: Arbitrary<History> = fc.array(operation, { maxLength: 25 }).map((drawn) => ({
  ...historyOf([], { resend: true }, keys),
  operations: drawn.map(({ lasts, ...rest }, index): Operation => {
    const invokedAt = index * 1000;
    return { ...rest, index, process: index, invokedAt, completedAt: rest.outcome === 'info' ? -1 : invokedAt + lasts };
  }),
}));
