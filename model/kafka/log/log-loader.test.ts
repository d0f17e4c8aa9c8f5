import { describe, expect, it } from 'vitest';
import { TruncateReason } from '../probes.js';
import type { DefectId } from '../protocol/versions/defects.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import { readCleanShutdown, removeCleanShutdown, writeCleanShutdown } from './clean-shutdown.js';
import { lostRecords } from './data-loss.js';
import { createLog } from './log-loader.js';
import { readOffsets } from './offset-checkpoint.js';
import { HIGH_WATERMARK_CHECKPOINT, leaderEpochCheckpointPath, segmentPath, snapshotPath } from './paths.js';
import { LogDirFailure } from './storage-error.js';
import { LogLab, NAME, type LogLabOptions } from './testing/log-lab.js';

const FIRST = segmentPath(NAME, 0);
const SECOND = 1_000_000;

/** A batch of one record from the idempotent producer 7. */
const send = (lab: LogLab, sequence: number) =>
  lab.log.appendAsLeader(lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: sequence }), 0);

describe('a log that is loaded', () => {
  it('is as it was after a kill: records, epochs, hashes, producers', () => {
    const lab = new LogLab();
    lab.append(0, 0, 2);
    const batch = lab.log.appendAsLeader(lab.batch(2, { producerId: 7, producerEpoch: 0, baseSequence: 0 }), 2);
    const hash = lab.log.hashBelow(5);
    lab.log.updateHighWatermark(4, 2, true);
    lab.logs.checkpointHighWatermarks();
    lab.restart('kill');
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

  it('has the high watermark that the checkpoint says, held within the log; 0 where it says nothing', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.log.updateHighWatermark(3, 0, true);
    lab.restart('kill');
    expect(lab.log.highWatermark).toBe(0);
    lab.log.updateHighWatermark(3, 0, true);
    lab.logs.checkpointHighWatermarks();
    lab.world.diskFaults(1).corrupt(FIRST, 2);
    lab.restart('kill');
    expect(lab.log).toMatchObject({ logEndOffset: 2, highWatermark: 2 });
  });

  it('ends at the first damaged batch: what follows goes too, be it whole', () => {
    const lab = new LogLab();
    lab.append(0, 0, 1, 1, 1);
    lab.log.updateHighWatermark(5, 1, true);
    lab.logs.checkpointHighWatermarks();
    lab.world.diskFaults(1).corrupt(FIRST, 3);
    lab.announced.length = 0;
    lab.restart('kill');
    expect(lab.values()).toEqual([1, 2, 3]);
    expect(lab.log.highWatermark).toBe(3);
    expect(lab.announced).toEqual([`truncate 3 5 ${TruncateReason.recovery}`, 'log-loaded 3 3 1 1']);
    expect(lab.host.disk.open(FIRST).length).toBe(3);
  });

  it('is not checked after an orderly stop: damage shows only where it is read', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.log.updateHighWatermark(3, 0, true);
    lab.stop();
    lab.world.diskFaults(1).corrupt(FIRST, 1);
    lab.announced.length = 0;
    lab.start();
    expect(lab.log).toMatchObject({ logEndOffset: 3, recoveryPoint: 3 });
    expect(lab.announced).toEqual(['log-loaded 3 3 0 0']);
    expect(lab.log.intact(0, 1)).toBe(true);
    expect(lab.log.intact(1, 2)).toBe(false);
  });

  it('drops epochs that its records do not reach: the checkpoint was written before they were lost', () => {
    let cut = 0;
    for (let seed = 0; seed < 30; seed++) {
      const lab = new LogLab({ seed: `epochs ${seed}` });
      lab.append(0, 1, 2, 3, 4);
      lab.restart('power loss');
      const { entries } = lab.log.leaderEpochs;
      expect(entries.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4].slice(0, lab.log.logEndOffset));
      if (lab.log.logEndOffset < 5) cut++;
    }
    expect(cut).toBeGreaterThan(0);
  });

  it.each([
    ['a crash', 'kill'],
    ['an orderly stop', 'stop'],
  ] as const)('drops the epoch of a leader that never wrote, after %s', (_name, how) => {
    const lab = new LogLab();
    lab.append(0);
    lab.log.leaderEpochs.assign(6, 1);
    lab.restart(how);
    expect(lab.log.leaderEpochs.latestEpoch).toBe(0);
  });

  it('takes from its batches only epochs above those in the file (LogSegment.recover)', () => {
    const lab = new LogLab();
    lab.append(1, 2, 2);
    lab.host.disk.remove(leaderEpochCheckpointPath(NAME));
    lab.restart('kill');
    const entries = [
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 1 },
    ];
    expect(lab.log.leaderEpochs.entries).toEqual(entries);
    lab.log.leaderEpochs.assign(7, 2);
    lab.restart('kill');
    // Epoch 2 at offset 2 is below 7: the file's word stands, right or wrong.
    expect(lab.log.leaderEpochs.entries).toEqual([...entries, { epoch: 7, startOffset: 2 }]);
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
    lab.host.disk.remove(FIRST);
    expect(lab.host.disk.exists(leaderEpochCheckpointPath(NAME))).toBe(true);
    const log = createLog(lab.host, { partition: 0, directory: lab.log.directory, path: NAME }, lab.settings, lab.logs);
    expect(log.leaderEpochs.latestEpoch).toBe(-1);
  });
});

