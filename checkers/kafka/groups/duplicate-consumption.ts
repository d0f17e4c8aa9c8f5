/**
 * duplicate-consumption: members of a group polled one record twice. At-least-once delivery means that they may; whoever
 * requires processed-at-most-once must not. Groups that say what became of their records are judged by that
 * (ctp-duplicate, reprocessed).
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { OK, POLL, PROCESS } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex } from '../history/history-index.js';
import { keyWords } from '../history/words.js';
import { lineageOf } from './lineage.js';
import { stintsOf } from './ownership.js';

export const duplicateConsumption: Checker = {
  name: 'duplicate-consumption',
  check(history) {
    const index = historyIndex(history);
    const groupOf = new Map(stintsOf(history).map(({ client, group }) => [client, group]));
    for (const { operation } of lineageOf(history).derivations) groupOf.delete(index.operations.client.at(operation)!);
    if (groupOf.size === 0 || index.operations.has(PROCESS)) return findings(index, []);
    const { length, outcome, client, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, offset } =
      index.operations;
    const polledBy = new Map<string, number>();
    const anomalies: Anomaly[] = [];
    for (let operation = 0; operation < length; operation++) {
      const group = groupOf.get(client.at(operation)!);
      if (group === undefined || outcome[operation] !== OK) continue;
      const first = firstMicroOp[operation]!;
      for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
        if (microOpKind[microOp] !== POLL) continue;
        const begin = firstRecord[microOp]!;
        for (let row = begin; row < begin + recordCount[microOp]!; row++) {
          const at = offset[row]!;
          const name = `${group}|${key[microOp]}|${at}`;
          const other = polledBy.get(name);
          if (at < 0) continue;
          polledBy.set(name, operation);
          if (other === undefined) continue;
          anomalies.push({
            type: 'duplicate-consumption',
            key: key[microOp]!,
            offsets: [at],
            operations: operationsOf(other, operation),
            values: [index.operations.value[row]!],
            events: [],
            at: endOf(index, operation),
            story: `group ${group} polled ${keyWords(history, key[microOp]!)}@${at} twice, in operations ${other} and ${operation}`,
            preventedBy: null,
          });
        }
      }
    }
    return findings(index, anomalies);
  },
};
