import { describe, expect, it } from 'vitest';
import { finalRead, send } from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
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

  it('not where the topic forbids one: then it is what must not be', () => {
    const forbidden = { acks: 'all', 'unclean.leader.election.enable': false };
    const elected = (settings: HistoryHeader['settings']) => {
      const script = scriptOf(settings).lead(1, [1, 2, 3]).changeIsr([1, 2]).emit('isr-adopted', 1, 0, 0b110, 2, 1);
      return script.append(1, 7).commit(1, 2).acknowledge(1, 0).lead(3, [3], 'unclean');
    };
    const elsewhere = { ...acksAll, 'orders:unclean.leader.election.enable': false };
    const here = { ...forbidden, 'orders:unclean.leader.election.enable': true };
    for (const type of ['unseen', 'W1']) {
      expect(judged(elected(forbidden), lost, type)).toEqual(['bug']);
      expect(judged(elected({ acks: 'all' }), lost, type)).toEqual(['bug']);
      expect(judged(elected(elsewhere), lost, type)).toEqual(['bug']);
      expect(judged(elected(here), lost, type)).toEqual(['unclean-election']);
    }
  });

  it('not by an unclean election that came after the ISR lacked it', () => {
    const lacking = () => acknowledged(scriptOf()).truncate(3, 0).changeIsr([1, 2, 3]);
    expect(judged(lacking(), lost, 'W6')).toEqual(['bug']);
    const later = lacking().lead(3, [3], 'unclean');
    expect(judged(later, lost, 'W6')).toEqual(['bug']);
    expect(judged(later, lost, 'W1')).toEqual(['unclean-election']);
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
    const settings = { acks: 'all', 'unclean.leader.election.enable': false };
    const script = acknowledged(new TraceScript({ settings, rules })).losePower(2, 0);
    script.elect(-1, [], 'none').lead(2, [2], 'lastKnownLeader');
    expect(judged(script, lost, 'unseen')).toEqual(['last-known-leader']);
    expect(judged(script, lost, 'W1')).toEqual(['last-known-leader']);
  });

  it('by that election too if the same leader had been elected from the ISR, and was given up before it heard of it', () => {
    const rules = { 'eligible-leader-replicas': true };
    const script = () =>
      acknowledged(new TraceScript({ settings: acksAll, rules }))
        .losePower(2, 0)
        .elect(2, [2]);
    const unheard = script().elect(-1, [], 'none').lead(2, [2], 'lastKnownLeader');
    expect(judged(unheard, lost, 'unseen')).toEqual(['last-known-leader']);
    const led = script().apply(2).elect(-1, [], 'none').lead(2, [2], 'lastKnownLeader');
    expect(judged(led, lost, 'unseen')).toEqual(['bug']);
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

  it('by the election of a replica that still had it at another one, and was down: its disk took it in between', () => {
    const script = acknowledged().elect(2, [2]).kill(2).elect(-1, [2], 'none').losePower(2, 0).restart(2).unfence(2);
    script.lead(2, [2]).append(2, 8).highWatermark(2, 1).highWatermark(3, 1, false);
    expect(judged(script, lost, 'W5')).toEqual(['impaired-leader']);
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

  it('not if its disk damaged another copy, which was never committed', () => {
    const script = scriptOf().lead(1, [1, 2, 3]).append(1, 7).rot(1, 0, 1).truncate(1, 0).append(1, 7).commit(1, 2, 3);
    expect(judged(readFromEach(rotten(script.acknowledge(1, 0))), read, 'lost-write')).toEqual(['damaged-replica']);
    const lackedBy3 = [...read, finalRead('orders-0', 3)];
    expect(judged(readFromEach(script), lackedBy3, 'lost-write')).toEqual(['bug']);
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

describe('a record in a hole, which power loss left in a log, is licensed', () => {
  const three = [7, 8, 9].map((value, offset) => send('orders-0', value).ok(offset));
  const full = [0, 7] as const;
  /** b1 leads with 7, 8 and 9 committed on all. */
  const committed = () => scriptOf().lead(1, [1, 2, 3]).append(1, 7, 8, 9).commit(1, 2, 3).acknowledge(1, 0);
  /** b2, alone in the ISR, loses power and 8, and leads again. */
  const holed = (script: TraceScript = committed()) =>
    script.changeIsr([2]).loseSegmentEnd(2, 1, 2).elect(-1, [2], 'none').restart(2).unfence(2).lead(2, [2]);
  const read = (script: TraceScript) => script.phase(3).lead(1, [1, 2, 3], 'transferred').at(1_000_000).phase(3);
  const reads = (...lacking: readonly number[]) => [
    ...three,
    ...[1, 2, 3].map((broker) => {
      const records = lacking.includes(broker) ? [full, [2, 9]] : [full, [1, 8], [2, 9]];
      return finalRead('orders-0', broker, ...(records as [number, number][])).from(900_000);
    }),
  ];

  it('on the replica that has it, as what its leader lacks', () => {
    const script = holed();
    expect(judged(read(script), reads(2), 'lost-write')).toEqual(['hole-in-log']);
    expect(judged(script, reads(2), 'W1')).toEqual(['impaired-leader']);
    const [breach] = script.breaches().filter(({ type }) => type === 'W1');
    expect(breach).toMatchObject({ machine: 2, offsets: [1], values: [8] });
  });

  it('on a follower that came back with it, is elected and leads', () => {
    const script = committed().changeIsr([1, 3]).loseSegmentEnd(2, 1, 2).restart(2).unfence(2).apply(2);
    script.replicate(1, 2).changeIsr([1, 2, 3]).lead(2, [1, 2, 3]);
    expect(judged(read(script), reads(2), 'lost-write')).toEqual(['hole-in-log']);
    expect(judged(script, reads(2), 'W1')).toEqual(['hole-in-log']);
    expect(judged(script, reads(2), 'W6')).toEqual(['hole-in-log']);
  });

  it('on a replica that copied it', () => {
    const script = holed();
    script.losePower(3, 0).restart(3).unfence(3).apply(3).replicate(2, 3).changeIsr([2, 3]);
    expect(judged(script, reads(2, 3), 'W6')).toEqual(['impaired-leader']);
    expect(judged(read(script), reads(2, 3), 'lost-write')).toEqual(['hole-in-log']);
  });

  it('not without such a loss: a follower that left the record out, or a leader that did', () => {
    const skipping = committed().truncate(3, 1);
    skipping.emit('append', 3, 0, 2, 1, 9, 0);
    expect(judged(read(skipping), reads(3), 'lost-write')).toEqual(['bug']);
    const copied = holed().truncate(3, 0).apply(3);
    copied.replicate(2, 3);
    expect(judged(read(copied), reads(2, 3), 'lost-write')).toEqual(['hole-in-log']);
    const left = holed().truncate(3, 0).apply(3);
    left.emit('append', 3, 0, 0, 1, 7, 0).emit('append', 3, 0, 2, 1, 9, 0).lead(1, [1, 3]);
    expect(judged(read(left.truncate(1, 0)), reads(1, 2, 3), 'lost-write')).toEqual(['bug']);
  });

  it('not for a replica that lacks it beside one with a hole', () => {
    const script = holed().apply(1, 3);
    script.truncate(3, 1).emit('append', 3, 0, 2, 1, 9, 0);
    expect(judged(read(script), reads(2, 3), 'lost-write')).toEqual(['hole-in-log']);
    const fromSound = committed().loseSegmentEnd(2, 1, 2).restart(2).truncate(3, 1);
    fromSound.emit('append', 3, 0, 2, 1, 9, 0);
    expect(judged(read(fromSound), reads(2, 3), 'lost-write')).toEqual(['bug']);
  });

  it('not for a record in front of the hole or behind it', () => {
    const script = holed().truncate(2, 2).apply(2);
    const lackingTail = [...three, finalRead('orders-0', 1, [0, 7], [1, 8], [2, 9]), finalRead('orders-0', 2, [0, 7])];
    expect(judged(read(script), lackingTail, 'lost-write')).toContain('bug');
  });

  it('not for a hole that came with the final read', () => {
    const script = committed().phase(3).loseSegmentEnd(2, 1, 2).restart(2).unfence(2).lead(2, [1, 2, 3]);
    expect(judged(script.at(1_000_000).phase(3), reads(2), 'lost-write')).toEqual(['bug']);
  });

  it('and what was committed there stays so: who lacks it without a hole of its own is told, and is a bug', () => {
    const script = committed().changeIsr([1, 3]).loseSegmentEnd(2, 1, 2).restart(2).unfence(2).apply(2);
    script.replicate(1, 2).changeIsr([1, 2, 3]).lead(2, [1, 2, 3]).highWatermark(2, 3);
    expect(judged(script, reads(2), 'W6')).toEqual(['hole-in-log']);
    script.truncate(3, 1).emit('append', 3, 0, 2, 1, 9, 0).changeIsr([1, 2, 3]);
    const told = script.breaches().filter(({ type }) => type === 'W6');
    expect(told.map(({ machine, offsets, values }) => [machine, offsets, values])).toEqual([
      [2, [1], [8]],
      [3, [1], [8]],
    ]);
    expect(judged(script, reads(2), 'W6')).toEqual(['bug', 'hole-in-log']);
  });
});
