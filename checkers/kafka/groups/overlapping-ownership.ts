/**
 * overlapping-ownership: two members of a group owned one partition at the same time, in the same generation.
 *
 *   m1  |-- owns x, generation 4 ----------------------|
 *   m2           |-- owns x, generation 4 ----|           → overlapping
 *
 * Across generations members overlap by design: who has not heard of the new one yet goes on in the old.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Checker } from '../../checker.js';
import { findings, operationsOf } from '../history/findings.js';
import { historyIndex } from '../history/history-index.js';
import { keyWords, secondsWords } from '../history/words.js';
import { comparableStintsOf, stintsByPartition, type Stint } from './ownership.js';

export const overlappingOwnership: Checker = {
  name: 'overlapping-ownership',
  check(history) {
    const anomalies: Anomaly[] = [];
    for (const stints of stintsByPartition(comparableStintsOf(history)).values()) {
      const byGeneration = new Map<number, Stint[]>();
      for (const stint of stints) {
        const others = byGeneration.get(stint.generation) ?? [];
        const other = others.find((one) => one.member !== stint.member && one.to > stint.from && stint.to > one.from);
        byGeneration.set(stint.generation, [...others, stint]);
        if (other === undefined) continue;
        const at = Math.max(stint.from, other.from);
        const members = `${other.member} and ${stint.member}`;
        anomalies.push({
          type: 'overlapping-ownership',
          key: stint.key,
          offsets: [],
          operations: operationsOf(other.operation, stint.operation),
          values: [],
          events: [],
          at,
          story: `${members} of group ${stint.group} both own ${keyWords(history, stint.key)} in generation ${stint.generation} at ${secondsWords(at)}`,
          preventedBy: null,
        });
      }
    }
    return findings(historyIndex(history), anomalies);
  },
};
