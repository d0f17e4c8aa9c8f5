import { describe, expect, it } from 'vitest';
import {
  commit,
  finalRead,
  owns,
  poll,
  processed,
  send,
  txn,
  type OperationBuilder,
} from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

const settings: HistoryHeader['settings'] = { acks: 'all', 'group.id': 'g', commit: 'after-processing' };
const exactlyOnce: HistoryHeader['settings'] = {
  acks: 'all',
  'group.id': 'g',
  commit: 'in-transaction',
  'transactional.id': 't',
  'isolation.level': 'read_committed',
};

/** 7 and 8 are committed on b1 to b3. */
const committed = (header = settings) =>
  new TraceScript({ settings: header }).lead(1, [1, 2, 3]).append(1, 7, 8).commit(1, 2, 3).acknowledge(1, 1);
/** And every replica deletes 7 by retention, half a second after the beginning. */
const deleted = (header = settings) => committed(header).at(500_000).beginAt(1, 1).beginAt(2, 1).beginAt(3, 1);

const sends = [send('orders-0', 7).keyed('a').ok(0), send('orders-0', 8).keyed('a').ok(1)];
const polls = poll('orders-0', [0, 7], [1, 8]).by('c0').from(5000).to(6000);
const joins = owns('g', 'c0', 1, 'orders-0');
const done = (offset: number, from: number): OperationBuilder =>
  processed('g', 'orders-0', offset)
    .from(from)
    .to(from + 1000);
const commitAt = (at: number): OperationBuilder =>
  commit('g', { 'orders-0': 2 })
    .from(at)
    .to(at + 1000);

describe('a record that a group passed over is licensed', () => {
  const passed = (at: number) => [joins, ...sends, polls, done(1, at - 5000), commitAt(at)];

  it('by retention, if that took it before the group committed a higher offset', () => {
    expect(judged(deleted(), passed(900_000), 'skipped')).toEqual(['deleted-by-policy']);
    expect(judged(deleted(), passed(300_000), 'skipped')).toEqual(['bug']);
    expect(judged(committed(), passed(900_000), 'skipped')).toEqual(['bug']);
  });

  it('not by the deletion of another, nor of one that was no more', () => {
    const below = committed().at(500_000).beginAt(1, 0).beginAt(2, 0).beginAt(3, 0);
    expect(judged(below, passed(900_000), 'skipped')).toEqual(['bug']);
    const others = committed().append(1, 9).commit(1, 2, 3).at(500_000).beginAt(1, 1);
    const third = [...passed(900_000), send('orders-0', 9).ok(2).from(10_000).to(11_000)];
    const beyond = commit('g', { 'orders-0': 3 }).from(950_000).to(951_000);
    const all = [...third, poll('orders-0', [2, 9]).by('c0').from(12_000).to(13_000), done(0, 890_000), beyond];
    expect(judged(others, all, 'skipped')).toEqual(['bug']);
    const gone = committed().at(400_000);
    for (const broker of [1, 2, 3]) gone.truncate(broker, 0).emit('append', broker, 0, 1, 1, 8, 0);
    expect(judged(gone.at(500_000).beginAt(1, 1), passed(900_000), 'skipped')).toEqual(['bug']);
  });
});

describe('a record that was overtaken is licensed', () => {
  const overtaken = (at: number) => [joins, ...sends, polls, done(1, at), done(0, at + 50_000)];

  it('by retention, if that took it before the one behind it was done: its new owner never saw it', () => {
    expect(judged(deleted(), overtaken(600_000), 'processed-out-of-order')).toEqual(['deleted-by-policy']);
    expect(judged(deleted(), overtaken(470_000), 'processed-out-of-order')).toEqual(['bug']);
    expect(judged(committed(), overtaken(600_000), 'processed-out-of-order')).toEqual(['bug']);
  });

  it('where groups commit before they process, by nothing: nobody promises it', () => {
    const early = { ...settings, commit: 'before-processing' };
    expect(judged(committed(early), overtaken(600_000), 'processed-out-of-order')).toEqual(['not-promised']);
  });
});

