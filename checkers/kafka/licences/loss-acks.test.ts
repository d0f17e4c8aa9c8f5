import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, send } from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';
import { judge } from '../judge.js';
import { judged } from '../testing/judged.js';
import { acknowledged, acksAll, lost, scriptOf } from '../testing/lost-record.js';
import type { TraceScript } from '../testing/script.js';

describe('under acks=1 a lost record is licensed', () => {
  const one = () => scriptOf({ acks: 1 }).lead(1, [1, 2, 3]);

  it('by a later change of leader', () => {
    const script = one().append(1, 7).acknowledge(1, 0, 1).lead(2, [2, 3]);
    expect(judged(script, lost, 'unseen')).toEqual(['acks-1-leader-change']);
  });

  it('by one that the acknowledging leader had not applied', () => {
    const script = one().elect(2, [2, 3]).apply(2, 3).append(1, 7).acknowledge(1, 0, 1);
    expect(judged(script, lost, 'unseen')).toEqual(['acks-1-leader-change']);
  });

  it('not by an earlier one', () => {
    const script = one().lead(2, [2, 3]).append(2, 7).acknowledge(2, 0, 1);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('by a loss of data after the acknowledgement, not before', () => {
    const after = one().append(1, 7).acknowledge(1, 0, 1).losePower(1, 0);
    expect(judged(after, lost, 'unseen')).toEqual(['acks-1-impairment']);
    const before = one().append(1, 6).losePower(1, 0).restart(1).apply(1).append(1, 7).acknowledge(1, 0, 1);
    expect(judged(before, lost, 'unseen')).toEqual(['bug']);
  });

  it('not by a loss of data on a replica that did not hold it, or above it', () => {
    const elsewhere = one().append(1, 6).replicate(1, 3).append(1, 7).acknowledge(1, 1, 1).losePower(3, 0);
    const history = [send('orders-0', 7).ok(1), finalRead('orders-0', 2)];
    expect(judged(elsewhere.truncate(1, 1), history, 'unseen')).toEqual(['bug']);
    const above = one().append(1, 7).acknowledge(1, 0, 1).append(1, 8).losePower(1, 1).truncate(1, 0);
    expect(judged(above, lost, 'unseen')).toEqual(['bug']);
  });

  it('by bit rot below it, from which recovery cuts the log', () => {
    const script = one().append(1, 6, 7).acknowledge(1, 1, 1).emit('data-lost', 1, 0, 0, 1, 2).kill(1);
    script.emit('log-loaded', 1, 0, 0, 0, 1, 0);
    const history = [send('orders-0', 7).ok(1), finalRead('orders-0', 2)];
    expect(judged(script, history, 'unseen')).toEqual(['acks-1-impairment']);
  });

  it('not by a change of leader in the final read', () => {
    const script = one().append(1, 7).acknowledge(1, 0, 1).phase(3).lead(2, [1, 2, 3], 'transferred');
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not by a change to a leader that had it, and cut it off before it led', () => {
    const script = one().append(1, 7).replicate(1, 2).acknowledge(1, 0, 1).elect(2, [2, 3]).truncate(2, 0).apply(2);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not by a loss of data on a follower, while its leader leads on', () => {
    const script = one().append(1, 7).replicate(1, 3).acknowledge(1, 0, 1).losePower(3, 0).truncate(1, 0);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('but the committed prefix is not: consumers could read it', () => {
    const script = one().append(1, 7).replicate(1, 2).fetched(1, 3, 1).highWatermark(1, 1).acknowledge(1, 0, 1);
    expect(judged(script.lead(3, [2, 3]), lost, 'W1')).toEqual(['bug']);
  });
});

describe('acks=0 promises nothing', () => {
  it('about a lost record', () => {
    const unread = [send('orders-0', 7).ok(), send('orders-0', 8).by('p1').ok(0), finalRead('orders-0', 2, [0, 8])];
    expect(judged(scriptOf({ 'p0:acks': 0 }), unread, 'unseen')).toEqual(['acks-0']);
  });

  it('but the records of another producer are judged by its own acks', () => {
    const unread = [send('orders-0', 7).by('p1').ok(), finalRead('orders-0', 2)];
    expect(judged(scriptOf({ 'p0:acks': 0, acks: 'all' }), unread, 'unseen')).toEqual(['bug']);
  });
});

describe('what would have prevented a loss', () => {
  const prevented = (script: TraceScript) => {
    const history = historyOf(lost, script.header);
    const { anomalies } = checkHistory(history);
    const verdict = judge({ history, trace: script.trace, anomalies, undecided: [], requirements: ['no-lost-writes'] });
    expect(verdict.verdict).toBe('unsafe');
    return verdict.anomalies[0]!.anomaly.preventedBy;
  };
  const frozen = (script: TraceScript) =>
    script.losePower(1, 0).elect(-1, [1], 'none').restart(1).unfence(1).lead(1, [1]);

  it('is min.insync.replicas=2 where one replica acknowledged alone', () => {
    const alone = scriptOf(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    expect(prevented(frozen(alone.append(1, 7).highWatermark(1, 1).acknowledge(1, 0)))).toEqual({
      setting: 'min.insync.replicas',
      value: '2',
    });
  });

  it('is flush.messages=1 where several had it and the last of them lost it', () => {
    expect(prevented(frozen(acknowledged().changeIsr([1])))).toEqual({ setting: 'flush.messages', value: '1' });
  });

  it('is flush.messages=1 too where two had acknowledged, though one would have been allowed', () => {
    const two = scriptOf(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
    const script = two.append(1, 7).commit(1, 2).acknowledge(1, 0).changeIsr([1]);
    expect(prevented(frozen(script))).toEqual({ setting: 'flush.messages', value: '1' });
  });

  it('is nothing where the disk rotted', () => {
    const script = acknowledged().changeIsr([1]).rot(1, 0, 1).kill(1).emit('truncate', 1, 0, 0, 1, 2);
    script.logs[1]!.length = 0;
    expect(prevented(script.elect(-1, [1], 'none').restart(1).unfence(1).lead(1, [1]))).toBeNull();
  });

  it('is acks=all where it was acks=1', () => {
    const script = scriptOf({ acks: 1 }).lead(1, [1, 2, 3]).append(1, 7).acknowledge(1, 0, 1).lead(2, [2, 3]);
    expect(prevented(script)).toEqual({ setting: 'acks', value: 'all' });
  });
});
