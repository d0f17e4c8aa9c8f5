import { describe, expect, it } from 'vitest';
import { isImplemented } from './implemented.js';
import { knownBugsOf } from './known-bugs.js';
import { resolveRules } from './resolve.js';
import { versionRows } from './rows.js';

describe('the known bugs of a release', () => {
  it('are its older rules and its defects, each with what mends it', () => {
    const of21 = knownBugsOf(resolveRules('2.1', {}, ['KAFKA-9338']), 'zookeeper');
    expect(of21[0]).toMatchObject({ entry: 'B19', remedy: { kind: 'without-defect', defect: 'KAFKA-9338' } });
    expect(of21.map(({ entry }) => entry)).toEqual(expect.arrayContaining(['B32', 'B33', 'B53']));
    const of011 = knownBugsOf(resolveRules('0.11'), 'zookeeper');
    expect(of011.find(({ entry }) => entry === 'B14')?.remedy).toEqual({
      kind: 'rule',
      rule: 'truncation',
      value: 'epoch-and-end-offset',
    });
  });

  it('are those of its control plane', () => {
    const entries = (control: 'kraft' | 'zookeeper'): string[] =>
      knownBugsOf(resolveRules('3.3'), control).map(({ entry }) => entry);
    expect(entries('kraft')).toEqual(expect.arrayContaining(['B38', 'B81']));
    expect(entries('zookeeper')).not.toContain('B38');
    expect(entries('zookeeper')).not.toContain('B81');
  });

  it('are mended by what the model can do', () => {
    for (const { rules, control } of versionRows) {
      for (const plane of control) {
        for (const { remedy } of knownBugsOf({ ...resolveRules('3.9'), ...rules }, plane)) {
          if (remedy.kind === 'rule') expect(isImplemented(remedy.rule, remedy.value), remedy.rule).toBe(true);
        }
      }
    }
  });
});
