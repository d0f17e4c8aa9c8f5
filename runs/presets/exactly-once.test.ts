/** What exactly-once rests on, told by what goes wrong without it: the preset, and its faults again with the setting mended. */
import { describe, expect, it } from 'vitest';
import { drawFor } from '../draw/draw.js';
import type { TrialRow } from '../engine.js';
import { loadSpec } from '../spec/load.js';
import type { Spec } from '../spec/spec.js';
import { withSetting } from '../spec/with-setting.js';
import { runTrial } from '../trial.js';

const SEEDS = 12;

function rowsOf(spec: Spec): readonly TrialRow[] {
  return Array.from({ length: SEEDS }, (_, index) => {
    const seed = String(index + 1);
    return runTrial({ spec, seed, plan: drawFor(spec, seed), variant: 0 }).row;
  });
}

/** Transactions that commit offsets: which members did not leave out who they are (KIP-447). */
function withGroupMetadata(spec: Spec): Spec {
  const consumers = spec.consumers.map((consumer) => {
    const { transform } = consumer;
    return transform === null
      ? consumer
      : { ...consumer, transform: { ...transform, fencing: 'group-metadata' as const } };
  });
  return { ...spec, consumers };
}

describe('zombie-without-fencing', () => {
  const { spec } = loadSpec({ input: 'zombie-without-fencing' });

  it('processes records twice, and is clean once members say who they are', { timeout: 120_000 }, () => {
    const broken = rowsOf(spec).filter(({ anomalies }) => anomalies.includes('ctp-duplicate'));
    expect(broken.map(({ verdict }) => verdict)).toEqual(broken.map(() => 'unsafe'));
    expect(broken.length).toBeGreaterThan(SEEDS / 4);
    const mended = rowsOf(withGroupMetadata(spec));
    expect(mended.map(({ verdict }) => verdict)).toEqual(mended.map(() => 'clean'));
    // The zombies were there all the same, and were refused.
    expect(mended.filter(({ situations }) => situations.includes('stale-commit-refused')).length).toBeGreaterThan(0);
  });
});

describe('streams-at-least-once', () => {
  const { spec } = loadSpec({ input: 'streams-at-least-once' });

  it('counts wrongly, and is clean with processing.guarantee exactly_once_v2', { timeout: 120_000 }, () => {
    const broken = rowsOf(spec);
    expect(broken.filter(({ anomalies }) => anomalies.includes('count-too-high')).length).toBeGreaterThan(SEEDS / 2);
    const mended = rowsOf(withSetting(spec, 'processing.guarantee', 'exactly_once_v2')!);
    expect(mended.map(({ verdict }) => verdict)).toEqual(mended.map(() => 'clean'));
  });
});

describe('restart-duplicate', () => {
  const { spec } = loadSpec({ input: 'restart-duplicate' });

  it('writes nothing twice if the application sends nothing again', { timeout: 120_000 }, () => {
    const mended = rowsOf({ ...spec, workload: { ...spec.workload, resend: false } });
    expect(mended.map(({ verdict }) => verdict)).toEqual(mended.map(() => 'clean'));
  });
});

describe('late-end-txn', () => {
  const { spec } = loadSpec({ input: 'late-end-txn' });

  it('does no harm to transactions that have an epoch each', { timeout: 120_000 }, () => {
    const mended = rowsOf({ ...spec, rules: { ...spec.rules, 'transaction-version': 2 } });
    expect(mended.map(({ verdict }) => verdict)).toEqual(mended.map(() => 'clean'));
  });
});

describe('hanging-transaction', () => {
  const { spec } = loadSpec({ input: 'hanging-transaction' });
  const hangs = ({ causes }: TrialRow): boolean => causes.some(({ id }) => id === 'hanging-transaction');

  it('is nothing that can be where leaders ask the coordinator first', { timeout: 240_000 }, () => {
    expect(rowsOf(spec).some(hangs)).toBe(true);
    const verified = rowsOf({ ...spec, rules: { ...spec.rules, 'transaction-verification': true } });
    for (const { anomalies } of verified) expect(anomalies).not.toContain('stuck');
  });

  it('comes back with Kafka 3.9 and transaction.partition.verification.enable=false', { timeout: 240_000 }, () => {
    const set = ['transaction.partition.verification.enable=false'];
    const { spec: later } = loadSpec({ input: 'hanging-transaction', kafka: '3.9', set });
    expect(rowsOf(later).some(hangs)).toBe(true);
  });

  it('does no harm to transactions that have an epoch each', { timeout: 120_000 }, () => {
    const mended = rowsOf({ ...spec, rules: { 'transaction-verification': true, 'transaction-version': 2 } });
    expect(mended.map(({ verdict }) => verdict)).toEqual(mended.map(() => 'clean'));
  });
});
