import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../dist/runs', import.meta.url));
const built = existsSync(join(dist, 'main.js'));

/** Output of a program of the built package, in a process of its own. */
function run(program: string, ...args: string[]): string {
  return execFileSync(process.execPath, [join(dist, program), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

describe.runIf(built)('one spec and one seed are one execution', () => {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-determinism-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('in two processes: 200 random specs give the same digests', { timeout: 180_000 }, () => {
    const first = run('bench/random-specs.js', '200').trim().split('\n');
    const second = run('bench/random-specs.js', '200').trim().split('\n');
    expect(first).toHaveLength(200);
    expect(new Set(first).size).toBeGreaterThan(190);
    expect(second).toEqual(first);
  });

  it('with one worker and with two: a campaign has one digest', { timeout: 180_000 }, () => {
    const digest = (workers: string): string => {
      const args = ['--seeds', '24', '--no-shrink', '--json', '--workers', workers, '--out', join(folder, workers)];
      return (JSON.parse(run('main.js', 'campaign', 'durable', ...args)) as { digest: string }).digest;
    };
    expect(digest('2')).toBe(digest('1'));
  });
});
