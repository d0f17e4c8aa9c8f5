/** Trials of little functions, for tests. */
import { drawFor } from '../../draw/draw.js';
import { loadSpec } from '../../spec/load.js';
import type { Spec } from '../../spec/spec.js';
import { runOwnTrial, type OwnTrial } from '../../trial.js';
import type { Plan } from '../../../nemesis/plan.js';
import { withOwnWorkload } from '../campaign.js';
import type { OwnContext } from '../clients.js';

export type Code = (world: OwnContext) => unknown;

/** Three brokers, topic orders with two partitions, no faults unless the keys say so. */
export function ownSpec(keys: Readonly<Record<string, unknown>> = {}, calls = 20): Spec {
  const spec = {
    kafka: '3.9',
    brokers: 3,
    topic: { name: 'orders', partitions: 2, 'replication.factor': 3, 'min.insync.replicas': 2 },
    producer: { acks: 'all' },
    consumer: { 'auto.offset.reset': 'earliest' },
    faults: [],
    workload: { over: '60s' },
    ...keys,
  };
  return withOwnWorkload(loadSpec({ input: 'test', text: JSON.stringify(spec) }).spec, calls);
}

export function runOwn(spec: Spec, seed: string, run: Code, change: Partial<Plan> = {}): Promise<OwnTrial> {
  const plan = { ...drawFor(spec, seed), ...change };
  return runOwnTrial({ spec, seed, plan, variant: 0 }, { run, draw: {}, concurrency: null });
}

/** One call of the function, at the beginning of the safety phase. */
export function runOnce(spec: Spec, run: Code, change: Partial<Plan> = {}): Promise<OwnTrial> {
  return runOwn(spec, '1', run, { workload: [{ at: 1_000_000, client: 0, f: 'own', by: 0 }], ...change });
}
