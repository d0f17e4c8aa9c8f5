/** Trial rows for tests of what is made of them. */
import type { Cause, TrialRow } from '../engine.js';

export const lostWrite: Cause = {
  id: 'cut-off-leader',
  requirement: 'no-lost-writes',
  licence: 'acks-1-leader-change',
  words: 'leader cut off from the others, still acknowledging (two leaders at once)',
};

/** A clean trial with a little of everything; `changes` make it another. */
export function trialRow(seed: string, changes: Partial<TrialRow> = {}): TrialRow {
  return {
    variant: 0,
    seed,
    verdict: 'clean',
    anomalies: [],
    allowed: [],
    causes: [],
    expected: true,
    digest: `d${seed}`,
    counts: {
      sent: 2000,
      acknowledged: 1900,
      refused: 40,
      unknown: 60,
      faults: { 'leader-cut-off': { effective: 2, ineffective: 1 }, 'broker-killed': { effective: 3, ineffective: 0 } },
      skipped: 0,
    },
    situations: ['isr-shrank', 'leader-moved'],
    longestOutageMicros: 400_000,
    simulatedMicros: 60_000_000,
    cpuMicros: 30_000,
    events: 100_000,
    reasons: [],
    ...changes,
  };
}

export function lostRow(seed: string, changes: Partial<TrialRow> = {}): TrialRow {
  return trialRow(seed, {
    verdict: 'unsafe',
    anomalies: ['lost-write'],
    causes: [lostWrite],
    expected: false,
    ...changes,
  });
}

export function seedsTo(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1));
}
