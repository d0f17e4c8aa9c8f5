import { describe, expect, it } from 'vitest';
import {
  ABORT,
  COMMIT,
  COMMITTED,
  PRODUCER,
  State,
  TransactionScript,
  UNCOMMITTED,
} from '../testing/transaction-script.js';

const opened = () => new TransactionScript().change(State.ongoing);
const decided = (script: TransactionScript) => script.change(State.prepareCommit);

describe('W12: who reads committed records is served', () => {
  it('nothing of a transaction that is open', () => {
    expect(opened().write(1, 7, 0).serve(1, 0, 1, COMMITTED).broken()).toEqual(['W12']);
  });
  it('all of it once its marker is below the high watermark, committed or aborted', () => {
    expect(
      decided(opened().write(1, 7, 0))
        .mark(1, COMMIT)
        .serve(1, 0, 2, COMMITTED)
        .broken(),
    ).toEqual([]);
    const aborted = opened().write(1, 7, 0).change(State.prepareAbort).mark(1, ABORT);
    expect(aborted.serve(1, 0, 2, COMMITTED).broken()).toEqual([]);
  });
  it('nothing of it while its marker is not', () => {
    const script = decided(opened().write(1, 7, 0)).mark(1, COMMIT, PRODUCER, false);
    expect(script.serve(1, 0, 1, COMMITTED).broken()).toEqual(['W12']);
  });
  it('all of it if the broker found the marker in its log when it started, wherever its high watermark is', () => {
    const written = () => decided(opened().write(1, 7, 0));
    const restarted = (script: TransactionScript) => script.restart(1, 1).serve(1, 0, 1, COMMITTED).broken();
    expect(restarted(written().mark(1, COMMIT))).toEqual([]);
    expect(restarted(written())).toEqual(['W12']);
    const marked = written().restart(1, 1).lead(1, [1, 2, 3]).mark(1, COMMIT, PRODUCER, false);
    expect(marked.serve(1, 0, 1, COMMITTED).broken()).toContain('W12');
  });
  it('what stands before it, and nothing behind', () => {
    const script = () => opened().write(1, 7, 0, 200).write(1, 8, 0).write(1, 9, 1, 200);
    expect(script().serve(1, 0, 1, COMMITTED).broken()).toEqual([]);
    expect(script().serve(1, 0, 3, COMMITTED).broken()).toEqual(['W12']);
  });
  it('what a producer without transactions wrote', () => {
    expect(opened().write(1, 7, 0, 200).serve(1, 0, 1, COMMITTED).broken()).toEqual([]);
  });
  it('nothing of a transaction whose marker the broker has cut off', () => {
    const script = decided(opened().write(1, 7, 0))
      .mark(1, COMMIT)
      .serve(1, 0, 2, COMMITTED);
    script.lead(2, [2, 3]).apply(1).truncate(1, 1).highWatermark(1, 1, false);
    expect(script.serve(1, 0, 1, COMMITTED).broken()).toEqual(['W12']);
  });
  it('and whoever reads all of them is served what is committed to the log', () => {
    expect(opened().write(1, 7, 0).serve(1, 0, 1, UNCOMMITTED).broken()).toEqual([]);
  });
  it('an empty answer', () => {
    expect(opened().write(1, 7, 0).serve(1, 1, 1, COMMITTED).broken()).toEqual([]);
  });
  it('nothing from the first record of a transaction on, of however many batches', () => {
    expect(opened().write(1, 7, 0).write(1, 8, 1).serve(1, 0, 1, COMMITTED).broken()).toEqual(['W12']);
  });
  it('and what of it was served is named', () => {
    const script = () => opened().write(1, 7, 0, 200).write(1, 8, 0).write(1, 9, 1);
    expect(script().serve(1, 0, 3, COMMITTED).breaches()).toMatchObject([{ key: 0, offsets: [1], values: [8] }]);
    expect(script().serve(1, 2, 3, COMMITTED).breaches()).toMatchObject([{ key: 0, offsets: [2], values: [9] }]);
  });
  it('nothing of a transaction whose marker was cut off, though other records stand there now', () => {
    const served = decided(opened().write(1, 7, 0))
      .mark(1, COMMIT, PRODUCER, false)
      .highWatermark(1, 2)
      .serve(1, 0, 2, COMMITTED);
    expect(served.broken()).not.toContain('W12');
    served.lead(2, [2, 3]).write(2, 8, 0, 200, false).apply(1).truncate(1, 1).replicate(2, 1);
    expect(served.highWatermark(1, 2, false).serve(1, 0, 2, COMMITTED).broken()).toContain('W12');
  });
});
