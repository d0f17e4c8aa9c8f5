import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadSpec } from '../spec/load.js';
import { writeSpec } from '../spec/write-spec.js';
import { runTrial } from '../trial.js';
import { ownSpec, runOwn, type Code } from './testing/own-trials.js';

/** Sends, sleeps, reads, and does what its dice say. */
const busy: Code = async ({ producer, consumer, order, number, random, sleep }) => {
  const sends = 1 + Math.floor(random() * 3);
  await Promise.all(
    Array.from({ length: sends }, (_, i) =>
      producer.send({ topic: 'orders', key: order.id, value: `${order.json}${i}` }),
    ),
  );
  if (number % 5 !== 0) return;
  await consumer.assign('orders');
  await sleep(random() * 400);
  const [first] = await consumer.poll(300);
  if (first !== undefined) await producer.send({ topic: 'orders', key: first.key, value: `again ${first.value}` });
};

const transfers: Code = async ({ producer, order, number, random }) => {
  await producer.initTransactions();
  await producer.beginTransaction();
  try {
    for (let i = 0; i < 3; i++) await producer.send({ topic: 'orders', key: order.id, value: `${order.json}${i}` });
    if (random() < 0.2) await producer.abortTransaction();
    else await producer.commitTransaction();
  } catch {
    await producer.abortTransaction();
  }
  return number;
};

const storm = { faults: undefined, profile: 'storm', producer: { acks: 1 } };

describe('one spec, one seed and one function are one execution', () => {
  it.each([
    ['sends and reads', ownSpec(storm, 40), busy],
    ['transactions', ownSpec({ ...storm, producer: { 'transactional.id': 'till' } }, 40), transfers],
  ])('twice, and again without the function from what was written down: %s', async (_, spec, code) => {
    for (let seed = 1; seed <= 5; seed++) {
      const first = await runOwn(spec, String(seed), code);
      const second = await runOwn(spec, String(seed), code);
      const { plan, row } = first.trial;
      expect(second.trial.row.digest).toBe(row.digest);
      expect(second.trial.plan).toEqual(plan);
      const kept = loadSpec({ input: 'kept', text: writeSpec(spec, { seed: String(seed), plan, digest: row.digest }) });
      const again = runTrial({ spec: kept.spec, seed: kept.seed!, plan: kept.plan!, variant: 0 });
      expect(again.row.digest).toBe(row.digest);
      expect(again.history.operations).toEqual(first.trial.history.operations);
      expect(again.verdict).toEqual(first.trial.verdict);
    }
  });

  const program = fileURLToPath(new URL('../../dist/runs/bench/own-digests.js', import.meta.url));
  it.runIf(existsSync(program))('in two processes', () => {
    const run = (): string[] => execFileSync(process.execPath, [program, '6'], { encoding: 'utf8' }).trim().split('\n');
    const first = run();
    expect(new Set(first).size).toBe(6);
    expect(run()).toEqual(first);
  });
});
