import { describe, expect, it } from 'vitest';
import type { CampaignEnd } from '../engine.js';
import { trialRow } from '../testing/rows.js';
import { type Totals, totalsOf } from '../totals.js';
import { compareExit } from './compare.js';
import { firstDifference } from './parting.js';
import { TraceColumns } from '../../histories/trace-columns.js';

function totals(...rows: Parameters<typeof trialRow>[1][]): { totals: Totals } {
  const made = rows.map((changes, i) => trialRow(String(i), changes));
  return {
    totals: totalsOf(
      made,
      made.map(({ seed }) => seed),
    ),
  };
}

const clean = totals({});
const unsafe = totals({ verdict: 'unsafe', expected: false });
const undecided = totals({ verdict: 'undecided' });
const bug = totals({ verdict: 'bug' });
const nothing = totals();
const refused = totals({ counts: { ...trialRow('0').counts, acknowledged: 0 } });

describe('the exit status of a comparison', () => {
  it.each<[string, readonly { totals: Totals }[], CampaignEnd['ended'], number]>([
    ['whatever it finds', [clean, unsafe, undecided], 'all', 0],
    ['time spent, with a trial of every variant', [clean, unsafe], 'time', 0],
    ['time spent before a variant had a trial', [clean, nothing], 'time', 3],
    ['a bug', [clean, bug], 'all', 1],
    ['nothing ran', [nothing, nothing], 'all', 4],
    ['one variant that refuses every write', [clean, refused], 'all', 0],
    ['no write acknowledged anywhere', [refused, refused], 'all', 4],
    ['interrupted', [clean, nothing], 'interrupted', 130],
    ['interrupted with a bug', [bug], 'interrupted', 130],
  ])('of %s', (_, variants, ended, exit) => {
    expect(compareExit(variants, { ended, workers: 1 })).toBe(exit);
  });
});

describe('where two runs part', () => {
  const trace = (...values: readonly number[]): TraceColumns => {
    const columns = new TraceColumns();
    values.forEach((value, time) => columns.append(time, 1, 1, 0, value, 0, 0, 0));
    return columns;
  };

  it('is at their first record that is not the same', () => {
    expect(firstDifference(trace(1, 2, 3), trace(1, 2, 4))).toBe(2);
    expect(firstDifference(trace(1, 2), trace(1, 2, 3))).toBe(2);
    expect(firstDifference(trace(1, 2), trace(1, 2))).toBeNull();
  });
});