describe('the checkpoint of high watermarks', () => {
  it('holds one for each replica, and survives power loss', () => {
    const lab = new LogLab();
    lab.append(0, 0);
    lab.log.updateHighWatermark(2, 0, true);
    expect(lab.other.highWatermark).toBe(0);
    lab.logs.checkpointHighWatermarks();
    lab.world.powerLoss(1);
    lab.world.start(1);
    expect(readOffsets(lab.host.disk, HIGH_WATERMARK_CHECKPOINT)).toEqual([2, 0]);
  });

  it('is empty where there is none', () => {
    expect(readOffsets(new LogLab().host.disk, HIGH_WATERMARK_CHECKPOINT)).toEqual([]);
  });
});

describe('the clean-shutdown marker', () => {
  it('holds the broker epoch, and is gone for good once removed', () => {
    const lab = new LogLab();
    const { disk } = lab.host;
    expect(readCleanShutdown(disk, '')).toBe(-1);
    writeCleanShutdown(disk, '', 42);
    expect(readCleanShutdown(disk, '')).toBe(42);
    removeCleanShutdown(disk, '');
    lab.world.powerLoss(1);
    lab.world.start(1);
    expect(readCleanShutdown(lab.host.disk, '')).toBe(-1);
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

describe('segments', () => {
  /** Segments of two batches of one record each. */
  const small = { topic: { 'segment.bytes': 2 * 161 } };
  const bases = (lab: LogLab): number[] => lab.log.segments.all.map(({ baseOffset }) => baseOffset);

  it('are scanned from the one with the recovery point on: one bad batch there takes all that follows', () => {
    const lab = new LogLab(small);
    lab.append(0, 0, 0, 0, 0, 0, 0);
    expect(bases(lab)).toEqual([0, 2, 4, 6]);
    lab.world.diskFaults(1).corrupt(segmentPath(NAME, 2), 1);
    lab.restart('kill');
    expect(lab.values()).toEqual([1, 2, 3]);
    expect(bases(lab)).toEqual([0, 2]);
    expect(lab.announced.at(-2)).toBe(`truncate 3 7 ${TruncateReason.recovery}`);
    lab.append(0, 0);
    expect(bases(lab)).toEqual([0, 2, 4]);
  });

  it('below the recovery point are trusted: damage there shows when it is read', () => {
    const lab = new LogLab(small);
    lab.append(0, 0, 0, 0, 0);
    lab.pass(SECOND);
    expect(lab.log.recoveryPoint).toBe(4);
    lab.logs.checkpointRecoveryPoints();
    lab.world.diskFaults(1).corrupt(segmentPath(NAME, 2), 0);
    lab.restart('kill');
    expect(lab.log).toMatchObject({ logEndOffset: 5, recoveryPoint: 4 });
    expect([lab.log.intact(0, 2), lab.log.intact(2, 3), lab.log.intact(3, 5)]).toEqual([true, false, true]);
  });

  it('behind a recovery point that was never checkpointed are scanned from the first', () => {
    const lab = new LogLab(small);
    lab.append(0, 0, 0, 0, 0);
    lab.pass(SECOND);
    lab.world.diskFaults(1).corrupt(segmentPath(NAME, 0), 0);
    lab.restart('kill');
    expect(lab.log).toMatchObject({ logEndOffset: 0, recoveryPoint: 0 });
  });

  it.each([
    [true, 0],
    [false, 5],
  ])('scanned after a crash are flushed later, or, before KAFKA-10101, taken for flushed', (recoveryPointKept, at) => {
    const lab = new LogLab({ ...small, rules: resolveRules('3.9', { recoveryPointKept }) });
    lab.append(0, 0, 0, 0, 0);
    lab.restart('kill');
    expect(lab.log).toMatchObject({ logEndOffset: 5, recoveryPoint: at });
  });

  it('that lost their tail leave a hole, which no checksum shows, and what was in it no producer is known by', () => {
    let holes = 0;
    for (let seed = 0; seed < 400; seed++) {
      const lab = new LogLab({ ...small, seed: `hole ${seed}` });
      const sent = [0, 1, 2, 3, 4, 5].map((sequence) => send(lab, sequence));
      lab.restart('power loss');
      const { batches, producers } = lab.log;
      if (batches.some(({ baseOffset }, index) => baseOffset > index)) holes++;
      for (const batch of sent) {
        const found = producers.findDuplicate(batch);
        expect(found === undefined || batches.includes(found), `seed ${seed}, ${batch.baseOffset}`).toBe(true);
      }
    }
    expect(holes).toBeGreaterThan(5);
  });

  it('are lost whole where their name was not yet durable, and never once the roll was flushed', () => {
    let lost = 0;
    for (let seed = 0; seed < 60; seed++) {
      const lab = new LogLab({ ...small, seed: `names ${seed}` });
      lab.append(0, 0, 0);
      if (seed % 2 === 0) lab.pass(SECOND);
      lab.restart('power loss');
      if (seed % 2 === 0) expect(lab.log.logEndOffset).toBeGreaterThanOrEqual(2);
      else if (lab.log.logEndOffset < 2) lost++;
    }
    expect(lost).toBeGreaterThan(0);
  });
});

describe('the producers of a loaded log', () => {
  it.each(['kill', 'stop'] as const)('are known by their newest batch alone after a %s', (how) => {
    const lab = new LogLab();
    const batches = [0, 1, 2, 3].map((sequence) => send(lab, sequence));
    lab.restart(how);
    expect(lab.log.producers.findDuplicate(batches[3])).toBe(batches[3]);
    expect(lab.log.producers.findDuplicate(batches[2])).toBeUndefined();
    expect(lab.announced).toContain('producer-window 7 0 3 0');
  });

  it('are known whole as far as batches follow the snapshot that a truncation finds', () => {
    const lab = new LogLab({ topic: { 'segment.bytes': 2 * 161 } });
    const batches = [0, 1, 2, 3, 4, 5].map((sequence) => send(lab, sequence));
    lab.log.truncateTo(5, TruncateReason.divergence);
    // The snapshot of the roll at 4 keeps batch 3; batch 4 is read from the log.
    const known = batches.map((batch) => lab.log.producers.findDuplicate(batch) !== undefined);
    expect(known).toEqual([false, false, false, true, true, false]);
    expect(lab.announced.filter((line) => line.startsWith('producer-window'))).toEqual(['producer-window 7 0 3 0']);
  });

  it('announce nothing where the whole history of a producer is known', () => {
    const lab = new LogLab();
    send(lab, 0);
    lab.restart('kill');
    expect(lab.announced.some((line) => line.startsWith('producer-window'))).toBe(false);
  });
});

describe('the log start', () => {
  it('is checkpointed later: a crash before may bring deleted records back', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0, 0);
    lab.log.updateHighWatermark(4, 0, true);
    lab.log.incrementLogStart(3, 1);
    expect(lab.values()).toEqual([4]);
    lab.restart('kill');
    expect(lab.log.logStartOffset).toBe(0);
    lab.log.updateHighWatermark(4, 0, true);
    lab.log.incrementLogStart(2, 1);
    lab.logs.checkpointLogStarts();
    lab.restart('kill');
    expect(lab.log.logStartOffset).toBe(2);
    expect(lab.announced.at(-1)).toBe('log-start 2 0 4');
  });

  it('above the end of what a crash left: the log begins anew there', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0, 0);
    lab.log.updateHighWatermark(4, 0, true);
    lab.log.incrementLogStart(3, 1);
    lab.logs.checkpointLogStarts();
    lab.world.diskFaults(1).corrupt(FIRST, 1);
    lab.restart('kill');
    expect(lab.log).toMatchObject({ logStartOffset: 3, logEndOffset: 3 });
    expect(lab.log.leaderEpochs.latestEpoch).toBe(-1);
    lab.append(5);
    expect(lab.log.recordAt(3)).toMatchObject({ leaderEpoch: 5 });
  });
});

