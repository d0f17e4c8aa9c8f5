import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import type { HistoryHeader } from '../../histories/operation.js';
import { checkHistory } from './check-history.js';
import { checkTrace } from './invariants/create.js';
import { judge } from './judge.js';
import { checkFromScratch } from './testing/from-scratch.js';
import { LittleCluster, type Defect, type LittleClusterOptions } from './testing/little-cluster.js';

const steps = fc.array(fc.tuple(fc.nat(17), fc.integer({ min: 1, max: 3 }), fc.nat(3)), {
  minLength: 40,
  maxLength: 160,
  size: 'max',
});
const POWER_LOSS = 15;

function run(
  options: LittleClusterOptions,
  all: readonly (readonly [number, number, number])[],
): readonly JudgedAnomaly[] {
  const cluster = new LittleCluster(options);
  for (const [what, id, extent] of all) cluster.step(what, id, extent);
  cluster.finish();
  const { history, script } = cluster;
  const { anomalies, undecided } = checkHistory(history);
  const header = script.header as HistoryHeader;
  const found = [...checkTrace(script.trace, { header }), ...anomalies];
  return judge({ history, trace: script.trace, anomalies: found, undecided, requirements: [] }).anomalies;
}

const bugs = (all: readonly JudgedAnomaly[]): readonly string[] =>
  all.filter(({ judgement }) => judgement === 'bug').map(({ anomaly }) => `${anomaly.type}: ${anomaly.story}`);

describe('a cluster that keeps the rules', () => {
  it('shows nothing under acks=all as long as elections are clean and no data is lost', () => {
    const kept = steps.map((all) => all.filter(([what]) => what !== POWER_LOSS));
    fc.assert(
      fc.property(kept, fc.integer({ min: 1, max: 2 }), (all, minInsyncReplicas) => {
        const found = run({ acks: -1, minInsyncReplicas, unclean: false }, all);
        expect(found.map(({ anomaly }) => anomaly.story)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('shows nothing unlicensed, whatever its settings and whatever happens to it', () => {
    const options = fc.record({
      acks: fc.constantFrom(-1 as const, 1 as const),
      minInsyncReplicas: fc.integer({ min: 1, max: 2 }),
      unclean: fc.boolean(),
    });
    fc.assert(
      fc.property(options, steps, (settings, all) => {
        expect(bugs(run(settings, all))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

describe('those runs', () => {
  it('reach what licences are for', () => {
    const rows = (options: LittleClusterOptions): ReadonlySet<string | undefined> => {
      const runs = fc.sample(steps, { numRuns: 300, seed: 7 });
      return new Set(runs.flatMap((all) => run(options, all)).map(({ licence }) => licence?.row));
    };
    expect(rows({ acks: -1, minInsyncReplicas: 1, unclean: true })).toContain('unclean-election');
    expect(rows({ acks: -1, minInsyncReplicas: 1, unclean: false })).toContain('impaired-leader');
    expect(rows({ acks: 1, minInsyncReplicas: 2, unclean: false })).toContain('acks-1-leader-change');
  });
});

const table: readonly (readonly [Defect, RegExp])[] = [
  ['ack-before-high-watermark', /^W3/],
  ['high-watermark-ignores-slow-members', /^W[46]/],
  ['elects-outside-the-isr', /^W[16]/],
  ['admits-without-catching-up', /^W6/],
  ['truncates-to-high-watermark', /^W[16]/],
  ['forgets-broker-epochs', /^W6/],
];

describe('a cluster that breaks a rule is found out:', () => {
  it.each(table)('%s', (defect, expected) => {
    const runs = [...fc.sample(steps, { numRuns: 400, seed: 7 }), rebornWhileProposed];
    const found = (rules: object) => runs.flatMap((all) => bugs(run({ ...acksAll, ...rules }, all)));
    expect(found({ defect }).filter((story) => expected.test(story))).not.toEqual([]);
    expect(found({})).toEqual([]);
  });
});

const acksAll = { acks: -1, minInsyncReplicas: 1, unclean: false } as const;

/** b3 has caught up and is proposed for the ISR; it loses all, is back, and only then the controller decides. */
const rebornWhileProposed: readonly (readonly [number, number, number])[] = [
  [10, 3, 0],
  [12, 1, 0],
  [12, 2, 0],
  [11, 3, 0],
  [12, 3, 0],
  [0, 1, 0],
  ...[2, 2, 3, 3].flatMap((id): [number, number, number][] => [
    [2, id, 0],
    [6, id, 0],
  ]),
  [15, 3, 3],
  [16, 3, 0],
  [11, 3, 0],
  [8, 1, 0],
];

describe('the invariants of any such run', () => {
  it.each([{}, ...table.map(([defect]) => ({ defect }))])('say what a check from scratch says, with %o', (rules) => {
    fc.assert(
      fc.property(fc.boolean(), steps, (unclean, all) => {
        const cluster = new LittleCluster({ ...acksAll, unclean, ...rules });
        for (const [what, id, extent] of all) cluster.step(what, id, extent);
        cluster.finish();
        checkFromScratch(cluster.script.trace, cluster.script.header as HistoryHeader);
      }),
      { numRuns: 15 },
    );
  });
});
