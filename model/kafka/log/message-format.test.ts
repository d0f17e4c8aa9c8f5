import { describe, expect, it } from 'vitest';
import { resolveRules } from '../protocol/versions/resolve.js';
import { deleteOldSegments } from './retention.js';
import { LogLab, NOW_MS as NOW } from './testing/log-lab.js';

function labOf(messageFormat: 0 | 1 | 2, options: ConstructorParameters<typeof LogLab>[0] = {}): LogLab {
  return new LogLab({ rules: resolveRules('3.9', { messageFormat }), ...options });
}

describe('before message format 2', () => {
  it.each<[0 | 1, number]>([
    [0, 126],
    [1, 134],
  ])(
    'each record is a message of its own (format %i: %i bytes), and the log knows no leader epochs',
    (format, bytes) => {
      const lab = labOf(format);
      const set = lab.batch(3);
      expect(lab.log.appendAsLeader(set, 4)).toMatchObject({ baseOffset: 0, records: set.records });
      expect(lab.log.batches.map((message) => [message.baseOffset, message.records.length, message.bytes])).toEqual([
        [0, 1, bytes],
        [1, 1, bytes],
        [2, 1, bytes],
      ]);
      expect(lab.log.leaderEpochs.entries).toEqual([]);
      expect(lab.announced).toEqual(['append 0 4 1 1', 'append 1 4 2 1', 'append 2 4 3 1']);
    },
  );

  it.each<[1 | 2, number[]]>([
    [1, [1]],
    [2, []],
  ])('a set can be torn between its messages: of format %i the values %j are left', (format, values) => {
    const lab = labOf(format);
    lab.log.appendAsLeader(lab.batch(3), 0);
    const { file } = lab.log.segments.active;
    lab.world.diskFaults(1).corrupt(file.path, format === 1 ? 1 : 0);
    lab.restart('kill');
    expect(lab.values()).toEqual(values);
  });

  it("a log of format 0 ages by its files' own time, whatever its records say (KIP-33)", () => {
    const kept = (format: 0 | 1): number[] => {
      const lab = labOf(format, { topic: { 'segment.bytes': 161, 'retention.ms': 1000 } });
      for (const value of [1, 2]) {
        const record = { key: null, value, timestamp: NOW - 5000, bytes: 100 };
        lab.log.appendAsLeader(lab.batch(1, { records: [record] }), 0);
      }
      lab.log.updateHighWatermark(2, 0, true);
      deleteOldSegments(lab.log, NOW + 500);
      return lab.values();
    };
    expect(kept(0)).toEqual([1, 2]);
    expect(kept(1)).toEqual([]);
  });
});
