import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceScript } from '../../checkers/kafka/testing/script.js';
import { append, assign, finalRead, historyOf, poll, read, send, txn } from '../../histories/builders.js';
import type { OperationBuilder } from '../../histories/builders.js';
import { writeHistory } from '../../histories/format/history-format.js';
import type { History } from '../../histories/operation.js';
import type { Trial } from '../engine.js';
import { simulation } from '../simulation.js';
import { loadSpec } from '../spec/load.js';
import { Workplace } from '../testing/command-line.js';
import { readBytes } from './history-files.js';
import { trialFiles } from './trial-files.js';

let place: Workplace;
beforeEach(() => (place = new Workplace()));
afterEach(() => place.remove());

function keep(trial: Trial): void {
  mkdirSync(join(place.folder, 'kept'));
  for (const [name, content] of Object.entries(trialFiles(trial)))
    writeFileSync(join(place.folder, 'kept', name), content);
}

interface Checked {
  readonly verdict: string;
  readonly undecided: readonly string[];
  readonly anomalies: readonly { readonly type: string; readonly story: string }[];
}

async function check(...options: string[]): Promise<Checked> {
  return JSON.parse((await place.run('check', '@kept', ...options, '--json')).out) as Checked;
}

function trialOf(preset: string, seed: string): Trial {
  const { spec } = loadSpec({ input: preset });
  return simulation.runTrial(spec, seed, simulation.draw(spec, seed));
}

