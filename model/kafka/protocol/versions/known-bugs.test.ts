import { describe, expect, it } from 'vitest';
import { isImplemented } from './implemented.js';
import { knownBugsOf } from './known-bugs.js';
import { resolveRules } from './resolve.js';
import { versionRows } from './rows.js';

describe('the known bugs of a release', () => {
  it('are its older rules and its defects, each with what mends it', () => {
    const of21 = knownBugsOf(resolveRules('2.1', {}, ['KAFKA-9338']), 'zookeeper');
    expect(of21[0]).toMatchObject({ entry: 'B19', remedies: [{ kind: 'without-defect', defect: 'KAFKA-9338' }] });
    expect(of21.map(({ entry }) => entry)).toEqual(expect.arrayContaining(['B32', 'B33', 'B53']));
    const of011 = knownBugsOf(resolveRules('0.11'), 'zookeeper');
    expect(of011.find(({ entry }) => entry === 'B14')?.remedies).toEqual([
      { kind: 'rule', rule: 'truncation', value: 'epoch-and-end-offset' },
    ]);
  });

  it('are one where they have one entry: before KIP-101 neither messages nor followers knew of epochs', () => {
    const of08 = knownBugsOf(resolveRules('0.8.2'), 'zookeeper');
    expect(of08.find(({ entry }) => entry === 'B12')?.remedies).toEqual([
      { kind: 'rule', rule: 'messageFormat', value: 2 },
      { kind: 'rule', rule: 'truncation', value: 'epoch-end-offset' },
    ]);
    expect(new Set(of08.map(({ entry }) => entry)).size).toBe(of08.length);
  });

  it('are those of its control plane', () => {
    const entries = (control: 'kraft' | 'zookeeper'): string[] =>
      knownBugsOf(resolveRules('3.3'), control).map(({ entry }) => entry);
    expect(entries('kraft')).toEqual(expect.arrayContaining(['B38', 'B81']));
    expect(entries('zookeeper')).not.toContain('B38');
    expect(entries('zookeeper')).not.toContain('B81');
  });

  it('are mended by what the model can do', () => {
    const remedies = versionRows.flatMap(({ rules, control }) =>
      control
        .flatMap((plane) => knownBugsOf({ ...resolveRules('3.9'), ...rules }, plane))
        .flatMap((known) => known.remedies),
    );
    const newRules = remedies.filter((remedy) => remedy.kind === 'rule');
    expect(newRules.length).toBeGreaterThan(0);
    expect(newRules.filter(({ rule, value }) => !isImplemented(rule, value))).toEqual([]);
  });
});
