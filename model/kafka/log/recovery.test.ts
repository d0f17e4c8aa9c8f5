import { describe, expect, it } from 'vitest';
import { TruncateReason } from '../probes.js';
import { LogDirFailure } from './storage-error.js';
import { lostRecords } from './data-loss.js';
import { readHighWatermarks, writeHighWatermarks } from './high-watermark-checkpoint.js';
import { leaderEpochCheckpointPath, segmentPath } from './paths.js';
import { createLog, loadLog, readCleanShutdown, removeCleanShutdown, writeCleanShutdown } from './recovery.js';
import { LogLab, NAME } from './testing/log-lab.js';

describe('a log that is loaded', () => {
  it('is as it was after a kill: records, epochs, hashes, producers', () => {
    const lab = new LogLab();
    lab.append(0, 0, 2);
    const batch = lab.log.appendAsLeader(lab.batch(2, { producerId: 7, producerEpoch: 0, baseSequence: 0 }), 2);
    const hash = lab.log.hashBelow(5);
    lab.restart('kill', 4);
    expect(lab.values()).toEqual([1, 2, 3, 4, 5]);
    expect(lab.log).toMatchObject({ logEndOffset: 5, highWatermark: 4, recoveryPoint: 0 });
    expect(lab.log.hashBelow(5)).toBe(hash);
    expect(lab.log.leaderEpochs.entries).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 2, startOffset: 2 },
    ]);
    expect(lab.log.producers.findDuplicate(batch)).toBe(batch);
    expect(lab.announced.at(-1)).toBe('log-loaded 5 4 1 2');
  });

  it.each([
    ['is held within the log', 9, 3],
    ['is 0 where the checkpoint says nothing', 0, 0],
    ['is what the checkpoint says', 2, 2],
  ])('has a high watermark that %s', (_name, checkpointed, highWatermark) => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.restart('kill', checkpointed);
    expect(lab.log.highWatermark).toBe(highWatermark);
  });

  it('ends at the first damaged batch: what follows goes too, be it whole', () => {
    const lab = new LogLab();
    lab.append(0, 0, 1, 1, 1);
    lab.world.diskFaults(1).corrupt(segmentPath(NAME), 3);
    lab.announced.length = 0;
    lab.restart('kill', 5);
    expect(lab.values()).toEqual([1, 2, 3]);
    expect(lab.log.highWatermark).toBe(3);
    expect(lab.announced).toEqual([`truncate 3 5 ${TruncateReason.recovery}`, 'log-loaded 3 3 1 1']);
    expect(lab.host.disk.open(segmentPath(NAME)).length).toBe(3);
  });

  it('is not checked after an orderly stop: damage shows only where it is read', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.log.flush();
    lab.world.diskFaults(1).corrupt(segmentPath(NAME), 1);
    lab.announced.length = 0;
    lab.restart('kill', 3, true);
    expect(lab.log).toMatchObject({ logEndOffset: 3, recoveryPoint: 3 });
    expect(lab.announced).toEqual(['log-loaded 3 3 0 0']);
    expect(lab.log.intact(0, 1)).toBe(true);
    expect(lab.log.intact(1, 2)).toBe(false);
  });

  it('drops epochs that its records do not reach: the checkpoint was written before they were lost', () => {
    let cut = 0;
    for (let seed = 0; seed < 30; seed++) {
      const lab = new LogLab({}, `epochs ${seed}`);
      lab.append(0, 1, 2, 3, 4);
      lab.restart('power loss');
      const { entries } = lab.log.leaderEpochs;
      expect(entries.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4].slice(0, lab.log.logEndOffset));
      if (lab.log.logEndOffset < 5) cut++;
    }
    expect(cut).toBeGreaterThan(0);
  });

  it.each([
    ['a crash', false],
    ['an orderly stop', true],
  ])('drops the epoch of a leader that never wrote, after %s', (_name, clean) => {
    const lab = new LogLab();
    lab.append(0);
    lab.log.leaderEpochs.assign(6, 1);
    lab.restart('kill', 0, clean);
    expect(lab.log.leaderEpochs.latestEpoch).toBe(0);
  });

  it('takes its epochs from its batches where the platter has kept an older file than the checkpoint speaks of', () => {
    let reverted = 0;
    for (let seed = 0; seed < 60; seed++) {
      const lab = new LogLab({}, `revert ${seed}`);
      lab.append(1, 1, 1);
      lab.log.flush();
      lab.log.truncateTo(1, TruncateReason.divergence);
      lab.append(2, 2);
      lab.restart('power loss');
      const epochs = lab.log.batches.map(({ partitionLeaderEpoch }) => partitionLeaderEpoch);
      for (const { epoch, startOffset } of lab.log.leaderEpochs.entries) expect(epochs[startOffset]).toBe(epoch);
      expect(lab.log.leaderEpochs.latestEpoch).toBe(epochs.at(-1));
      if (epochs.join() === '1,1,1') reverted++;
    }
    expect(reverted).toBeGreaterThan(0);
  });

  it('goes on from where it ends', () => {
    const lab = new LogLab();
    lab.append(0, 0);
    lab.restart('kill');
    lab.append(1);
    lab.restart('kill');
    expect(lab.values()).toEqual([1, 2, 3]);
    expect(lab.log.leaderEpochs.latestEpoch).toBe(1);
  });
});

