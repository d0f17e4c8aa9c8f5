import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogStartReason, TruncateReason } from '../probes.js';
import { hashRecord } from './rolling-hash.js';
import { LogLab } from './testing/log-lab.js';

describe('a log', () => {
  it('gives each batch of a leader the next offsets and the leader epoch, and announces each record', () => {
    const lab = new LogLab();
    lab.log.appendAsLeader(lab.batch(2), 3);
    const appended = lab.log.appendAsLeader(lab.batch(1), 4);
    expect(appended).toMatchObject({ baseOffset: 2, partitionLeaderEpoch: 4 });
    expect(lab.log.logEndOffset).toBe(3);
    expect(lab.announced).toEqual(['append 0 3 1 1', 'append 1 3 2 1', 'append 2 4 3 1']);
    expect(lab.log.leaderEpochs.entries).toEqual([
      { epoch: 3, startOffset: 0 },
      { epoch: 4, startOffset: 2 },
    ]);
  });

  it('takes a follower’s batches over as they are, gaps between them included, and none below its end', () => {
    const lab = new LogLab();
    const batch = lab.batch(2, { baseOffset: 5, partitionLeaderEpoch: 1 });
    lab.log.appendAsFollower(batch);
    expect(lab.log.batches[0]).toBe(batch);
    expect(lab.log.logEndOffset).toBe(7);
    expect(lab.log.recordAt(4)).toBeUndefined();
    expect(() => lab.log.appendAsFollower(lab.batch(1, { baseOffset: 6, partitionLeaderEpoch: 1 }))).toThrow();
  });

  it('finds the record and the batch at any offset', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 }), (sizes) => {
        const lab = new LogLab();
        const values: number[] = [];
        for (const size of sizes) {
          const { records, baseOffset } = lab.log.appendAsLeader(lab.batch(size), 0);
          records.forEach(({ value }, i) => (values[baseOffset + i] = value));
        }
        expect(lab.values()).toEqual(values);
        values.forEach((_, offset) => {
          const { baseOffset, records } = lab.log.batches[lab.log.indexOf(offset)];
          expect(baseOffset <= offset && offset < baseOffset + records.length).toBe(true);
        });
        expect(lab.log.indexOf(values.length)).toBe(sizes.length);
        expect(lab.log.recordAt(values.length)).toBeUndefined();
        expect(lab.log.recordAt(-1)).toBeUndefined();
      }),
    );
  });

  it('reads whole batches below a limit, within a size', () => {
    const lab = new LogLab();
    for (const size of [2, 1, 3]) lab.log.appendAsLeader(lab.batch(size), 0);
    const starts = (offset: number, max: number, bytes: number, atLeastOne = false): number[] =>
      lab.log.read(offset, max, bytes, atLeastOne).map(({ baseOffset }) => baseOffset);
    expect(starts(0, 6, 10_000)).toEqual([0, 2, 3]);
    // From within a batch: the batch.
    expect(starts(1, 6, 10_000)).toEqual([0, 2, 3]);
    // A batch that reaches over the limit is not readable yet.
    expect(starts(0, 5, 10_000)).toEqual([0, 2]);
    expect(starts(3, 3, 10_000)).toEqual([]);
    expect(starts(0, 6, 261 + 161)).toEqual([0, 2]);
    expect(starts(0, 6, 260)).toEqual([]);
    expect(starts(0, 6, 260, true)).toEqual([0]);
    expect(lab.log.bytesBetween(2, 6)).toBe(161 + 361);
  });

  it('hashes equal prefixes equally, however they were batched, and others not', () => {
    const lab = new LogLab();
    for (const size of [2, 1, 3]) lab.log.appendAsLeader(lab.batch(size), size);
    let hash = 0;
    for (let offset = 0; offset <= 6; offset++) {
      expect(lab.log.hashBelow(offset)).toBe(hash);
      const record = lab.log.recordAt(offset);
      if (record !== undefined) hash = hashRecord(hash, offset, record.leaderEpoch, record.value);
    }
    expect(hashRecord(0, 1, 2, 3)).not.toBe(hashRecord(0, 1, 3, 2));
    expect(hashRecord(0, 1, 2, 3)).not.toBe(hashRecord(0, 2, 1, 3));
  });

  it('flushes once flush.messages have been appended since the last flush', () => {
    const lab = new LogLab({ topic: { 'flush.messages': 3 } });
    lab.append(0, 0);
    expect(lab.log.recoveryPoint).toBe(0);
    lab.append(0);
    expect(lab.log.recoveryPoint).toBe(3);
    lab.append(0);
    lab.restart('power loss');
    expect(lab.log.logEndOffset).toBeGreaterThanOrEqual(3);
  });
});

