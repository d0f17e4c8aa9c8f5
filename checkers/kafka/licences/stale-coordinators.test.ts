import { expect, it } from 'vitest';
import { commit, committed, poll } from '../../../histories/builders.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

/** The second partition of the script: where the group's offsets are. */
const OFFSETS = 1;

/** b2 coordinates, is deposed at 2 s, and b3 leads from then on. */
function script(): TraceScript {
  const begun = new TraceScript({ settings: { 'group.id': 'g' } });
  return begun
    .emit('elected', 0, OFFSETS, 2, 0, -1, 0)
    .emit('become-leader', 2, OFFSETS, 0, 0, 14, 0)
    .at(2_000_000)
    .emit('elected', 0, OFFSETS, 3, 1, 2, 0)
    .emit('become-leader', 3, OFFSETS, 1, 0, 10, 1);
}

const inFirstPartition = 'orders-0';

/** A commit to b3 at 3 s, and a fetch at 4 s that knows nothing of it. */
const back = [
  poll(inFirstPartition, [0, 0]).from(0).to(1),
  poll('__consumer_offsets-9').from(2).to(3),
  commit('g', { [inFirstPartition]: 1 })
    .from(3_000_000)
    .to(3_100_000),
  committed('g', { [inFirstPartition]: -1 })
    .from(4_000_000)
    .to(4_100_000),
];

it('an offset that goes back may come from a coordinator that has not heard that it was deposed', () => {
  expect(judged(script(), back, 'committed-regression')).toEqual(['stale-coordinator']);
});

it('it hears of it while it is asked', () => {
  const hears = script().at(4_050_000).emit('become-follower', 2, OFFSETS, 1, 3, 0, 1);
  expect(judged(hears, back, 'committed-regression')).toEqual(['stale-coordinator']);
});

it.each([
  ['has become a follower', (run: TraceScript) => run.emit('become-follower', 2, OFFSETS, 1, 3, 0, 1)],
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
