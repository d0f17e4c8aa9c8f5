/**
 * stuck: faults were healed, and within the bound computed from the time-outs a new send was not acknowledged and read.
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
  /** Which bound passed: the one that Kafka's time-outs give, or a shorter one that the user required. */
  readonly bound: 'guaranteed' | 'required';
}

export function stuckAnomaly({ reason, at, key }: StuckNote): Anomaly {
  return {
    type: 'stuck',
    key,
    offsets: [],
    operations: [],
    values: [],
    events: [],
    at,
    story: `not writable again by ${secondsWords(at)}: ${reason}`,
    preventedBy: null,
  };
}
