/**
 * Specs of every shape that this build runs, drawn by fast-check: for whoever wants to know that two processes agree.
 * `node dist/runs/bench/random-specs.js N` prints the digest of one trial of each of N specs, a line each.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc, { type Arbitrary } from 'fast-check';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import type { Spec } from '../spec/spec.js';
import { runTrial } from '../trial.js';

/** A spec file's content. Small: a trial takes a few milliseconds. */
const specFile: Arbitrary<object> = fc.integer({ min: 1, max: 5 }).chain((brokers) =>
  fc.integer({ min: 1, max: brokers }).chain((replicas) =>
    fc.record({
      kafka: fc.constant('3.9'),
      brokers: fc.constant(brokers),
      topics: fc.record({
        orders: fc.record({
          partitions: fc.integer({ min: 1, max: 4 }),
          'replication.factor': fc.constant(replicas),
          settings: fc.record({
            'min.insync.replicas': fc.integer({ min: 1, max: replicas }),
            'unclean.leader.election.enable': fc.boolean(),
            'flush.messages': fc.constantFrom(1, 10, 1_000_000),
          }),
        }),
      }),
      producers: fc.record({ p: fc.record({ count: fc.integer({ min: 1, max: 3 }), settings: producerSettings }) }),
      consumers: fc.constantFrom<object>({ c: {} }, { c: { count: 3, commit: 'after-processing' } }),
      workload: fc.record({
        type: fc.constantFrom('append', 'append', 'queue'),
        sends: fc.integer({ min: 1, max: 200 }),
        keys: fc.integer({ min: 1, max: 20 }),
        over: fc.constantFrom('5s', '15s', '30s'),
      }),
      profile: fc.constantFrom('network', 'one-at-a-time', 'within-assumptions', 'storm'),
      require: fc.constant(['no-lost-writes']),
    }),
  ),
);

const producerSettings = fc.oneof(
  fc.constant({ acks: 'all' }),
  fc.constant({ acks: 'all', 'linger.ms': 20, 'batch.size': 400 }),
  fc.record({
    acks: fc.constantFrom('all', 1, 0),
    'enable.idempotence': fc.constant(false),
    retries: fc.constantFrom(0, 3, 2147483647),
    'max.in.flight.requests.per.connection': fc.integer({ min: 1, max: 10 }),
  }),
);

/** `count` specs, the same for the same `seed`. */
export function randomSpecs(count: number, seed: number): Spec[] {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-specs-'));
  try {
    return fc.sample(specFile, { numRuns: count, seed }).map((content, i) => {
      const path = join(folder, `spec-${i}.json`);
      writeFileSync(path, JSON.stringify(content));
      return loadSpec({ input: path }).spec;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function digestOf(spec: Spec, seed: string): string {
  return runTrial({ spec, seed, plan: drawFor(spec, seed), variant: 0 }).row.digest;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const specs = randomSpecs(Number(process.argv[2] ?? 200), 1914);
  specs.forEach((spec, i) => process.stdout.write(digestOf(spec, `random-${i}`) + '\n'));
}
