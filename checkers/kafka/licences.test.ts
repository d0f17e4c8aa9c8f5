import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../histories/builders.js';
import { judge } from './judge.js';
import { judged } from './testing/judged.js';
import { acknowledged, acksAll, lost, scriptOf } from './testing/lost-record.js';

describe('what follows from a licensed loss is licensed', () => {
  /** 7 is lost from offset 0 by acks=1, and 8 gets the offset. */
  const reused = () => {
    const script = scriptOf({ acks: 1, 'max.in.flight.requests.per.connection': 1 }).lead(1, [1, 2, 3]);
    return script.append(1, 7).acknowledge(1, 0, 1).lead(2, [2, 3]).append(2, 8).acknowledge(2, 0, 1);
  };

  it('an offset that was given out again', () => {
    const both = [send('orders-0', 7).ok(0), send('orders-0', 8).by('p1').ok(0), finalRead('orders-0', 2, [0, 8])];
    expect(judged(reused(), both, 'inconsistent-offsets')).toEqual(['acks-1-leader-change']);
  });

  it('not when neither record was lost', () => {
    const script = acknowledged(scriptOf({ acks: 'all' }))
      .append(1, 8)
      .commit(1, 2, 3)
      .acknowledge(1, 1);
    const both = [send('orders-0', 7).ok(0), send('orders-0', 8).ok(0), finalRead('orders-0', 2, [0, 7], [1, 8])];
    expect(judged(script, both, 'inconsistent-offsets')).toEqual(['bug']);
  });

  it('an order in which a lost record stands', () => {
    const script = reused();
    script.append(1, 6).acknowledge(1, 1, 1);
    const ordered = [send('orders-0', 6).ok(1).to(script.now), send('orders-0', 8).ok(0).to(script.now)];
    expect(judged(script, ordered, 'nonmonotonic-send')).toEqual(['acks-1-leader-change']);
  });

  it('another copy of a lost record', () => {
    const script = scriptOf(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    script.append(1, 7).highWatermark(1, 1).lead(3, [3], 'unclean').append(3, 8, 7).highWatermark(3, 2);
    const read = [send('orders-0', 7).ok(1), poll('orders-0', [0, 7]), finalRead('orders-0', 3, [0, 8], [1, 7])];
    expect(judged(script, [...read, send('orders-0', 8).by('p1')], 'duplicate')).toEqual(['unclean-election']);
  });

  it('not two copies that both stand, beside a third that was lost', () => {
    const script = scriptOf(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    script.append(1, 7).highWatermark(1, 1).lead(3, [3], 'unclean').append(3, 8, 7, 7).highWatermark(3, 3);
    const read = [poll('orders-0', [0, 7]), finalRead('orders-0', 3, [0, 8], [1, 7], [2, 7])];
    expect(judged(script, [send('orders-0', 7).ok(1), ...read, send('orders-0', 8).by('p1')], 'duplicate')).toEqual([
      'bug',
    ]);
  });

  it('under acks=0 too, and not what was not lost', () => {
    const none = { 'p0:acks': 0, 'p1:acks': 'all', acks: 'all' };
    const both = [send('orders-0', 7).ok(), send('orders-0', 8).by('p1').ok(0), poll('orders-0', [0, 7])];
    const script = () => scriptOf(none, 1).lead(1, [1]).append(1, 7).acknowledge(1, 0, 0).highWatermark(1, 1);
    const gone = script().lead(3, [3], 'unclean').append(3, 8).highWatermark(3, 1).acknowledge(3, 0);
    expect(judged(gone, both, 'inconsistent-offsets')).toEqual(['acks-0']);
    expect(judged(script(), both, 'inconsistent-offsets')).toEqual(['bug']);
  });

  it('a replica that still holds the lost record below its high watermark', () => {
    const script = acknowledged().changeIsr([2]).losePower(2, 0).elect(-1, [2], 'none').restart(2).unfence(2);
    script.lead(2, [2]).append(2, 8).highWatermark(2, 1);
    expect(judged(script, lost, 'W5')).toEqual(['impaired-leader']);
  });

  it('a leader that lost it, was restarted unnoticed and leads again in the same epoch (ZooKeeper)', () => {
    const script = acknowledged().losePower(1, 0).restart(1).apply(1);
    expect(judged(script, lost, 'W1')).toEqual(['impaired-leader']);
    const intact = acknowledged().kill(1).truncate(1, 0).restart(1).apply(1);
    expect(judged(intact, lost, 'W1')).toEqual(['bug']);
  });

  it('not what contradicts a record that was not lost', () => {
    const script = acknowledged().highWatermark(3, 1, false).truncate(3, 0);
    script.appendRecord(3, { epoch: 0, value: 9 }, false).highWatermark(3, 1, false);
    expect(judged(script, lost, 'W5')).toEqual(['bug']);
  });
});

describe('never licensed', () => {
  it('are records that nobody sent, whatever was lost', () => {
    const script = acknowledged().lead(3, [3], 'unclean');
    expect(judged(script, [...lost, poll('orders-0', [5, 99])], 'phantom')).toEqual(['bug']);
    expect(judged(script, [...lost, poll('orders-1', [5, 7])], 'misplaced')).toEqual(['bug']);
  });

  it('are two leaders in one epoch', () => {
    expect(judged(acknowledged().lead(3, [3], 'unclean').append(1, 9).append(3, 8), lost, 'W7')).toEqual([]);
    const script = acknowledged().lead(3, [3], 'unclean').append(3, 8).appendRecord(2, { epoch: 2, value: 9 }, true);
    expect(judged(script, lost, 'W7')).toEqual(['bug']);
  });
});

describe('many licensed breaches', () => {
  /** b1, deposed by an unclean election and unaware of it, acknowledges 70 records that the new leader lacks. */
  const many = () => {
    const script = scriptOf(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean').apply(3);
    for (let i = 0; i < 70; i++) {
      script
        .append(1, 100 + i)
        .highWatermark(1, i + 1)
        .acknowledge(1, i);
    }
    return script;
  };

  it('do not silence one that nothing licenses, in a later leader epoch', () => {
    expect(judged(many(), lost, 'W2')).toEqual(['unclean-election']);
    const script = many().lead(2, [2, 3]).append(2, 7).highWatermark(2, 1).acknowledge(2, 0);
    expect(judged(script, lost, 'W2')).toEqual(['bug', 'unclean-election']);
  });

  it('nor one in the same leader epoch', () => {
    const script = many().append(3, 7).changeIsr([2, 3]).fetched(3, 2, 1).highWatermark(3, 1).acknowledge(3, 0);
    expect(judged(script, lost, 'W2')).toEqual(['bug', 'unclean-election']);
  });

  it('are not all told', () => {
    const script = many();
    const history = historyOf(lost, script.header);
    const anomalies = script.breaches().filter(({ type }) => type === 'W2');
    expect(anomalies.length).toBeGreaterThan(64);
    const verdict = judge({ history, trace: script.trace, anomalies, undecided: [], requirements: [] });
    expect(verdict.anomalies).toHaveLength(64);
  });
});