describe('with a released bug', () => {
  const having = (defect: DefectId) => ({ rules: resolveRules('3.9', {}, [defect]) });

  it('KAFKA-10432, epoch 0 is not taken from the batches', () => {
    const epochsAfter = (lab: LogLab): number[] => {
      lab.append(0, 1);
      lab.host.disk.remove(leaderEpochCheckpointPath(NAME));
      lab.restart('kill');
      return lab.log.leaderEpochs.entries.map(({ epoch }) => epoch);
    };
    expect(epochsAfter(new LogLab())).toEqual([0, 1]);
    expect(epochsAfter(new LogLab(having('KAFKA-10432')))).toEqual([1]);
  });

  it('KAFKA-10471, a crash while logs are loaded looks like an orderly stop: nothing is scanned', () => {
    const scannedAfter = (lab: LogLab): boolean => {
      lab.append(0, 0);
      lab.stop();
      lab.world.start(1);
      lab.logs.beginLoading();
      lab.world.kill(1);
      lab.world.diskFaults(1).corrupt(FIRST, 0);
      lab.start();
      return lab.log.logEndOffset === 0;
    };
    expect(scannedAfter(new LogLab({ seed: 'loading' }))).toBe(true);
    expect(scannedAfter(new LogLab({ seed: 'loading', ...having('KAFKA-10471') }))).toBe(false);
  });

  it('KAFKA-9892, power loss may take the snapshot of a recovery', () => {
    const snapshotsLost = (more: LogLabOptions): number => {
      let lost = 0;
      for (let seed = 0; seed < 20; seed++) {
        const lab = new LogLab({ seed: `snapshot ${seed}`, ...more });
        lab.log.appendAsLeader(lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: 0 }), 0);
        lab.restart('kill');
        lab.world.powerLoss(1);
        lab.world.start(1);
        const path = snapshotPath(NAME, 1);
        if (!lab.host.disk.exists(path) || lab.host.disk.open(path).length === 0) lost++;
      }
      return lost;
    };
    expect(snapshotsLost({})).toBe(0);
    expect(snapshotsLost(having('KAFKA-9892'))).toBeGreaterThan(0);
  });
});

