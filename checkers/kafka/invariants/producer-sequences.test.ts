import { describe, expect, it } from 'vitest';
import { ABORT, PRODUCER, TransactionScript } from '../testing/transaction-script.js';

const written = () => new TransactionScript().learn(0, 7).write(1, 1, 0, 7).write(1, 2, 1, 7);

describe("W13: an idempotent producer's batches", () => {
  it('go on where the last one ended', () => {
    expect(written().write(1, 3, 2, 7).broken()).toEqual([]);
  });
  it('leave no gap', () => {
    expect(written().write(1, 3, 3, 7).broken()).toEqual(['W13']);
    expect(written().write(1, 3, 3, 7).breaches()).toMatchObject([{ key: 0, offsets: [2], values: [3] }]);
  });
  it('are not appended again', () => {
    expect(written().write(1, 2, 1, 7).broken()).toEqual(['W13']);
  });
  it('begin anew in another epoch, once', () => {
    expect(written().learn(1, 7).write(1, 3, 0, 7).broken()).toEqual([]);
    expect(written().write(1, 3, 0, 7).broken()).toEqual(['W13']);
    expect(written().learn(1, 7).write(1, 3, 0, 7).write(1, 4, 1, 7).write(1, 3, 0, 7).broken()).toEqual(['W13']);
  });
  it('of a producer that the log does not hold begin anywhere', () => {
    expect(written().write(1, 3, 55, PRODUCER).broken()).toEqual([]);
  });
  it('go on where they end in the log of another leader', () => {
    expect(written().lead(2, [2, 3]).write(2, 3, 2, 7).broken()).toEqual([]);
    expect(written().lead(2, [2, 3]).write(2, 2, 1, 7).broken()).toEqual(['W13']);
  });
  it('go on where they end in a log that was cut', () => {
    const cut = () => written().truncate(2, 1).highWatermark(2, 1, false).lead(2, [2, 3], 'unclean');
    expect(cut().write(2, 2, 1, 7, false).broken()).not.toContain('W13');
    expect(cut().write(2, 3, 2, 7, false).broken()).toContain('W13');
  });
  it('begin anywhere where the producer has expired', () => {
    expect(written().emit('producer-window', 1, 0, 7, -1, -1, 1).write(1, 3, 9, 7).broken()).toEqual([]);
    expect(written().emit('producer-window', 1, 0, 7, 0, 1, 0).write(1, 3, 9, 7).broken()).toEqual(['W13']);
    expect(written().emit('producer-window', 2, 0, 7, -1, -1, 1).write(1, 3, 9, 7).broken()).toEqual(['W13']);
  });
  it('which goes on where it expired', () => {
    const expired = () => written().emit('producer-window', 1, 0, 7, -1, -1, 1).write(1, 3, 9, 7);
    expect(expired().write(1, 4, 10, 7).broken()).toEqual([]);
    expect(expired().write(1, 4, 11, 7).broken()).toEqual(['W13']);
  });
  it('or where all that it wrote was deleted', () => {
    expect(written().beginAt(1, 2).write(1, 3, 9, 7).broken()).toEqual([]);
    expect(written().beginAt(1, 1).write(1, 3, 9, 7).broken()).toEqual(['W13']);
  });
  it('or where of all that it wrote only a marker is there', () => {
    expect(new TransactionScript().mark(1, ABORT, 7).write(1, 3, 9, 7).broken()).toEqual([]);
  });
  it('count on from 0 after the last sequence', () => {
    const last = () => new TransactionScript().learn(0, 7).write(1, 1, 0x7fff_ffff, 7);
    expect(last().write(1, 2, 0, 7).broken()).toEqual([]);
    expect(last().write(1, 2, 1, 7).broken()).toEqual(['W13']);
  });
  it('begin at 0 and nowhere else in another epoch, however many were in the one before', () => {
    const next = () => written().write(1, 3, 2, 7).learn(1, 7);
    expect(next().write(1, 4, 0, 7).broken()).toEqual([]);
    expect(next().write(1, 4, 5, 7).broken()).toEqual(['W13']);
  });
  it('go on where they end in a log that was cut and written anew', () => {
    const back = () => {
      const script = written().lead(2, [2, 3], 'unclean').truncate(2, 1).write(2, 8, 0, 300, false);
      return script.apply(1).truncate(1, 1).replicate(2, 1).lead(1, [1]);
    };
    expect(back().write(1, 2, 1, 7, false).broken()).not.toContain('W13');
    expect(back().write(1, 3, 2, 7, false).broken()).toContain('W13');
  });
  it('that are recognised stand where it is said', () => {
    expect(written().emit('deduplicated', 1, 0, 1, 7, 1).broken()).toEqual([]);
    expect(written().emit('deduplicated', 1, 0, 0, 7, 1).breaches()).toMatchObject([
      { type: 'W13', key: 0, offsets: [0], values: [1] },
    ]);
    expect(written().emit('deduplicated', 1, 0, 9, 7, 1).broken()).toEqual(['W13']);
    expect(written().emit('deduplicated', 1, 0, 1, 8, 1).broken()).toEqual(['W13']);
  });
});
