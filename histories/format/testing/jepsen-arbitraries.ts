/** Histories as Jepsen's Kafka workload writes them, in every spelling, with fields of its own that nobody here reads. */
import fc from 'fast-check';
import { printEdn } from '../edn/print-edn.js';
import { double, type Edn, keyword, map, tagged, vector } from '../edn/values.js';
import { atoms, edn, names } from './edn-arbitraries.js';

interface Spelled {
  readonly key: fc.Arbitrary<Edn>;
  readonly value: fc.Arbitrary<Edn>;
  readonly tag: string;
  readonly container: readonly [string, string];
  readonly without: readonly string[];
}

const spellings: fc.Arbitrary<Spelled> = fc.record({
  key: fc.constantFrom<fc.Arbitrary<Edn>>(
    fc.integer({ min: -2, max: 12 }),
    fc.constantFrom('x', 'y', '__proto__', '7').map(keyword),
    fc.constantFrom('orders-0', 'a b', '3'),
  ),
  value: fc.constantFrom<fc.Arbitrary<Edn>>(
    fc.nat(99),
    fc.constantFrom('a', 'b').map(keyword),
    fc.constantFrom('a', 'b c'),
    fc.oneof(atoms, fc.nat(99)),
    edn,
    fc.tuple(fc.option(fc.nat(9)), fc.nat(9)).map((pair) => vector(pair)),
  ),
  tag: fc.constantFrom('', 'jepsen.history.Op'),
  container: fc.constantFrom(['', ''] as const, ['[', ']'] as const, ['(', ')'] as const),
  without: fc.constantFrom([], ['index'], ['index', 'time']),
});

function pairs(value: fc.Arbitrary<Edn>): fc.Arbitrary<Edn> {
  return fc.array(fc.tuple(fc.option(fc.nat(9)), value), { maxLength: 3 }).map((all) => vector(all.map(vector)));
}

/** What an operation does, as invoked and as completed. */
function bodies({ key, value }: Spelled): fc.Arbitrary<{ f: string; invoked: Edn; completed: Edn }> {
  const send = fc
    .tuple(key, value, fc.option(fc.nat(9)))
    .map(([k, v, offset]) => [vector([keyword('send'), k, v]), vector([keyword('send'), k, vector([offset, v])])]);
  const reads = fc.uniqueArray(fc.tuple(key, pairs(value)), { maxLength: 2, selector: ([k]) => printEdn(k) }).map(map);
  const poll = fc.option(reads).map((read) => [vector([keyword('poll')]), vector([keyword('poll'), read])]);
  const append = fc
    .tuple(key, value)
    .map(([k, v]) => [vector([keyword('append'), k, v]), vector([keyword('append'), k, v])]);
  const read = fc
    .tuple(key, fc.option(fc.array(value, { maxLength: 3 })))
    .map(([k, list]) => [
      vector([keyword('r'), k, null]),
      vector([keyword('r'), k, list === null ? null : vector(list)]),
    ]);
  const list = (f: string, one: fc.Arbitrary<Edn[]>) =>
    fc.array(one, { maxLength: 3 }).map((microOps) => ({
      f,
      invoked: vector(microOps.map(([invoked]) => invoked!)),
      completed: vector(microOps.map(([, completed]) => completed!)),
    }));
  const keys = fc.uniqueArray(key, { maxLength: 3, selector: printEdn }).map(vector);
  return fc.oneof(
    list('send', send),
    list('poll', poll),
    list('txn', fc.oneof(send, poll, append, read)),
    fc.tuple(fc.constantFrom('assign', 'subscribe'), keys).map(([f, of]) => ({ f, invoked: of, completed: of })),
    fc.constant({ f: 'crash', invoked: null, completed: null }),
    fc.tuple(keys, edn).map(([of, state]) => ({ f: 'debug-topic-partitions', invoked: of, completed: state })),
  );
}

/** Fields beside the usual ones. */
function extras({ key }: Spelled): fc.Arbitrary<[Edn, Edn][]> {
  const rebalance = fc
    .tuple(fc.array(key, { maxLength: 2 }), fc.option(names))
    .map(([keys, action]) =>
      map([
        [keyword('keys'), vector(keys)],
        ...(action === null ? [] : [[keyword('action'), keyword(action)] as const]),
      ]),
    );
  const field = fc.oneof(
    edn.map((error): [Edn, Edn] => [keyword('error'), error]),
    fc.constantFrom('n1', 'n 2').map((node): [Edn, Edn] => [keyword('node'), node]),
    fc.boolean().map((is): [Edn, Edn] => [keyword('seek-to-beginning?'), is]),
    fc.nat(999).map((ms): [Edn, Edn] => [keyword('poll-ms'), ms]),
    fc.array(rebalance, { maxLength: 2 }).map((log): [Edn, Edn] => [keyword('rebalance-log'), vector(log)]),
    fc.nat(99).map((count): [Edn, Edn] => [keyword('unseen'), map([[11, count]])]),
    fc.double({ noNaN: true }).map((offset): [Edn, Edn] => [keyword('clock-offsets'), map([['n1', double(offset)]])]),
    fc.tuple(names, edn).map(([name, value]): [Edn, Edn] => [keyword(`x.${name}`), value]),
    fc.constant<[Edn, Edn]>(['a string', keyword('a')]),
  );
  return fc.uniqueArray(field, { maxLength: 3, selector: ([name]) => printEdn(name) });
}

/** EDN texts of whole histories. */
export const jepsenHistories: fc.Arbitrary<string> = spellings.chain((spelled) => {
  const operation = fc.record({
    body: bodies(spelled),
    lane: fc.nat(2),
    type: fc.constantFrom('ok', 'fail', 'info'),
    extras: extras(spelled),
    nemesis: fc.boolean(),
    back: fc.integer({ min: -1, max: 3 }),
  });
  return fc.array(operation, { maxLength: 6 }).map((operations) => {
    const lines: string[] = [];
    let process = 0;
    const write = (who: Edn, type: string, f: string, value: Edn, more: [Edn, Edn][], back: number): void => {
      const index = lines.length;
      const all: [Edn, Edn][] = [
        [keyword('index'), back < 0 ? index + 3 : index],
        [keyword('time'), 1000 + index * 700 + (back < 0 ? -1500 : 0)],
        [keyword('type'), keyword(type)],
        [keyword('process'), who],
        [keyword('f'), keyword(f)],
        [keyword('value'), value],
        ...more,
      ];
      const operationMap = map(all.filter(([key]) => !spelled.without.some((name) => printEdn(key) === `:${name}`)));
      lines.push(printEdn(spelled.tag === '' ? operationMap : tagged(spelled.tag, operationMap)));
    };
    for (const { body, type, nemesis, back, ...one } of operations) {
      if (nemesis) write(keyword('nemesis'), 'info', 'kill', vector(['n1']), [], back);
      write(process, 'invoke', body.f, body.invoked, [], 0);
      write(process, type, body.f, body.completed, one.extras, back);
      if (type === 'info') process++;
    }
    const [opening, closing] = spelled.container;
    return `${opening}${lines.join('\n')}${closing}\n`;
  });
});
