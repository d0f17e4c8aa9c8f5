import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { situations } from '../catalogue.js';
import { coveringSeeds, reachable, reachedBy } from './storm-seeds.js';

const seeds = JSON.parse(readFileSync(new URL('storm-seeds.json', import.meta.url), 'utf8')) as readonly string[];

describe('situations', () => {
  it('are reached by storm, or say what else they need', { timeout: 120_000 }, () => {
    const reached = new Set(seeds.flatMap(reachedBy));
    const needy = situations.filter(({ needs }) => needs !== undefined).map(({ name }) => name);
    expect(reachable.filter((name) => !reached.has(name))).toEqual([]);
    expect(needy.filter((name) => reached.has(name))).toEqual([]);
  });
});

describe('covering seeds', () => {
  it('reach together what all of them reach', () => {
    const reached = new Map([
      ['1', ['a']],
      ['2', ['a', 'b', 'c']],
      ['3', ['d', 'c']],
    ]);
    expect(coveringSeeds(reached)).toEqual(['2', '3']);
    expect(coveringSeeds(new Map())).toEqual([]);
  });
});
