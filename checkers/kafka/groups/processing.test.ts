import { describe, expect, it } from 'vitest';
import { commit, historyOf, owns, poll, processed, send, type OperationBuilder } from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';

const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
  [...new Set(checkHistory(historyOf(operations)).anomalies.map(({ type }) => type))].sort();

const joins = owns('g', 'c0', 1, 'x');
const sends = [0, 1].map((value) => send('x', value).ok(value));
const polls = poll('x', [0, 0], [1, 1]).by('c0');
const done = (offset: number) => processed('g', 'x', offset);

describe('processing', () => {
  it('of each record once, before its offset is committed, is right', () => {
    expect(typesOf(joins, ...sends, polls, done(0), done(1), commit('g', { x: 2 }))).toEqual([]);
  });

  it('skipped: below the committed offset, and processed by nobody', () => {
    expect(typesOf(joins, ...sends, polls, done(0), commit('g', { x: 2 }))).toEqual(['skipped']);
  });
  it('not above it', () => {
    expect(typesOf(joins, ...sends, polls, done(0), commit('g', { x: 1 }))).toEqual([]);
  });
  it('nor below a commit that failed, or of which nobody knows', () => {
    expect(typesOf(joins, ...sends, polls, done(0), commit('g', { x: 2 }).fail())).toEqual([]);
    expect(typesOf(joins, ...sends, polls, done(0), commit('g', { x: 2 }).info())).toEqual([]);
  });
  it('nor if a process that died may have done it', () => {
    expect(typesOf(joins, ...sends, polls, done(0), commit('g', { x: 2 }), done(1).info().to(-1))).toEqual([]);
  });
  it('though somebody failed to process it, or the group has committed less since', () => {
    expect(typesOf(joins, ...sends, polls, done(0), done(1).fail(), commit('g', { x: 2 }))).toEqual(['skipped']);
    const less = [commit('g', { x: 2 }), commit('g', { x: 1 })];
    expect(typesOf(joins, ...sends, polls, done(0), ...less)).toEqual(['skipped']);
  });
  it('though nobody knows when its send ended, which began before anybody was in the group', () => {
    const unknown = send('x', 1).by('p9').info().from(0).to(-1);
    const later = [joins, send('x', 0).ok(0), polls, done(0), commit('g', { x: 2 })];
    expect(typesOf(unknown, ...later.map((one, i) => one.from(10 + 2 * i).to(11 + 2 * i)))).toEqual(['skipped']);
  });
  it('nor if it was there before anybody was in the group', () => {
    expect(typesOf(...sends, joins, polls, done(1), commit('g', { x: 2 }))).toEqual([]);
  });
  it('though another group has processed it', () => {
    const other = processed('h', 'x', 1).by('c1');
    expect(typesOf(joins, ...sends, polls, done(0), other, commit('g', { x: 2 }))).toEqual(['skipped']);
  });

  it('reprocessed: one record twice', () => {
    expect(typesOf(joins, ...sends, polls, done(0), done(0).by('c1'))).toEqual(['reprocessed']);
  });
  it('names the record by its value', () => {
    const twice = checkHistory(historyOf([joins, ...sends, polls, done(1), done(1).by('c1')])).anomalies;
    expect(twice.filter(({ type }) => type === 'reprocessed').map(({ values }) => values)).toEqual([[1]]);
    const none = checkHistory(historyOf([joins, ...sends, polls, done(0), commit('g', { x: 2 })])).anomalies;
    expect(none.map(({ type, values }) => [type, values])).toEqual([['skipped', [1]]]);
  });
  it('not by two groups, nor if one attempt died', () => {
    expect(typesOf(joins, ...sends, polls, done(0), processed('h', 'x', 0).by('c1'))).toEqual([]);
    expect(typesOf(joins, ...sends, polls, done(0).info().to(-1), done(0).by('c1'))).toEqual([]);
  });
  it('polling twice alone is nothing', () => {
    const again = poll('x', [0, 0]).by('c1');
    expect(typesOf(joins, owns('g', 'c1', 2, 'x'), ...sends, polls, again, done(0))).toEqual([]);
  });
});

describe('what auto.offset.reset=latest passes over', () => {
  const skippedOf = (reset: string, ...operations: readonly OperationBuilder[]) => {
    const history = historyOf(operations, { settings: { 'group.id': 'g', 'auto.offset.reset': reset } });
    return checkHistory(history).anomalies.filter(({ type }) => type === 'skipped');
  };
  const begun = [owns('g', 'c0', 1, 'x'), ...sends, poll('x', [1, 1]).by('c0'), done(1)];
  const read = poll('x', [0, 0], [1, 1]).by('reader');

  it('is skipped because the group had committed nothing, and began at the end', () => {
    const [found] = skippedOf('latest', ...begun, commit('g', { x: 2 }), read);
    expect(found).toMatchObject({ offsets: [0, 2], preventedBy: { setting: 'auto.offset.reset', value: 'earliest' } });
    expect(found!.story).toContain('the group had committed nothing there');
  });

  it('is not what it skips above an offset that it had committed, or may have', () => {
    for (const before of [commit('g', { x: 0 }), commit('g', { x: 0 }).info()]) {
      const found = skippedOf('latest', before, ...begun, commit('g', { x: 2 }), read);
      expect(found.map(({ preventedBy }) => preventedBy)).toEqual([null]);
    }
  });

  it('is not what the one who committed had polled', () => {
    const [found] = skippedOf('latest', joins, ...sends, polls, done(0), commit('g', { x: 2 }));
    expect(found).toMatchObject({ offsets: [1, 2], preventedBy: null });
  });

  it('is nothing that earliest does', () => {
    const found = skippedOf('earliest', ...begun, commit('g', { x: 2 }), read);
    expect(found.map(({ preventedBy }) => preventedBy)).toEqual([null]);
  });
});
