import { describe, expect, it } from 'vitest';
import { finalRead, poll, send } from '../../../histories/builders.js';
import { judged } from '../testing/judged.js';
import { scriptOf } from '../testing/lost-record.js';
import type { TraceScript } from '../testing/script.js';

/** 7 and 8 are committed on b1 to b3; the final reads, at 1 s, find 8 alone. */
const committed = () => scriptOf().lead(1, [1, 2, 3]).append(1, 7, 8).commit(1, 2, 3).acknowledge(1, 1);
const sends = [send('orders-0', 7).ok(0), send('orders-0', 8).ok(1)];
const readBy = (...brokers: readonly number[]) => [
  ...sends,
  ...brokers.map((broker) => finalRead('orders-0', broker, [1, 8]).from(1_000_000)),
];
const read = (script: TraceScript) => script.at(900_000).phase(3);
const deletedOn = (...brokers: readonly number[]) => {
  const script = committed();
  for (const broker of brokers) script.beginAt(broker, 1);
  return read(script);
};

describe('a record that no read returns is licensed', () => {
  it('by retention, or on request, where the logs that were read begin above it', () => {
    expect(judged(deletedOn(1, 2, 3), readBy(1, 2, 3), 'lost-write')).toEqual(['deleted-by-policy']);
    const requested = committed().beginAt(1, 1, 'clientDeletion').beginAt(2, 1, 'leaderOffset');
    expect(judged(read(requested), readBy(1, 2), 'lost-write')).toEqual(['deleted-by-policy']);
  });

  it('where a log begins there after its leader: emptied, or found so by a starting broker', () => {
    const begun = committed().beginAt(1, 1).changeIsr([1, 3]).emptyTo(2, 1).replicate(1, 2);
    begun.restart(3, 1).beginAt(3, 1, 'loaded');
    expect(judged(read(begun), readBy(1, 2, 3), 'lost-write')).toEqual(['deleted-by-policy']);
  });

  it('not by the retention of one follower, where another replica lacks it', () => {
    expect(judged(deletedOn(3), readBy(1, 2, 3), 'lost-write')).toEqual(['bug']);
    expect(judged(deletedOn(1, 2), readBy(1, 2, 3), 'lost-write')).toEqual(['bug']);
    expect(judged(deletedOn(3), readBy(3), 'lost-write')).toEqual(['deleted-by-policy']);
    // What was read of another partition, or not to the end, lacks nothing.
    const others = [finalRead('orders-1', 1), finalRead('orders-0', 1, [1, 8]).info()];
    const more = others.map((one) => one.from(1_100_000));
    expect(judged(deletedOn(3), [...readBy(3), ...more], 'lost-write')).toEqual(['deleted-by-policy']);
  });

  it('not by a deletion of what stands below it, nor by one that nobody carried out by policy', () => {
    const below = committed().beginAt(1, 0).beginAt(2, 0).beginAt(3, 0);
    expect(judged(read(below), readBy(1, 2, 3), 'lost-write')).toEqual(['bug']);
    const followed = committed().beginAt(1, 1, 'leaderOffset').beginAt(2, 1, 'leaderOffset').changeIsr([1, 2]);
    followed.emptyTo(3, 1).replicate(1, 3);
    expect(judged(read(followed), readBy(1, 2, 3), 'lost-write')).toEqual(['bug']);
  });

  it('not by a deletion after it was lost already', () => {
    const gone = committed();
    for (const broker of [1, 2, 3]) gone.truncate(broker, 0).emit('append', broker, 0, 1, 1, 8, 0);
    for (const broker of [1, 2, 3]) gone.beginAt(broker, 1);
    expect(judged(read(gone), readBy(1, 2, 3), 'lost-write')).toEqual(['bug']);
  });

  it('not by a deletion after the read, nor by one that a restart took back', () => {
    const later = read(committed()).at(2_000_000).beginAt(1, 1).beginAt(2, 1).beginAt(3, 1);
    expect(judged(later, readBy(1, 2, 3), 'lost-write')).toEqual(['bug']);
    const back = committed().beginAt(1, 1).beginAt(2, 1).restart(2);
    expect(judged(read(back), readBy(1, 2), 'lost-write')).toEqual(['bug']);
  });

  it('by policy on one replica and the disk on another', () => {
    const both = committed().beginAt(1, 1).rot(2, 0, 1);
    expect(judged(read(both), readBy(1, 2), 'lost-write')).toEqual(['deleted-by-policy']);
    expect(judged(read(committed().rot(2, 0, 1)), readBy(1, 2), 'lost-write')).toEqual(['bug']);
  });

  it('where nobody read in full, by any deletion of it', () => {
    const polls = [...sends, poll('orders-0', [1, 8])];
    expect(judged(deletedOn(1), polls, 'lost-write')).toEqual(['deleted-by-policy']);
    expect(judged(committed(), polls, 'lost-write')).toEqual(['bug']);
  });
});
