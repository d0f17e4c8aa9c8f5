/**
 * W22, read fidelity: what a broker answers a consumer with stood in its log, below its high watermark, when it
 * answered. A deposed leader that does not know it yet may answer with old records, never with wrong ones. Never
 * licensed.
 */
import type { Invariant } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const readFidelity: Invariant = {
  id: 'W22',
  sentence: "Every record served stood in the answering broker's log, below its high watermark.",
  on: ['readServed'],
  create({ cluster, facts, found }) {
    return {
      onProbe(_kind, machine, key, from, to) {
        const { log, highWatermark } = cluster.replica(machine, key);
        const bound = Math.min(log.end, highWatermark);
        if (to <= bound || to <= from) return;
        const offset = Math.max(from, bound);
        const where = offset >= log.end ? `ends at ${log.end}` : `has its high watermark at ${highWatermark}`;
        const story = `${brokerWords(machine)} served ${placeWords(facts, key, offset)}, and its log ${where}`;
        found({ key, offsets: [offset], values: [log.valueAt(offset)], story });
      },
    };
  },
};
