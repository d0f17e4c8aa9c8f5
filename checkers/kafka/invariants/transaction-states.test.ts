import { describe, expect, it } from 'vitest';
import { ABORT, COMMIT, PRODUCER, State, TransactionScript } from '../testing/transaction-script.js';

const { empty, ongoing, prepareCommit, prepareAbort, completeCommit, completeAbort } = State;
const coordinated = (...states: readonly number[]) =>
  states.reduce((script, state) => script.change(state), new TransactionScript());

describe('W16: the states of a transaction', () => {
  it.each([
    ['commit', [empty, ongoing, prepareCommit, completeCommit, ongoing, ongoing]],
    ['abort', [empty, ongoing, prepareAbort, completeAbort, empty]],
    ['abort of nothing, since KIP-890', [empty, prepareAbort, completeAbort, prepareAbort]],
  ])('follow each other: %s', (_, states) => {
    expect(coordinated(...states).broken()).toEqual([]);
  });
  it.each([
    ['a commit becomes an abort', [ongoing, prepareCommit, completeAbort]],
    ['an abort becomes a commit', [ongoing, prepareAbort, prepareCommit]],
    ['a commit of nothing', [empty, prepareCommit]],
    ['another transaction begins before the last is complete', [ongoing, prepareCommit, ongoing]],
    ['one that is complete without a decision', [ongoing, completeCommit]],
  ])('do not: %s', (_, states) => {
    expect(coordinated(...states).broken()).toEqual(['W16']);
  });
  it('are told by name', () => {
    const story = (script: TransactionScript) => script.breaches()[0]!.story;
    expect(story(coordinated(ongoing, prepareCommit, ongoing))).toBe(
      'b2 begins to write Ongoing of producer 100, whose transaction is PrepareCommit',
    );
    expect(story(coordinated(empty).begin(prepareAbort).begin(completeCommit))).toMatch(
      /CompleteCommit of producer 100, whose transaction is Empty or PrepareAbort$/,
    );
  });
  it('may go on from a change that was begun and not seen to be applied', () => {
    expect(coordinated(ongoing).begin(prepareCommit).change(completeCommit).broken()).toEqual([]);
    expect(coordinated(ongoing).begin(prepareCommit).change(prepareAbort).broken()).toEqual([]);
  });
});

describe('a coordinator that was deposed and has not heard of it', () => {
  const deposed = () => coordinated(empty, ongoing).change(prepareAbort, 1, PRODUCER, 1);

  it('breaks nothing by what it begins to write: that is never replicated', () => {
    expect(deposed().begin(ongoing, 0, PRODUCER, 0).broken()).toEqual([]);
  });
  it('nor does it make anything legal for its successor', () => {
    expect(deposed().begin(ongoing, 0, PRODUCER, 0).change(prepareCommit, 1, PRODUCER, 1).broken()).toEqual(['W16']);
  });
  it('but is not deposed as long as its successor has applied nothing', () => {
    const begun = coordinated(empty).begin(ongoing, 0, PRODUCER, 1);
    expect(begun.begin(completeCommit, 0, PRODUCER, 0).broken()).toEqual(['W16']);
  });
  it('and its successor is held to what was written before', () => {
    expect(deposed().change(ongoing, 0, PRODUCER, 1).broken()).toContain('W14');
  });
});

describe('W14: nothing is written under an older epoch', () => {
  it('by a coordinator', () => {
    expect(coordinated(ongoing).change(prepareAbort, 1).broken()).toEqual([]);
    expect(new TransactionScript().change(empty, 1).change(ongoing, 0).broken()).toEqual(['W14']);
  });
  it('by markers in one log', () => {
    const script = () => coordinated(ongoing).change(prepareAbort, 1).mark(1, ABORT, PRODUCER, true, 1);
    expect(script().mark(1, ABORT, PRODUCER, true, 1).broken()).toEqual([]);
    expect(script().mark(1, ABORT, PRODUCER, true, 0).broken()).toEqual(['W14']);
  });
  it('as the record of the marker shows', () => {
    const script = coordinated(ongoing).change(prepareAbort, 1).mark(1, ABORT, PRODUCER, true, 1);
    expect(script.mark(1, ABORT, PRODUCER, true, 0).breaches()).toMatchObject([
      { type: 'W14', key: 0, offsets: [1], values: [ABORT] },
    ]);
  });
  it('but by one that stands where the log has lost the newer, and gone on', () => {
    const script = coordinated(ongoing).change(prepareAbort, 1).mark(1, ABORT, PRODUCER, false, 1);
    script.lead(2, [2, 3]).write(2, 7, 0, 200, false).write(2, 8, 1, 200, false);
    expect(script.mark(2, ABORT, PRODUCER, false, 0).broken()).not.toContain('W14');
  });
  it('but by one in a log that lost the newer', () => {
    const script = coordinated(ongoing).change(prepareAbort, 1).mark(1, ABORT, PRODUCER, false, 1);
    expect(script.lead(2, [2, 3]).mark(2, ABORT, PRODUCER, false, 0).broken()).not.toContain('W14');
  });
});

describe('W15: a marker says what was decided', () => {
  const open = () => coordinated(ongoing).write(1, 7, 0);

  it('of the transaction that it ends', () => {
    expect(open().change(prepareCommit).mark(1, COMMIT).broken()).toEqual([]);
    expect(open().change(prepareCommit).mark(1, ABORT).broken()).toEqual(['W15']);
    expect(open().mark(1, COMMIT).broken()).toEqual(['W15']);
    expect(open().mark(1, ABORT).broken()).toEqual(['W15']);
  });
  it('also by a decision that was begun and not seen to be applied', () => {
    expect(open().begin(prepareCommit).mark(1, COMMIT).broken()).toEqual([]);
  });
  it('by either, where two were begun, and by the one that was applied', () => {
    expect(open().begin(prepareAbort).begin(prepareCommit).mark(1, ABORT).broken()).toEqual([]);
    expect(open().begin(prepareAbort).change(prepareCommit).mark(1, COMMIT).broken()).toEqual([]);
    expect(open().begin(prepareAbort).change(prepareCommit).mark(1, ABORT).broken()).toEqual(['W15']);
  });
  it('even when it comes late', () => {
    expect(open().change(prepareCommit).change(completeCommit).mark(1, COMMIT).broken()).toEqual([]);
  });
  it('and the story says what, of which record', () => {
    const told = (script: TransactionScript) =>
      script.breaches().map(({ offsets, values, story }) => [offsets, values, story.slice(story.indexOf('marker at'))]);
    const says = (what: string) => [[[0], [7], `marker at 1 that says ${what}`]];
    expect(told(open().mark(1, COMMIT))).toEqual(says('committed, of which nothing was decided'));
    expect(told(open().change(prepareCommit).mark(1, ABORT))).toEqual(says('aborted, which was committed'));
    expect(told(open().change(prepareAbort).mark(1, COMMIT))).toEqual(says('committed, which was aborted'));
  });
  it('and not of the one before', () => {
    const next = () => open().change(prepareCommit).mark(1, COMMIT).change(completeCommit).change(ongoing);
    expect(next().mark(1, COMMIT).broken()).toEqual([]);
    expect(next().write(1, 8, 1).mark(1, COMMIT).broken()).toEqual(['W15']);
  });
  it('again, by a repeated one that ends nothing', () => {
    expect(open().change(prepareCommit).mark(1, COMMIT).mark(1, COMMIT).broken()).toEqual([]);
  });
});
