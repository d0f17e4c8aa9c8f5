import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commit,
  committed,
  endOffsets,
  finalRead,
  historyOf,
  owns,
  poll,
  send,
  txn,
} from '../../../histories/builders.js';
import type { OperationBuilder } from '../../../histories/builders.js';
import type { History } from '../../../histories/operation.js';
import { checkHistory } from '../check-history.js';
import { withOffsets, withValues } from '../testing/renaming.js';

const typesIn = (history: History): readonly string[] =>
  [...new Set(checkHistory(history).anomalies.map(({ type }) => type))].sort();
const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] => typesIn(historyOf(operations));

/** Inputs 0, 1, 2 stand in `in` at offsets 0, 1, 2. */
const inputs = [0, 1, 2].map((value) => send('in', value).ok(value).keyed('a'));

/** Consumes one input and produces one output, with the offset of the next. */
const step = (input: number, output: number, at: number): OperationBuilder =>
  txn(poll('in', [input, input]), send('out', output).keyed('a').ok(at), commit('g', { in: input + 1 })).derived(
    'out',
    output,
    ['in', input],
  );

const readOut = (...records: readonly (readonly [number, number])[]): OperationBuilder =>
  poll('out', ...records).by('reader');

describe('consume, transform, produce', () => {
  const steps = [step(0, 100, 0), step(1, 101, 2), step(2, 102, 4)];
  const all = readOut([0, 100], [2, 101], [4, 102]);

  it('once for each input is right', () => {
    expect(typesOf(...inputs, ...steps, all)).toEqual([]);
  });

  it('ctp-duplicate: an input in the outputs of two transactions', () => {
    expect(typesOf(...inputs, ...steps, step(2, 103, 6), all)).toEqual(['ctp-duplicate']);
  });
  it('not if one of the two was aborted', () => {
    expect(typesOf(...inputs, steps[0]!, step(1, 103, 2).fail(), ...steps.slice(1), all)).toEqual([]);
  });
  it('nor if nobody knows how it ended, and nobody read it', () => {
    expect(typesOf(...inputs, steps[0]!, step(1, 103, 2).info().to(-1), ...steps.slice(1), all)).toEqual([]);
  });
  it('but if it was read', () => {
    const unknown = step(1, 103, 8).info().to(-1);
    expect(typesOf(...inputs, ...steps, unknown, all, readOut([8, 103]))).toEqual(['ctp-duplicate']);
  });
  it('not if one transaction makes two outputs of it', () => {
    const two = txn(poll('in', [0, 0]), send('out', 100).ok(0), send('out', 101).ok(1), commit('g', { in: 1 }))
      .derived('out', 100, ['in', 0])
      .derived('out', 101, ['in', 0]);
    expect(typesOf(...inputs, two, readOut([0, 100], [1, 101]))).toEqual([]);
  });
  it('nor if another group processes it too', () => {
    const other = txn(poll('in', [0, 0]), send('out', 200).ok(6), commit('h', { in: 1 })).derived('out', 200, [
      'in',
      0,
    ]);
    expect(typesOf(...inputs, ...steps, other.by('t1'), all, readOut([6, 200]))).toEqual([]);
  });

  it('ctp-missing: an input below the committed offset, in no output', () => {
    const polled = poll('in', [1, 1]).by('t0');
    expect(typesOf(...inputs, polled, steps[0]!, steps[2]!, readOut([0, 100], [4, 102]))).toEqual(['ctp-missing']);
  });
  it('undecided if an operation that ended unknown may have made its output where nobody has read', () => {
    const unknown = step(0, 100, 0).info().to(-1);
    const others = [unknown, step(1, 101, 2), step(2, 102, 4)];
    const read = checkHistory(historyOf([...inputs, ...others, readOut([2, 101])]));
    expect(read.anomalies).toEqual([]);
    expect(read.undecided).toContainEqual(expect.stringMatching(/^consume-transform-produce: outputs of operations/));
    // Read to the end, without it: it was not made.
    expect(typesOf(...inputs, ...others, finalRead('out', 1, [2, 101], [4, 102]))).toEqual(['ctp-missing']);
    expect(typesOf(...inputs, ...others, finalRead('out', 1, [0, 100], [2, 101], [4, 102]))).toEqual([]);
  });
  it('decided by no read of another partition, nor by one that was begun before, or never came to the end', () => {
    const unknown = step(0, 100, 0).info().from(1000).to(-1);
    const others = [unknown, step(1, 101, 2).from(1001).to(1002), step(2, 102, 4).from(1003).to(1004)];
    const read = [readOut([2, 101], [4, 102]).from(1005).to(1006)];
    const early = inputs.map((one) => one.from(0).to(1));
    const undecided = (more: OperationBuilder) => {
      const found = checkHistory(historyOf([...early, ...others, ...read, more]));
      return [
        found.anomalies.map(({ type }) => type),
        found.undecided.filter((why) => why.startsWith('consume-transform-produce')).length,
      ];
    };
    const whole = finalRead('out', 1, [2, 101], [4, 102]);
    expect(undecided(whole.from(2000).to(2001))).toEqual([['ctp-missing'], 0]);
    expect(undecided(finalRead('in', 1, [0, 0], [1, 1], [2, 2]).from(2000).to(2001))).toEqual([[], 1]);
    expect(undecided(whole.info().from(2000).to(-1))).toEqual([[], 1]);
  });
  it('not if the offset is not above it yet', () => {
    expect(typesOf(...inputs, poll('in', [1, 1]), steps[0]!, readOut([0, 100]))).toEqual([]);
  });
  it('nor if the group began above it', () => {
    expect(typesOf(...inputs, poll('in', [0, 0]), steps[1]!, steps[2]!, readOut([2, 101], [4, 102]))).toEqual([]);
  });

  it('ctp-phantom: an output of an input that was aborted', () => {
    const failed = send('in', 9).keyed('a').fail();
    expect(
      typesOf(...inputs, failed, poll('in', [0, 0], [1, 1], [2, 2], [9, 9]), step(9, 109, 6), readOut([6, 109])),
    ).toEqual(['G1a', 'ctp-phantom']);
  });
  it('or of one that nobody ever read', () => {
    const invented = txn(send('out', 109).ok(6), commit('g', { in: 8 })).derived('out', 109, ['in', 7]);
    expect(typesOf(...inputs, invented, readOut([6, 109]))).toEqual(['ctp-phantom']);
  });

  it('ctp-torn: an output whose input lies above the offset that went with it', () => {
    const lagging = txn(poll('in', [0, 0]), send('out', 100).ok(0), commit('g', { in: 0 })).derived('out', 100, [
      'in',
      0,
    ]);
    expect(typesOf(...inputs, lagging, readOut([0, 100]))).toEqual(['ctp-torn']);
  });

  it('ctp-order: outputs of a key the other way round, which is out of order for the key as well', () => {
    const turned = [step(0, 100, 2), step(1, 101, 0)].map((one, i) => one.by(`t${i}`));
    expect(typesOf(...inputs, ...turned, readOut([0, 101], [2, 100]))).toEqual(['ctp-order', 'key-order']);
  });
  it('not of different keys', () => {
    const turned = [step(0, 100, 2).keyed('b'), step(1, 101, 0)].map((one, i) => one.by(`t${i}`));
    expect(typesOf(...inputs, ...turned, readOut([0, 101], [2, 100]))).toEqual([]);
  });

  /** An application that crashes now and then, with transactions or without. */
  const drawnRun = fc.record({
    ends: fc.array(fc.constantFrom('ok', 'ok', 'fail', 'info'), { minLength: 1, maxLength: 12 }),
    size: fc.integer({ min: 1, max: 3 }),
  });
  const application = ({ ends, size }: { readonly ends: readonly string[]; readonly size: number }) => {
    let position = 0;
    let at = 0;
    const outputs: (readonly [number, number])[] = [];
    const operations = ends.map((end, i) => {
      const offsets = Array.from({ length: size }, (_, j) => position + j);
      const parts = offsets.map((offset) => ({ offset, value: 1000 + i * 10 + (offset - position), at: at++ }));
      const sends = parts.map((one) => send('out', one.value).keyed('a').ok(one.at));
      let whole = txn(
        poll('in', ...offsets.map((one) => [one, one] as const)),
        ...sends,
        commit('g', { in: position + size }),
      );
      for (const { offset, value } of parts) whole = whole.derived('out', value, ['in', offset]);
      at++;
      if (end === 'fail') return whole.fail();
      position += size;
      outputs.push(...parts.map((one) => [one.at, one.value] as const));
      return end === 'ok' ? whole : whole.info().to(-1);
    });
    const sends = Array.from({ length: 40 }, (_, value) => send('in', value).ok(value).keyed('a'));
    return { sends, operations, outputs, position };
  };

  it('in transactions one after the other is never flagged, whatever fails', () => {
    fc.assert(
      fc.property(drawnRun, (drawn) => {
        const { sends, operations, outputs } = application(drawn);
        expect(typesOf(...sends, ...operations, readOut(...outputs))).toEqual([]);
      }),
    );
  });

  it('is flagged once an input is processed again, whatever the names and offsets', () => {
    fc.assert(
      fc.property(drawnRun, fc.integer({ min: 2, max: 1000 }), (drawn, factor) => {
        const { sends, operations, outputs } = application({ ...drawn, ends: ['ok', ...drawn.ends] });
        const history = historyOf([...sends, ...operations, readOut(...outputs), step(0, 5000, 900)]);
        expect(typesIn(history)).toEqual(['ctp-duplicate']);
        const renamed = withOffsets(
          withValues(history, (value) => value * 3 + 1),
          (offset) => offset * factor,
        );
        expect(typesIn(renamed)).toEqual(typesIn(history));
      }),
    );
  });
});