describe('truncation', () => {
  it('takes log end, epochs, high watermark and producers back together', () => {
    const lab = new LogLab();
    const first = { producerId: 7, producerEpoch: 0 };
    lab.log.appendAsLeader(lab.batch(1, { ...first, baseSequence: 0 }), 0);
    const second = lab.log.appendAsLeader(lab.batch(1, { ...first, baseSequence: 1 }), 1);
    lab.append(2, 2);
    lab.log.updateHighWatermark(3, 2, true);
    lab.announced.length = 0;
    expect(lab.log.truncateTo(1, TruncateReason.divergence)).toBe(true);
    expect(lab.log).toMatchObject({ logEndOffset: 1, highWatermark: 1 });
    expect(lab.log.leaderEpochs.entries).toEqual([{ epoch: 0, startOffset: 0 }]);
    expect(lab.log.producers.findDuplicate(second)).toBeUndefined();
    expect(lab.announced).toEqual(['truncate 1 4 0', 'high-watermark 1 3 0 0']);
    lab.append(5);
    expect(lab.values()).toEqual([1, 5]);
  });

  it('to the end or beyond drops no record, but an epoch that begins there', () => {
    const lab = new LogLab();
    lab.append(0, 0);
    lab.log.leaderEpochs.assign(4, 2);
    lab.announced.length = 0;
    expect(lab.log.truncateTo(2, TruncateReason.divergence)).toBe(false);
    expect(lab.log.truncateTo(9, TruncateReason.divergence)).toBe(false);
    expect(lab.log.leaderEpochs.latestEpoch).toBe(0);
    expect(lab.announced).toEqual([]);
  });

  it('into a batch takes the whole batch', () => {
    const lab = new LogLab();
    lab.log.appendAsLeader(lab.batch(2), 0);
    lab.log.appendAsLeader(lab.batch(3), 0);
    lab.log.truncateTo(3, TruncateReason.outOfRange);
    expect(lab.log.logEndOffset).toBe(2);
    lab.log.truncateTo(0, TruncateReason.outOfRange);
    expect(lab.log.logEndOffset).toBe(0);
    expect(lab.log.hashBelow(0)).toBe(0);
  });

  it('leaves what the same appends would have made without the rest', () => {
    const epochs = fc.array(fc.nat(3), { maxLength: 30 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(epochs, fc.nat(30), (list, cut) => {
        const lab = new LogLab();
        const plain = new LogLab();
        lab.append(...list);
        plain.append(...list.slice(0, cut));
        lab.log.truncateTo(cut, TruncateReason.divergence);
        expect(lab.values()).toEqual(plain.values());
        expect(lab.log.hashBelow(cut)).toBe(plain.log.hashBelow(cut));
        expect(lab.log.leaderEpochs.entries).toEqual(plain.log.leaderEpochs.entries);
        expect(lab.log.bytesBetween(0, 99)).toBe(plain.log.bytesBetween(0, 99));
      }),
    );
  });
});

describe('the high watermark', () => {
  it('stays between log start and log end', () => {
    const lab = new LogLab();
    lab.append(0, 0);
    lab.log.updateHighWatermark(9, 0, false);
    expect(lab.log.highWatermark).toBe(2);
    lab.log.updateHighWatermark(-3, 0, false);
    expect(lab.log.highWatermark).toBe(0);
  });

  it('goes back on a follower, and never on a leader', () => {
    const lab = new LogLab();
    lab.append(0, 0);
    lab.log.updateHighWatermark(2, 0, true);
    expect(lab.log.updateHighWatermark(1, 0, false)).toBe(true);
    lab.log.updateHighWatermark(2, 0, true);
    expect(() => lab.log.updateHighWatermark(1, 0, true)).toThrow();
  });

  it('that does not move is not announced', () => {
    const lab = new LogLab();
    lab.append(0);
    lab.announced.length = 0;
    expect(lab.log.updateHighWatermark(0, 0, false)).toBe(false);
    expect(lab.announced).toEqual([]);
  });
});

describe('a segment', () => {
  const bases = (lab: LogLab): number[] => lab.log.segments.all.map(({ baseOffset }) => baseOffset);

  it('is full when the next batch would pass segment.bytes', () => {
    const lab = new LogLab({ topic: { 'segment.bytes': 161 + 261 } });
    lab.append(0);
    lab.log.appendAsLeader(lab.batch(2), 0);
    expect(bases(lab)).toEqual([0]);
    lab.append(0);
    expect(bases(lab)).toEqual([0, 3]);
    expect(lab.values()).toEqual([1, 2, 3, 4]);
    expect(lab.announced).toContain('segment-rolled 3 2');
  });

  it('is old when a record’s time is more than segment.ms after that of its first', () => {
    const lab = new LogLab({ topic: { 'segment.ms': 1000 } });
    const at = (timestamp: number) =>
      lab.log.appendAsLeader(lab.batch(1, { records: [{ key: null, value: 1, timestamp, bytes: 100 }] }), 0);
    at(5000);
    at(6000);
    expect(bases(lab)).toEqual([0]);
    at(6001);
    expect(bases(lab)).toEqual([0, 2]);
  });

  it('of a follower begins where the leader’s batch does, a gap between', () => {
    const lab = new LogLab({ topic: { 'segment.bytes': 200 } });
    lab.log.appendAsFollower(lab.batch(1, { baseOffset: 0, partitionLeaderEpoch: 0 }));
    lab.log.appendAsFollower(lab.batch(1, { baseOffset: 7, partitionLeaderEpoch: 0 }));
    expect(bases(lab)).toEqual([0, 7]);
  });

  it('is all that one read sees', () => {
    const lab = new LogLab({ topic: { 'segment.bytes': 2 * 161 } });
    lab.append(0, 0, 0, 0, 0);
    const read = (offset: number): number[] =>
      lab.log.read(offset, 5, 10_000, true).map(({ baseOffset }) => baseOffset);
    expect([read(0), read(1), read(2), read(4)]).toEqual([[0, 1], [1], [2, 3], [4]]);
  });

  it('goes whole when the log is cut below it, and its snapshot with it', () => {
    const lab = new LogLab({ topic: { 'segment.bytes': 2 * 161 } });
    for (let i = 0; i < 7; i++) {
      lab.log.appendAsLeader(lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: i }), 0);
    }
    expect(lab.log.producers.snapshots.offsets).toEqual([2, 4, 6]);
    lab.log.truncateTo(3, TruncateReason.divergence);
    expect(bases(lab)).toEqual([0, 2]);
    expect(lab.log.producers.snapshots.offsets).toEqual([2, 3]);
    expect(lab.values()).toEqual([1, 2, 3]);
    lab.append(1, 1);
    expect(bases(lab)).toEqual([0, 2, 4]);
    expect(lab.values()).toEqual([1, 2, 3, 8, 9]);
  });
});

