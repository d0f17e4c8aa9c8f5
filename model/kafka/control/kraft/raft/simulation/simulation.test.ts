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
  it('keeps every invariant for 200 seeds: elects, commits, loads snapshots, changes voters and replaces disks in them', () => {
    let [elections, committed, snapshotsLoaded, voterChanges, disksReplaced] = [0, 0, 0, 0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const result = simulateQuorum(String(seed));
      expect(result.violation, `seed ${seed}`).toBeNull();
      elections += result.elections;
      committed += result.committed;
      snapshotsLoaded += result.snapshotsLoaded;
      voterChanges += result.voterChanges;
      disksReplaced += result.disksReplaced;
    }
    expect(elections).toBeGreaterThan(600);
    expect(committed).toBeGreaterThan(10_000);
    expect(snapshotsLoaded).toBeGreaterThan(50);
    expect(voterChanges).toBeGreaterThan(100);
    expect(disksReplaced).toBeGreaterThan(50);
  });

  it('runs the same from the same seed', () => {
    expect(simulateQuorum('again')).toEqual(simulateQuorum('again'));
  });
});

describe('a quorum in which releases are mixed', () => {
  it.each([[['3.7', '4.1']], [['4.1', '3.9', '4.0']], [['3.3', '3.9', '4.1', '3.5']]])(
    '%j keeps every invariant for 40 seeds, and elects and commits in them',
    (releases) => {
      let [elections, committed] = [0, 0];
      for (let seed = 0; seed < 40; seed++) {
        const result = simulateQuorum(String(seed), { releases });
        expect(result.violation, `seed ${seed}`).toBeNull();
        elections += result.elections;
        committed += result.committed;
      }
      expect(elections).toBeGreaterThan(120);
      expect(committed).toBeGreaterThan(2000);
    },
  );
});

/** Short faults, little in a fetch, much to write: where records of several epochs are under way at once. */
const hurried: SimulationChoices = {
  voters: 3,
  maxFetchBytes: 1,
  appendEveryMicros: 60_000,
  plan: { kinds: ['kill', 'isolate', 'slow-link'], everyMicros: 400_000, longestMicros: 3_000_000 },
};
/** Voters change all the time, and leaders that were just elected are heard late or not at all. */
const reconfigured: SimulationChoices['plan'] = {
  kinds: ['reconfigure', 'isolate', 'slow-link'],
  everyMicros: 120_000,
  longestMicros: 2_000_000,
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
    { defects: ['B45'], voters: 4, plan: reconfigured, without: ['progress'] },
    60,
    ['leader-completeness', 'consistent-committed-data'],
  ],
  [
    'B83, voters change before the last change is committed',
    { defects: ['B83'], voters: 3, plan: { kinds: ['reconfigure', 'isolate'] }, without: ['progress'] },
    60,
    ['leader-completeness', 'consistent-committed-data'],
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

describe('a voter whose disk is replaced by an empty one (B48)', () => {
  const plan: SimulationChoices['plan'] = {
    kinds: ['replace-disk', 'isolate', 'kill', 'reconfigure'],
    everyMicros: 600_000,
    longestMicros: 5_000_000,
  };

  it('votes as if nothing had happened where voters are known by their ids', () => {
    const known = { voters: 3, plan, rules: { voterIdentity: 'id' } } as const;
    expect(['leader-completeness', 'single-leader', 'consistent-committed-data']).toContain(firstViolation(20, known));
  });

  it('is a voter no more where they are known by their directories, too (KIP-853)', () => {
    expect(firstViolation(40, { voters: 3, plan })).toBeNull();
  });
});