describe("a group's offsets", () => {
  const c = (offset: number) => commit('g', { x: offset });
  const f = (offset: number) => committed('g', { x: offset });

  it('committed-regression: a fetch answers less than was committed before', () => {
    expect(typesOf(c(3), c(5), f(3))).toEqual(['committed-regression']);
    expect(typesOf(c(3), c(5), f(5))).toEqual([]);
  });
  it('or nothing at all', () => {
    expect(typesOf(c(3), f(-1))).toEqual(['committed-regression']);
    expect(typesOf(f(-1), c(3))).toEqual([]);
  });
  it('not if a commit of less may have come later', () => {
    expect(typesOf(c(3).from(0).to(9), c(5).from(1).to(4), f(3).from(10).to(12))).toEqual([]);
    expect(typesOf(c(3).info().from(0).to(1), c(5).from(2).to(4), f(3).from(10).to(12))).toEqual([]);
    expect(typesOf(c(3).fail().from(0).to(1), c(5).from(2).to(4), f(3).from(10).to(12))).toEqual([
      'committed-regression',
    ]);
  });
  it('but if that one came only after the answer, or had ended before the newer one began', () => {
    expect(typesOf(c(5), f(3), c(3))).toEqual(['committed-regression']);
    expect(typesOf(c(5), f(3), c(3).info().to(-1))).toEqual(['committed-regression']);
    const slow = c(9).by('c1').from(0).to(100);
    expect(typesOf(slow, c(3).from(1).to(2), c(5).from(10).to(12), f(3).from(20).to(22))).toEqual([
      'committed-regression',
    ]);
  });
  it('nor if the commit had not ended when it was asked', () => {
    expect(typesOf(c(3).from(0).to(1), c(5).from(2).to(11), f(3).from(10).to(12))).toEqual([]);
  });
  it('nor of another group or partition', () => {
    expect(typesOf(c(5), committed('h', { x: -1 }), committed('g', { y: -1 }))).toEqual([]);
  });

  it('committed-nonlinearizable: fetches that no order explains', () => {
    const both = [c(5).from(0).to(9), c(6).by('c1').from(1).to(9)];
    expect(typesOf(...both, f(6).from(10).to(11), f(5).from(12).to(13))).toEqual(['committed-nonlinearizable']);
    expect(typesOf(...both, f(6).from(8).to(12), f(5).from(11).to(13), f(5).from(14).to(15))).toEqual([]);
    expect(typesOf(...both, f(6).from(10).to(11), f(6).from(12).to(13))).toEqual([]);
  });
  it('also where another group went back, or a fetch answered what nobody committed', () => {
    const both = [c(5).from(0).to(9), c(6).by('c1').from(1).to(9), f(6).from(10).to(11), f(5).from(12).to(13)];
    const other = [commit('h', { x: 3 }), commit('h', { x: 5 }), committed('h', { x: 3 })];
    expect(typesOf(...both, ...other.map((one, i) => one.from(20 + 2 * i).to(21 + 2 * i)))).toEqual([
      'committed-nonlinearizable',
      'committed-regression',
    ]);
    expect(typesOf(...both, f(99).from(14).to(15))).toEqual(['committed-nonlinearizable', 'committed-phantom']);
  });

  it('committed-phantom: a fetch answers what nobody committed', () => {
    expect(typesOf(c(5), f(99))).toEqual(['committed-phantom']);
    expect(typesOf(c(5), c(99).info().to(-1), f(99))).toEqual([]);
    expect(typesOf(c(5), commit('h', { x: 99 }), f(99))).toEqual(['committed-phantom']);
  });
  it('or what was committed by who failed: a refused commit, an aborted transaction', () => {
    expect(typesOf(c(3), c(5).fail(), f(5))).toEqual(['committed-phantom']);
    expect(typesOf(c(3), c(5).fail(), f(3))).toEqual([]);
    const aborted = txn(send('y', 1), commit('g', { x: 1 })).fail();
    expect(typesOf(aborted, f(1))).toEqual(['committed-phantom']);
    expect(typesOf(aborted, c(1), f(1))).toEqual([]);
  });
  it('not what a transaction may have committed whose end nobody heard; but what it had not sent, or sent for others', () => {
    const open = (...commits: readonly OperationBuilder[]) =>
      txn(send('y', 1), ...commits)
        .info()
        .to(-1);
    expect(typesOf(c(3), open(commit('g', { x: 5 })), f(5))).toEqual([]);
    expect(typesOf(c(3), open(commit('g', { x: 5 })), f(3))).toEqual([]);
    expect(typesOf(c(3), open(), f(5))).toEqual(['committed-phantom']);
    expect(typesOf(c(3), open(commit('g', { x: 4 })), f(5))).toEqual(['committed-phantom']);
    expect(typesOf(c(3), open(commit('g', { y: 5 })), f(5))).toEqual(['committed-phantom']);
    expect(typesOf(c(3), open(commit('h', { x: 5 })), f(5))).toEqual(['committed-phantom']);
    // Before it began.
    expect(typesOf(c(3), f(5), open(commit('g', { x: 5 })))).toEqual(['committed-nonlinearizable']);
  });
  it('is undecided if what was answered may have been committed before the history began', () => {
    const { anomalies, undecided } = checkHistory(historyOf([send('x', 1).ok(0), poll('x', [0, 1]), f(7), c(8), f(8)]));
    expect(anomalies).toEqual([]);
    expect(undecided).toEqual(['offset-registers: group g had an offset of x before anybody here committed one']);
    const reason = ['offset-registers: group g had an offset of x before anybody here committed one'];
    const known = [send('x', 1).ok(0), poll('x', [0, 1])];
    // Another offset was refused; or this one, but later; or it was answered twice.
    for (const before of [
      [c(5).fail(), f(7)],
      [f(7), c(7).fail()],
      [f(7), f(7)],
    ]) {
      const found = checkHistory(historyOf([...known, ...before, c(8), f(8)]));
      expect([found.anomalies, found.undecided]).toEqual([[], reason]);
    }
  });

  it('committed-beyond-end: above the end, even later', () => {
    expect(typesOf(c(5), endOffsets('read_uncommitted', { x: 4 }))).toEqual(['committed-beyond-end']);
    expect(typesOf(c(5), endOffsets('read_uncommitted', { x: 5 }))).toEqual([]);
    expect(typesOf(endOffsets('read_uncommitted', { x: 4 }), c(5))).toEqual([]);
    expect(typesOf(c(5), endOffsets('read_committed', { x: 4 }))).toEqual([]);
    expect(typesOf(c(5), endOffsets('read_uncommitted', { y: 4 }))).toEqual([]);
    expect(typesOf(c(5).fail(), endOffsets('read_uncommitted', { x: 4 }))).toEqual([]);
    expect(typesOf(c(5), endOffsets('read_uncommitted', { x: 4 }).fail())).toEqual([]);
  });

  it('committed-too-far: above what any of its members had polled', () => {
    const sends = [0, 1].map((value) => send('x', value).ok(value));
    expect(typesOf(...sends, poll('x', [0, 0]), c(2), poll('x', [1, 1]))).toEqual(['committed-too-far']);
    expect(typesOf(...sends, poll('x', [0, 0]), c(1), poll('x', [1, 1]), c(2))).toEqual([]);
    expect(typesOf(...sends, poll('x', [0, 0]), c(2).fail(), poll('x', [1, 1]))).toEqual([]);
    // It began behind the first record.
    expect(typesOf(...sends, poll('x', [1, 1]), c(2), poll('x', [0, 0]))).toEqual([]);
    // What another group polled, this one did not.
    const outsider = poll('x', [0, 0], [1, 1]).by('h0');
    expect(typesOf(...sends, outsider, poll('x', [0, 0]), c(2))).toEqual(['committed-too-far']);
    expect(typesOf(...sends, owns('g', 'h0', 1, 'x'), outsider, poll('x', [0, 0]), c(2))).not.toContain(
      'committed-too-far',
    );
  });
});

