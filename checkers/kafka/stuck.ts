/**
 * stuck: faults were healed, and within the bound computed from the time-outs a new send was not acknowledged and read,
 * or a partition did not come to rest.
 *
 * No history shows it by itself: who ran the trial says that its liveness phase failed, and why.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { secondsWords } from './history/words.js';

export interface StuckNote {
  /** In words: "orders-0 has no leader". */
  readonly reason: string;
  /** Virtual microseconds at which the bound passed. */
  readonly at: number;
  /** The partition that makes no progress; -1: not one alone. */
  readonly key: number;
  /** The `stalled` records of the trace: one for each machine that the partition waits for. */
  readonly events: readonly number[];
}

export function stuckAnomaly({ reason, at, key, events }: StuckNote): Anomaly {
  return {
    type: 'stuck',
    key,
    offsets: [],
    operations: [],
    values: [],
    events,
    at,
    story: `stuck at ${secondsWords(at)}: ${reason}`,
    preventedBy: null,
  };
}
