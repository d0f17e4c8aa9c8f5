import { describe, expect, it } from 'vitest';
import { segmentPath } from './paths.js';
import { deleteOldSegments } from './retention.js';
import { LogLab, NAME, NOW_MS as NOW, type LogLabOptions } from './testing/log-lab.js';

/** Segments of two batches of one record each, stamped 1 ms apart from `NOW` on. */
function labOf(records: number, options: LogLabOptions['topic'] = {}): LogLab {
  const lab = new LogLab({ topic: { 'segment.bytes': 2 * 161, ...options } });
  for (let i = 0; i < records; i++) {
    const record = { key: null, value: i + 1, timestamp: NOW + i, bytes: 100 };
    lab.log.appendAsLeader(lab.batch(1, { records: [record] }), 0);
  }
  lab.log.updateHighWatermark(records, 0, true);
  return lab;
}

describe('retention', () => {
  it('by time deletes segments whose youngest record is older than retention.ms', () => {
    const lab = labOf(6, { 'retention.ms': 100 });
    deleteOldSegments(lab.log, NOW + 101);
    expect(lab.values()).toEqual([1, 2, 3, 4, 5, 6]);
    deleteOldSegments(lab.log, NOW + 102);
    expect(lab.values()).toEqual([3, 4, 5, 6]);
    expect(lab.log.logStartOffset).toBe(2);
    expect(lab.announced.at(-1)).toBe('log-start 2 0 0');
  });

  it('by time begins a new segment if it takes all', () => {
    const lab = labOf(3, { 'retention.ms': 100 });
    deleteOldSegments(lab.log, NOW + 1_000);
    expect(lab.log).toMatchObject({ logStartOffset: 3, logEndOffset: 3 });
    deleteOldSegments(lab.log, NOW + 100_000);
    expect(lab.log.segments.all.map(({ baseOffset }) => baseOffset)).toEqual([3]);
    lab.append(0);
    expect(lab.log.recordAt(3)).toBeDefined();
  });

  it('by size deletes what exceeds retention.bytes by whole segments', () => {
    const lab = labOf(6, { 'retention.ms': -1, 'retention.bytes': 4 * 161 - 1 });
    deleteOldSegments(lab.log, NOW);
    expect(lab.values()).toEqual([3, 4, 5, 6]);
  });

  it('stops at the high watermark', () => {
    const lab = new LogLab({ topic: { 'segment.bytes': 2 * 161, 'retention.ms': 0 } });
    lab.append(0, 0, 0, 0, 0);
    lab.log.updateHighWatermark(3, 0, true);
    deleteOldSegments(lab.log, NOW + 1_000);
    expect(lab.log.logStartOffset).toBe(2);
  });

  it('takes segments below the log start whatever the policy', () => {
    const lab = labOf(6, { 'cleanup.policy': 'compact', 'retention.ms': 0 });
    lab.log.incrementLogStart(3, 1);
    deleteOldSegments(lab.log, NOW + 1_000);
    expect(lab.log.segments.first.baseOffset).toBe(2);
    expect(lab.log.logStartOffset).toBe(3);
  });

  it('renames a segment at once and unlinks it after file.delete.delay.ms', () => {
    const lab = labOf(4, { 'retention.ms': 100, 'file.delete.delay.ms': 1000 });
    const deleted = `${segmentPath(NAME, 0)}.deleted`;
    deleteOldSegments(lab.log, NOW + 102);
    expect([lab.host.disk.exists(segmentPath(NAME, 0)), lab.host.disk.exists(deleted)]).toEqual([false, true]);
    lab.pass(1_000_000);
    expect(lab.host.disk.exists(deleted)).toBe(false);
  });

  it('may be undone by power loss, as long as the directory was not synced', () => {
    let back = 0;
    for (let seed = 0; seed < 40; seed++) {
      const lab = new LogLab({ topic: { 'segment.bytes': 2 * 161, 'retention.ms': 0 }, seed: `back ${seed}` });
      lab.append(0, 0, 0, 0);
      lab.log.updateHighWatermark(4, 0, true);
      lab.pass(1_000_000);
      deleteOldSegments(lab.log, NOW + 10_000);
      lab.restart('power loss');
      if (lab.log.logStartOffset === 0) back++;
    }
    expect(back).toBeGreaterThan(0);
  });
});
