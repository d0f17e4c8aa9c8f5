/**
 * partition-instability: records of one key went to two partitions of a topic.
 *
 *   p0  |-- send acct-8=7 --| ok, orders-0 offset 5
 *   p0                         |-- send acct-8=8 --| ok, orders-1 offset 2 → nobody orders the two
 *
 * Order by key is order within a partition: it lasts as long as the partitioner answers the same. It does while the
 * number of partitions stays, unless the application chooses partitions itself or partitioner.ignore.keys is set.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { IntegerMap } from '../integer-map.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, recordWords } from './history/words.js';

export const partitionInstability: Checker = {
  name: 'partition-instability',
  check(history) {
    const index = historyIndex(history);
    const { records, operations } = index;
    const { recordKey } = operations;
    const topics = topicNumbers(history.keys);
    const anomalies: Anomaly[] = [];
    /** By topic and record key: the first of their records. */
    const first = new IntegerMap(recordKey.distinct * history.keys.length);
    const reported = new Set<number>();
    for (let record = 0; record < records.length; record++) {
      const name = records.send[record]! < 0 ? -1 : recordKey.number(records.send[record]!);
      const key = records.key[record]!;
      if (name < 0 || key < 0) continue;
      const pair = topics[key]! * recordKey.distinct + name;
      const other = first.get(pair);
      if (other < 0) first.set(pair, record);
      if (other < 0 || records.key[other] === key || reported.has(pair)) continue;
      reported.add(pair);
      anomalies.push(movedBetween(index, other, record));
    }
    return findings(index, anomalies);
  },
};

/** A key is its topic, a hyphen and the partition's number. */
function topicNumbers(keys: readonly string[]): readonly number[] {
  const numbers = new Map<string, number>();
  return keys.map((key) => {
    const topic = key.replace(/-\d+$/, '');
    if (!numbers.has(topic)) numbers.set(topic, numbers.size);
    return numbers.get(topic)!;
  });
}

function movedBetween(index: HistoryIndex, first: number, second: number): Anomaly {
  const { records } = index;
  const writers = [first, second].map((record) => records.writer[record]!);
  const offset = index.firstOffset(second);
  return {
    type: 'partition-instability',
    key: records.key[second]!,
    offsets: offset < 0 ? [] : [offset],
    operations: operationsOf(...writers),
    values: [first, second].map((record) => records.value[record]!),
    events: [],
    at: endOf(index, writers[1]!),
    story: `${recordWords(index, second, offset)} was sent there, and value ${index.history.valueName(records.value[first]!)} of the same key to ${keyWords(index.history, records.key[first]!)}`,
    preventedBy: null,
  };
}
