import { describe, expect, it } from 'vitest';
import { historyOf } from '../../histories/builders.js';
import type { HistoryHeader } from '../../histories/operation.js';
import { ElectionReason, kafkaProbes, LogStartReason, LossReason, TruncateReason } from '../../model/kafka/probes.js';
import { checkers } from './checkers.js';
import { guarantees } from './guarantees/registry.js';
import { invariants } from './invariants/registry.js';
import { CutBy, ElectedBy, LostBy, probeKinds, StartedBy } from './probe-kinds.js';
import { defaultRequirements, requirementNamed, requirements } from './requirements/registry.js';

const covered = (settings: HistoryHeader['settings']): ReadonlySet<string> =>
  new Set(guarantees.flatMap((guarantee) => guarantee.covers(historyOf([], { settings }).header)));

describe('every row', () => {
  it('has a name of its own and a sentence', () => {
    const names = [
      checkers.map(({ name }) => name),
      guarantees.map(({ id }) => id),
      requirements.map(({ name }) => name),
    ];
    for (const group of [...names, invariants.map(({ id }) => id)]) expect(new Set(group).size).toBe(group.length);
    for (const { sentence } of [...guarantees, ...requirements, ...invariants]) expect(sentence).toMatch(/^[A-Z].*\.$/);
    for (const { source } of guarantees) expect(source).not.toBe('');
  });
});

describe('guarantees', () => {
  it('cover what every invariant finds, whatever the settings; of groups where there are some', () => {
    const ofGroups = ['W17', 'W18', 'W19'];
    for (const { id } of invariants) {
      if (!ofGroups.includes(id)) expect(covered({ acks: 'all' })).toContain(id);
      expect(covered({ acks: 'all', 'c0:group.id': 'g' })).toContain(id);
    }
  });

  it.each([
    [{ acks: 'all' }, ['lost-write', 'duplicate', 'key-order', 'stuck', 'phantom', 'W1'], []],
    [{ acks: 1 }, ['lost-write', 'W1', 'duplicate', 'key-order'], []],
    [{ acks: 0, 'unclean.leader.election.enable': true }, ['phantom', 'W1', 'duplicate', 'key-order'], ['lost-write']],
    [{ acks: 1, 'max.in.flight.requests.per.connection': 1 }, ['key-order', 'duplicate'], []],
    [{ acks: 1, retries: 0 }, ['key-order', 'duplicate'], []],
    [{ 'p0:acks': 1, acks: 'all' }, ['duplicate'], []],
    [{ 'transactional.id': 't' }, ['phantom', 'G1a', 'torn-transaction'], ['ctp-duplicate']],
    [{ 'isolation.level': 'read_committed' }, ['G1a', 'G1c', 'torn-transaction', 'precommitted-read'], ['ctp-missing']],
    [{ 'transactional.id': 't', 'isolation.level': 'read_committed' }, ['ctp-missing', 'zombie-output'], ['G0']],
    [{ 'c0:isolation.level': 'read_committed', 'c1:isolation.level': 'read_uncommitted' }, ['torn-transaction'], []],
    [{ 'c1:isolation.level': 'read_uncommitted' }, ['G1a'], ['torn-transaction']],
  ] as const)('with %o cover %o, not %o', (settings, yes, no) => {
    const types = covered(settings);
    expect(yes.filter((type) => !types.has(type))).toEqual([]);
    expect(no.filter((type) => types.has(type))).toEqual([]);
  });
});

describe('requirements', () => {
  it('forbid what DESIGN says', () => {
    expect(requirementNamed('no-lost-writes').forbids).toEqual([
      'lost-write',
      'unseen',
      'inconsistent-offsets',
      'ack-offset-mismatch',
    ]);
    expect(requirementNamed('key-order').forbids).toEqual([
      'nonmonotonic-send',
      'int-nonmonotonic-send',
      'key-order',
      'partition-instability',
    ]);
    expect(requirementNamed('no-duplicates').forbids).toEqual(['duplicate']);
    expect(requirementNamed('writable-again').forbids).toEqual(['stuck']);
    expect(requirementNamed('exactly-once').forbids).toEqual(
      expect.arrayContaining(['lost-write', 'key-order', 'duplicate', 'G1a', 'torn-transaction', 'zombie-output']),
    );
  });

  it('of isolation forbid more, the stronger they are', () => {
    const levels = ['read-committed', 'snapshot-isolation', 'serializable', 'strict-serializable'];
    const forbidden = levels.map((name) => requirementNamed(name).forbids);
    forbidden.slice(1).forEach((stronger, i) => expect(stronger).toEqual(expect.arrayContaining([...forbidden[i]!])));
    expect(forbidden[0]).toContain('G1c');
    expect(forbidden[1]).not.toContain('G2-item');
    expect(forbidden[2]).not.toContain('G1c-realtime');
  });

  it('are these when a spec names none', () => {
    expect(defaultRequirements()).toEqual(['no-lost-writes', 'key-order', 'no-duplicates', 'writable-again']);
    expect(defaultRequirements(true)).toEqual(['exactly-once', 'writable-again']);
  });
});

describe('probes', () => {
  it('are all known to the model by the names that checkers read', () => {
    expect(Object.entries(probeKinds(kafkaProbes)).filter(([, kind]) => kind < 0)).toEqual([]);
  });

  it('carry the reasons that the model gives', () => {
    expect(ElectedBy).toEqual(ElectionReason);
    expect(LostBy).toEqual(LossReason);
    expect(CutBy).toEqual(TruncateReason);
    expect(StartedBy).toEqual(LogStartReason);
  });
});
