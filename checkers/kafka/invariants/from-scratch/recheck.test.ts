import { describe, expect, it } from 'vitest';
import { ReplayedView } from '../../testing/replayed-view.js';
import { TraceScript } from '../../testing/script.js';
import type { HistoryHeader } from '../../../../histories/operation.js';
import { invariants } from '../registry.js';
import { notRechecked, Recheck, recheckedIds } from './recheck.js';

/** b1 leads with 7 and 8, committed on everybody. */
const committed = () => new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8).commit(1, 2, 3);

/** What the check from scratch alone says of the last record, while the invariants tell of nothing. */
function aloneSays(script: TraceScript): readonly string[] {
  const { trace } = script;
  const header = script.header as HistoryHeader;
  const { probes, keys } = trace.header;
  const view = new ReplayedView(keys, header, probes);
  const recheck = new Recheck(view, probes, {});
  let last: readonly string[] = [];
  for (let i = 0; i < trace.length; i++) {
    for (const listener of [view, recheck]) {
      const { kind, machine, key, a, b, c, d } = trace;
      listener.onProbe(kind[i]!, machine[i]!, key[i]!, a[i]!, b[i]!, c[i]!, d[i]!);
    }
    last = recheck.afterEvent().map(({ id }) => id);
  }
  return last;
}

describe('the invariants checked from scratch', () => {
  it('are those of replication and of the controllers', () => {
    const expected = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'W8', 'W9', 'W10', 'W11', 'W20', 'W22'];
    expect([...recheckedIds].sort()).toEqual([...expected].sort());
    for (const id of expected) expect(invariants.map((invariant) => invariant.id)).toContain(id);
  });
  it('are all that there are, but for those that say why not', () => {
    const ids = invariants.map(({ id }) => id);
    expect([...recheckedIds, ...Object.keys(notRechecked)].sort()).toEqual(ids.sort());
  });

  it.each([
    ['W1', committed().truncate(2, 1).lead(2, [2], 'unclean')],
    ['W2', committed().acknowledge(1, 2, 1)],
    ['W3', new TraceScript().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2, 3).acknowledge(1, 0)],
    ['W4', new TraceScript().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2).highWatermark(1, 1)],
    ['W5', committed().appendRecord(3, { epoch: 1, value: 6 }, false).append(1, 9)],
    ['W6', committed().truncate(3, 1)],
    ['W7', committed().append(2, 9)],
    ['W8', committed().emit('become-follower', 3, 0, 0, 1, 2, 0)],
    ['W9', committed().elect(2, [1, 3]).apply(2)],
    ['W10', committed().highWatermark(1, 1)],
    ['W11', committed().highWatermark(2, 3, false)],
    ['W20', committed().emit('metadata-lost', 4, -1, 7, 9)],
    ['W22', committed().emit('read-served', 1, 0, 1, 3, 2, 9)],
  ])('find %s broken by themselves at the record that breaks it', (id, script) => {
    expect(aloneSays(script)).toContain(id);
  });

  it('say nothing of what is sound, and nothing twice of what stays broken', () => {
    expect(aloneSays(committed())).toEqual([]);
    expect(aloneSays(committed().truncate(3, 1).append(1, 9))).toEqual([]);
  });

  it('say so when the invariants tell of what is sound', () => {
    const script = committed();
    const { probes, keys } = script.trace.header;
    const recheck = new Recheck(new ReplayedView(keys, script.header as HistoryHeader, probes), probes, {});
    recheck.told('W1', 0, 'orders-0@0 was committed, and b2 leads without it');
    expect(recheck.afterEvent()).toEqual([
      {
        id: 'W1',
        partition: 'orders-0',
        invariants: 'orders-0@0 was committed, and b2 leads without it',
        fromScratch: 'it holds',
      },
    ]);
  });
});
