import { describe, expect, it } from 'vitest';
import {
  commit,
  committed,
  historyOf,
  owns,
  poll,
  send,
  txn,
  type OperationBuilder,
} from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';

const zombies = (...operations: readonly OperationBuilder[]): number => {
  const { anomalies, undecided } = checkHistory(historyOf(operations));
  expect(undecided.filter((why) => why.startsWith('zombie-output'))).toEqual([]);
  return anomalies.filter(({ type }) => type === 'zombie-output').length;
};

const inputs = [0, 1].map((value) => send('in', value).ok(value).from(0).to(1));
const readOut = poll('out', [0, 100]).by('reader').from(20_000).to(20_001);
const owned = (member: string, generation: number, at: number, ...keys: readonly string[]) =>
  owns('g', member, generation, ...(keys.length > 0 ? keys : ['in']))
    .from(at)
    .to(at + 1);

/** t0 makes an output of the first input, and commits behind it in the same transaction. */
const transaction = (from: number, to: number) =>
  txn(send('out', 100).ok(0), commit('g', { in: 1 }))
    .derived('out', 100, ['in', 0])
    .from(from)
    .to(to);

describe('no zombie is', () => {
  it('a member that was given the partition after another', () => {
    expect(zombies(...inputs, owned('t1', 2, 1000), owned('t0', 3, 2000), transaction(3000, 4000), readOut)).toBe(0);
    expect(zombies(...inputs, owned('t0', 3, 1000), owned('t1', 4, 2000), transaction(3000, 4000), readOut)).toBe(1);
  });
  it('one that has been given another partition since', () => {
    const next = owned('t1', 4, 2000, 'elsewhere');
    expect(zombies(...inputs, owned('t0', 3, 1000), next, transaction(3000, 4000), readOut)).toBe(0);
  });
  it('one that never owned the partition, as far as anybody knows', () => {
    expect(zombies(...inputs, owned('t1', 4, 2000), transaction(3000, 4000), readOut)).toBe(0);
  });
  it('one that commits outside of transactions: that is what fencing by generations is for', () => {
    const plain = commit('g', { in: 1 }).by('t0').from(3000).to(4000);
    expect(zombies(...inputs, owned('t0', 3, 1000), owned('t1', 4, 2000), plain)).toBe(0);
  });
  it('one with a transactional.id for each partition: that is fenced by whoever gets the partition next', () => {
    const operations = [...inputs, owned('t0', 3, 1000), owned('t1', 4, 2000), transaction(3000, 4000), readOut];
    for (const [settings, count] of [
      [{ fencing: 'group-metadata' }, 1],
      [{ fencing: 'partition' }, 0],
      [{ fencing: 'group-metadata', 't0:fencing': 'partition' }, 0],
      [{ fencing: 'partition', 't0:fencing': 'group-metadata' }, 1],
    ] as const) {
      const { anomalies } = checkHistory(historyOf(operations, { settings }));
      expect(anomalies.filter(({ type }) => type === 'zombie-output').length).toBe(count);
    }
  });
  it('one of a group whose members speak both protocols: its generations may have begun anew in between', () => {
    const operations = [...inputs, owned('t1', 7, 1000), owned('t0', 1, 2000), transaction(3000, 4000), readOut];
    const both = { 'group.id': 'g', 'group.protocol': 'classic', 't1:group.protocol': 'consumer' };
    for (const [settings, count] of [
      [{ 'group.id': 'g', 'group.protocol': 'classic' }, 1],
      [both, 0],
      // Those of another group count for themselves.
      [{ ...both, 't1:group.id': 'h' }, 1],
    ] as const) {
      const { anomalies } = checkHistory(historyOf(operations, { settings }));
      expect(anomalies.filter(({ type }) => type === 'zombie-output').length).toBe(count);
    }
  });
  it('one whose successor failed to come in', () => {
    const failed = owned('t1', 4, 2000).fail();
    expect(zombies(...inputs, owned('t0', 3, 1000), failed, transaction(3000, 4000), readOut)).toBe(0);
  });
});

describe('a transaction that was open when another member took over', () => {
  const open = transaction(10_000, 14_000);
  const before = [...inputs, owned('t0', 3, 1000), open, owned('t1', 4, 11_000), readOut];
  const answer = (offset: number, group = 'g', key = 'in') => committed(group, { [key]: offset }).by('t1');

  it('is that of a zombie, if its successor was answered less, and went on from there', () => {
    expect(zombies(...before, answer(-1).from(12_000).to(13_000))).toBe(1);
    expect(zombies(...before)).toBe(0);
  });
  it.each<[string, OperationBuilder]>([
    ['asked before it took over', answer(-1).from(10_500).to(10_900)],
    ['was answered when the transaction had ended', answer(-1).from(12_000).to(15_000)],
    ['was never answered', answer(-1).from(12_000).info().to(-1)],
    ['asked in vain', answer(-1).from(12_000).fail().to(13_000)],
    ['was told of another group', answer(-1, 'h').from(12_000).to(13_000)],
    ['was told of another partition', answer(-1, 'g', 'elsewhere').from(12_000).to(13_000)],
    ['was answered as much', answer(1).from(12_000).to(13_000)],
  ])('is not, if the successor %s', (_, asked) => {
    expect(zombies(...before, asked)).toBe(0);
  });
});

describe('a transaction in which a member got a partition back', () => {
  /** Begun when t1 had taken over, and t0 owns the partition again from 13 s on. */
  const history = (polled: OperationBuilder) => [
    ...inputs,
    owned('t0', 3, 1000),
    owned('t1', 4, 2000),
    transaction(12_000, 15_000),
    polled,
    owned('t0', 5, 13_000),
    readOut,
  ];
  const input = poll('in', [0, 0]).by('t0');

  it('belongs to the later ownership if it polled its input then', () => {
    expect(zombies(...history(input.from(14_000).to(14_001)))).toBe(0);
  });
  it.each<[string, OperationBuilder]>([
    ['before', input.from(1500).to(1501)],
    ['when the transaction had ended', input.from(16_000).to(16_001)],
    ['and nobody knows how that ended', input.from(14_000).info().to(-1)],
    ['through another client', poll('in', [0, 0]).by('t9').from(14_000).to(14_001)],
    ['of another partition', poll('elsewhere', [0, 5]).by('t0').from(14_000).to(14_001)],
    ['at another offset', poll('in', [1, 1]).by('t0').from(14_000).to(14_001)],
  ])('to the former, if it polled %s', (_, polled) => {
    expect(zombies(...history(polled))).toBe(1);
  });
});
