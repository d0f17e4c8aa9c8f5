/**
 * What an application says that counts the records of each key, against its input. An output made from the record at an
 * offset counts the records of its key from the start of the input partition to there:
 *
 *   count-too-high   it says more: a record was counted twice, or one that was aborted
 *   count-too-low    it says fewer: a record was counted, and forgotten
 *
 *   in   a@0 a@1 b@2 a@3     out  a=1 (of 0)  a=2 (of 1)  b=1 (of 2)  a=4 (of 3) → too high by one
 *
 * Only what is committed counts. A wrong count is carried on by all that follow it, so that of each key those are told
 * which differ from the input otherwise than the one before. What the group found below its first offset it never counted.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import type { HistoryIndex } from '../history/history-index.js';
import { keyWords } from '../history/words.js';
import { isOutputCommitted, lineageOf, recordAt, type Derivation } from './lineage.js';

export const counts: Checker = {
  name: 'counts',
  check(history) {
    const { index, derivations } = lineageOf(history);
    const counting = derivations.filter((one) => one.count > 0);
    if (counting.length === 0) return findings(index, []);
    const ranks = ranksOf(index, lowestInputs(counting));
    return findings(index, wrong(index, counting, ranks));
  },
};

/** By input: how many records of its key stand in its partition up to there. */
type Ranks = ReadonlyMap<string, number>;

const inputName = (key: number, offset: number): string => `${key}|${offset}`;

/** By input partition: the lowest offset that went into a count. */
function lowestInputs(counting: readonly Derivation[]): ReadonlyMap<number, number> {
  const lowest = new Map<number, number>();
  for (const { inputKey, inputOffset } of counting) {
    lowest.set(inputKey, Math.min(lowest.get(inputKey) ?? Infinity, inputOffset));
  }
  return lowest;
}

/** Of an offset at which two records were seen the rank is that of neither: whoever lost one has to answer for it. */
function ranksOf(index: HistoryIndex, inputs: ReadonlyMap<number, number>): Ranks {
  const { positions, records, operations, log, logStart } = index;
  const ranks = new Map<string, number>();
  for (const [key, from] of inputs) {
    const seen = new Map<string, number>();
    let last = -1;
    for (let i = logStart[key]!; i < logStart[key + 1]!; i++) {
      const position = log[i]!;
      const offset = positions.offset[position]!;
      const send = records.send[positions.record[position]!]!;
      const recordKey = send < 0 ? null : operations.recordKey.at(send);
      if (offset < from || offset === last || recordKey === null || positions.reader[position]! < 0) continue;
      last = offset;
      const rank = (seen.get(recordKey) ?? 0) + 1;
      seen.set(recordKey, rank);
      ranks.set(inputName(key, offset), rank);
    }
  }
  return ranks;
}

function wrong(index: HistoryIndex, counting: readonly Derivation[], ranks: Ranks): readonly Anomaly[] {
  const { operations, records } = index;
  const inOrder = counting
    .filter((one) => isOutputCommitted(index, one))
    .map((one) => ({ one, at: index.firstOffset(one.output), key: records.key[one.output]! }))
    .sort((x, y) => x.key - y.key || x.at - y.at);
  /** By group, input partition and record key: by how much the output before was wrong. */
  const errors = new Map<string, number>();
  return inOrder.flatMap(({ one }) => {
    const { group, inputKey, inputOffset, count, output } = one;
    const rank = ranks.get(inputName(inputKey, inputOffset));
    if (rank === undefined) return [];
    const recordKey = operations.recordKey.at(records.send[output]!) ?? '';
    const name = `${group}|${inputKey}|${recordKey}`;
    const error = count - rank;
    const before = errors.get(name) ?? 0;
    errors.set(name, error);
    return error === before || error === 0 ? [] : [anomaly(index, one, recordKey, rank)];
  });
}

function anomaly(
  index: HistoryIndex,
  { operation, inputKey, inputOffset, count, output }: Derivation,
  recordKey: string,
  rank: number,
): Anomaly {
  const record = recordAt(index, inputKey, inputOffset);
  const outputKey = index.records.key[output]!;
  const outputWords = `${keyWords(index.history, outputKey)}@${index.firstOffset(output)}`;
  const inputWords = `${keyWords(index.history, inputKey)}@${inputOffset}`;
  const type = count > rank ? 'count-too-high' : 'count-too-low';
  return {
    type,
    key: inputKey,
    offsets: [inputOffset],
    operations: operationsOf(operation),
    values: [index.records.value[record]!],
    events: [],
    at: endOf(index, operation),
    story: `${outputWords} counts ${records(count)} of key ${recordKey} up to ${inputWords}; the input has ${rank}`,
    preventedBy: null,
  };
}

const records = (count: number): string => (count === 1 ? '1 record' : `${count} records`);
