/**
 * Where a group with auto.offset.reset=latest has committed nothing, whoever is given the partition begins at its end. What
 * stood there before is passed over: in a partition that was added, and wherever an owner changed before the first commit.
 *
 *   p0  |-- send x@0 --| |-- send x@1 --|
 *   c0                                     |-- committed g: x=none --|   begins at 2: nobody ever processes 0 and 1
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, POLL } from '../../../histories/history-columns.js';
import type { HistoryIndex } from '../history/history-index.js';
import { resetsToLatest } from '../settings.js';
import { lineageOf, type Commit } from './lineage.js';

type Place = Pick<Commit, 'group' | 'key'>;

export class ResetsToLatest {
  readonly #index: HistoryIndex;
  /** By group and key: the lowest offset that may have been committed; null: nobody resets to latest. */
  readonly #lowest: ReadonlyMap<string, Commit> | null;
  #polled: ReadonlySet<string> | null = null;

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#lowest = resetsToLatest(index.history.header) ? lowestCommits(index) : null;
  }

  /** Says so, if the first that committed anything there committed above this offset, and never polled it. */
  explain(anomaly: Anomaly, place: Place, offset: number): Anomaly {
    const lowest = this.#lowest?.get(nameOf(place));
    if (lowest === undefined || offset >= lowest.offset) return anomaly;
    this.#polled ??= polledBy(this.#index);
    const client = this.#index.operations.client.at(lowest.operation)!;
    if (this.#polled.has(readingOf(client, place.key, offset))) return anomaly;
    const story = `${anomaly.story}: the group had committed nothing there, and with auto.offset.reset=latest it began at the end`;
    return { ...anomaly, story, preventedBy: { setting: 'auto.offset.reset', value: 'earliest' } };
  }
}

const nameOf = ({ group, key }: Place): string => `${group}|${key}`;

const readingOf = (client: string, key: number, offset: number): string => `${client}|${key}|${offset}`;

function lowestCommits(index: HistoryIndex): ReadonlyMap<string, Commit> {
  const lowest = new Map<string, Commit>();
  for (const commit of lineageOf(index.history).commits) {
    if (index.operations.outcome[commit.operation] === FAIL) continue;
    const name = nameOf(commit);
    if (commit.offset < (lowest.get(name)?.offset ?? Infinity)) lowest.set(name, commit);
  }
  return lowest;
}

function polledBy({ operations }: HistoryIndex): ReadonlySet<string> {
  const { length, client, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, offset } = operations;
  const polled = new Set<string>();
  for (let operation = 0; operation < length; operation++) {
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== POLL) continue;
      const from = firstRecord[microOp]!;
      for (let row = from; row < from + recordCount[microOp]!; row++) {
        polled.add(readingOf(client.at(operation)!, key[microOp]!, offset[row]!));
      }
    }
  }
  return polled;
}
