import { describe, expect, it } from 'vitest';
import { finalRead, send } from '../../../histories/builders.js';
import { judged } from '../testing/judged.js';
import { acknowledged, acksAll, lost, scriptOf } from '../testing/lost-record.js';
import { TraceScript } from '../testing/script.js';

describe('under acks=all a lost record is licensed', () => {
  it('by an unclean election of a replica that lacked it', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
    script.append(1, 7).commit(1, 2).acknowledge(1, 0).kill(1).kill(2).elect(-1, [2], 'none').lead(3, [3], 'unclean');
    expect(judged(script, lost, 'unseen')).toEqual(['unclean-election']);
    expect(judged(script, lost, 'W1')).toEqual(['unclean-election']);
  });

  it('not by a clean one', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2).highWatermark(1, 1).acknowledge(1, 0);
    expect(judged(script.lead(3, [2, 3]), lost, 'unseen')).toEqual(['bug']);
    expect(judged(script, lost, 'W1')).toEqual(['bug']);
  });

  it('not by an unclean election of a replica that had it', () => {
    const script = acknowledged().lead(2, [2], 'unclean');
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not by an unclean election after it had been lost already', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2).highWatermark(1, 1).acknowledge(1, 0);
    expect(judged(script.lead(3, [2, 3]).lead(2, [2], 'unclean'), lost, 'unseen')).toEqual(['bug']);
  });

  it('not by an unclean election before it was written', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).lead(2, [2], 'unclean').changeIsr([2, 3]).apply(2, 3);
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

  it('not by the election of an impaired replica whose disk had lost other records, and not this one', () => {
    const script = acknowledged().append(1, 8).replicate(1, 2).changeIsr([2]).losePower(2, 1);
    script.elect(-1, [2], 'none').restart(2).truncate(2, 0).unfence(2);
    expect(judged(script.lead(2, [2]), lost, 'unseen')).toEqual(['bug']);
    expect(judged(script, lost, 'W1')).toEqual(['bug']);
  });

  it('by what recovery cut off above the batch that bit rot damaged, not below it', () => {
    const rotten = (from: number) =>
      acknowledged()
        .append(1, 8)
        .commit(1, 2, 3)
        .acknowledge(1, 1)
        .changeIsr([2])
        .rot(2, from, from + 1)
        .kill(2);
    const restarted = (script: TraceScript) => script.truncate(2, 0).restart(2).unfence(2).lead(2, [2]);
    const recovered = (script: TraceScript) => {
      script.logs[2]!.length = 0;
      return script.emit('truncate', 2, 0, 0, 2, 2).restart(2).unfence(2).lead(2, [2]);
    };
    const both = [send('orders-0', 7).ok(0), send('orders-0', 8).ok(1), finalRead('orders-0', 2)];
    expect(judged(recovered(rotten(0)), both, 'unseen')).toEqual(['impaired-leader']);
    expect(judged(recovered(rotten(1)), both, 'unseen')).toEqual(['bug', 'impaired-leader']);
    expect(judged(restarted(rotten(1)), both, 'unseen')).toEqual(['bug', 'impaired-leader']);
  });

  it('not by an unclean election of a replica that held it then, and cut it off before it led', () => {
    const script = acknowledged().elect(3, [3], 'unclean').truncate(3, 0).apply(3);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
    expect(judged(script, lost, 'W1')).toEqual(['bug']);
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
    const script = scriptOf().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2, 3).emit('data-lost', 1, 0, 0, 1, 2);
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

  it('with eligible leader replicas by the election of the last known leader, though one replica alone is impaired', () => {
    const rules = { 'eligible-leader-replicas': true };
    const script = acknowledged(new TraceScript({ settings: acksAll, rules })).losePower(2, 0);
    script.elect(-1, [], 'none').lead(2, [2], 'lastKnownLeader');
    expect(judged(script, lost, 'unseen')).toEqual(['last-known-leader']);
    expect(judged(script, lost, 'W1')).toEqual(['last-known-leader']);
  });

  it('when a leader that the event deposed acknowledged it, and had not yet applied it', () => {
    const script = scriptOf(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean').apply(3);
    script.append(1, 7).highWatermark(1, 1).acknowledge(1, 0);
    expect(judged(script, lost, 'unseen')).toEqual(['unclean-election']);
    expect(judged(script, lost, 'W2')).toEqual(['unclean-election']);
  });

  it('for as long as it was gone, though the next unclean election brought it back', () => {
    const script = scriptOf(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean');
    script.append(1, 7).highWatermark(1, 1).acknowledge(1, 0).elect(1, [1], 'unclean').apply(1);
    expect(judged(script, lost, 'W2')).toEqual(['unclean-election']);
  });

  it('not when that leader had applied it', () => {
    const script = scriptOf(acksAll, 1).lead(1, [1]).elect(3, [3], 'unclean').apply(3).append(1, 7);
    script.emit('become-follower', 1, 0, 2, 3, 1, 2).emit('acknowledged', 1, 0, 0, 0, 1, -1);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('not when the elected broker never led, and still got the record', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).append(1, 7).elect(2, [2, 3], 'unclean').replicate(1, 2, 3);
    script.highWatermark(1, 1).acknowledge(1, 0).lead(3, [3]).truncate(3, 0);
    expect(judged(script, lost, 'unseen')).toEqual(['bug']);
  });

  it('by an unclean election of a broker that died before it led, and was elected again', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
    script.append(1, 7).commit(1, 2).acknowledge(1, 0).elect(3, [3], 'unclean').kill(3).elect(-1, [3], 'none');
    expect(judged(script.restart(3).unfence(3).lead(3, [3]), lost, 'unseen')).toEqual(['unclean-election']);
  });

  it('never when no broker acknowledged it', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).append(1, 7).lead(3, [3], 'unclean');
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
