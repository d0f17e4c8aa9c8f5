import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lostRow, lostWrite, seedsTo, trialRow } from './testing/rows.js';
import { failuresOf, showing, totalsOf } from './totals.js';

describe('the totals of a campaign', () => {
  const rows = [
    trialRow('1', { longestOutageMicros: 100, situations: ['leader-moved'] }),
    lostRow('2', { longestOutageMicros: 900 }),
    lostRow('3', {
      longestOutageMicros: 500,
      causes: [{ ...lostWrite, id: 'killed', words: 'leader killed' }, lostWrite],
    }),
    trialRow('4', { verdict: 'undecided', reasons: ['nothing was read'], allowed: ['duplicate'] }),
  ];
  const totals = totalsOf(rows, seedsTo(4));

  it('count verdicts, anomalies (allowed ones too), situations and reasons', () => {
    expect(totals.verdicts).toEqual({ bug: 0, unsafe: 2, undecided: 1, clean: 1 });
    expect(totals.anomalies).toEqual({ duplicate: 1, 'lost-write': 2 });
    expect(totals.situations).toEqual({ 'isr-shrank': 3, 'leader-moved': 4 });
    expect(totals.reasons).toEqual({ 'nothing was read': 1 });
  });

  it('group failures by cause, most trials first, with their seeds in order', () => {
    expect(totals.causes.map(({ id, trials, seeds }) => ({ id, trials, seeds }))).toEqual([
      { id: 'cut-off-leader', trials: 2, seeds: ['2', '3'] },
      { id: 'killed', trials: 1, seeds: ['3'] },
    ]);
  });

  it('add up faults by name', () => {
    expect(totals.faults).toEqual({
      'leader-cut-off': { effective: 8, ineffective: 4 },
      'broker-killed': { effective: 12, ineffective: 0 },
    });
  });

  it('name the seed of the longest outage', () => {
    expect(totals.outage).toEqual({ medianMicros: 500, worstMicros: 400_000, worstSeed: '4' });
  });

  it('take a lost tail for a lost write', () => {
    expect(showing({ anomalies: { unseen: 3 } }, 'lost-write')).toBe(3);
    expect(showing({ anomalies: { duplicate: 3 } }, 'lost-write')).toBe(0);
  });

  it('count a bug with every requirement that forbids what it shows', () => {
    const broken = { ...lostWrite, requirement: 'acks-all', licence: 'none' };
    const withBug = totalsOf([...rows, lostRow('5', { verdict: 'bug', causes: [broken] })], seedsTo(5));
    const seeds = (requirement: string): readonly string[] => failuresOf(withBug, requirement).map(({ seed }) => seed);
    expect(seeds('no-lost-writes')).toEqual(['2', '3', '5']);
    expect(seeds('acks-all')).toEqual(['5']);
    expect(seeds('key-order')).toEqual([]);
  });

  it('do not depend on the order in which trials end', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: 4 }), (shuffled) => {
        expect(totalsOf(shuffled, seedsTo(4))).toEqual(totals);
      }),
    );
  });

  it('of no trials are nothing', () => {
    expect(totalsOf([], [])).toMatchObject({ trials: 0, acknowledged: 0, outage: { medianMicros: 0, worstSeed: '' } });
  });
});
