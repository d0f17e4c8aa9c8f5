import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogStartReason, TruncateReason } from '../../probes.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import { lastOffset } from '../../protocol/records.js';
import { CLEANER_CHECKPOINT, isCleaned, isDeleted, isSwap, segmentPath } from '../paths.js';
import { CompactedTable } from '../testing/compacted-table.js';
import { LogLab, NAME } from '../testing/log-lab.js';

const bases = (table: CompactedTable) => table.log.segments.all.map(({ baseOffset }) => baseOffset);

describe('the log cleaner', () => {
  it('keeps the newest record of every key below the active segment, and all of that', () => {
    const table = new CompactedTable().put('a', 'b', 'a', 'c', 'a', 'a').clean();
    expect(table.left()).toEqual(['1b', '2a', '3c', '4a', '5a']);
    expect(table.log).toMatchObject({ logStartOffset: 0, logEndOffset: 6 });
  });

  it('looks at what it cleaned before once more when later records supersede it', () => {
    const table = new CompactedTable().put('a', 'b', 'a', 'c').clean();
    expect(table.put('b', 'd', 'e').clean().left()).toEqual(['2a', '3c', '4b', '5d', '6e']);
  });

  it('says of every record that goes which one supersedes it', () => {
    const table = new CompactedTable().put('a', 'b', 'a', 'c').put('b', 'd', 'e').clean();
    expect(table.lab.announced.filter((one) => one.startsWith('compacted'))).toEqual([
      'compacted 0 0 1 2',
      'compacted 1 0 2 4',
    ]);
  });

  it('stops below the high watermark', () => {
    const table = new CompactedTable().put('a', 'b', 'a', 'c', 'a', 'd', 'e').committed(3).wait();
    expect(table.left()).toEqual(['0a', '1b', '2a', '3c', '4a', '5d', '6e']);
    expect(table.clean().left()).toEqual(['1b', '3c', '4a', '5d', '6e']);
  });

  it('with KAFKA-13194 goes beyond it: a truncation then leaves nothing of the key', () => {
    const rules = resolveRules('2.8', {}, ['KAFKA-13194']);
    const table = new CompactedTable({ rules }).put('a', 'b', 'c', 'd', 'a', 'e', 'f').committed(3).wait();
    table.log.truncateTo(3, TruncateReason.divergence);
    expect(table.contents().has('a')).toBe(false);
  });

  it('stops below an open transaction', () => {
    const table = new CompactedTable().put('a', 'b').putBy(7, 'c', true).put('a', 'b', 'c').clean();
    expect(table.left()).toEqual(['0a', '1b', '2c', '3a', '4b', '5c']);
  });

  it('leaves batches their offsets and sequences, whatever goes of their records', () => {
    const table = new CompactedTable({ topic: { 'segment.bytes': 400 } });
    table.putBy(7, 'abc').putBy(8, 'ac').putBy(7, 'd').clean();
    const [first] = table.log.batches;
    expect(first).toMatchObject({ baseOffset: 0, baseSequence: 0, bytes: 161 });
    expect([table.left()[0], lastOffset(first)]).toEqual(['1b', 2]);
  });

  it('keeps the last batch of a producer for its sequence, without records if need be', () => {
    const table = new CompactedTable().putBy(7, 'a').put('b', 'a', 'c', 'd').clean();
    expect(table.left()).toEqual(['1b', '2a', '3c', '4d']);
    table.lab.restart('kill');
    const retried = table.lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    expect(table.log.producers.findDuplicate(retried)?.baseOffset).toBe(0);
  });

  it('merges segments up to segment.bytes', () => {
    const table = new CompactedTable().put('a', 'a', 'a', 'a', 'b', 'c', 'd').clean();
    expect(bases(table)).toEqual([0, 2, 4, 6]);
    expect(table.put('e').clean().left()).toEqual(['3a', '4b', '5c', '6d', '7e']);
    table.put('f').clean();
    expect(bases(table)).toEqual([0, 4, 6, 8]);
    expect(table.left()).toEqual(['3a', '4b', '5c', '6d', '7e', '8f']);
  });

  it('writes segments that a reader of any offset finds its way in', () => {
    const table = new CompactedTable().put('a', 'b', 'a', 'c', 'a', 'd', 'e').clean();
    const found = [0, 1, 2, 3, 4, 5, 6].map((offset) => table.log.read(offset, 7, 1, true)[0].baseOffset);
    expect(found).toEqual([1, 1, 3, 3, 4, 5, 6]);
    expect(table.log.recordAt(2)).toBeUndefined();
  });

  it('gives up a log that it cannot read', () => {
    const table = new CompactedTable().put('a', 'b', 'a', 'c');
    table.lab.world.diskFaults(1).corrupt(segmentPath(NAME, 0), 1);
    expect(table.clean().left()).toEqual(['0a', '1b', '2a', '3c']);
  });
});

