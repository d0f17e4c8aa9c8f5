/**
 * processed-out-of-order: of two records with one key, the group processed the one that stands second in the log, and had
 * not yet begun with the first.
 *
 *   log  x@4 (acct-8)  x@5 (acct-8)
 *   c0   |-- poll x: 4 --| |-- commit g: x=5 --|                        |-- process x@4 --| → acct-8: 5, then 4
 *   c1                                            |-- process x@5 --|
 *
 * Whoever processes at least once processes again: what counts is when a record was processed for the first time, so that
 * 4, 5, 4, 5 and 4, 5, 4 are in order, and 5, 4, 5 is not. Two at once may have taken effect either way, and an attempt of
 * which nobody knows how it ended may have been the first. What was never processed is `skipped`; records of different
 * keys are in no order.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, OK } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';
import { onlyRecordAt } from './lineage.js';
import { processesOf } from './processes.js';

export const processedOutOfOrder: Checker = {
  name: 'processed-out-of-order',
  check(history) {
    const index = historyIndex(history);
    return findings(
      index,
      sequencesOf(index).flatMap((sequence) => overtaken(index, sequence)),
    );
  },
};

/** What a group did with one record. */
interface Effect {
  readonly group: string;
  readonly record: number;
  readonly offset: number;
  /** The first operation that may have processed it. */
  readonly begun: number;
  /** The one that certainly had, and ended first; -1: none. */
  done: number;
}

/** Of each group, partition and record key: what became of its records, in the order of first attempts. */
function sequencesOf(index: HistoryIndex): readonly (readonly Effect[])[] {
  const { outcome, completedAt, recordKey } = index.operations;
  const effects = new Map<string, Effect>();
  const sequences = new Map<string, Effect[]>();
  for (const { operation, group, key, offset } of processesOf(index.history)) {
    if (outcome[operation] === FAIL) continue;
    const record = onlyRecordAt(index, key, offset);
    const send = record < 0 ? -1 : index.records.send[record]!;
    const name = send < 0 ? -1 : recordKey.number(send);
    if (name < 0) continue;
    const place = `${group}|${record}|${offset}`;
    let effect = effects.get(place);
    if (effect === undefined) {
      effect = { group, record, offset, begun: operation, done: -1 };
      effects.set(place, effect);
      const sequence = `${group}|${key}|${name}`;
      const others = sequences.get(sequence);
      if (others === undefined) sequences.set(sequence, [effect]);
      else others.push(effect);
    }
    const isFirst = effect.done < 0 || completedAt[operation]! < completedAt[effect.done]!;
    if (outcome[operation] === OK && isFirst) effect.done = operation;
  }
  return [...sequences.values()];
}

/** From the end of the log: each record with which nobody had begun when one above it was done. */
function overtaken(index: HistoryIndex, sequence: readonly Effect[]): readonly Anomaly[] {
  const anomalies: Anomaly[] = [];
  let first: Effect | null = null;
  for (const effect of sequence.toSorted((x, y) => y.offset - x.offset)) {
    if (effect.done < 0) continue;
    if (first !== null && endedBefore(index, first.done, effect.begun)) anomalies.push(anomaly(index, effect, first));
    const { completedAt } = index.operations;
    if (first === null || completedAt[effect.done]! < completedAt[first.done]!) first = effect;
  }
  return anomalies;
}

/** A member that goes on at once begins with the next record at the very moment at which it has done the last. */
function endedBefore({ operations }: HistoryIndex, earlier: number, later: number): boolean {
  const { completedAt, invokedAt, process } = operations;
  if (completedAt[earlier]! < invokedAt[later]!) return true;
  const isAtOnce = completedAt[earlier] === invokedAt[later] && process[earlier] === process[later];
  return isAtOnce && earlier < later;
}

function anomaly(index: HistoryIndex, late: Effect, early: Effect): Anomaly {
  const [behind, ahead] = [late, early].map(({ record, offset }) => recordWords(index, record, offset));
  return {
    type: 'processed-out-of-order',
    key: index.records.key[late.record]!,
    offsets: [late.offset, early.offset],
    operations: operationsOf(early.done, late.begun, late.done),
    values: [late, early].map(({ record }) => index.records.value[record]!),
    events: [],
    at: endOf(index, late.done),
    story: `group ${late.group} processed ${ahead}, and only then ${behind} (operations ${early.done} and ${late.done})`,
    preventedBy: null,
  };
}
