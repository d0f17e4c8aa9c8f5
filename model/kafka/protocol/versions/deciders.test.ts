import { describe, expect, it } from 'vitest';
import { decidedBy, deciders, isAgreedOn } from './deciders.js';
import { metadataVersionOf } from './features.js';
import { resolveMixedRules, resolveRules } from './resolve.js';
import { versionRows } from './rows.js';
import { ruleNames, ruleOf } from './rules.js';

describe('what decides a rule', () => {
  it.each(ruleNames)('%s is said, with its source', (name) => {
    const { by, source } = deciders[name];
    expect(decidedBy).toContain(by);
    expect(source.length).toBeGreaterThan(3);
  });

  it('is said of no rule that there is not', () => {
    expect(Object.keys(deciders).toSorted()).toEqual(ruleNames.toSorted());
  });

  it('is metadata.version of rules that KRaft alone reads', () => {
    const wrong = ruleNames.filter(
      (name) => deciders[name].by === 'metadata.version' && ruleOf(name).control !== 'kraft',
    );
    expect(wrong).toEqual([]);
  });

  it('is never inter.broker.protocol.version of rules that KRaft alone reads', () => {
    const wrong = ruleNames.filter(
      (name) => deciders[name].by === 'inter-broker protocol' && ruleOf(name).control === 'kraft',
    );
    expect(wrong).toEqual([]);
  });
});

describe('the rules of a process in a mixed cluster', () => {
  it.each(versionRows.map(({ version }) => version))('are those of %s where that is agreed on, too', (version) => {
    expect(resolveMixedRules({ release: version, agreed: version })).toEqual(resolveRules(version));
  });

  it('are of the older release where the cluster has to agree, and of its own elsewhere', () => {
    const [newer, older] = [resolveRules('3.9'), resolveRules('2.5')];
    const mixed = resolveMixedRules({ release: '3.9', agreed: '2.5' });
    for (const name of ruleNames) expect(mixed[name], name).toBe(isAgreedOn(name) ? older[name] : newer[name]);
    expect(mixed).toMatchObject({ truncation: 'fenced', isrWrites: 'zookeeper', maximalIsr: true });
  });

  it('have no eligible leader replicas in 4.1 until the feature is raised', () => {
    const upgraded = resolveMixedRules({ release: '4.1', agreed: '3.9' });
    expect(upgraded).toMatchObject({ eligibleLeaderReplicas: false, transactionVersion: 0, preVote: true });
    expect(resolveMixedRules({ release: '4.1', agreed: '4.1' }).eligibleLeaderReplicas).toBe(true);
  });

  it('of a client are negotiated with the oldest broker', () => {
    const client = resolveMixedRules({ release: '3.9', agreed: '2.1', oldestPeer: '2.1' });
    expect(client).toMatchObject({ metadataEpochs: false, positionValidation: false, partitioner: 'adaptive' });
    expect(resolveMixedRules({ release: '2.1', agreed: '2.1', oldestPeer: '3.9' })).toEqual(resolveRules('2.1'));
  });

  it('are those that a spec sets otherwise, whatever decides them', () => {
    const own = { eligibleLeaderReplicas: true, highWatermarkGate: false };
    expect(resolveMixedRules({ release: '4.1', agreed: '3.9' }, own)).toMatchObject(own);
  });
});

describe('metadata.version', () => {
  it('has a level for every release with KRaft, and none for others', () => {
    for (const { version, control } of versionRows) {
      expect(metadataVersionOf(version) > 0, version).toBe(control.includes('kraft'));
    }
  });

  it('rises with releases', () => {
    const levels = versionRows.map(({ version }) => metadataVersionOf(version)).filter((level) => level > 0);
    expect(levels).toEqual([...new Set(levels)].toSorted((a, b) => a - b));
    expect(metadataVersionOf('3.8')).toBe(metadataVersionOf('3.7'));
  });
});
