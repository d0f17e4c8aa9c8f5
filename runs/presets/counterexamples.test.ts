/**
 * Where each of the counterexamples is told that Kafka's replication has run into (replication.md §12, S1 to S18): as a
 * preset, which presets.test.ts holds to what it expects, as a scripted test, or as both.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import type { Spec } from '../spec/spec.js';
import { runTrial } from '../trial.js';
import { loadPresets } from './presets.js';

interface Told {
  readonly presets: readonly string[];
  /** File below `model/kafka/` and the words of its test. */
  readonly test: readonly [string, string] | null;
}

const scenarios = 'broker/scenarios.test.ts';
const losses = 'broker/loss-scenarios.test.ts';
const zooKeeper = 'broker/zookeeper/scenarios.test.ts';
const zooKeeperController = 'control/zookeeper/controller/controller.test.ts';

const counterexamples: Readonly<Record<string, Told>> = {
  S1: told([scenarios, 'S1:'], 'truncation-0.10'),
  S2: told([scenarios, 'S2:']),
  S3: told([scenarios, 'S3:'], 'truncation-0.11'),
  S4: told([scenarios, 'S4:']),
  S5: told([scenarios, 'S5:']),
  S6: told([scenarios, 'S6:']),
  S7: told([losses, 'S7:']),
  S8: told(null, 'last-replica-standing', 'last-replica-elr'),
  S9: told(null, 'two-leaders-acks-1', 'two-leaders-acks-all'),
  S10: told([losses, 'S10:'], 'min-isr-1'),
  S11: told(['broker/lag.test.ts', 'one burst puts every healthy follower out of the ISR']),
  S12: told([zooKeeperController, 'is back before anybody looked is noticed since KIP-380']),
  S13: told([zooKeeper, 'S13:']),
  S14: told([zooKeeperController, 'a former controller'], 'zombie-controller'),
  S15: told([zooKeeper, 'S15:']),
  S16: told(null, 'last-known-leader'),
  S17: told(null, 'corrupt-active-segment-alone', 'corrupt-active-segment'),
  S18: told([losses, 'S18:'], 'unclean'),
};

function told(test: Told['test'], ...presets: readonly string[]): Told {
  return { presets, test };
}

describe('the counterexample', () => {
  const names = new Set(loadPresets().map(({ name }) => name));

  it.each(Object.entries(counterexamples))('%s is told', (_name, { presets, test }) => {
    for (const preset of presets) expect(names).toContain(preset);
    if (test === null) return;
    const [file, words] = test;
    expect(readFileSync(new URL(`../../model/kafka/${file}`, import.meta.url), 'utf8')).toContain(words);
  });
});

/** Presets whose story is a rule of an old release, each with the rule that ended it. */
describe.each([
  ['truncation-0.10', { truncation: 'on-fetch' }],
  ['truncation-0.11', { truncation: 'epoch-and-end-offset' }],
  ['zombie-controller', { 'controller-stops-with-session': true }],
  ['zombie-controller', { 'controller-epoch-in-writes': true }],
])('%s with %j', (name, mended) => {
  const SEEDS = 8;

  it(`is another story: its faults do no harm in the first ${SEEDS} seeds`, { timeout: 120_000 }, () => {
    const { spec: broken } = loadSpec({ input: name });
    const spec: Spec = { ...broken, rules: { ...broken.rules, ...mended } };
    const rows = Array.from({ length: SEEDS }, (_, index) => {
      const seed = String(index + 1);
      return runTrial({ spec, seed, plan: drawFor(spec, seed), variant: 0 }).row;
    });
    expect(rows.map(({ verdict }) => verdict)).toEqual(rows.map(() => 'clean'));
    const reached = rows.flatMap(({ situations }) => situations);
    for (const situation of spec.expectSituations) expect(reached).not.toContain(situation);
  });
});
