import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../histories/builders.js';
import type { Anomaly } from '../../histories/anomaly.js';
import { Licences } from './licences.js';
import { judge } from './judge.js';
import { judged } from './testing/judged.js';
import { acknowledged, acksAll, lost, scriptOf } from './testing/lost-record.js';
import type { TraceScript } from './testing/script.js';

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
    const intact = acknowledged().kill(1).emit('process-started', 1, -1, 2).truncate(1, 0).restart(1).apply(1);
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

describe('of one lost record', () => {
  const uncommitted = () =>
    scriptOf(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1).append(1, 7);
  const written = () => uncommitted().highWatermark(1, 1).acknowledge(1, 0);
  /** b3, which lacks it, is elected uncleanly; and b1 goes on without any harm. */
  const gone = () => written().lead(3, [3], 'unclean');
  const kept = () => written();

  const anomaly = (type: string, more: Partial<Anomaly> = {}): Anomaly => ({
    type,
    key: 0,
    offsets: [0],
    operations: [0],
    values: [7],
    events: [],
    at: Infinity,
    story: '',
    preventedBy: null,
    ...more,
  });
  /** Of an anomaly of this type that names the record, or with all keys called so. */
  const licenceOf = (script: TraceScript, one: Anomaly, keys: readonly string[] = ['orders-0']) => {
    const operations = [send(keys[0]!, 7).ok(0), send(keys[0]!, 8).ok(0)];
    return new Licences(historyOf(operations, script.header, keys), script.trace).of(one)?.licence.row ?? null;
  };

  it.each([
    'lost-write',
    'unseen',
    'inconsistent-offsets',
    'ack-offset-mismatch',
    'poll-skip',
    'nonmonotonic-poll',
    'int-poll-skip',
    'int-nonmonotonic-poll',
    'torn-transaction',
    'precommitted-read',
    'G1a',
    'G1a-failed-reader',
    'G1c',
    'G1c-process',
    'G1c-realtime',
    'ctp-duplicate',
    'ctp-missing',
    'ctp-phantom',
    'ctp-torn',
    'ctp-order',
    'zombie-output',
    'W1',
    'W2',
    'W5',
    'W6',
    'skipped',
    'committed-too-far',
    'W19',
  ])('%s is licensed, and not if the record was kept', (type) => {
    expect(licenceOf(gone(), anomaly(type))).toBe('unclean-election');
    expect(licenceOf(kept(), anomaly(type))).toBeNull();
  });

  it.each(['nonmonotonic-send', 'int-nonmonotonic-send', 'key-order'])('%s with another one is', (type) => {
    const both = { values: [8, 7], offsets: [0, 0] };
    expect(licenceOf(gone(), anomaly(type, both))).toBe('unclean-election');
    expect(licenceOf(kept(), anomaly(type, both))).toBeNull();
  });

  it.each([
    'committed-regression',
    'committed-nonlinearizable',
    'committed-phantom',
    'overlapping-ownership',
    'W17',
    'W18',
  ])('%s is, if the partition is one of coordinators', (type) => {
    expect(licenceOf(gone(), anomaly(type), ['__consumer_offsets-0'])).toBe('unclean-election');
    expect(licenceOf(kept(), anomaly(type), ['__consumer_offsets-0'])).toBeNull();
    expect(licenceOf(gone(), anomaly(type), ['orders-0'])).toBeNull();
  });

  it('what happened before the election is not', () => {
    expect(licenceOf(gone(), anomaly('skipped', { at: 1 }))).toBeNull();
    expect(licenceOf(gone(), anomaly('W2', { events: [0] }))).toBeNull();
  });

  it('nor what concerns other records, or none', () => {
    for (const type of ['inconsistent-offsets', 'poll-skip', 'W5', 'W6']) {
      expect(licenceOf(gone(), anomaly(type, { values: [8] })), type).toBeNull();
      expect(licenceOf(gone(), anomaly(type, { values: [] })), type).toBeNull();
    }
    expect(licenceOf(gone(), anomaly('W5', { offsets: [3] }))).toBeNull();
    expect(licenceOf(gone(), anomaly('W1', { offsets: [3] }))).toBeNull();
    expect(licenceOf(kept(), anomaly('duplicate', { offsets: [0, 5] }))).toBeNull();
  });

  it('of several copies only the one at the offset that was acknowledged counts', () => {
    const again = () => gone().append(3, 8, 7).highWatermark(3, 2).acknowledge(3, 1);
    expect(licenceOf(again(), anomaly('lost-write', { offsets: [0] }))).toBe('unclean-election');
    expect(licenceOf(again(), anomaly('lost-write', { offsets: [1] }))).toBeNull();
    expect(licenceOf(again(), anomaly('lost-write', { offsets: [] }))).toBeNull();
  });

  it('of several copies at one offset only those that were committed count', () => {
    const twice = uncommitted().truncate(1, 0).append(1, 7).highWatermark(1, 1).acknowledge(1, 0);
    expect(licenceOf(twice.lead(3, [3], 'unclean'), anomaly('lost-write'))).toBe('unclean-election');
  });

  it('under acks=1 what was read and never acknowledged is promised as much as under acks=all', () => {
    const script = scriptOf({ acks: 1 }).lead(1, [1, 2, 3]).append(1, 7).highWatermark(1, 1);
    const ofSend = (outcome: 'ok' | 'info') => {
      const whole = script.acknowledge(1, 0, 1).lead(2, [2, 3]);
      const sent = outcome === 'ok' ? send('orders-0', 7).ok(0) : send('orders-0', 7).info();
      const history = historyOf([sent, poll('orders-0', [0, 7])], whole.header, ['orders-0']);
      return new Licences(history, whole.trace).of(anomaly('lost-write'))?.licence.row ?? null;
    };
    expect(ofSend('ok')).toBe('acks-1-leader-change');
    expect(ofSend('info')).toBeNull();
  });

  it('has as events the first append of each record, and the one that licenses it', () => {
    const script = gone().append(3, 8, 7);
    const licences = new Licences(historyOf([send('orders-0', 7).ok(0)], script.header, ['orders-0']), script.trace);
    const eventsOf = (one: Anomaly, event: number | null) =>
      licences.eventsOf(one, event === null ? null : { licence: { row: 'r', words: 'w', event }, preventedBy: null })
        .length;
    expect(eventsOf(anomaly('duplicate'), null)).toBe(1);
    expect(eventsOf(anomaly('duplicate', { values: [7, 8] }), null)).toBe(2);
    expect(eventsOf(anomaly('duplicate'), 0)).toBe(2);
    // A setting alone is no event.
    expect(eventsOf(anomaly('duplicate'), -1)).toBe(1);
    expect(eventsOf(anomaly('stuck', { key: -1 }), 0)).toBe(1);
    expect(licences.eventsOf(anomaly('W2', { events: [3] }), null)).toEqual([3]);
  });

  it('W1 names every record of the committed prefix that is missing: each must be', () => {
    const both = () => written().append(1, 8).highWatermark(1, 2).acknowledge(1, 1);
    const named = { values: [7, 8], offsets: [0, 1] };
    expect(licenceOf(both().lead(3, [3], 'unclean'), anomaly('W1', named))).toBe('unclean-election');
    const first = written().lead(3, [3], 'unclean').append(3, 8).highWatermark(3, 1);
    expect(licenceOf(first, anomaly('W1', { values: [7, 8], offsets: [0, 0] }))).toBeNull();
  });

  it.each(['phantom', 'misplaced', 'W3', 'W4', 'W7', 'W8', 'W14', 'W15', 'W16', 'W22', 'partition-instability'])(
    '%s is not',
    (type) => expect(licenceOf(gone(), anomaly(type))).toBeNull(),
  );
});
