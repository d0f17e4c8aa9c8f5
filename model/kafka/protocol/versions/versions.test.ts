import { describe, expect, it } from 'vitest';
import { defectIds, defectOf, defectsIn, hasDefect } from './defects.js';
import { isImplemented, notImplemented } from './implemented.js';
import { compareReleases } from './releases.js';
import { resolveRules, rowFor } from './resolve.js';
import { versionRows } from './rows.js';
import { ruleBySpecName, ruleNames, ruleOf, specName } from './rules.js';

/** May be chosen where a release has it; none has it by default. */
const onlyByChoice = ['voterIdentity'];

describe('the table of versions', () => {
  it('has the rows of the design, oldest first', () => {
    const versions = '0.8.2 0.10.2 0.11 1.1 2.0 2.1 2.5 2.7 3.3 3.5 3.7 3.9 4.0 4.1'.split(' ');
    expect(versionRows.map(({ version }) => version)).toEqual(versions);
    expect(versions.toSorted(compareReleases)).toEqual(versions);
  });

  it('names for each rule a value that the rule may take', () => {
    for (const { version, rules } of versionRows) {
      for (const name of ruleNames) expect(ruleOf(name).values, `${name} in ${version}`).toContain(rules[name]);
    }
  });

  it('has only rules that differ between releases', () => {
    const same = ruleNames.filter((name) => new Set(versionRows.map(({ rules }) => rules[name])).size === 1);
    expect(same).toEqual(onlyByChoice);
  });

  it.each([
    ['3.9', '3.9'],
    ['3.9.1', '3.9'],
    ['3.8', '3.7'],
    ['0.10.2.1', '0.10.2'],
    ['1.0', '0.11'],
    ['4.2', '4.1'],
  ])('%s takes the row %s', (release, row) => expect(rowFor(release)?.version).toBe(row));

  it('has no row for what is older than all', () => {
    expect(rowFor('0.8.1')).toBeUndefined();
    expect(() => resolveRules('0.7')).toThrow('no rules for Kafka 0.7');
  });

  it.each([
    [
      '0.8.2',
      { truncation: 'high-watermark', replicaLag: 'messages-and-time', isrWrites: 'zookeeper', outOfRange: 'halt' },
    ],
    ['0.11', { truncation: 'epoch-end-offset', leaderEpochStartOffset: false, fetchEpochFencing: false }],
    ['2.0', { truncation: 'epoch-and-end-offset', leaderEpochStartOffset: true, fetchEpochFencing: false }],
    ['2.1', { truncation: 'fenced', fetchEpochFencing: true, brokerEpochInControlRequests: false }],
    ['2.5', { brokerEpochInControlRequests: true, leaderEpochInStopReplica: false, maximalIsr: false }],
    ['2.7', { truncation: 'on-fetch', maximalIsr: true, leaderEpochInStopReplica: true, fencedNotInIsr: false }],
    ['3.3', { fencedNotInIsr: true, brokerEpochInIsr: false, highWatermarkGate: false, leaderEpochOnShrink: true }],
    ['3.5', { brokerEpochInIsr: true, highWatermarkGate: false, checkQuorum: false }],
    ['3.7', { highWatermarkGate: true, checkQuorum: true, leaderEpochOnShrink: false }],
    ['3.9', { eligibleLeaderReplicas: false, transactionVersion: 0, preVote: false }],
    ['4.0', { eligibleLeaderReplicas: false, transactionVersion: 2, preVote: true }],
    ['4.1', { eligibleLeaderReplicas: true }],
  ])('%s', (version, some) => expect(resolveRules(version)).toMatchObject(some));
});

describe('resolved rules', () => {
  it('are frozen, with what a spec says in place of what the release has', () => {
    const rules = resolveRules('3.9', { highWatermarkGate: false }, ['KAFKA-14034']);
    expect(Object.isFrozen(rules) && Object.isFrozen(rules.defects)).toBe(true);
    expect(rules).toEqual({ ...resolveRules('3.9'), highWatermarkGate: false, defects: rules.defects });
    expect(defectIds.filter((id) => rules.defects[id])).toEqual(['KAFKA-14034']);
  });

  it('have no defect unless one is named', () => {
    for (const { version } of versionRows) expect(Object.values(resolveRules(version).defects)).not.toContain(true);
  });
});

describe('names in specs', () => {
  it('are kebab-case', () => {
    expect(specName('highWatermarkGate')).toBe('high-watermark-gate');
    expect(specName('isrWrites')).toBe('isr-writes');
  });

  it('lead back to the rule', () => {
    for (const name of ruleNames) expect(ruleBySpecName(specName(name))).toBe(name);
    expect(ruleBySpecName('highWatermarkGate')).toBeUndefined();
  });
});

describe('defects', () => {
  it('have an order of releases', () => {
    for (const id of defectIds) {
      const { from, fixed } = defectOf(id);
      const releases = from === null ? fixed : [from, ...fixed];
      expect(releases.toSorted(compareReleases), id).toEqual(releases);
    }
  });

  it.each([
    ['2.6', false],
    ['2.7', true],
    ['2.7.1', true],
    ['2.7.2', false],
    ['2.8.0', true],
    ['2.8.1', false],
    ['3.0', false],
    ['3.9', false],
  ])('KAFKA-13141 came with 2.7 and was mended in 2.7.2, 2.8.1 and 3.0: %s has it: %s', (release, has) => {
    expect(hasDefect(release, defectOf('KAFKA-13141'))).toBe(has);
  });

  it('are named for each release', () => {
    expect(defectsIn('3.9')).toEqual(expect.arrayContaining(['KAFKA-14034', 'KAFKA-18106', 'KAFKA-17507']));
    expect(defectsIn('3.9')).not.toContain('KAFKA-14704');
    expect(defectsIn('4.0')).not.toContain('KAFKA-18106');
  });

  it('that no release had are in none', () => {
    for (const { version } of versionRows) expect(defectsIn(version)).not.toContain('B41');
  });
});

describe('what the model implements', () => {
  it('is some value of every rule', () => {
    for (const name of ruleNames) {
      const some = ruleOf(name).values.some((value) => isImplemented(name, value));
      expect(some, name).toBe(true);
    }
  });

  it.each(versionRows.flatMap(({ version, control }) => control.map((plane) => [version, plane] as const)))(
    'is all of %s under %s',
    (version, control) => expect(notImplemented(resolveRules(version), control)).toEqual([]),
  );
});
