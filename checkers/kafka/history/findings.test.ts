import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../../histories/builders.js';
import type { Anomaly } from '../../../histories/anomaly.js';
import { endOf, findings, operationsOf } from './findings.js';
import { historyIndex } from './history-index.js';

const anomaly = { type: 'phantom' } as Anomaly;

describe('findings', () => {
  it('stand by themselves where nothing was acknowledged: an anomaly needs no acknowledgement', () => {
    const index = historyIndex(historyOf([poll('x', [0, 9])]));
    expect(findings(index, [anomaly])).toEqual({ anomalies: [anomaly] });
    expect(findings(index, [])).toEqual({ anomalies: [], undecided: 'no send was acknowledged' });
  });

  it('keep the reason that a checker gives beside them', () => {
    const index = historyIndex(historyOf([send('x', 7).ok(0), poll('x', [0, 7])]));
    expect(findings(index, [anomaly], 'why')).toEqual({ anomalies: [anomaly], undecided: 'why' });
  });

  it('count a full read of nothing as a read', () => {
    expect(findings(historyIndex(historyOf([send('x', 7).ok(0), finalRead('x', 1)])), [])).toEqual({ anomalies: [] });
  });
});

describe('an operation', () => {
  it('ends where it completed, at time 0 too, or where it was invoked if it never did', () => {
    const operations = [send('x', 7).from(0).to(0), send('x', 8).from(5).to(9), send('x', 9).from(6).to(-1)];
    const index = historyIndex(historyOf(operations));
    expect([0, 1, 2].map((operation) => endOf(index, operation))).toEqual([0, 9, 6]);
  });

  it('is named once, in order, and no more than six are', () => {
    expect(operationsOf(9, -1, 3, 9, 0)).toEqual([0, 3, 9]);
    expect(operationsOf(7, 6, 5, 4, 3, 2, 1, 0)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
