import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import { checkHistory, type CheckNotes } from './check-history.js';
import { judge } from './judge.js';
import { TraceScript } from './testing/script.js';

/** Anomalies of one type, as judged: 'bug', or the row that licenses them. */
function judged(script: TraceScript, operations: readonly OperationBuilder[], type: string, notes: CheckNotes = {}) {
  const history = historyOf(operations, script.header);
  const { anomalies, undecided } = checkHistory(history, notes);
  const all = [...script.breaches(), ...anomalies];
  const verdict = judge({ history, trace: script.trace, anomalies: all, undecided, requirements: [], notes });
  const words = (one: JudgedAnomaly) => one.licence?.row ?? one.judgement;
  return [...new Set(verdict.anomalies.filter(({ anomaly }) => anomaly.type === type).map(words))];
}

const acksAll = { acks: 'all' };
const lost = [send('orders-0', 7).ok(0), finalRead('orders-0', 2)];
const all = (settings: Record<string, string | number | boolean> = acksAll, minInsyncReplicas = 2) =>
  new TraceScript({ settings, minInsyncReplicas });

/** b1 leads, and 7 is committed on b1 to b3 and acknowledged. */
const acknowledged = (script = all()) => script.lead(1, [1, 2, 3]).append(1, 7).commit(1, 2, 3).acknowledge(1, 0);

