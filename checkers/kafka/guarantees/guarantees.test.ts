import { describe, expect, it } from 'vitest';
import { append, commit, finalRead, historyOf, poll, send, txn } from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { judge } from '../judge.js';
import { checkHistory } from '../check-history.js';
import { maxLag } from '../requirements/rows.js';
import { requirementNamed, requirementsSuiting } from '../requirements/registry.js';
import { TraceScript } from '../testing/script.js';
import { gaps } from './gaps.js';
import { guarantees, isWorthSaying } from './registry.js';

type Settings = HistoryHeader['settings'];

const headerOf = (settings: Settings, more: Partial<HistoryHeader> = {}): HistoryHeader =>
  historyOf([], { settings, ...more }).header;
const ELR = { rules: { 'eligible-leader-replicas': true } };

const loss = ['lost-write', 'unseen', 'inconsistent-offsets', 'ack-offset-mismatch'];
const disorder = ['nonmonotonic-send', 'int-nonmonotonic-send', 'key-order'];
const group: Settings = { 'group.id': 'g' };
const queue: Settings = { ...group, commit: 'after-processing', 'auto.offset.reset': 'earliest' };
const committedReads: Settings = { 'transactional.id': 't', 'isolation.level': 'read_committed' };
const plain: Settings = { 'enable.idempotence': false };
const atomic = [
  'torn-transaction',
  'G1a',
  'G1a-failed-reader',
  'precommitted-read',
  'G1c',
  'G1c-process',
  'G1c-realtime',
];

describe('a guarantee covers, under settings that', () => {
  it.each<[id: string, give: Settings, covered: readonly string[], giveNot: Settings, more?: Partial<HistoryHeader>]>([
    ['acks-all', { acks: 'all' }, loss, { acks: 1 }],
    ['acks-all', { 'p0:acks': 'all', 'p1:acks': 1 }, loss, { acks: 0 }],
    ['acks-1', { acks: 1 }, loss, { acks: 'all' }],
    ['min-insync-replicas', { acks: 'all' }, ['W3'], { acks: 1 }],
    ['clean-elections', {}, [...loss, 'W1'], { 'unclean.leader.election.enable': true }],
    ['idempotence-no-duplicates', {}, ['duplicate'], plain],
    ['idempotence-order', {}, disorder, plain],
    ['one-in-flight-order', { ...plain, 'max.in.flight.requests.per.connection': 1 }, disorder, plain],
    ['in-flight-order', plain, disorder, { ...plain, 'max.in.flight.requests.per.connection': 1 }],
    ['in-flight-order', { acks: 0, 'max.in.flight.requests.per.connection': 1 }, disorder, { acks: 'all' }],
    ['no-retries-no-duplicates', { retries: 0 }, ['duplicate'], { retries: 1 }],
    ['one-copy-an-attempt', plain, ['duplicate'], {}],
    ['atomic-transactions', { 'transactional.id': 't' }, atomic, {}],
    ['atomic-transactions', { 'isolation.level': 'read_committed' }, atomic, { 'transactional.id': '' }],
    ['transactions-in-turn', { 'transactional.id': 't' }, ['interleaved-transactions'], {}],
    [
      'transactional-processing',
      committedReads,
      ['ctp-missing', 'ctp-phantom', 'ctp-torn', 'ctp-order'],
      { 'transactional.id': 't' },
    ],
    [
      'exactly-once-processing',
      committedReads,
      ['ctp-duplicate', 'zombie-output'],
      { ...committedReads, fencing: 'none' },
    ],
    [
      'exactly-once-state',
      { 'processing.guarantee': 'exactly_once_v2' },
      ['count-too-high', 'count-too-low'],
      { 'processing.guarantee': 'at_least_once' },
    ],
    ['committed-offsets', group, ['committed-regression', 'committed-nonlinearizable', 'committed-phantom'], {}],
    ['one-owner', group, ['overlapping-ownership', 'W17'], {}],
    ['fenced-commits', group, ['W18', 'W19'], {}],
    ['processed-before-committed', queue, ['skipped'], { ...queue, commit: 'before-processing' }],
    ['processed-in-order', queue, ['processed-out-of-order'], { ...queue, 'auto.offset.reset': 'latest' }],
    ['output-before-committed', { ...queue, 'processing.guarantee': 'at_least_once' }, ['ctp-missing'], queue],
    [
      'output-before-committed',
      { ...queue, 'processing.guarantee': 'at_least_once' },
      ['ctp-missing'],
      { ...queue, 'processing.guarantee': 'at_least_once', commit: 'before-processing' },
    ],
  ])('give it: %s', (id, give, covered, giveNot) => {
    const guarantee = guarantees.find((one) => one.id === id)!;
    expect(guarantee.covers(headerOf(give))).toEqual(covered);
    expect(guarantee.covers(headerOf(giveNot))).toEqual([]);
    expect(guarantee.assumptions.every((assumption) => /^[A-Z].*\.$/.test(assumption))).toBe(true);
  });

  it('has eligible leader replicas, by rules', () => {
    const impairment = guarantees.find((one) => one.id === 'impairment')!;
    expect(impairment.covers(headerOf({}, ELR))).toEqual([...loss, 'W1', 'W6']);
    expect(impairment.covers(headerOf({}))).toEqual([]);
  });

  it('are of logs: of lists in another system Kafka promises nothing', () => {
    for (const id of ['real-reads', 'reads-in-order', 'failed-means-absent']) {
      const guarantee = guarantees.find((one) => one.id === id)!;
      expect(guarantee.covers(headerOf({}))).not.toEqual([]);
      expect(guarantee.covers(headerOf({}, { workload: 'list-append' }))).toEqual([]);
    }
  });

  it('rests on nothing, or on assumptions that say so', () => {
    const resting = guarantees.filter(({ assumptions }) => assumptions.length > 0).map(({ id }) => id);
    expect(resting).toEqual(expect.arrayContaining(['acks-all', 'acks-1', 'idempotence-order', 'processed-in-order']));
    for (const id of ['real-reads', 'one-leader-per-epoch', 'min-insync-replicas', 'high-watermark', 'disk-kept']) {
      expect(resting).not.toContain(id);
    }
  });

  it('is worth saying where there is what it speaks of', () => {
    const said = (header: HistoryHeader) => guarantees.filter((one) => isWorthSaying(one, header)).map(({ id }) => id);
    const always = said(headerOf({}, { control: 'zookeeper' }));
    expect(always).toContain('acks-all');
    expect(always).not.toContain('metadata-kept');
    expect(always).not.toContain('atomic-transactions');
    expect(said(headerOf({}))).toContain('metadata-kept');
    expect(said(headerOf({ 'transactional.id': 't' }))).toContain('atomic-transactions');
  });
});

