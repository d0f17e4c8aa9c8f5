import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKeptTrial } from '../commands/trial-files.js';
import { SpecError, UsageError } from '../spec/problems.js';
import { runTrial } from '../trial.js';
import { assertCampaign, type CampaignOptions } from './assert-campaign.js';
import { recordsOf } from '../../model/system.js';

type NoDraw = Record<never, never>;

const surroundings = { env: {}, command: 'npx vitest run orders.test.ts' };
const spec = {
  kafka: '3.9',
  brokers: 3,
  topic: { name: 'orders', partitions: 1, 'replication.factor': 3, 'min.insync.replicas': 2 },
  producer: { acks: 1 },
  faults: [{ 'leader-cut-off': { topic: 'orders', from: '10s', to: '25s' } }],
  require: ['no-lost-writes'],
  workload: { over: '40s', sends: 20 },
};
const options: CampaignOptions<NoDraw> = {
  spec,
  seeds: 2,
  workload: ({ producer, order }) => producer.send({ topic: 'orders', key: order.id, value: order.json }),
};

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'harrow-own-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** The message of a campaign that must fail. */
async function failure(name: string, more: Partial<CampaignOptions<NoDraw>> = {}, env = {}): Promise<string> {
  try {
    await assertCampaign(name, { ...options, root, ...more }, { ...surroundings, env });
  } catch (error) {
    return (error as Error).message.replaceAll(root, '@').replaceAll(/(\.\.\/)+[^ ]*?harrow-own-\w+/g, '@');
  }
  throw new Error(`${name} did not fail`);
}

describe('a campaign of a function', () => {
  it('fails with a seed, a story, and the smallest trial that still shows it', async () => {
    const message = await failure('Orders are never lost!');
    expect(message).toMatch(/^✗ Orders are never lost! {2}\(seed 1, 2 of 2\)$/m);
    expect(message).toContain('no-lost-writes forbids it; Kafka permits it: acks=1 and a change of leader');
    expect(message).toMatch(/The acknowledged record orders-0@\d+ .*value \{"number":\d+,.*\}\) is on no replica/);
    expect(message).toMatch(/← the record is gone/);
    expect(message).toContain('acks=all: same seed, same faults, re-run: clean.');
    expect(message).toMatch(/shrunk from 1 fault and 20 sends to 1 fault and 1 send \(\d+ attempts\)/);
    expect(message).toMatch(/^ +replay {2}npx harrow replay \S*@\/\.harrow\/orders-are-never-lost\/1$/m);
    expect(message).toContain('again   HARROW_SEED=1 npx vitest run orders.test.ts');
  });

  it('keeps the smallest trial so that it runs again without the function', async () => {
    await failure('kept');
    const folder = join(root, '.harrow/kept/1');
    for (const path of [folder, join(folder, 'original')]) {
      const kept = loadKeptTrial(path);
      expect(runTrial({ ...kept, variant: 0 }).row.digest).toBe(kept.digest);
    }
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
    expect(loadKeptTrial(folder).plan.workload.flatMap(recordsOf)).toHaveLength(1);
  });

  it('runs a known failure first, and passes it when the setting is fixed', async () => {
    const message = await failure('known');
    const [, to] = /cp \S+ (\S+)/.exec(message)!;
    const known = resolve(root, to!);
    mkdirSync(dirname(known), { recursive: true });
    copyFileSync(join(root, '.harrow/known/1/spec.yaml'), known);
    expect(await failure('known', { seeds: '50..51' })).toMatch(/\(seed 1, known failure .*known\/1\.yaml\)/);
    const { verdict, trials, acknowledged } = await assertCampaign(
      'known',
      { ...options, root, set: { acks: 'all' } },
      surroundings,
    );
    expect({ verdict, trials }).toEqual({ verdict: 'clean', trials: 2 });
    expect(acknowledged).toBeGreaterThan(30);
  });

  it('runs one seed alone where the environment names it', async () => {
    expect(await failure('one seed', { shrink: 0 }, { HARROW_SEED: '17' })).toContain('(seed 17, 1 of 1)');
  });

  it('takes what the function throws for a failure of that seed, and shrinks to it', async () => {
    const message = await failure('asserts', {
      set: { acks: 'all' },
      draw: { payment: fc.record({ amount: fc.integer({ min: 1, max: 1_000 }) }) },
      workload: async ({ producer, now, ...drawn }) => {
        const began = now();
        await producer.send({ topic: 'orders', value: (drawn as unknown as { payment: object }).payment });
        expect(now() - began, 'an answer within 5 s').toBeLessThan(5_000);
      },
    });
    expect(message).toMatch(/the workload threw at \d+\.\d+ s, call \d+ of the workload:/);
    expect(message).toContain('AssertionError: an answer within 5 s: expected ');
    expect(message).toMatch(/assert-campaign\.test\.ts:\d+:\d+/);
    expect(message).toMatch(/to 1 fault and 1 send/);
    // What is thrown, the code alone can show again.
    expect(message).not.toContain('harrow replay');
  });

  it('says so when the function depends on more than the seed', async () => {
    let calls = 0;
    const workload: typeof options.workload = ({ producer }) =>
      producer.send({ topic: 'orders', value: `call ${calls++}` });
    expect(await failure('calls', { workload, faults: [] } as never)).toContain('depends on something beside its seed');
  });

  it('does not pass when nothing was put to the test', async () => {
    const idle = await failure('idle', { workload: () => undefined });
    expect(idle).toContain('nothing was tested');
    const workload: typeof options.workload = ({ number, ...world }) =>
      number === 0 ? options.workload({ number, ...world }) : undefined;
    const quiet = { ...spec, faults: ['slow-disk'] };
    expect(await failure('quiet', { workload, spec: quiet })).toContain('not exercised');
  });

  it('runs every variant of the spec on the same seeds', async () => {
    const varied = { ...spec, vary: { acks: ['all', 1] } };
    expect(await failure('varied', { spec: varied, shrink: 0 })).toContain('(seed 1, 2 of 4, acks=1)');
  });

  it('reads a spec beside the test, and refuses one that cannot be run', async () => {
    writeFileSync(join(root, 'orders.yaml'), JSON.stringify({ ...spec, producer: { acks: 'all' } }));
    const file = { ...options, root, folder: root, spec: './orders.yaml', seeds: 1 };
    expect((await assertCampaign('file', file, surroundings)).trials).toBe(1);
    await expect(assertCampaign('none', { ...file, spec: './other.yaml' }, surroundings)).rejects.toThrow(UsageError);
    const wrong = { ...file, spec: { ...spec, producer: { acks: 'quorum' } } };
    await expect(assertCampaign('wrong', wrong, surroundings)).rejects.toThrow(SpecError);
  });
});