describe('ownership', () => {
  it('overlapping-ownership: two members at once in one generation', () => {
    expect(typesOf(owns('g', 'm1', 4, 'x'), owns('g', 'm2', 4, 'x'))).toEqual(['overlapping-ownership']);
  });
  it('not in two generations, nor of two partitions, nor in two groups', () => {
    expect(typesOf(owns('g', 'm1', 4, 'x'), owns('g', 'm2', 5, 'x'))).toEqual([]);
    expect(typesOf(owns('g', 'm1', 4, 'x'), owns('g', 'm2', 4, 'y'))).toEqual([]);
    expect(typesOf(owns('g', 'm1', 4, 'x'), owns('h', 'm2', 4, 'x'))).toEqual([]);
  });
  it('not once the first gave it up', () => {
    expect(typesOf(owns('g', 'm1', 4, 'x'), owns('g', 'm1', 4), owns('g', 'm2', 4, 'x'))).toEqual([]);
    expect(typesOf(owns('g', 'm1', 4, 'x'), owns('g', 'm2', 4, 'x').fail())).toEqual([]);
  });

  it('duplicate-consumption: members of a group poll a record twice', () => {
    const members = [owns('g', 'm1', 4, 'x'), owns('g', 'm2', 5, 'x')];
    const sends = [send('x', 0).ok(0), send('x', 1).ok(1)];
    const first = poll('x', [0, 0]).by('m1');
    expect(typesOf(...sends, ...members, first, poll('x', [0, 0], [1, 1]).by('m2'))).toEqual(['duplicate-consumption']);
    expect(typesOf(...sends, ...members, first, poll('x', [1, 1]).by('m2'))).toEqual([]);
    expect(typesOf(...sends, ...members, first, poll('x', [0, 0], [1, 1]).by('stranger'))).toEqual([]);
    const strangers = ['s1', 's2'].map((client) => poll('x', [0, 0], [1, 1]).by(client));
    expect(typesOf(...sends, ...members, ...strangers)).toEqual([]);
    expect(typesOf(...sends, ...members, first.fail(), poll('x', [0, 0], [1, 1]).by('m2'))).toEqual([]);
  });

  it('zombie-output: a replaced member commits', () => {
    const old = owns('g', 't0', 3, 'in');
    const next = owns('g', 't1', 4, 'in');
    expect(typesOf(...inputs, old, next, step(0, 100, 0), readOut([0, 100]))).toEqual(['zombie-output']);
    expect(typesOf(...inputs, old, step(0, 100, 0), next, readOut([0, 100]))).toEqual([]);
    // Nobody knows how it ended; but its output was read.
    const unknown = step(0, 100, 0).info();
    expect(typesOf(...inputs, old, next, unknown, readOut([0, 100]))).toEqual(['zombie-output']);
    expect(typesOf(...inputs, old, next, unknown, send('out', 7).ok(1), readOut([1, 7]))).toEqual([]);
    expect(typesOf(...inputs, old, next, step(0, 100, 0).fail(), send('out', 7).ok(1), readOut([1, 7]))).toEqual([]);
  });
  it('not of a partition that a member got back while its transaction was open, and consumed only then', () => {
    const begun = txn(send('out', 100).keyed('a').ok(0), commit('g', { in: 1 }))
      .derived('out', 100, ['in', 0])
      .from(12_000)
      .to(15_000);
    const before = [owns('g', 't0', 3, 'in').from(1000).to(1001), owns('g', 't1', 4, 'in').from(2000).to(2001)];
    const again = owns('g', 't0', 5, 'in').from(13_000).to(13_001);
    const history = (consumedAt: number) => [
      ...inputs,
      ...before,
      begun,
      poll('in', [0, 0])
        .by('t0')
        .from(consumedAt)
        .to(consumedAt + 1),
      again,
      readOut([0, 100]).from(16_000),
    ];
    expect(typesOf(...history(14_000))).toEqual([]);
    expect(typesOf(...history(1500))).toContain('zombie-output');
  });
  it('also if its transaction was open when the new owner was answered less', () => {
    const open = step(0, 100, 0).from(10_000).to(14_000);
    const next = owns('g', 't1', 4, 'in').from(11_000).to(11_500);
    const answer = (offset: number) => committed('g', { in: offset }).by('t1').from(12_000).to(13_000);
    const read = readOut([0, 100]).from(15_000);
    expect(typesOf(...inputs, owns('g', 't0', 3, 'in'), open, next, answer(-1), read)).toEqual(['zombie-output']);
    expect(typesOf(...inputs, owns('g', 't0', 3, 'in'), open, next, answer(1), read)).toEqual([]);
  });
});