describe('under acks=all a lost record is licensed', () => {
  it('by an unclean election of a replica that lacked it', () => {
    const script = all().lead(1, [1, 2, 3]).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
    script.append(1, 7).commit(1, 2).acknowledge(1, 0).kill(1).kill(2).elect(-1, [2], 'none').lead(3, [3], 'unclean');
    expect(judged(script, lost, 'unseen')).toEqual(['unclean-election']);
    expect(judged(script, lost, 'W1')).toEqual(['unclean-election']);
  });

  it('not by a clean one', () => {
    const script = all().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2).highWatermark(1, 1).acknowledge(1, 0);
    expect(judged(script.lead(3, [2, 3]), lost, 'unseen')).toEqual(['bug']);
    expect(judged(script, lost, 'W1')).toEqual(['bug']);
  });

  it('not by an unclean election of a replica that had it', () => {
    const script = acknowledged().lead(2, [2], 'unclean');
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not by an unclean election after it had been lost already', () => {
    const script = all().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2).highWatermark(1, 1).acknowledge(1, 0);
    expect(judged(script.lead(3, [2, 3]).lead(2, [2], 'unclean'), lost, 'unseen')).toEqual(['bug']);
  });

  it('not by an unclean election before it was written', () => {
    const script = all().lead(1, [1, 2, 3]).lead(2, [2], 'unclean').changeIsr([2, 3]).apply(2, 3);
    script
      .append(2, 7)
      .replicate(2, 3)
      .highWatermark(2, 1)
      .acknowledge(2, 0)
      .losePower(3, 1)
      .truncate(3, 0)
      .lead(3, [3]);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not by an unclean election in the final read', () => {
    const script = acknowledged().phase(3).truncate(3, 0).lead(3, [3], 'unclean');
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('by the election of an impaired replica, without eligible leader replicas', () => {
    const script = acknowledged()
      .changeIsr([2])
      .losePower(2, 0)
      .elect(-1, [2], 'none')
      .restart(2)
      .unfence(2)
      .lead(2, [2]);
    expect(judged(script, lost, 'unseen')).toEqual(['impaired-leader']);
    expect(judged(script, lost, 'W1')).toEqual(['impaired-leader']);
  });

  it('not by the election of a replica that lacks it without having lost data', () => {
    const script = acknowledged().changeIsr([2]).kill(2).elect(-1, [2], 'none').restart(2).truncate(2, 0).unfence(2);
    expect(judged(script.lead(2, [2]), lost, 'unseen')).toEqual(['bug']);
  });

  it('not by an impaired replica that had caught up and re-entered the ISR', () => {
    const script = acknowledged().losePower(2, 0).changeIsr([1, 3]).restart(2).unfence(2).apply(2).replicate(1, 2);
    script.changeIsr([1, 2, 3]).truncate(2, 0).lead(2, [2, 3]);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('by bit rot on a replica of the ISR, which the final read finds there', () => {
    const damaged = acknowledged().emit('data-lost', 2, 0, 0, 1, 2).phase(3).lead(2, [1, 2, 3], 'transferred');
    expect(judged(damaged, lost, 'unseen')).toEqual(['damaged-replica']);
  });

  it('not by bit rot elsewhere in that log, nor by bit rot that came with the final read', () => {
    const elsewhere = acknowledged().emit('data-lost', 2, 0, 1, 2, 2).phase(3).lead(2, [1, 2, 3], 'transferred');
    expect(judged(elsewhere, lost, 'unseen')).toEqual(['bug']);
    const later = acknowledged().phase(3).emit('data-lost', 2, 0, 0, 1, 2).lead(2, [1, 2, 3], 'transferred');
    expect(judged(later, lost, 'unseen')).toEqual(['bug']);
  });

  it('by bit rot on the leader that came before the acknowledgement', () => {
    const script = all().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2, 3).emit('data-lost', 1, 0, 0, 1, 2);
    script.highWatermark(1, 1).acknowledge(1, 0).phase(3).lead(2, [1, 2, 3], 'transferred');
    const reads = [send('orders-0', 7).ok(0), finalRead('orders-0', 1), finalRead('orders-0', 2, [0, 7])];
    expect(judged(script, reads, 'lost-write')).toEqual(['damaged-replica']);
  });

  it('with eligible leader replicas by more than min.insync.replicas - 1 impaired at once, not by fewer', () => {
    const rules = { 'eligible-leader-replicas': true };
    const script = () => acknowledged(new TraceScript({ settings: acksAll, rules }));
    const one = script().losePower(2, 0).changeIsr([1, 3]).elect(2, [2]).apply(2);
    expect(judged(one, lost, 'unseen')).toEqual(['bug']);
    const two = script().losePower(2, 0).losePower(3, 0).changeIsr([1]).elect(2, [2]).apply(2);
    expect(judged(two, lost, 'unseen')).toEqual(['too-many-impaired']);
  });

  it('when a leader that the event deposed acknowledged it, and had not yet applied it', () => {
    const script = all(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean').apply(3);
    script.append(1, 7).highWatermark(1, 1).acknowledge(1, 0);
    expect(judged(script, lost, 'unseen')).toEqual(['unclean-election']);
    expect(judged(script, lost, 'W2')).toEqual(['unclean-election']);
  });

  it('not when that leader had applied it', () => {
    const script = all(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean').apply(3).append(1, 7);
    script.emit('become-follower', 1, 0, 2, 3, 1, 2).emit('acknowledged', 1, 0, 0, 0, 1, -1);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not when the elected broker never led, and still got the record', () => {
    const script = all().lead(1, [1, 2, 3]).append(1, 7).elect(2, [2, 3], 'unclean').replicate(1, 2, 3);
    script.highWatermark(1, 1).acknowledge(1, 0).lead(3, [3]).truncate(3, 0);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('by an unclean election of a broker that died before it led, and was elected again', () => {
    const script = all().lead(1, [1, 2, 3]).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
    script.append(1, 7).commit(1, 2).acknowledge(1, 0).elect(3, [3], 'unclean').kill(3).elect(-1, [3], 'none');
    expect(judged(script.restart(3).unfence(3).lead(3, [3]), lost, 'unseen')).toEqual(['unclean-election']);
  });

  it('never when no broker acknowledged it', () => {
    const script = all().lead(1, [1, 2, 3]).append(1, 7).lead(3, [3], 'unclean');
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });
});

describe("a record that one replica's final read lacks is licensed", () => {
  const read = [send('orders-0', 7).ok(0), finalRead('orders-0', 1, [0, 7]), finalRead('orders-0', 2)];
  const rotten = (script: TraceScript) => script.emit('data-lost', 2, 0, 0, 1, 2);
  const readFromEach = (script: TraceScript) => script.phase(3).lead(2, [1, 2, 3], 'transferred').lead(1, [1, 2, 3]);

  it('if the disk below that replica had damaged it', () => {
    expect(judged(readFromEach(rotten(acknowledged())), read, 'lost-write')).toEqual(['damaged-replica']);
  });

  it('not if it was damaged in the final read, or written anew since', () => {
    expect(judged(rotten(readFromEach(acknowledged())), read, 'lost-write')).toEqual(['bug']);
    const mended = rotten(acknowledged()).emit('truncate', 2, 0, 0, 1, 2).emit('append', 2, 0, 0, 1, 7);
    expect(judged(readFromEach(mended), read, 'lost-write')).toEqual(['bug']);
  });

  it('not if another record of that replica was damaged', () => {
    const script = acknowledged().append(1, 8).commit(1, 2, 3).emit('data-lost', 2, 0, 1, 2, 2);
    expect(judged(readFromEach(script), read, 'lost-write')).toEqual(['bug']);
  });

  it('not if a healthy replica lacks it too', () => {
    const both = [...read, finalRead('orders-0', 3)];
    expect(judged(readFromEach(rotten(acknowledged())), both, 'lost-write')).toEqual(['bug']);
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
    const alone = all(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    expect(prevented(frozen(alone.append(1, 7).highWatermark(1, 1).acknowledge(1, 0)))).toEqual({
      setting: 'min.insync.replicas',
      value: '2',
    });
  });

  it('is flush.messages=1 where several had it and the last of them lost it', () => {
    expect(prevented(frozen(acknowledged().changeIsr([1])))).toEqual({ setting: 'flush.messages', value: '1' });
  });

  it('is acks=all where it was acks=1', () => {
    const script = all({ acks: 1 }).lead(1, [1, 2, 3]).append(1, 7).acknowledge(1, 0, 1).lead(2, [2, 3]);
    expect(prevented(script)).toEqual({ setting: 'acks', value: 'all' });
  });
});

describe('under acks=1 a lost record is licensed', () => {
  const one = () => all({ acks: 1 }).lead(1, [1, 2, 3]);

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

  it('but the committed prefix is not: consumers could read it', () => {
    const script = one().append(1, 7).replicate(1, 2).fetched(1, 3, 1).highWatermark(1, 1).acknowledge(1, 0, 1);
    expect(judged(script.lead(3, [2, 3]), lost, 'W1')).toEqual(['bug']);
  });
});

describe('acks=0 promises nothing', () => {
  it('about a lost record', () => {
    const unread = [send('orders-0', 7).ok(), send('orders-0', 8).by('p1').ok(0), finalRead('orders-0', 2, [0, 8])];
    expect(judged(all({ 'p0:acks': 0 }), unread, 'unseen')).toEqual(['acks-0']);
  });

  it('but the records of another producer are judged by its own acks', () => {
    const unread = [send('orders-0', 7).by('p1').ok(), finalRead('orders-0', 2)];
    expect(judged(all({ 'p0:acks': 0, acks: 'all' }), unread, 'unseen')).toEqual(['bug']);
  });
});

describe('what follows from a licensed loss is licensed', () => {
  /** 7 is lost from offset 0 by acks=1, and 8 gets the offset. */
  const reused = () => {
    const script = all({ acks: 1, 'max.in.flight.requests.per.connection': 1 }).lead(1, [1, 2, 3]);
    return script.append(1, 7).acknowledge(1, 0, 1).lead(2, [2, 3]).append(2, 8).acknowledge(2, 0, 1);
  };

  it('an offset that was given out again', () => {
    const both = [send('orders-0', 7).ok(0), send('orders-0', 8).by('p1').ok(0), finalRead('orders-0', 2, [0, 8])];
    expect(judged(reused(), both, 'inconsistent-offsets')).toEqual(['acks-1-leader-change']);
  });

  it('not when neither record was lost', () => {
    const script = acknowledged(all({ acks: 'all' }))
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
    const script = all(acksAll, 1).lead(1, [1, 2, 3]).changeIsr([1]).emit('isr-adopted', 1, 0, 0b10, 2, 1);
    script.append(1, 7).highWatermark(1, 1).lead(3, [3], 'unclean').append(3, 8, 7).highWatermark(3, 2);
    const read = [send('orders-0', 7).ok(1), poll('orders-0', [0, 7]), finalRead('orders-0', 3, [0, 8], [1, 7])];
    expect(judged(script, [...read, send('orders-0', 8).by('p1')], 'duplicate')).toEqual(['unclean-election']);
  });

  it('a replica that still holds the lost record below its high watermark', () => {
    const script = acknowledged().changeIsr([2]).losePower(2, 0).elect(-1, [2], 'none').restart(2).unfence(2);
    script.lead(2, [2]).append(2, 8).highWatermark(2, 1);
    expect(judged(script, lost, 'W5')).toEqual(['impaired-leader']);
  });

  it('not what contradicts a record that was not lost', () => {
    const script = acknowledged().highWatermark(3, 1, false).truncate(3, 0);
    script.appendRecord(3, { epoch: 0, value: 9 }, false).highWatermark(3, 1, false);
    expect(judged(script, lost, 'W5')).toEqual(['bug']);
  });
});

describe('a producer without idempotence', () => {
  const plain = { acks: 'all', 'enable.idempotence': false };
  const twice = [send('orders-0', 7).ok(1), finalRead('orders-0', 1, [0, 7], [1, 7])];
  const swapped = [send('orders-0', 7).ok(1), send('orders-0', 8).ok(0), finalRead('orders-0', 1, [0, 8], [1, 7])];

  it('may duplicate by retries, an idempotent one or one without retries may not', () => {
    expect(judged(all(plain), twice, 'duplicate')).toEqual(['retries-without-idempotence']);
    expect(judged(all({ acks: 'all' }), twice, 'duplicate')).toEqual(['bug']);
    expect(judged(all({ ...plain, retries: 0 }), twice, 'duplicate')).toEqual(['bug']);
  });

  it('may reorder with several in flight, an idempotent one or one without retries may not', () => {
    expect(judged(all(plain), swapped, 'nonmonotonic-send')).toEqual(['in-flight-without-idempotence']);
    expect(judged(all({ acks: 'all' }), swapped, 'nonmonotonic-send')).toEqual(['bug']);
    expect(judged(all({ ...plain, retries: 0 }), swapped, 'nonmonotonic-send')).toEqual(['bug']);
    const single = { ...plain, 'max.in.flight.requests.per.connection': 1 };
    expect(judged(all(single), swapped, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('may repeat a batch with one in flight, but not swap records', () => {
    const single = { ...plain, 'max.in.flight.requests.per.connection': 1 };
    const sends = [send('orders-0', 7).ok(2), send('orders-0', 8).ok(3)];
    const repeated = [...sends, finalRead('orders-0', 1, [0, 7], [1, 8], [2, 7], [3, 8])];
    expect(judged(all(single), repeated, 'nonmonotonic-send')).toEqual(['retries-without-idempotence']);
    const shuffled = [...sends, finalRead('orders-0', 1, [0, 8], [2, 7], [3, 8])];
    expect(judged(all(single), shuffled, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('may reorder by a request that outlives its wait, whatever is in flight', () => {
    const late = (settings: Record<string, string | number | boolean>) =>
      all({ ...settings, 'max.in.flight.requests.per.connection': 1 })
        .lead(1, [1, 2, 3])
        .append(1, 8)
        .append(1, 7);
    const operations = [
      send('orders-0', 7).info().to(1600),
      send('orders-0', 8).ok(0),
      poll('orders-0', [0, 8], [1, 7]),
    ];
    expect(judged(late(plain), operations, 'nonmonotonic-send')).toEqual(['late-request']);
    expect(judged(late({ acks: 'all' }), operations, 'nonmonotonic-send')).toEqual(['bug']);
  });

  it('may do so while another producer may not', () => {
    const mixed = all({ 'p0:enable.idempotence': false, 'p1:enable.idempotence': true, acks: 'all' });
    expect(judged(mixed, twice, 'duplicate')).toEqual(['retries-without-idempotence']);
    const other = [send('orders-0', 7).by('p1').ok(1), finalRead('orders-0', 1, [0, 7], [1, 7])];
    expect(judged(mixed, other, 'duplicate')).toEqual(['bug']);
  });
});

describe('an application that resends', () => {
  it('duplicates what it sent twice, and nothing else', () => {
    const resend = () => new TraceScript({ settings: acksAll, resend: true });
    const read = finalRead('orders-0', 1, [0, 7], [1, 7]);
    expect(judged(resend(), [send('orders-0', 7), send('orders-0', 7).ok(1), read], 'duplicate')).toEqual(['resend']);
    expect(judged(resend(), [send('orders-0', 7).ok(1), read], 'duplicate')).toEqual(['bug']);
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
  it('do not silence one that nothing licenses, in a later leader epoch', () => {
    const script = all(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean').apply(3);
    for (let i = 0; i < 70; i++)
      script
        .append(1, 100 + i)
        .highWatermark(1, i + 1)
        .acknowledge(1, i);
    expect(judged(script, lost, 'W2')).toEqual(['unclean-election']);
    script.lead(2, [2, 3]).append(2, 7).highWatermark(2, 1).acknowledge(2, 0);
    expect(judged(script, lost, 'W2')).toEqual(['bug', 'unclean-election']);
  });
});

describe('stuck', () => {
  const stuck = (bound: 'guaranteed' | 'required') => ({ stuck: { reason: 'no leader', at: 1, key: 0, bound } });

  it('is a bug past the bound that the time-outs give, and not past a shorter one that was required', () => {
    expect(judged(acknowledged(), lost, 'stuck', stuck('guaranteed'))).toEqual(['bug']);
    expect(judged(acknowledged(), lost, 'stuck', stuck('required'))).toEqual(['required-bound']);
  });

  it('by bit rot on a replica, which holds up whoever follows or reads it; not by a loss of power', () => {
    const damaged = acknowledged().emit('data-lost', 1, 0, 0, 1, 2);
    expect(judged(damaged, lost, 'stuck', stuck('guaranteed'))).toEqual(['damaged-replica']);
    expect(judged(acknowledged().losePower(1, 0), lost, 'stuck', stuck('guaranteed'))).toEqual(['bug']);
  });
});