describe('what is dirty enough', () => {
  const words = ['a', 'b', 'a', 'c', 'd'];

  it('is more than min.cleanable.dirty.ratio of the log', () => {
    const table = new CompactedTable({ topic: { 'min.cleanable.dirty.ratio': 0.5 } }).put(...words).clean();
    expect(table.left()).toEqual(['1b', '2a', '3c', '4d']);
    // Three clean batches, and two dirty ones once the active segment is rolled.
    expect(table.put('a', 'e').clean().left()).toEqual(['1b', '2a', '3c', '4d', '5a', '6e']);
    expect(table.put('a', 'b', 'f').clean().left()).toEqual(['1b', '3c', '4d', '6e', '7a', '8b', '9f']);
  });

  it('is nothing younger than min.compaction.lag.ms', () => {
    const table = new CompactedTable({ topic: { 'min.compaction.lag.ms': 10_000 } }).put(...words).clean();
    expect(table.left()).toHaveLength(5);
    expect(table.wait(10).left()).toEqual(['1b', '2a', '3c', '4d']);
  });

  it('is all that is older than max.compaction.lag.ms', () => {
    const topic = { 'min.cleanable.dirty.ratio': 1, 'max.compaction.lag.ms': 10_000 };
    const table = new CompactedTable({ topic }).put(...words).clean();
    expect(table.left()).toHaveLength(5);
    expect(table.wait(11).left()).toEqual(['1b', '2a', '3c', '4d']);
  });

  it('is nothing while log.cleaner.enable is false', () => {
    const table = new CompactedTable({ broker: { 'log.cleaner.enable': false } }).put(...words).clean();
    expect(table.left()).toHaveLength(5);
  });

  it('is as much as fits into log.cleaner.dedupe.buffer.size', () => {
    // Two keys: of the third the map knows nothing, and what lies behind it stays.
    const table = new CompactedTable({ broker: { 'log.cleaner.dedupe.buffer.size': 24 * 2 * 2 } });
    table.put('a', 'b', 'c', 'a', 'b', 'd', 'e').committed().wait(1);
    expect(table.left().length).toBeGreaterThan(0);
    expect([...table.contents().keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('tombstones', () => {
  const topic = { 'delete.retention.ms': 5000 };

  it('stay delete.retention.ms from when the cleaner first met them (KIP-534)', () => {
    const table = new CompactedTable({ topic }).put('a', 'b', '-a', 'c', 'd').clean();
    expect(table.left()).toEqual(['1b', '2-a', '3c', '4d']);
    expect(table.put('e', 'f').clean().left()).toEqual(['1b', '2-a', '3c', '4d', '5e', '6f']);
    table.wait(5);
    expect(table.put('g', 'h').clean().left()).toEqual(['1b', '3c', '4d', '5e', '6f', '7g', '8h']);
    expect(table.lab.announced.filter((one) => one.startsWith('compacted')).at(-1)).toBe('compacted 2 0 3 -1');
  });

  it('count from the last segment that was cleaned before, up to 3.0', () => {
    const table = new CompactedTable({ topic, rules: resolveRules('2.7') }).put('a', 'b', '-a', 'c', 'd').clean();
    table.wait(5);
    // Written 7 s later than the tombstone: that is the clean part's last segment in the round after this.
    table.put('e', 'f', 'g').clean();
    expect(table.left()).toContain('2-a');
    expect(table.put('h', 'i').clean().left()).not.toContain('2-a');
  });
});

describe('transactions', () => {
  const topic = { 'delete.retention.ms': 5000, 'segment.bytes': 2 * 161 };

  it('that were aborted lose their data at once, and supersede nothing', () => {
    const table = new CompactedTable({ topic }).put('a').putBy(7, 'a', true).end(7, false).put('b', 'c', 'd').clean();
    expect(table.left()).toEqual(['0a', '3b', '4c', '5d']);
  });

  it('keep their marker until nothing of them is left and delete.retention.ms has passed', () => {
    const table = new CompactedTable({ topic }).putBy(7, 'a', true).end(7, true).putBy(7, 'b', true).end(7, true);
    const markers = () => table.log.batches.filter(({ marker, records }) => marker !== undefined && records.length > 0);
    table.put('c', 'd').clean();
    expect(markers()).toHaveLength(2);
    table.put('a', 'e', 'f').clean();
    expect(table.left()).not.toContain('0a');
    expect(markers()).toHaveLength(2);
    // The first round without any data of it: from now on.
    table.put('g', 'h').clean().wait(6);
    expect(markers()).toHaveLength(2);
    table.put('i', 'j').clean();
    expect(markers()).toHaveLength(1);
  });
});

describe('a log that is cut below its active segment', () => {
  it('has dirty what is written there anew', () => {
    const table = new CompactedTable().put('a', 'b', 'c', 'd', 'e').clean();
    table.log.truncateTo(1, TruncateReason.divergence);
    expect(table.put('a', 'a', 'b', 'f').clean().left()).toEqual(['2a', '3b', '4f']);
  });

  it('is no longer being cleaned, whatever the cleaner was at', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 6 }), (micros, end) => {
        const table = new CompactedTable().put('a', 'b', 'a', 'c', 'a', 'd', 'e').committed();
        table.lab.startTasks();
        table.lab.pass(micros);
        table.log.truncateTo(end, TruncateReason.divergence);
        expect(table.log.logEndOffset).toBe(end);
        table.put('x', 'y', 'z').committed();
        table.lab.pass(3_000_000);
        expect(
          table
            .left()
            .slice(-3)
            .map((one) => one.slice(-1)),
        ).toEqual(['x', 'y', 'z']);
        const names = table.lab.host.disk.list(NAME).filter((path) => isCleaned(path) || isSwap(path));
        expect(names).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a crash while a log is cleaned', () => {
  const words = ['a', 'b', 'a', 'c', '-b', 'a', 'd', 'e', 'a', 'f'];
  const crashed = (how: 'kill' | 'power loss', micros: number, seed: string): CompactedTable => {
    const table = new CompactedTable({ topic: { 'flush.messages': 1 }, seed }).put(...words).committed();
    table.lab.startTasks();
    table.lab.pass(micros);
    table.lab.restart(how);
    return table;
  };

  it('leaves every key as it was', () => {
    const whole = new CompactedTable().put(...words).contents();
    const swapped = { begun: 0, ended: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom('kill' as const, 'power loss' as const),
        fc.integer({ min: 0, max: 60_000 }),
        fc.string({ maxLength: 4 }),
        (how, micros, seed) => {
          const table = crashed(how, micros, seed);
          expect(table.contents()).toEqual(whole);
          expect(table.log.logEndOffset).toBe(words.length);
          const files = table.lab.host.disk.list(NAME);
          expect(files.filter((path) => isCleaned(path) || isSwap(path) || isDeleted(path))).toEqual([]);
          if (table.left().length < words.length) swapped.ended++;
          else swapped.begun++;
        },
      ),
      { numRuns: 300 },
    );
    expect(Math.min(swapped.begun, swapped.ended)).toBeGreaterThan(10);
  });

  it('in the middle of a swap is finished when the log is loaded', () => {
    let swaps = 0;
    for (let micros = 0; micros < 40_000; micros += 50) {
      const table = new CompactedTable({ topic: { 'flush.messages': 1 } }).put(...words).committed();
      table.lab.startTasks();
      table.lab.pass(micros);
      const isSwapping = table.lab.host.disk.list(NAME).some(isSwap);
      if (!isSwapping) continue;
      swaps++;
      const left = table.left();
      table.lab.restart('kill');
      expect(table.left()).toEqual(left);
    }
    expect(swaps).toBeGreaterThan(0);
  });
});

describe('a follower of a compacted log', () => {
  it('takes over its gaps, and ends where it ends', () => {
    const table = new CompactedTable({ topic: { 'segment.bytes': 400 } });
    table.putBy(7, 'abc').putBy(8, 'ac').putBy(7, 'd').clean();
    const lab = new LogLab();
    for (const batch of table.log.batches) lab.log.appendAsFollower(batch);
    expect(lab.log.logEndOffset).toBe(table.log.logEndOffset);
    expect(table.left(lab.log)).toEqual(table.left());
    expect(lab.announced.filter((one) => one.startsWith('log-gap'))).toEqual(['log-gap 0 1', 'log-gap 2 3']);
    expect(lab.log.hashBelow(6)).toBe(table.log.hashBelow(6));
  });

  it('ends below it if the leader had dropped the last batch that it cleaned (KAFKA-17076)', () => {
    const end = (defects: readonly 'KAFKA-17076'[]): number => {
      const topic = { 'delete.retention.ms': 1000 };
      const table = new CompactedTable({ topic, rules: resolveRules('3.9', {}, defects) }).put('a', 'b', '-a', '-b');
      table.log.roll();
      table.clean();
      // Without its checkpoint the cleaner begins anew, and meets the tombstones a second time.
      table.lab.host.disk.remove(CLEANER_CHECKPOINT);
      table.lab.restart('stop');
      table.lab.startTasks();
      table.clean();
      expect(table.left()).toEqual([]);
      const lab = new LogLab();
      for (const batch of table.log.batches) lab.log.appendAsFollower(batch);
      return lab.log.logEndOffset;
    };
    expect(end([])).toBe(4);
    expect(end(['KAFKA-17076'])).toBe(0);
  });
});

describe('cleanup.policy=compact,delete', () => {
  it('lets the cleaner delete old segments as well', () => {
    const topic = { 'cleanup.policy': 'compact,delete', 'retention.ms': 5000 };
    const table = new CompactedTable({ topic }).put('a', 'b', 'c', 'd', 'e').clean();
    expect(table.left()).toHaveLength(5);
    table.wait(6);
    expect(table.log.logStartOffset).toBe(5);
    expect(table.lab.announced).toContain(`log-start 5 0 ${LogStartReason.segmentDeletion}`);
  });
});
