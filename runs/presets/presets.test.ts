import { describe, expect, it } from 'vitest';
import { drawFor } from '../draw/draw.js';
import type { TrialRow } from '../engine.js';
import { sameAnomaly } from '../expectation.js';
import { shrinkTrialPlan } from '../shrink/shrink-trial.js';
import { loadSpec } from '../spec/load.js';
import type { Spec } from '../spec/spec.js';
import { runTrial } from '../trial.js';
import { loadPresets } from './presets.js';

const SEEDS = 24;

function row(spec: Spec, seed: number): TrialRow {
  return runTrial({ spec, seed: String(seed), plan: drawFor(spec, String(seed)), variant: 0 }).row;
}

it('presets stand together by question, and everything at once comes last', () => {
  const questions = loadPresets().map(({ question }) => question);
  const changes = questions.filter((question, i) => question !== questions[i - 1]);
  expect(changes).toEqual([...new Set(questions)]);
  expect(changes.at(-1)).toBe('And everything at once?');
});

/** Long campaigns are `npm run presets`; these few seeds, the first ones, show that each preset still tells its story. */
describe.each(loadPresets().map(({ spec }) => ({ name: spec.name, spec })))('the preset $name', ({ name, spec }) => {
  it(`shows what it expects and nothing else in its first ${SEEDS} seeds`, { timeout: 180_000 }, () => {
    const rows = Array.from({ length: SEEDS }, (_, i) => row(spec, i + 1));
    const unexpected = rows.filter(
      ({ verdict, expected }) =>
        (verdict === 'bug' && !spec.expect.includes('bug')) || (spec.expect.length > 0 && !expected),
    );
    expect(unexpected.map(({ seed, verdict, anomalies }) => `${seed} ${verdict} ${anomalies.join()}`)).toEqual([]);
    const seen = new Set(rows.flatMap(({ anomalies }) => anomalies.map(sameAnomaly)));
    for (const anomaly of spec.expect.filter((name) => name !== 'bug')) expect(seen).toContain(sameAnomaly(anomaly));
    if (spec.expect.includes('bug')) expect(rows.map(({ verdict }) => verdict)).toContain('bug');
    const reached = new Set(rows.flatMap(({ situations }) => situations));
    for (const situation of spec.expectSituations) expect(reached).toContain(situation);
    if (spec.expect.length === 0 && name !== 'storm')
      expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(['clean']));
  });
});

/** Seeds at which a licence was once too narrow, each with what it taught. */
it.each([
  [486, 'a replica elected uncleanly may get a record from its predecessor before it begins to lead'],
  [656, 'an election whose leader was deposed before it began to lead took nothing from anybody'],
  [676, 'what a controller decides at once it announces one by one: the election may come after the ISR'],
  [1597, 'a disk without power may be damaged too: that takes one batch, not what was never synced'],
  [1663, 'an election of before is judged by its own term, not by the moment of a breach that came later'],
])('storm %i is no bug: %s', (seed) => {
  const { spec } = loadSpec({ input: 'storm' });
  expect(row(spec, seed).verdict).not.toBe('bug');
});

describe('records of a partition that was added, before its group looks', () => {
  const seeds = Array.from({ length: 8 }, (_, i) => i + 1);
  const protocols = [
    ['classic', '3.9'],
    ['consumer', '4.1'],
  ];
  const specOf = (protocol: string, kafka: string, reset: string): Spec =>
    loadSpec({
      input: 'reset-latest-new-partition',
      kafka,
      set: [`group.protocol=${protocol}`, `auto.offset.reset=${reset}`, 'sends=200'],
    }).spec;

  it.each(protocols)(
    'are skipped with latest, in a group of the %s protocol',
    { timeout: 120_000 },
    (protocol, kafka) => {
      const rows = seeds.map((seed) => row(specOf(protocol, kafka, 'latest'), seed));
      expect(new Set(rows.flatMap(({ anomalies }) => anomalies))).toContain('skipped');
      expect(rows.flatMap(({ causes }) => causes.map(({ licence }) => licence))).toContain('reset-to-latest');
    },
  );

  it.each(protocols)(
    'are all processed with earliest, in a group of the %s protocol',
    { timeout: 120_000 },
    (protocol, kafka) => {
      const rows = seeds.map((seed) => row(specOf(protocol, kafka, 'earliest'), seed));
      expect(rows.map(({ verdict }) => verdict)).toEqual(seeds.map(() => 'clean'));
      expect(rows.every(({ situations }) => situations.includes('partitions-created'))).toBe(true);
    },
  );
});

/** Seeds at which a cluster that was healed in part did not come back, each with what it taught. */
it.each([
  ['durable', 1630, 'a broker whose request waits for a connection asks another controller after the request time-out'],
  ['durable', 890, 'a broker that gave up registering ends itself, and is started again by its service manager'],
  ['durable-fsync', 1348, 'who takes a paused broker for a leader may ask it for metadata again and again'],
  ['durable-fsync', 441, 'a late registration of a dead broker does not replace that of its next life (B82)'],
])('%s %i comes back: %s', (preset, seed) => {
  const { spec } = loadSpec({ input: preset });
  expect(row(spec, seed).verdict).toBe('clean');
});

it('durable-fsync 441 is a bug as released: the broker that lost its registration is told so and does not ask again', () => {
  const { spec } = loadSpec({ input: 'durable-fsync' });
  const { verdict, anomalies } = row({ ...spec, defects: ['B82'] }, 441);
  expect([verdict, anomalies]).toEqual(['bug', ['stuck']]);
});

it(
  'the lost write of acks-1 shrinks to at most 2 faults and 3 sends, with the same anomaly',
  { timeout: 180_000 },
  () => {
    const { spec } = loadSpec({ input: 'acks-1' });
    const seed = Array.from({ length: 60 }, (_, i) => i + 1).find((one) =>
      row(spec, one).anomalies.includes('lost-write'),
    )!;
    const plan = drawFor(spec, String(seed));
    const target = {
      type: 'lost-write',
      judgement: 'unsafe' as const,
      requirement: 'no-lost-writes',
      key: null,
      cause: null,
      ofWorkload: true,
    };
    const smallest = shrinkTrialPlan({ kind: 'shrink', spec, seed: String(seed), plan, target, attempts: 250 });
    expect(smallest.plan.strikes.length).toBeLessThanOrEqual(2);
    expect(smallest.plan.workload.length).toBeLessThanOrEqual(3);
    const again = runTrial({ spec, seed: String(seed), plan: smallest.plan, variant: 0 });
    expect(again.row.anomalies.map(sameAnomaly)).toContain('lost-write');
  },
);
