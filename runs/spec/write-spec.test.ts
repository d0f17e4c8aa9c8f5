import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../nemesis/plan.js';
import { loadSpec } from './load.js';
import { presetNames } from './preset-files.js';
import { resolveCluster } from './resolve.js';
import type { Spec } from './spec.js';
import { writeSpec } from './write-spec.js';

const plan: Plan = {
  format: 'harrow/plan',
  version: 1,
  profile: 'storm',
  strikes: [
    {
      fault: 'leader-killed',
      target: { kind: 'role', role: 'leader', key: 0, pick: 0.1 + 0.2 },
      when: { at: 0.43, for: 12_000_001 },
      with: { 'at-most': 1, how: 'kill: "now"' },
    },
  ],
  workload: [{ at: 12, client: 0, f: 'send', topic: 0, recordKey: 'acct-1: {x}', value: 1 }],
  settings: { 'broker:replica.lag.time.max.ms': 1000 },
  healAll: false,
  healPick: 0.5,
};

/** All that a trial is run from: everything but where values were written, and what a preset says about itself. */
function running(spec: Spec): object {
  const { question: _question, answer: _answer, vary: _vary, ...rest } = spec;
  return { ...withoutOrigins(rest), cluster: resolveCluster(spec) };
}

function withoutOrigins(value: object): object {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'origin' ? undefined : inner))) as object;
}

function again(spec: Spec): ReturnType<typeof loadSpec> {
  return loadSpec({ input: 'kept.yaml', text: writeSpec(spec, { seed: '0.10', plan, digest: 'abc' }) });
}

describe('the spec of a kept trial', () => {
  it.each(presetNames())('of %s runs what it was written from', (name) => {
    const { spec } = loadSpec({ input: name });
    const read = again(spec);
    expect(running(read.spec)).toEqual(running(spec));
    expect(read).toMatchObject({ seed: '0.10', plan, digest: 'abc', warnings: [] });
  });

  it('keeps the largest long, names that need quotes, notes and what is not modelled', () => {
    const text = `
name: "orders: all"
cluster: { racks: [a, b], rack-aware: false, settings: { log.index.size.max.bytes: 1024, auto.leader.rebalance.enable: false } }
topics: { "null": { settings: { flush.messages: 9223372036854775807 } } }
producers: { "true": { settings: { acks: "0" } } }
kafka: "3.9"
rules: { truncation: on-fetch, high-watermark-gate: false }
defects: [KAFKA-14034]
late-requests: false
require: []
faults: []`;
    const { spec } = loadSpec({ input: 'spec.yaml', text });
    expect(running(again(spec).spec)).toEqual(running(spec));
    expect(spec.notModelled).toEqual(['log.index.size.max.bytes']);
  });

  it('says beside each value where it came from', () => {
    const { spec } = loadSpec({ input: 'orders.yaml', text: 'producer: { acks: 1 }' });
    expect(writeSpec(spec, null)).toContain('      acks: "1"    # orders.yaml:1:19\n');
  });

  it('loses nothing of any plan', () => {
    const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const { spec } = loadSpec({ input: 'acks-1' });
    fc.assert(
      fc.property(fc.string(), numbers, fc.string(), fc.string(), (seed, number, recordKey, word) => {
        const drawn: Plan = {
          ...plan,
          strikes: [{ ...plan.strikes[0]!, when: { at: number, for: 1 }, with: { word } }],
          workload: [{ at: 1, client: 0, f: 'send', topic: 0, value: 7, recordKey }],
        };
        const text = writeSpec(spec, { seed, plan: drawn, digest: 'd' });
        const read = loadSpec({ input: 'kept.yaml', text });
        expect(read.seed).toBe(seed);
        expect(JSON.stringify(read.plan)).toBe(JSON.stringify({ ...read.plan, ...drawn }));
      }),
      { numRuns: 100 },
    );
  });

  it('loses nothing of members of groups, or of what slows them down', () => {
    const { spec } = loadSpec({ input: 'static-membership' });
    const drawn: Plan = {
      ...plan,
      workload: [
        { at: 0, client: 1, f: 'process-each', micros: 5000 },
        { at: 7, client: 3, f: 'process-slowly', micros: 9_000_000 },
      ],
    };
    const read = loadSpec({ input: 'kept.yaml', text: writeSpec(spec, { seed: '1', plan: drawn, digest: 'd' }) });
    expect(read.plan!.workload).toEqual(drawn.workload);
    expect(resolveCluster(read.spec).consumers).toEqual(resolveCluster(spec).consumers);
    const strange = { ...drawn, workload: [{ ...drawn.workload[0]!, client: 4 }] };
    const text = writeSpec(spec, { seed: '1', plan: strange, digest: 'd' });
    expect(() => loadSpec({ input: 'kept.yaml', text })).toThrow('reads through client 4, which is no consumer');
  });
});
