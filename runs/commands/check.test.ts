import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceScript } from '../../checkers/kafka/testing/script.js';
import { finalRead, historyOf, send } from '../../histories/builders.js';
import { writeHistory } from '../../histories/format/history-format.js';
import type { Trial } from '../engine.js';
import { simulation } from '../simulation.js';
import { loadSpec } from '../spec/load.js';
import { Workplace } from '../testing/command-line.js';
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

  it('as Jepsen judges it is invalid whatever is required, and shows only what Jepsen knows', async () => {
    const { verdict, anomalies } = await verdictOf('--compat', 'jepsen', '--require', 'writable-again');
    expect(verdict).toBe('unsafe');
    expect(new Set(anomalies.map(({ type }) => type))).toEqual(new Set(['lost-write', 'duplicate']));
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
