/**
 * How stale polls were, at the least: when a poll that ended at offset o was invoked, a record above o had been known to
 * exist for so long (Jepsen's realtime-lag). A record is known from the completion of the operation that shows it, and
 * with it all that stand below; nobody knows for how long it had been there before. Hence a lower bound.
 *
 *   p0  |-- send x=1 --| ok, 0 at 1 s
 *   c0                               |-- poll x --| nothing, invoked at 5 s → 4 s behind
 *
 * An assignment keeps the positions of the keys that it names. Those that it adds begin at the start, as Jepsen takes for
 * granted, unless auto.offset.reset says otherwise: then nobody knows where, before something is read. A subscription, a
 * seek, a rebalance and a crash leave positions unknown too. Final reads are nobody's consumers.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, OK, POLL, SEND } from '../../../histories/history-columns.js';
import type { History } from '../../../histories/operation.js';
import { operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { keyWords, secondsWords } from '../history/words.js';
import { beginsAtTheStart } from '../settings.js';

/** The greatest lag of one session on one key. */
export interface Lag {
  readonly key: number;
  readonly client: string;
  /** Virtual microseconds. */
  readonly lag: number;
  /** The poll. */
  readonly operation: number;
  /** Where it ended; -1: before the first offset. */
  readonly offset: number;
  /** The operation that showed a record above that offset first. */
  readonly shownBy: number;
}

/** By session and key the poll that lagged most, in order of invocation; those that never lagged are left out. */
export function realtimeLags(history: History): readonly Lag[] {
  const index = historyIndex(history);
  const lags = new Lags(index);
  for (let operation = 0; operation < index.operations.length; operation++) lags.take(operation);
  return lags.worst();
}

/** realtime-lag: polls that lag behind by more than this many virtual microseconds, the worst of each session and key. */
export function lagsBeyond(history: History, maxLag: number): readonly Anomaly[] {
  const { completedAt, invokedAt } = historyIndex(history).operations;
  return realtimeLags(history)
    .filter(({ lag }) => lag > maxLag)
    .map(({ key, client, lag, operation, offset, shownBy }) => {
      const where = offset < 0 ? 'at the start' : `at offset ${offset}`;
      return {
        type: 'realtime-lag',
        key,
        offsets: offset < 0 ? [] : [offset],
        operations: operationsOf(operation, shownBy),
        values: [],
        events: [],
        at: Math.max(completedAt[operation]!, invokedAt[operation]!),
        story: `${client} polled ${keyWords(history, key)} and stood ${where}, though operation ${shownBy} had shown a record above that at least ${secondsWords(lag)} before`,
        preventedBy: null,
      };
    });
}

/** A moment from which an offset is known to exist, with all below. */
interface Shown {
  readonly offset: number;
  readonly at: number;
  readonly operation: number;
}

class Lags {
  private readonly index: HistoryIndex;
  /** By key: in order of time, and of offsets too. */
  private readonly shown: readonly (readonly Shown[])[];
  /** By session, by key: the offset that was read last; -1: before the first. */
  private readonly positions = new Map<number, Map<number, number>>();
  /** By session and key. */
  private readonly greatest = new Map<string, Lag>();

  constructor(index: HistoryIndex) {
    this.index = index;
    this.shown = shownOffsets(index);
  }

  worst(): readonly Lag[] {
    return [...this.greatest.values()].sort((x, y) => x.operation - y.operation || x.key - y.key);
  }

  take(operation: number): void {
    const { f, session, finalReadOf, outcome } = this.index.operations;
    if (finalReadOf[operation]! >= 0) return;
    switch (f.at(operation)) {
      case 'send': // most operations
        return;
      case 'assign':
        if (outcome[operation] !== FAIL) this.assign(operation);
        return;
      case 'seek':
        return this.forget(operation, this.keysOf(operation));
      case 'subscribe':
      case 'rebalance':
      case 'crash':
        this.positions.delete(session[operation]!);
        return;
    }
    if (outcome[operation] === OK) this.poll(operation);
  }

  private assign(operation: number): void {
    const { session, client } = this.index.operations;
    const before = this.positions.get(session[operation]!);
    const after = new Map<number, number>();
    for (const key of this.keysOf(operation)) {
      const position = before?.get(key);
      if (position !== undefined) after.set(key, position);
      else if (beginsAtTheStart(this.index.history.header, client.at(operation)!)) after.set(key, -1);
    }
    this.positions.set(session[operation]!, after);
  }

  private poll(operation: number): void {
    const { operations } = this.index;
    const session = operations.session[operation]!;
    const { firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, offset } = operations;
    const positions = this.positions.get(session) ?? new Map<number, number>();
    this.positions.set(session, positions);
    // A poll that returned nothing names no key.
    let isPoll = operations.f.at(operation) === 'poll';
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== POLL) continue;
      isPoll = true;
      for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
        if (offset[row]! >= 0) positions.set(key[microOp]!, offset[row]!);
      }
    }
    this.forget(operation, operations.rebalanced.get(operation) ?? []);
    if (isPoll) for (const [one, position] of positions) this.measure(operation, one, position);
  }

  private measure(operation: number, key: number, offset: number): void {
    const { invokedAt, session, client } = this.index.operations;
    const above = firstAbove(this.shown[key]!, offset);
    const lag = above === undefined ? 0 : invokedAt[operation]! - above.at;
    if (above === undefined || lag <= 0) return;
    const name = `${session[operation]!}|${key}`;
    if (lag <= (this.greatest.get(name)?.lag ?? 0)) return;
    const who = client.at(operation)!;
    this.greatest.set(name, { key, client: who, lag, operation, offset, shownBy: above.operation });
  }

  private forget(operation: number, keys: Iterable<number>): void {
    const positions = this.positions.get(this.index.operations.session[operation]!);
    for (const key of keys) positions?.delete(key);
  }

  private keysOf(operation: number): Int32Array {
    const { firstMicroOp, microOpCount, key } = this.index.operations;
    return key.subarray(firstMicroOp[operation]!, firstMicroOp[operation]! + microOpCount[operation]!);
  }
}

function shownOffsets({ operations, history }: HistoryIndex): readonly (readonly Shown[])[] {
  const shown: Shown[][] = history.keys.map(() => []);
  const { length, completedAt, outcome, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount } =
    operations;
  for (let operation = 0; operation < length; operation++) {
    const at = completedAt[operation]!;
    if (at < 0) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      const kind = microOpKind[microOp];
      if (key[microOp]! < 0 || !(kind === POLL || (kind === SEND && outcome[operation] === OK))) continue;
      let highest = -1;
      for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
        highest = Math.max(highest, operations.offset[row]!);
      }
      if (highest >= 0) shown[key[microOp]!]!.push({ offset: highest, at, operation });
    }
  }
  return shown.map((all) => {
    let known = -1;
    return all
      .sort((x, y) => x.at - y.at || y.offset - x.offset)
      .filter(({ offset }) => {
        if (offset <= known) return false;
        known = offset;
        return true;
      });
  });
}

/** The first moment from which an offset above this one is known. */
function firstAbove(shown: readonly Shown[], offset: number): Shown | undefined {
  let low = 0;
  let high = shown.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shown[middle]!.offset > offset) high = middle;
    else low = middle + 1;
  }
  return shown[low];
}