describe('a roll', () => {
  const small = { topic: { 'segment.bytes': 2 * 161 } };

  it('is followed by a flush that takes its time, and only then by the recovery point', () => {
    const lab = new LogLab(small);
    lab.append(0, 0, 0);
    expect(lab.log.recoveryPoint).toBe(0);
    lab.pass(2_000_000);
    expect(lab.log.recoveryPoint).toBe(2);
  });

  it('lets another event fall between its flush and the recovery point: a cut below is not undone by it', () => {
    const lab = new LogLab(small);
    lab.append(0, 0, 0);
    lab.log.truncateTo(1, TruncateReason.divergence);
    expect(lab.log.recoveryPoint).toBe(0);
    lab.pass(2_000_000);
    expect(lab.values()).toEqual([1]);
  });

  it('loses nothing of the old segment to power loss after it', () => {
    for (let seed = 0; seed < 30; seed++) {
      const lab = new LogLab({ ...small, seed: `rolled ${seed}` });
      lab.append(0, 0, 0, 0, 0);
      lab.pass(2_000_000);
      lab.restart('power loss');
      expect(lab.values().slice(0, 4)).toEqual([1, 2, 3, 4]);
    }
  });
});

describe('flush.ms', () => {
  it('flushes a log that was not flushed for so long, when the scheduler comes round', () => {
    const lab = new LogLab({
      topic: { 'flush.ms': 5000 },
      broker: { 'log.flush.scheduler.interval.ms': 3000, 'log.initial.task.delay.ms': 0 },
    });
    lab.logs.startTasks();
    lab.append(0, 0);
    lab.pass(4_900_000);
    expect(lab.log.recoveryPoint).toBe(0);
    lab.pass(2_100_000);
    expect(lab.log.recoveryPoint).toBe(2);
  });
});

describe('a log that begins later', () => {
  const small = { topic: { 'segment.bytes': 2 * 161 } };

  it('does so up to its high watermark, never beyond, never back', () => {
    const lab = new LogLab();
    lab.append(0, 0, 1);
    lab.log.updateHighWatermark(2, 1, true);
    expect(lab.log.incrementLogStart(3, LogStartReason.clientDeletion)).toBe(false);
    expect(lab.log.incrementLogStart(2, LogStartReason.clientDeletion)).toBe(true);
    expect(lab.log.incrementLogStart(1, LogStartReason.clientDeletion)).toBe(false);
    expect(lab.log.recordAt(1)).toBeUndefined();
    expect(lab.log.leaderEpochs.entries[0]).toEqual({ epoch: 1, startOffset: 2 });
  });

  it('is emptied and begins anew where its leader’s does', () => {
    const lab = new LogLab(small);
    lab.append(0, 0, 0);
    lab.log.truncateFullyAndStartAt(10, TruncateReason.outOfRange);
    expect(lab.log).toMatchObject({ logStartOffset: 10, logEndOffset: 10, highWatermark: 10 });
    lab.log.appendAsFollower(lab.batch(1, { baseOffset: 10, partitionLeaderEpoch: 4 }));
    expect(lab.log.recordAt(10)).toMatchObject({ leaderEpoch: 4 });
    expect(lab.log.leaderEpochs.entries).toEqual([{ epoch: 4, startOffset: 10 }]);
  });
});

describe('two logs on one disk', () => {
  it('have files of their own', () => {
    const lab = new LogLab();
    const { other } = lab;
    lab.append(0);
    other.appendAsLeader(lab.batch(), 9);
    expect(lab.host.disk.list('orders-0')).toEqual([
      'orders-0/00000000000000000000.log',
      'orders-0/leader-epoch-checkpoint',
    ]);
    expect(lab.values()).toEqual([1]);
    expect(lab.values(other)).toEqual([2]);
  });
});
