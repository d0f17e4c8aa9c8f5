import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceScript } from '../../checkers/kafka/testing/script.js';
import { finalRead, historyOf, send } from '../../histories/builders.js';
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
    const names = trial.spec.require.map(({ name }) => name).join(',');
    const { verdict, undecided, anomalies } = await check('--require', names);
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
