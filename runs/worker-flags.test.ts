import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { workerFlags } from './worker-flags.js';

it('what is measured runs as campaigns do', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { bench: string } };
  expect(scripts.bench).toBe(`node ${workerFlags.join(' ')} dist/runs/bench/main.js`);
});
