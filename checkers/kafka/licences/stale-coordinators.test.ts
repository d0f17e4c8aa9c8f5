import { expect, it } from 'vitest';
import { commit, committed, poll } from '../../../histories/builders.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

/** The second partition of the script, which is where offsets are. */
const OFFSETS = 1;

/** Where those of the group g are: 'g'.hashCode() is 103, and there are 50 partitions. */
const OWN = '__consumer_offsets-3';

/** b2 coordinates, is deposed at 2 s, and b3 leads from then on. */
function script(settings = {}): TraceScript {
  const begun = new TraceScript({ settings: { 'group.id': 'g', ...settings } });
  return begun
    .emit('elected', 0, OFFSETS, 2, 0, -1, 0)
    .emit('become-leader', 2, OFFSETS, 0, 0, 14, 0)
    .at(2_000_000)
    .emit('elected', 0, OFFSETS, 3, 1, 2, 0)
    .emit('become-leader', 3, OFFSETS, 1, 0, 10, 1);
}

const inFirstPartition = 'orders-0';

/** A commit to b3 at 3 s, and a fetch at 4 s that knows nothing of it. */
const backIn = (...offsetPartitions: readonly string[]) => [
  poll(inFirstPartition, [0, 0]).from(0).to(1),
  ...offsetPartitions.map((name) => poll(name).from(2).to(3)),
  commit('g', { [inFirstPartition]: 1 })
    .from(3_000_000)
    .to(3_100_000),
  committed('g', { [inFirstPartition]: -1 })
    .from(4_000_000)
    .to(4_100_000),
];
const back = backIn(OWN);

it('an offset that goes back may come from a coordinator that has not heard that it was deposed', () => {
  expect(judged(script(), back, 'committed-regression')).toEqual(['stale-coordinator']);
});

it('it hears of it while it is asked', () => {
  const hears = script().at(4_050_000).emit('become-follower', 2, OFFSETS, 1, 3, 0, 1);
  expect(judged(hears, back, 'committed-regression')).toEqual(['stale-coordinator']);
});

it.each([
  ['has become a follower', (run: TraceScript) => run.emit('become-follower', 2, OFFSETS, 1, 3, 0, 1)],
  [
    'has become a follower, and its successor goes on',
    (run: TraceScript) => run.emit('become-follower', 2, OFFSETS, 1, 3, 0, 1).emit('high-watermark', 3, OFFSETS, 0),
  ],
  ['was killed', (run: TraceScript) => run.emit('process-killed', 2, -1, 1, 0)],
  ['lost power', (run: TraceScript) => run.emit('power-lost', 2, -1, 0)],
])('is a bug where the former coordinator %s before', (_, ends) => {
  expect(judged(ends(script().at(3_500_000)), back, 'committed-regression')).toEqual(['bug']);
});

it('is a bug where nobody was deposed', () => {
  const calm = new TraceScript({ settings: { 'group.id': 'g' } })
    .emit('elected', 0, OFFSETS, 2, 0, -1, 0)
    .emit('become-leader', 2, OFFSETS, 0, 0, 14, 0);
  expect(judged(calm, back, 'committed-regression')).toEqual(['bug']);
});

it('is a bug where the coordinator of other groups was deposed', () => {
  expect(judged(script(), backIn('__consumer_offsets-9', OWN), 'committed-regression')).toEqual(['bug']);
});

it('goes by how many partitions the topic has', () => {
  const ten = () => script({ 'offsets.topic.num.partitions': 10 });
  expect(judged(ten(), backIn('__consumer_offsets-3', '__consumer_offsets-9'), 'committed-regression')).toEqual([
    'stale-coordinator',
  ]);
  const hundred = () => script({ 'offsets.topic.num.partitions': 101 });
  expect(judged(hundred(), backIn('__consumer_offsets-3', '__consumer_offsets-2'), 'committed-regression')).toEqual([
    'bug',
  ]);
});

it('may be any coordinator where none is of a partition that the group falls into', () => {
  expect(judged(script(), backIn('__consumer_offsets-9'), 'committed-regression')).toEqual(['stale-coordinator']);
});

it('is a bug where the coordinator was deposed only after it had answered', () => {
  const late = new TraceScript({ settings: { 'group.id': 'g' } })
    .emit('elected', 0, OFFSETS, 2, 0, -1, 0)
    .emit('become-leader', 2, OFFSETS, 0, 0, 14, 0)
    .at(4_200_000)
    .emit('elected', 0, OFFSETS, 3, 1, 2, 0)
    .emit('high-watermark', 3, OFFSETS, 0);
  expect(judged(late, back, 'committed-regression')).toEqual(['bug']);
});

it('goes on to lead in its own eyes, whatever else it does', () => {
  const busy = script().at(3_500_000).emit('append', 2, OFFSETS, 0, 0, 5, 1);
  for (const follower of [1, 3]) busy.emit('follower-fetched', 2, OFFSETS, follower, 1, 0);
  busy.emit('high-watermark', 2, OFFSETS, 1, 0, 0, 1);
  expect(judged(busy, back, 'committed-regression')).toEqual(['stale-coordinator']);
});
