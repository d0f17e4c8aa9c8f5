import { describe, expect, it } from 'vitest';
import type { InvariantName } from './invariants.js';
import { simulateQuorum, type SimulationChoices } from './simulation.js';

/** The first of so many seeds that breaks an invariant. */
function firstViolation(seeds: number, choices: SimulationChoices): InvariantName | null {
  for (let seed = 0; seed < seeds; seed++) {
    const { violation } = simulateQuorum(String(seed), choices);
    if (violation !== null) return violation.invariant;
  }
  return null;
}

describe('the quorum under faults', () => {
  it('keeps every invariant for 200 seeds, elects, commits and loads snapshots in them', () => {
    let [elections, committed, snapshotsLoaded] = [0, 0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const result = simulateQuorum(String(seed));
      expect(result.violation, `seed ${seed}`).toBeNull();
      elections += result.elections;
      committed += result.committed;
      snapshotsLoaded += result.snapshotsLoaded;
    }
    expect(elections).toBeGreaterThan(600);
    expect(committed).toBeGreaterThan(10_000);
    expect(snapshotsLoaded).toBeGreaterThan(50);
  });

  it('runs the same from the same seed', () => {
    expect(simulateQuorum('again')).toEqual(simulateQuorum('again'));
  });
});

/** Short faults, little in a fetch, much to write: where records of several epochs are under way at once. */
const hurried: SimulationChoices = {
  voters: 3,
  maxFetchBytes: 1,
  appendEveryMicros: 60_000,
  plan: { kinds: ['kill', 'isolate', 'slow-link'], everyMicros: 400_000, longestMicros: 3_000_000 },
};
const unwatched: InvariantName[] = [
  'majority-reached-high-watermark',
  'leader-completeness',
  'consistent-committed-data',
  'leader-caught-up',
  'progress',
];

describe.each<[string, SimulationChoices, number, readonly InvariantName[]]>([
  [
    'KAFKA-10527 (B39), a restarted leader goes on in its epoch',
    { defects: ['KAFKA-10527'] },
    120,
    ['log-matching', 'consistent-committed-data'],
  ],
  [
    'KAFKA-10533 (B40), records count before they are flushed',
    { defects: ['KAFKA-10533'] },
    5,
    ['majority-reached-high-watermark'],
  ],
  [
    'KAFKA-10533, though nobody looks at the platters',
    { defects: ['KAFKA-10533'], without: ['majority-reached-high-watermark'] },
    50,
    ['consistent-committed-data', 'leader-completeness'],
  ],
  [
    'KAFKA-12460 with KAFKA-10533 (B44, B40), a follower cuts off what was committed',
    { defects: ['KAFKA-10533', 'KAFKA-12460'], without: unwatched },
    100,
    ['monotonic-high-watermark'],
  ],
  ['B41, votes for whatever log', { defects: ['B41'] }, 50, ['leader-completeness', 'consistent-committed-data']],
  [
    'B42, records of earlier epochs are committed by counting',
    { defects: ['B42'], ...hurried },
    150,
    ['leader-completeness', 'consistent-committed-data'],
  ],
  ['B43, a vote is forgotten', { defects: ['B43'] }, 50, ['monotonic-epoch']],
  [
    'B45, voters change before the epoch has committed anything',
    { defects: ['B45'], voters: 3, plan: { kinds: ['reconfigure', 'isolate'] } },
    50,
    ['leader-completeness', 'consistent-committed-data', 'progress'],
  ],
  [
    'KAFKA-15345 (B46), a controller acts before it has caught up',
    { defects: ['KAFKA-15345'] },
    5,
    ['leader-caught-up'],
  ],
])('%s', (_, choices, seeds, broken) => {
  it(`is found within ${seeds} seeds`, () => {
    expect(broken).toContain(firstViolation(seeds, choices));
  });

  it('and nothing is, on the same seeds, without it', () => {
    const { defects: _defects, ...sound } = choices;
    expect(firstViolation(Math.min(seeds, 20), sound)).toBeNull();
  });
});
