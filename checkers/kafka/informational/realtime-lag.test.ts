import { describe, expect, it } from 'vitest';
import {
  assign,
  finalRead,
  historyOf,
  other,
  poll,
  seek,
  send,
  type OperationBuilder,
} from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { lagsBeyond, realtimeLags } from './realtime-lag.js';

const lagsOf = (operations: readonly OperationBuilder[], settings: HistoryHeader['settings'] = {}) =>
  realtimeLags(historyOf(operations, { settings }, ['x', 'y'])).map(({ client, key, lag }) => [client, key, lag]);

const first = send('x', 1).ok(0).from(0).to(1000);
const second = send('x', 2).ok(1).from(2000).to(3000);
const nothing = poll('x');
const assigned = assign('x').from(0).to(10);

describe('realtime-lag', () => {
  it('is for how long a record had been known that a poll did not return', () => {
    expect(lagsOf([assigned, first, nothing.from(5000).to(6000)])).toEqual([['c0', 0, 4000]]);
  });
  it('not of a poll that returned it, nor of one that was invoked before', () => {
    expect(lagsOf([assigned, first, poll('x', [0, 1]).from(5000).to(6000)])).toEqual([]);
    expect(lagsOf([assigned, first, nothing.from(900).to(6000)])).toEqual([]);
  });
  it('is measured from the first record above the position', () => {
    const behind = poll('x', [0, 1]).from(5000).to(6000);
    expect(lagsOf([assigned, first, second, behind])).toEqual([['c0', 0, 2000]]);
  });
  it('a record that is known shows that all below exist', () => {
    expect(lagsOf([assigned, second, first.from(4000).to(4500), nothing.from(5000).to(6000)])).toEqual([
      ['c0', 0, 2000],
    ]);
  });
  it('is known by polls of others too, however they ended', () => {
    const other = poll('x', [0, 1]).by('c1').fail().from(500).to(1500);
    expect(lagsOf([assigned, send('x', 1), other, nothing.from(5000).to(6000)])).toEqual([['c0', 0, 3500]]);
  });
  it('not by sends that failed, nor by those of which nobody knows', () => {
    expect(lagsOf([assigned, first.fail(), second.info(), nothing.from(5000).to(6000)])).toEqual([]);
  });
  it('the worst poll of each session and key counts', () => {
    const polls = [nothing.from(2000).to(2100), nothing.from(9000).to(9100), nothing.from(9200).to(9300)];
    const caughtUp = [...polls.slice(0, 2), poll('x', [0, 1]).from(9200).to(9300)];
    expect(lagsOf([assigned, first, ...polls])).toEqual([['c0', 0, 8200]]);
    expect(lagsOf([assigned, first, ...caughtUp])).toEqual([['c0', 0, 8000]]);
  });
  it('a poll of nothing at all lags behind in every key that the session reads', () => {
    expect(lagsOf([assigned, first, other('poll').from(5000).to(6000)])).toEqual([['c0', 0, 4000]]);
  });

  describe('of positions', () => {
    const late = nothing.from(9000).to(9100);
    it('an assignment keeps those of the keys that it names, and adds the start', () => {
      const read = poll('x', [0, 1]).from(1500).to(1600);
      expect(lagsOf([assigned, first, read, assign('x', 'y').from(2000).to(2100), late])).toEqual([]);
      expect(
        lagsOf([assigned, first, read, assign('y').from(1700).to(1800), assign('x').from(1900).to(2000), late]),
      ).toEqual([['c0', 0, 8000]]);
    });
    it('an assignment that failed changes nothing', () => {
      expect(lagsOf([assigned, first, assign('y').fail().from(1500).to(1600), late])).toEqual([['c0', 0, 8000]]);
    });
    it('with auto.offset.reset=latest nobody knows where an assignment begins', () => {
      expect(lagsOf([assigned, first, late], { 'auto.offset.reset': 'latest' })).toEqual([]);
      const read = poll('x', [0, 1]).from(1500).to(1600);
      expect(lagsOf([assigned, first, read, second, late], { 'auto.offset.reset': 'latest' })).toEqual([
        ['c0', 0, 6000],
      ]);
    });
    it.each([other('subscribe'), other('crash'), seek('x'), other('rebalance')])('%# leaves them unknown', (event) => {
      expect(lagsOf([assigned, first, event.from(2000).to(2100), late])).toEqual([]);
    });
    it('a rebalance during a poll leaves those of its keys unknown', () => {
      expect(lagsOf([assigned, first, late.rebalanced('x')])).toEqual([]);
      expect(lagsOf([assigned, first, late.rebalanced('y')])).toEqual([['c0', 0, 8000]]);
    });
    it('a poll that did not succeed is not measured, and does not move them', () => {
      expect(lagsOf([assigned, first, late.fail()])).toEqual([]);
      const aborted = poll('x', [0, 1]).fail().from(1500).to(1600);
      expect(lagsOf([assigned, first, aborted, late])).toEqual([['c0', 0, 8000]]);
    });
    it('final reads are of no consumer', () => {
      expect(lagsOf([first, second, finalRead('x', 1, [0, 1]).from(9000).to(9100)])).toEqual([]);
    });
  });
});

describe('maxLag', () => {
  const history = historyOf([assigned, first, poll('x').from(5000).to(6000)]);
  it('tells polls that lag behind by more', () => {
    expect(lagsBeyond(history, 3999)).toMatchObject([
      {
        type: 'realtime-lag',
        operations: [1, 2],
        at: 6000,
        story:
          'c0 polled x and stood at the start, though operation 1 had shown a record above that at least 0.004 s before',
      },
    ]);
  });
  it('and none that lags behind by just as much', () => {
    expect(lagsBeyond(history, 4000)).toEqual([]);
  });
});
