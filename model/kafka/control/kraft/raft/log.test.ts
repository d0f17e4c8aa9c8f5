import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld, type World } from '../../../../kernel/world.js';
import type { MetadataRecord } from '../../../protocol/metadata-records.js';
import { Asker } from './testing/quorum-lab.js';
import { MetadataLog } from './log.js';

const settings = { 'metadata.log.segment.bytes': 400, 'metadata.max.retention.bytes': 5000 };
const NO_OP: MetadataRecord = { kind: 'no-op' };

function worldOf(machines: number): World {
  const world = createWorld({ seed: 'log' });
  for (let i = 1; i <= machines; i++) {
    world.start(world.addMachine({ name: `m${i}`, program: (host) => new Asker(host) }));
  }
  return world;
}

function append(log: MetadataLog, leaderEpoch: number, count = 1): void {
  log.append({ baseOffset: log.endOffset, leaderEpoch, records: Array.from({ length: count }, () => NO_OP) });
}

const epochsOf = (log: MetadataLog) => log.read(log.startOffset).flatMap((b) => b.records.map(() => b.leaderEpoch));

describe('the metadata log', () => {
  it('reads back what was appended, over segments, also after a restart', () => {
    const world = worldOf(1);
    const log = new MetadataLog(world.disk(1), settings);
    for (let i = 0; i < 30; i++) append(log, 1 + Math.floor(i / 10), 1 + (i % 3));
    log.flushNow();
    const again = new MetadataLog(world.disk(1), settings);
    expect(epochsOf(again)).toEqual(epochsOf(log));
    expect([again.startOffset, again.endOffset, again.lastEpoch]).toEqual([0, log.endOffset, 3]);
    expect(world.disk(1).list('__cluster_metadata-0').length).toBeGreaterThan(3);
  });

  it('loses at power loss only what was not flushed', () => {
    const world = worldOf(1);
    const log = new MetadataLog(world.disk(1), settings);
    for (let i = 0; i < 12; i++) append(log, 1);
    log.flushNow();
    for (let i = 0; i < 12; i++) append(log, 1);
    world.powerLoss(1);
    const { endOffset } = new MetadataLog(world.disk(1), settings);
    expect(endOffset).toBeGreaterThanOrEqual(12);
    expect(endOffset).toBeLessThanOrEqual(24);
  });

  it('begins at the older of two snapshots once it is too large, and says so to who fetches from below', () => {
    const world = worldOf(1);
    const log = new MetadataLog(world.disk(1), settings);
    for (let i = 0; i < 60; i++) append(log, 2);
    for (const endOffset of [20, 40]) {
      log.addSnapshot({ endOffset, epoch: 2, voters: [{ id: 1, directoryId: 1 }], state: {} });
      log.clean();
    }
    expect(log.startOffset).toBe(40);
    expect(log.validate(10, 2)).toMatchObject({ kind: 'snapshot', snapshot: { endOffset: 40 } });
    expect(log.validate(40, 2)).toEqual({ kind: 'valid' });
    const again = new MetadataLog(world.disk(1), settings);
    expect([again.startOffset, again.endOffset]).toEqual([40, 60]);
  });

  /** Two logs that begin alike and then follow leaders of their own, as after elections that one of them missed. */
  it('finds by epochs where it parts from any other, and agrees with it afterwards', () => {
    const epochs = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(epochs, epochs, epochs, (shared, leading, following) => {
        const world = worldOf(2);
        const leader = new MetadataLog(world.disk(1), settings);
        const follower = new MetadataLog(world.disk(2), settings);
        let epoch = 1;
        for (const step of shared) {
          epoch += step;
          append(leader, epoch);
          append(follower, epoch);
        }
        // No epoch has two leaders: the one writes in even ones, the other in odd ones.
        for (const [log, own, parity] of [
          [leader, leading, 0],
          [follower, following, 1],
        ] as const) {
          let next = epoch + 1;
          for (const step of own) {
            next += step;
            append(log, next * 2 + parity);
          }
        }
        append(leader, 1000);
        for (let rounds = 0; ; rounds++) {
          expect(rounds).toBeLessThan(30);
          const position = leader.validate(follower.endOffset, follower.lastEpoch);
          if (position.kind === 'valid') break;
          if (position.kind === 'diverging') follower.truncateTo(follower.divergenceFrom(position.end));
        }
        expect(epochsOf(leader).slice(0, follower.endOffset)).toEqual(epochsOf(follower));
        expect(follower.endOffset).toBeGreaterThanOrEqual(shared.length);
      }),
    );
  });
});
