import { describe, expect, it } from 'vitest';
import { FIRST_DERIVED_VALUE } from '../../histories/derived-values.js';
import type { History } from '../../histories/operation.js';
import { FIRST_OUTPUT_VALUE } from '../../model/kafka/cluster-machines.js';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import { runTrial } from '../trial.js';

function historyOfPreset(input: string): History {
  const { spec } = loadSpec({ input, set: ['sends=20'] });
  return runTrial({ spec, seed: '1', plan: { ...drawFor(spec, '1'), strikes: [] }, variant: 0 }).history;
}

/** Of everything that was sent, in the order of the operations. */
function sentNames(history: History): readonly string[] {
  return history.operations.flatMap(({ value }) =>
    value.flatMap((one) => (one.kind === 'send' ? [history.valueName(one.value)] : [])),
  );
}

describe('what applications send', () => {
  it('has values that histories know for theirs', () => {
    expect(FIRST_OUTPUT_VALUE).toBe(FIRST_DERIVED_VALUE);
  });

  it('is called by the record that it was made of', () => {
    const names = sentNames(historyOfPreset('exactly-once'));
    expect(names).toContain('0');
    expect(names.some((name) => /^output\(orders-\d@\d+\)$/.test(name))).toBe(true);
    expect(names.filter((name) => Number(name) >= FIRST_DERIVED_VALUE)).toEqual([]);
  });

  it('is, in the changelog of a Kafka Streams application, an update of its key', () => {
    const names = sentNames(historyOfPreset('streams-exactly-once'));
    expect(names.some((name) => /^update\([^)]+\)(#\d+)?$/.test(name))).toBe(true);
    expect(names.filter((name) => Number(name) >= FIRST_DERIVED_VALUE)).toEqual([]);
  });
});