describe('a log that is made anew', () => {
  it('forgets the epochs of a log that is gone', () => {
    const lab = new LogLab();
    lab.append(3, 4);
    lab.host.disk.remove(segmentPath(NAME));
    expect(lab.host.disk.exists(leaderEpochCheckpointPath(NAME))).toBe(true);
    const log = createLog(lab.host, 0, NAME, lab.settings);
    expect(log.leaderEpochs.latestEpoch).toBe(-1);
  });
});

describe('the checkpoint of high watermarks', () => {
  it('holds one for each replica, and survives power loss', () => {
    const lab = new LogLab();
    lab.append(0, 0);
    lab.log.updateHighWatermark(2, 0, true);
    const other = createLog(lab.host, 4, 'orders-4', lab.settings);
    writeHighWatermarks(lab.host.disk, [lab.log, other]);
    lab.world.powerLoss(1);
    lab.world.start(1);
    const offsets = readHighWatermarks(lab.host.disk);
    expect([offsets[0], offsets[1], offsets[4]]).toEqual([2, undefined, 0]);
  });

  it('is empty where there is none', () => {
    expect(readHighWatermarks(new LogLab().host.disk)).toEqual([]);
  });
});

describe('the clean-shutdown marker', () => {
  it('holds the broker epoch, and is gone for good once removed', () => {
    const lab = new LogLab();
    const { disk } = lab.host;
    expect(readCleanShutdown(disk)).toBe(-1);
    writeCleanShutdown(disk, 42);
    expect(readCleanShutdown(disk)).toBe(42);
    removeCleanShutdown(disk);
    lab.world.powerLoss(1);
    lab.world.start(1);
    expect(readCleanShutdown(lab.host.disk)).toBe(-1);
  });
});

describe('a failing disk', () => {
  it('stops an append before the log end moves', () => {
    const lab = new LogLab();
    lab.append(0);
    lab.world.diskFaults(1).full(true);
    expect(() => lab.append(0)).toThrow(LogDirFailure);
    expect(lab.log.logEndOffset).toBe(1);
    lab.world.diskFaults(1).full(false);
    lab.world.diskFaults(1).ioErrors(true);
    expect(() => lab.append(1)).toThrow(LogDirFailure);
    expect(() => lab.log.truncateTo(0, TruncateReason.divergence)).toThrow(LogDirFailure);
  });
});

describe('what a disk lost', () => {
  it('is named by partition and offset', () => {
    const lab = new LogLab();
    for (const size of [2, 3, 1]) lab.log.appendAsLeader(lab.batch(size), 0);
    const names = ['other-0', NAME];
    const lost = lab.log.batches.slice(1);
    expect(lostRecords(names, segmentPath(NAME), lost)).toEqual({ partition: 1, firstOffset: 2, oldLogEnd: 6 });
    expect(lostRecords(names, segmentPath('unknown-0'), lost)).toBeUndefined();
    expect(lostRecords(names, leaderEpochCheckpointPath(NAME), [{}])).toBeUndefined();
    expect(lostRecords(names, segmentPath(NAME), [])).toBeUndefined();
  });

  it('is what is missing when the log is loaded', () => {
    for (let seed = 0; seed < 20; seed++) {
      const lab = new LogLab({}, `loss ${seed}`);
      let first = -1;
      lab.world.onDataLost({
        onDataLost: (_machine, path, _from, lost) => {
          const found = lostRecords([NAME], path, lost);
          if (found !== undefined) first = found.firstOffset;
        },
      });
      lab.append(0, 0, 0, 0);
      lab.world.powerLoss(1);
      lab.world.start(1);
      const log = loadLog(lab.host, 0, NAME, lab.settings, 0, false);
      expect(first).toBe(log.logEndOffset === 4 ? -1 : log.logEndOffset);
    }
  });
});