describe('what a disk lost', () => {
  it('is named by partition and offset', () => {
    const lab = new LogLab();
    for (const size of [2, 3, 1]) lab.log.appendAsLeader(lab.batch(size), 0);
    const names = ['other-0', NAME];
    const lost = lab.log.batches.slice(1);
    const told = (path: string, entries: readonly object[]) =>
      lostRecords(names, [{ path, from: 1, lost: entries }], lab.host.disk);
    expect(told(FIRST, lost)).toMatchObject([{ partition: 1, firstOffset: 2, oldLogEnd: 6 }]);
    expect(told(segmentPath('unknown-0', 0), lost)).toEqual([]);
    expect(told(leaderEpochCheckpointPath(NAME), [{}])).toEqual([]);
  });

  it('is what is missing when the log is loaded', () => {
    for (let seed = 0; seed < 20; seed++) {
      const lab = new LogLab({ seed: `loss ${seed}` });
      let first = -1;
      lab.world.onDataLost({
        onDataLost: (_machine, losses) => {
          for (const { firstOffset } of lostRecords([NAME], losses, lab.world.disk(1))) first = firstOffset;
        },
      });
      lab.append(0, 0, 0, 0);
      lab.restart('power loss');
      expect(first).toBe(lab.log.logEndOffset === 4 ? -1 : lab.log.logEndOffset);
    }
  });
});