describe('a guarantee is given to those whose operations these are', () => {
  const streams: Settings = { ...committedReads, 'group.id': 'g', commit: 'in-transaction' };
  /** Input 1 went into two outputs, by transactions; the second commits by the operation given. */
  const twice = (second: 'txn' | 'plain', settings: Settings) => {
    const inputs = [send('in', 1).ok(0), poll('in', [0, 1]).by('t0')];
    const step = (output: number, at: number) =>
      txn(send('out', output).ok(at), commit('g', { in: 1 })).derived('out', output, ['in', 0]);
    const history = historyOf([...inputs, step(100, 0), step(101, 2), finalRead('out', 1, [0, 100], [2, 101])], {
      settings,
    });
    const operations = history.operations.map((one) =>
      second === 'plain' && one.index === 3 ? { ...one, f: 'send' } : one,
    );
    const changed = { ...history, operations };
    const { trace } = new TraceScript();
    const verdict = judge({ history: changed, trace, ...checkHistory(changed), requirements: [] });
    return verdict.anomalies.find(({ anomaly }) => anomaly.type === 'ctp-duplicate')?.judgement;
  };
  it('who commit their offsets in their transactions alone, and read committed ones', () => {
    expect(twice('txn', streams)).toBe('bug');
    expect(twice('plain', streams)).toBe('allowed');
    expect(
      twice('txn', { ...streams, 'p9:isolation.level': 'read_committed', 'isolation.level': 'read_uncommitted' }),
    ).toBe('bug');
  });
});