describe('an input that went into no output is licensed', () => {
  /** 8 was made into 100, and the group is behind both. */
  const step = (at: number) =>
    txn(send('out-0', 100).ok(0), commit('g', { 'orders-0': 2 }))
      .derived('out-0', 100, ['orders-0', 1])
      .from(at)
      .to(at + 1000);
  const reads = (...records: readonly (readonly [number, number])[]) =>
    finalRead('out-0', 1, ...records)
      .from(1_000_000)
      .to(1_001_000);
  const passed = (at: number) => [...sends, polls.by('t0'), step(at), reads([0, 100])];

  it('by retention, if that took it before the group committed a higher offset', () => {
    expect(judged(deleted(exactlyOnce), passed(900_000), 'ctp-missing')).toEqual(['deleted-by-policy']);
    expect(judged(deleted(exactlyOnce), passed(300_000), 'ctp-missing')).toEqual(['bug']);
    expect(judged(committed(exactlyOnce), passed(900_000), 'ctp-missing')).toEqual(['bug']);
  });

  describe('by the deletion of an output that nobody had read', () => {
    /** The output 99 stands in orders-0, too; what is deleted is deleted when the group is behind both inputs. */
    const withOutput = (deletes: boolean) => {
      const script = committed(exactlyOnce).append(1, 99).commit(1, 2, 3).at(950_000);
      if (deletes) for (const broker of [1, 2, 3]) script.beginAt(broker, 3);
      return script;
    };
    const unknown = txn(send('orders-0', 99).info()).derived('orders-0', 99, ['orders-0', 0]).from(20_000).to(21_000);
    const readAll = finalRead('orders-0', 1).from(1_000_000).to(1_001_000);
    const history = (first: OperationBuilder) => [
      ...sends,
      polls.by('t0'),
      first,
      step(900_000),
      reads([0, 100]),
      readAll,
    ];

    it('if nobody knows how its operation ended', () => {
      expect(judged(withOutput(true), history(unknown.info()), 'ctp-missing')).toEqual(['deleted-by-policy']);
      expect(judged(withOutput(false), history(unknown.info()), 'ctp-missing')).toEqual(['bug']);
      expect(judged(withOutput(true), history(unknown.fail()), 'ctp-missing')).toEqual(['bug']);
    });
    it('not of an output that was made of another input', () => {
      const ofAnother = txn(send('orders-0', 99).info()).derived('orders-0', 99, ['orders-0', 1]).info();
      const all = history(ofAnother.from(20_000).to(21_000));
      expect(judged(withOutput(true), all, 'ctp-missing')).toEqual(['bug']);
    });
  });
});

describe('a count that is too low is licensed', () => {
  const streams = { ...exactlyOnce, 'processing.guarantee': 'exactly_once_v2' };
  const counts = (at: number, key: string) => [
    send('orders-0', 7).keyed(key).ok(0),
    sends[1]!,
    polls.by('t0'),
    txn(send('out-0', 90).keyed('b').ok(0), commit('g', { 'orders-0': 1 }))
      .counted('out-0', 90, 1, 'orders-0', 0)
      .fail()
      .from(10_000)
      .to(11_000),
    txn(send('out-0', 100).keyed('a').ok(1), commit('g', { 'orders-0': 2 }))
      .counted('out-0', 100, 1, 'orders-0', 1)
      .from(at)
      .to(at + 1000),
    finalRead('out-0', 1, [1, 100]).from(1_000_000).to(1_001_000),
  ];

  it('by retention, if that took a record of its key before', () => {
    expect(judged(deleted(streams), counts(900_000, 'a'), 'count-too-low')).toEqual(['deleted-by-policy']);
    expect(judged(deleted(streams), counts(300_000, 'a'), 'count-too-low')).toEqual(['bug']);
    expect(judged(committed(streams), counts(900_000, 'a'), 'count-too-low')).toEqual(['bug']);
  });
  it('not by the deletion of a record of another key, nor of the one itself', () => {
    const script = deleted(streams).append(1, 9).commit(1, 2, 3).acknowledge(1, 2);
    const step = (value: number, offset: number) =>
      txn(send('out-0', value).keyed('a').ok(offset), commit('g', { 'orders-0': 3 })).counted(
        'out-0',
        value,
        1,
        'orders-0',
        2,
      );
    const history = [
      send('orders-0', 7).keyed('z').ok(0),
      sends[1]!,
      send('orders-0', 9).keyed('a').ok(2),
      poll('orders-0', [0, 7], [1, 8], [2, 9]).by('t0').from(5000).to(6000),
      txn(send('out-0', 90).keyed('b')).counted('out-0', 90, 1, 'orders-0', 0).fail().from(10_000).to(11_000),
      txn(send('out-0', 91).keyed('a')).counted('out-0', 91, 1, 'orders-0', 1).fail().from(12_000).to(13_000),
      step(100, 1).from(900_000).to(901_000),
      finalRead('out-0', 1, [1, 100]).from(1_000_000).to(1_001_000),
    ];
    expect(judged(script, history, 'count-too-low')).toEqual(['bug']);
  });
  it('a record of another key is not counted', () => {
    expect(judged(deleted(streams), counts(900_000, 'z'), 'count-too-low')).toEqual([]);
  });
});

describe('what policy deleted explains no circle', () => {
  it('nor a read before the commit', () => {
    const early = [
      ...sends,
      txn(send('orders-0', 9).ok(2), poll('orders-0', [2, 9])),
      finalRead('orders-0', 1, [1, 8]),
    ];
    const script = committed(exactlyOnce).append(1, 9).commit(1, 2, 3).acknowledge(1, 2);
    for (const broker of [1, 2, 3]) script.beginAt(broker, 3);
    const history = early.map((one, i) => one.from(100_000 * i).to(100_000 * i + 1000));
    expect(judged(script, history, 'precommitted-read')).toEqual(['bug']);
  });
});