describe('a kept trial that is checked', () => {
  it.each([
    ['durable', '1'],
    ['acks-1', '1'],
    ['unclean', '1'],
    ['retries-reorder', '1'],
  ])('shows what it showed when it ran: %s, seed %s', async (preset, seed) => {
    const trial = trialOf(preset, seed);
    keep(trial);
    const { verdict, undecided, anomalies } = await check();
    expect({ verdict, undecided }).toEqual({ verdict: trial.row.verdict, undecided: trial.row.reasons });
    const stories = (all: Checked['anomalies']): string[] => all.map(({ type, story }) => `${type}: ${story}`).sort();
    expect(stories(anomalies)).toEqual(stories(trial.verdict.anomalies.map(({ anomaly }) => anomaly)));
  });

  it('becomes a log of its hosts for ShiViz', async () => {
    keep(trialOf('acks-1', '1'));
    await place.run('check', '@kept', '--to', '@hosts.shiviz');
    const log = readBytes(join(place.folder, 'hosts.shiviz')).toString();
    expect(log.split('\n').slice(0, 2)).toEqual(['(?<time>\\S+) (?<event>.*)\\n(?<host>\\S+) (?<clock>\\{.*\\})', '']);
    const hosts = new Set([...log.matchAll(/^(\S+) \{"/gm)].map(([, host]) => host));
    expect([...hosts]).toEqual(expect.arrayContaining(['b1', 'b2', 'b3', 'p0']));
  });

  it('is held to the invariants where its trace is there: a breach that no client saw is a bug', async () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7).acknowledge(1, 0);
    const [breach] = script.broken();
    const history = historyOf([send('orders-0', 7).ok(0), finalRead('orders-0', 1, [0, 7])], script.header, [
      'orders-0',
    ]);
    keep({ ...trialOf('durable', '1'), history, trace: script.trace });
    const { verdict, anomalies } = await check();
    expect(verdict).toBe('bug');
    expect(anomalies.map(({ type }) => type)).toContain(breach);
  });
});

describe('a kept trial of transactions', () => {
  const transactional = `
brokers: 3
topics: { orders: { partitions: 2, replication.factor: 3, settings: { min.insync.replicas: 2 } } }
producers: { checkout: { settings: { transactional.id: t } } }
consumers: { reader: { settings: { isolation.level: read_committed } } }
workload: { type: transactions, over: 10s, sends: 120 }
faults: [leader-killed]
`;

  /** A trial of this spec, without anomalies; its transactions are operations of the history. */
  function transactionalTrial(): Trial {
    const { spec } = loadSpec({ input: 'tx.yaml', text: transactional });
    expect(spec.require.map(({ name }) => name)).toContain('exactly-once');
    const trial = simulation.runTrial(spec, '1', simulation.draw(spec, '1'));
    expect(trial.verdict).toEqual({ verdict: 'clean', reasons: [], anomalies: [] });
    const committed = trial.history.operations.filter(({ f, outcome }) => f === 'txn' && outcome === 'ok');
    expect(committed.length).toBeGreaterThan(10);
    return trial;
  }

  /** The history of a trial, of whose polls none returned this value. */
  function without(value: number, { history }: Trial): History {
    const operations = history.operations.map((operation) => ({
      ...operation,
      value: operation.value.map((microOp) => {
        if (microOp.kind !== 'poll') return microOp;
        const kept = microOp.values.flatMap((one, i) => (one === value ? [] : [i]));
        const offsets = kept.map((i) => microOp.offsets[i]!);
        return { ...microOp, offsets, values: kept.map((i) => microOp.values[i]!) };
      }),
    }));
    const { header, keys } = history;
    return { header, keys, operations, valueName: String };
  }

  it('is read, checked and replayed as it ran', async () => {
    const trial = transactionalTrial();
    keep(trial);
    place.engine = simulation;
    expect(await check()).toMatchObject({ verdict: 'clean', undecided: [], anomalies: [] });
    const { exit, out } = await place.run('replay', '@kept');
    expect(out).toContain('the same as when it was kept');
    expect(exit).toBe(0);
  });

  it('shows a transaction of which one record was not read', async () => {
    const trial = transactionalTrial();
    const several = trial.history.operations.find(
      ({ f, outcome, value }) => f === 'txn' && outcome === 'ok' && value.length > 1,
    )!;
    const [victim] = several.value;
    keep({ ...trial, history: without(victim?.kind === 'send' ? victim.value : -1, trial) });
    const { verdict, anomalies } = await check();
    expect(verdict).toBe('bug');
    expect(anomalies.map(({ type }) => type)).toEqual(expect.arrayContaining(['torn-transaction', 'lost-write']));
  });
});

describe("Jepsen's history", () => {
  const edn = `
{:index 0, :time 10, :type :invoke, :process 0, :f :send, :value [[:send 11 7] [:send 11 8]]}
{:index 1, :time 20, :type :ok, :process 0, :f :send, :value [[:send 11 [0 7]] [:send 11 [1 8]]]}
{:index 2, :time 30, :type :invoke, :process 1, :f :poll, :value [[:poll]]}
{:index 3, :time 40, :type :ok, :process 1, :f :poll, :value [[:poll {11 [[1 8]]}]]}
`;

  it('is judged as any other, from text or packed', async () => {
    writeFileSync(join(place.folder, 'history.edn'), edn);
    writeFileSync(join(place.folder, 'history.edn.gz'), gzipSync(edn));
    for (const name of ['@history.edn', '@history.edn.gz']) {
      const { exit, out } = await place.run('check', name);
      expect(exit).toBe(1);
      expect(out).toContain('11@0, value 7: acknowledged');
      expect(out).toContain('lost-write');
    }
  });

  it('becomes harrow/history and comes back', async () => {
    writeFileSync(join(place.folder, 'a.edn'), edn);
    expect((await place.run('check', '@a.edn', '--to', '@b.jsonl.gz')).out).toContain('written to @b.jsonl.gz');
    await place.run('check', '@b.jsonl.gz', '--to', '@c.edn');
    await place.run('check', '@c.edn', '--to', '@d.jsonl');
    const texts = ['b.jsonl.gz', 'd.jsonl'].map((name) => readBytes(join(place.folder, name)).toString());
    expect(texts[0]).toBe(texts[1]);
    expect(readBytes(join(place.folder, 'c.edn')).toString()).toContain('[[:send 11 [0 7]] [:send 11 [1 8]]]');
  });

  it('is an error with its line where it is malformed', async () => {
    writeFileSync(join(place.folder, 'a.edn'), edn.replace(':type :ok', ':type :oki'));
    const { exit, err } = await place.run('check', '@a.edn');
    expect(exit).toBe(64);
    expect(err).toContain('@a.edn:3: "type" should be one of invoke, ok, fail, info; got "oki"; did you mean ok?');
  });

  it.each([
    ['@b.end', '--to @b.end: the name should end in .edn, .jsonl or .shiviz, or that and .gz; did you mean edn?'],
    ['@a.edn', '--to @a.edn: exists, and nothing is written over it'],
    ['@no/b.edn', '--to @no/b.edn: there is no such file'],
  ])('is not written to %s', async (to, said) => {
    writeFileSync(join(place.folder, 'a.edn'), edn);
    const { exit, err } = await place.run('check', '@a.edn', '--to', to);
    expect(exit).toBe(64);
    expect(err).toContain(said);
    expect(place.files()).toEqual(['a.edn']);
  });
});

describe('a history without a trace', () => {
  /** Acknowledged at offset 0 and not there, while a later record is; and one record twice. */
  const lost = [send('orders-0', 7).ok(0), send('orders-0', 8).ok(1), finalRead('orders-0', 1, [1, 8], [2, 8])];

  function keepForeign(): void {
    writeFileSync(join(place.folder, 'foreign.jsonl'), writeHistory(historyOf(lost, {}, ['orders-0'])));
  }

  async function verdictOf(...options: string[]): Promise<Checked> {
    keepForeign();
    return JSON.parse((await place.run('check', '@foreign.jsonl', ...options, '--json')).out) as Checked;
  }

  it('is held to requirements alone', async () => {
    expect((await verdictOf()).verdict).toBe('unsafe');
  });

  it('is held to guarantees where settings and the absence of data loss are assumed', async () => {
    const assumed = await verdictOf('--assume', 'acks=all,enable.idempotence=true,no-data-loss');
    expect(assumed.verdict).toBe('bug');
  });

  it('is not, where a loss may have been licensed', async () => {
    expect((await verdictOf('--assume', 'acks=all')).verdict).toBe('unsafe');
    expect((await verdictOf('--assume', 'acks=1,no-data-loss')).verdict).toBe('unsafe');
    expect((await verdictOf('--assume', 'acks=all,unclean.leader.election.enable=true,no-data-loss')).verdict).toBe(
      'unsafe',
    );
  });

  it('says which setting would have prevented what, where it is assumed', async () => {
    keepForeign();
    const { out } = await place.run('check', '@foreign.jsonl', '--assume', 'acks=1');
    expect(out).toContain('lost-write), unsafe');
    expect(out).toContain('(prevented by acks=all)');
    expect((await place.run('check', '@foreign.jsonl')).out).not.toContain('prevented by');
  });

  it('as Jepsen judges it is invalid whatever is required, and shows only what Jepsen knows', async () => {
    const { verdict, anomalies } = await verdictOf('--compat', 'jepsen', '--require', 'writable-again');
    expect(verdict).toBe('unsafe');
    expect(new Set(anomalies.map(({ type }) => type))).toEqual(
      new Set(['lost-write', 'unseen', 'duplicate', 'int-nonmonotonic-poll']),
    );
  });

  it.each([
    [['--assume', 'ack=all'], '--assume ack: unknown setting; did you mean acks?'],
    [['--assume', 'linger.ms=5'], '--assume linger.ms: no guarantee reads it'],
    [
      ['--assume', 'no-dataloss'],
      'write setting=value, or no-data-loss or no-leader-change; did you mean no-data-loss?',
    ],
    [['--compat', 'elle'], '--compat elle: there is jepsen only'],
  ])('%s is refused', async (options, said) => {
    keepForeign();
    const { exit, err } = await place.run('check', '@foreign.jsonl', ...options);
    expect(exit).toBe(64);
    expect(err).toContain(said);
  });
});

describe('what Kafka allows', () => {
  const keepForeign = (operations: readonly OperationBuilder[]): void => {
    const lines = writeHistory(historyOf(operations, { settings: { acks: 'all' } }));
    writeFileSync(join(place.folder, 'foreign.jsonl'), lines);
  };
  const found = async (...options: string[]): Promise<string> => {
    const { out } = await place.run('check', '@foreign.jsonl', ...options, '--json');
    const { verdict, anomalies } = JSON.parse(out) as Checked;
    return [verdict, ...anomalies.map(({ type }) => type)].join(' ');
  };
  const reads = (...keys: readonly string[]) =>
    keys.map((key, i) => finalRead(key, 1, [0, key === 'x' ? 1 : 2], [1, key === 'x' ? 2 : 1]).from(9000 + i * 1000));
  const interleaved = [
    txn(send('x', 1), send('y', 1)).ok(0, 1).to(5000),
    txn(send('x', 2), send('y', 2)).by('t1').ok(1, 0).to(5000),
    ...reads('x', 'y'),
  ];

  it('is told to those who ask, and fails nothing', async () => {
    keepForeign(interleaved);
    expect(await found()).toBe('clean');
    expect(await found('--also', 'ww-deps')).toBe('clean G0');
    expect(await found('--also', 'lists')).toBe('clean G0');
    expect(await found('--also', 'rw-deps')).toBe('clean');
    expect(await found('--also', 'idempotent-gap')).toBe('clean');
    expect(await found('--compat', 'jepsen', '--also', 'ww-deps')).toBe('clean G0');
  });

  it('but for an isolation level that is required', async () => {
    keepForeign(interleaved);
    expect(await found('--also', 'ww-deps', '--require', 'read-committed')).toBe('unsafe G0');
    expect(await found('--also', 'ww-deps', '--require', 'exactly-once')).toBe('clean G0');
  });

  it('is found in what an idempotent producer sent, too', async () => {
    keepForeign([send('x', 1).ok(0), send('x', 3).fail(), send('x', 2).ok(1), ...reads('x')]);
    expect(await found('--also', 'idempotent-gap')).toBe('clean idempotent-gap');
    const { out } = await place.run('check', '@foreign.jsonl', '--also', 'idempotent-gap');
    expect(out).toContain('(idempotent-gap), allowed: p0 sent x@0, value 1, failed to send x, value 3');
  });

  it('how far polls lagged behind, and that it is too far', async () => {
    const behind = poll('x').from(2_000_000).to(2_000_100);
    keepForeign([
      assign('x').from(0).to(1),
      send('x', 1).ok(0),
      send('x', 2).ok(1),
      behind,
      ...reads('x').map((one) => one.from(3e6).to(4e6)),
    ]);
    const { out } = await place.run('check', '@foreign.jsonl', '--also', 'realtime-lag');
    expect(out).toContain('realtime-lag: at the worst c0 lagged at least 1.998 s behind on x (operation 3)');
    expect(await found('--max-lag', '1.9s')).toBe('unsafe realtime-lag');
    expect(await found('--max-lag', '2s')).toBe('clean');
    expect(await found('--max-lag', '1.9s', '--assume', 'auto.offset.reset=latest')).toBe('clean');
  });

  it.each([
    [['--also', 'ww'], '--also ww: there are idempotent-gap, int-send-skip, ww-deps, rw-deps, lists, realtime-lag'],
    [['--max-lag', '5'], '--max-lag 5: a duration is written 500ms, 4.2s, 2m'],
  ])('%s is refused', async (options, said) => {
    keepForeign(interleaved);
    const { exit, err } = await place.run('check', '@foreign.jsonl', ...options);
    expect(exit).toBe(64);
    expect(err).toContain(said);
  });
});

describe('a history of transactions', () => {
  const checked = async (operations: readonly OperationBuilder[], ...options: string[]): Promise<string> => {
    mkdirSync(join(place.folder, 'kept'));
    const history = historyOf(operations, { workload: 'list-append' });
    writeFileSync(join(place.folder, 'kept', 'history.jsonl'), writeHistory(history));
    const { verdict, anomalies } = await check(...options);
    return [verdict, ...anomalies.map(({ type }) => type)].join(' ');
  };
  /** Write skew. */
  const skew = [txn(append('x', 1), read('y', [])).to(9000), txn(append('y', 1), read('x', [])).by('t1').to(9000)];

  it('of lists must be strictly serializable unless something else is required', async () => {
    expect(await checked(skew)).toBe('unsafe G2-item');
  });
  it('is held to the level that is required', async () => {
    expect(await checked(skew, '--require', 'snapshot-isolation')).toBe('clean G2-item');
  });
  it('of logs must be exactly-once', async () => {
    const own = txn(send('x', 1).ok(0), poll('x', [0, 1]));
    expect(await checked([own])).toBe('unsafe precommitted-read');
    expect(await check('--assume', 'isolation.level=read_committed,no-data-loss')).toMatchObject({ verdict: 'bug' });
  });
});
