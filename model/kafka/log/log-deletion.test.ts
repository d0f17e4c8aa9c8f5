import { describe, expect, it } from 'vitest';
import { RECOVERY_POINT_CHECKPOINT } from './paths.js';
import { readOffsets } from './offset-checkpoint.js';
import { LogLab, NAME } from './testing/log-lab.js';

const SECOND = 1_000_000;

describe('a log that is deleted', () => {
  it('gives its place to another at once, and its files go after file.delete.delay.ms', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.logs.delete(0);
    expect(lab.announced.at(-1)).toBe('replica-deleted 3');
    const renamed = lab.host.disk.list('').find((path) => path.startsWith(NAME));
    expect(renamed).toBe(`${NAME}.0-delete`);
    const next = lab.logs.getOrCreate(0);
    expect(next).toMatchObject({ logEndOffset: 0, highWatermark: 0 });
    expect(next.leaderEpochs.entries).toEqual([]);
    lab.pass(59 * SECOND);
    expect(lab.host.disk.list('')).toContain(renamed);
    lab.pass(2 * SECOND);
    expect(lab.host.disk.list('')).not.toContain(renamed);
    expect(lab.host.disk.list(NAME)).not.toEqual([]);
  });

  it('is not there after a crash, nor what a process before had still to unlink', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.logs.delete(0);
    lab.world.powerLoss(1);
    lab.world.start(1);
    expect(lab.logs.beginLoading()).toEqual([]);
    expect(lab.host.disk.list('').filter((path) => path.startsWith(NAME))).toEqual([]);
  });

  it('is out of the recovery points, which would tell too much of another', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.log.flush();
    lab.logs.checkpointRecoveryPoints();
    expect(readOffsets(lab.host.disk, RECOVERY_POINT_CHECKPOINT)[0]).toBe(3);
    lab.logs.delete(0);
    expect(readOffsets(lab.host.disk, RECOVERY_POINT_CHECKPOINT)[0]).toBeUndefined();
  });

  it('is left alone by a flush that had begun', () => {
    const lab = new LogLab();
    lab.append(0, 0, 0);
    lab.log.roll();
    lab.logs.delete(0);
    const next = lab.logs.getOrCreate(0);
    lab.pass(10 * SECOND);
    expect(next.recoveryPoint).toBe(0);
    expect(lab.host.disk.list(NAME)).toHaveLength(1);
  });
});
