/**
 * W12, the last stable offset: who reads committed records alone is served what lies below it. It is the first offset of
 * the oldest transaction that is open in the broker's log, or whose marker is not below the high watermark yet; or the
 * high watermark, if there is none (UnifiedLog.fetchLastStableOffsetMetadata; KIP-98).
 *
 * A marker that was there when the broker loaded or truncated its log is as good as replicated, wherever the high watermark
 * is: snapshots of producers keep open transactions alone (ProducerStateManager.truncateAndReload takes all before for
 * committed). What is served then is decided all the same: markers are written after the decision, and it stays.
 */
import { LogScans } from './producer-batches.js';
import type { Invariant } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const lastStableOffset: Invariant = {
  id: 'W12',
  sentence: 'What is served to a consumer that reads committed records lies below the last stable offset.',
  on: ['readServed', 'truncate', 'dataLost', 'logLoaded'],
  create({ cluster, facts, readsCommitted, found }) {
    const { kinds } = cluster;
    const scans = new LogScans();
    /** By key and machine: where its log ended when it was loaded or truncated last. */
    const reloaded: number[][] = [];
    return {
      onProbe(kind, machine, key, from, to, _highWatermark, consumer) {
        if (kind !== kinds.readServed) {
          scans.of(machine, key).forget();
          if (kind !== kinds.dataLost) (reloaded[key] ??= [])[machine] = from;
          return;
        }
        if (to <= from || !readsCommitted(consumer)) return;
        const { log, highWatermark } = cluster.replica(machine, key);
        const scan = scans.of(machine, key);
        const replicatedTo = Math.max(highWatermark, reloaded[key]?.[machine] ?? 0);
        scan.to(Math.min(replicatedTo, log.end), log, cluster.partition(key).batches);
        for (const [producerId, { openFrom }] of scan.producers) {
          if (openFrom < 0 || openFrom >= to || !cluster.isTransactional(producerId)) continue;
          const offset = Math.max(from, openFrom);
          const story = `${brokerWords(machine)} served ${placeWords(facts, key, offset)} to a consumer that reads committed records, and a transaction is open from ${openFrom} on`;
          found({ key, offsets: [offset], values: [log.valueAt(offset)], story });
        }
      },
    };
  },
};
