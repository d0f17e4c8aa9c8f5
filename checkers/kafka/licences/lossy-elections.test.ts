import { expect, it } from 'vitest';
import { commit, committed, owns, poll, processed, send } from '../../../histories/builders.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

const key = 'orders-0';
const settings = { 'group.id': 'g', 'auto.offset.reset': 'earliest', commit: 'after-processing' };
/** Long after everything in the trace. */
const LATE = 1_000_000_000;

const skipping = [
  owns('g', 'c0', 1, key),
  ...[0, 1].map((value) => send(key, value).ok(value)),
  poll(key, [0, 0], [1, 1])
    .by('c0')
    .from(LATE)
    .to(LATE + 1),
  processed('g', key, 0)
    .from(LATE + 2)
    .to(LATE + 3),
  commit('g', { [key]: 2 })
    .from(LATE + 4)
    .to(LATE + 5),
];
const scriptOf = (more: object = {}): TraceScript => new TraceScript({ settings: { ...settings, ...more } });

it('a record skipped by members that commit after processing is a bug', () => {
  expect(judged(scriptOf().lead(1, [1, 2, 3]), skipping, 'skipped')).toEqual(['bug']);
  expect(judged(scriptOf().lead(1, [1, 2, 3]).lead(2, [2, 3]), skipping, 'skipped')).toEqual(['bug']);
});

it('unless an unclean election may have put it where another stood', () => {
  const script = scriptOf().lead(1, [1, 2, 3]).lead(2, [2], 'unclean');
  expect(judged(script, skipping, 'skipped')).toEqual(['unclean-election']);
});

it('or that of whoever led last, as it was, or of a replica whose disk had lost what it held', () => {
  const led = () => scriptOf().lead(1, [1, 2, 3]).append(1, 7).commit(1, 2, 3);
  expect(judged(led().elect(-1, [], 'none').lead(2, [2], 'lastKnownLeader'), skipping, 'skipped')).toEqual([
    'last-known-leader',
  ]);
  expect(judged(led().losePower(2, 0).restart(2).lead(2, [2, 3]), skipping, 'skipped')).toEqual(['impaired-leader']);
});

it.each([{ commit: 'before-processing' }, { 'auto.offset.reset': 'latest' }])('nothing is promised with %o', (more) => {
  expect(judged(scriptOf(more).lead(1, [1, 2, 3]), skipping, 'skipped')).toEqual(['not-promised']);
});

it('a committed offset that goes back is a bug, as long as nothing was lost of __consumer_offsets', () => {
  const back = [commit('g', { [key]: 3 }), commit('g', { [key]: 5 }), committed('g', { [key]: 3 })];
  const script = scriptOf().lead(1, [1, 2, 3]).lead(2, [2], 'unclean');
  expect(judged(script, back, 'committed-regression')).toEqual(['bug']);
});

it('two owners in one generation are a bug', () => {
  const both = [owns('g', 'm1', 4, key), owns('g', 'm2', 4, key)];
  expect(judged(scriptOf().lead(1, [1, 2, 3]), both, 'overlapping-ownership')).toEqual(['bug']);
});
