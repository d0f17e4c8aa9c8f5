/** Histories of transactions, lists, groups and lineage. */
import fc from 'fast-check';
import { append, assign, commit, committed, endOffsets, historyOf, owns, poll, read } from '../../builders.js';
import { processed, send, txn, type OperationBuilder } from '../../builders.js';
import type { History } from '../../operation.js';

const key = fc.constantFrom('x-0', 'y-1', '7');
const value = fc.nat(99);
const offset = fc.nat(1000);
const group = fc.constantFrom('g', '7', '__proto');
const keys = fc.uniqueArray(key, { maxLength: 3 });
const pairs = fc.array(fc.tuple(offset, value), { maxLength: 3 });
/** Of at least one key; those that look like numbers come first, as in any object. */
const offsetsOf = (one: fc.Arbitrary<number>) =>
  fc.dictionary(key, one, { minKeys: 1, maxKeys: 3, noNullPrototype: true });

const part: fc.Arbitrary<OperationBuilder> = fc.oneof(
  fc.tuple(key, value).map(([of, one]) => append(of, one)),
  fc.tuple(key, fc.option(fc.array(value))).map(([of, values]) => read(of, values)),
  fc.tuple(key, value, offset).map(([of, one, at]) => send(of, one).ok(at)),
  fc.tuple(key, pairs).map(([of, records]) => poll(of, ...records)),
  fc.tuple(group, offsetsOf(offset)).map(([of, offsets]) => commit(of, offsets)),
);
const lineage = fc.record({ key, value, from: fc.array(fc.tuple(key, offset), { minLength: 1, maxLength: 3 }) });
const counting = fc.record({ key, value, count: fc.integer({ min: 1, max: 9 }), input: key, offset });

const operation: fc.Arbitrary<OperationBuilder> = fc.oneof(
  fc.tuple(fc.array(part, { maxLength: 4 }), fc.option(lineage)).map(([parts, one]) => {
    const whole = txn(...parts);
    return one === null ? whole : whole.derived(one.key, one.value, ...one.from);
  }),
  fc
    .tuple(part, counting)
    .map(([one, { key: to, value: of, count, input, offset: at }]) => txn(one).counted(to, of, count, input, at)),
  fc.tuple(group, offsetsOf(offset)).map(([of, offsets]) => commit(of, offsets)),
  fc.tuple(group, offsetsOf(fc.integer({ min: -1, max: 9 }))).map(([of, offsets]) => committed(of, offsets)),
  fc.tuple(group, key, offset).map(([of, one, at]) => processed(of, one, at)),
  offsetsOf(offset).map((offsets) => endOffsets('read_committed', offsets)),
  fc
    .tuple(group, fc.constantFrom('m1', 'm2'), fc.nat(9), keys)
    .map(([of, member, generation, owned]) => owns(of, member, generation, ...owned)),
  keys.map((of) => assign(...of)),
);
const ended = fc.tuple(operation, fc.constantFrom('ok', 'fail', 'info', 'never')).map(([one, end]) =>
  // What never completed learnt no offsets of its sends.
  end === 'ok' ? one : end === 'fail' ? one.fail() : end === 'info' ? one.info() : one.ok().info(null).to(-1),
);

export const groupHistories: fc.Arbitrary<History> = fc
  .array(ended, { maxLength: 8 })
  .map((operations) => historyOf(operations));