describe('settings leave open', () => {
  const topology = (replicas: number, minInsyncReplicas: number): Partial<HistoryHeader> => ({
    topology: {
      brokers: [1, 2, 3],
      controllers: [],
      partitions: [{ topic: 'x', partition: 0, replicas: [1, 2, 3].slice(0, replicas), minInsyncReplicas }],
    },
  });
  const synced: Settings = { 'flush.messages': 1, 'transactional.id': 't', 'isolation.level': 'read_committed' };
  const openWith = (settings: Settings, more: Partial<HistoryHeader> = topology(3, 2)): readonly string[] => {
    const header = headerOf({ ...synced, ...settings }, more);
    return gaps.filter((gap) => gap.applies(header)).map(({ id }) => id);
  };

  it('what the disk does to anybody, whatever they are', () => {
    expect(openWith({})).toEqual(['bit-rot']);
  });
  it.each<[Settings, Partial<HistoryHeader> | undefined, readonly string[]]>([
    [
      { acks: 0 },
      undefined,
      ['acks-0', 'retries-without-idempotence', 'in-flight-without-idempotence', 'late-request'],
    ],
    [
      { acks: 1 },
      undefined,
      ['acks-1', 'retries-without-idempotence', 'in-flight-without-idempotence', 'late-request'],
    ],
    [{}, topology(1, 1), ['one-replica']],
    [{}, topology(3, 1), ['min-insync-replicas-1']],
    [{}, topology(3, 3), ['min-insync-replicas-equals-replication-factor']],
    [{}, topology(2, 2), ['min-insync-replicas-equals-replication-factor']],
    [{ 'unclean.leader.election.enable': true }, undefined, ['unclean-election']],
    [{ 'flush.messages': 1000 }, undefined, ['last-replica-standing']],
    [{ 'flush.messages': 1000 }, { ...topology(3, 2), ...ELR }, ['too-many-impaired', 'last-known-leader']],
    [{}, { ...topology(3, 2), ...ELR }, []],
    [
      { 'enable.idempotence': false },
      undefined,
      ['retries-without-idempotence', 'in-flight-without-idempotence', 'late-request'],
    ],
    [{ 'enable.idempotence': false, retries: 0 }, undefined, ['late-request']],
    [
      { 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1 },
      undefined,
      ['retries-without-idempotence', 'late-request'],
    ],
    [{ 'transactional.id': '' }, undefined, ['idempotence-ends-with-the-session']],
    [{ 'isolation.level': 'read_uncommitted' }, undefined, ['read-uncommitted']],
    [{ 'c0:isolation.level': 'read_uncommitted' }, undefined, ['read-uncommitted']],
    [{ fencing: 'none' }, undefined, ['offsets-without-group-metadata']],
  ])('%o %o: %o', (settings, more, ids) => {
    expect(openWith(settings, more).filter((id) => id !== 'bit-rot')).toEqual(ids);
  });
  it('of acks=1 and one replica nothing that acks=all would ask for', () => {
    const open = openWith({ acks: 1 }, topology(3, 1));
    expect(open).not.toContain('min-insync-replicas-1');
    expect(openWith({ acks: 1 }, topology(3, 3))).not.toContain('min-insync-replicas-equals-replication-factor');
  });
});

describe('requirements', () => {
  const wentBack = ['committed-regression', 'committed-nonlinearizable', 'committed-phantom'];
  const wentAhead = ['committed-too-far', 'committed-beyond-end', 'committed-nonlinearizable', 'committed-phantom'];
  it.each<[string, readonly string[]]>([
    ['poll-order', ['poll-skip', 'nonmonotonic-poll', 'int-poll-skip', 'int-nonmonotonic-poll']],
    ['processed-at-least-once', ['skipped', 'ctp-missing', 'count-too-low', ...wentAhead]],
    [
      'processed-at-most-once',
      ['reprocessed', 'ctp-duplicate', 'count-too-high', 'duplicate-consumption', ...wentBack, 'overlapping-ownership'],
    ],
    ['processed-in-order', ['processed-out-of-order', 'ctp-order']],
  ])('%s forbids', (name, forbidden) => {
    expect(requirementNamed(name).forbids).toEqual(forbidden);
  });
  it('of exactly-once are all of loss, order and copies, of transactions and of groups', () => {
    const parts = ['no-lost-writes', 'key-order', 'no-duplicates'].flatMap((name) => requirementNamed(name).forbids);
    expect(requirementNamed('exactly-once').forbids).toEqual(
      expect.arrayContaining([...parts, ...wentBack, ...wentAhead, 'G1c-process', 'ctp-torn', 'count-too-low']),
    );
  });
  it('suit a history whose origin says nothing', () => {
    expect(requirementsSuiting(historyOf([txn(append('x', 1))]))).toEqual(['strict-serializable']);
    const plainSend = send('x', 1).ok(0);
    expect(requirementsSuiting(historyOf([plainSend]))).toContain('no-duplicates');
    expect(requirementsSuiting(historyOf([plainSend, txn(send('x', 2).ok(1))]))).toEqual([
      'exactly-once',
      'writable-again',
    ]);
  });
  it('of a lag name its bound', () => {
    expect(maxLag('5s')).toMatchObject({ name: 'max-lag', forbids: ['realtime-lag'] });
    expect(maxLag('5s').sentence).toContain('5s');
  });
});
