/** The order of a process: each operation that succeeded comes before the next that did. */
import { OK, type HistoryColumns } from '../../histories/history-columns.js';
import { IntegerMap } from '../integer-map.js';
import { PROCESS, type EdgeList } from './graph.js';

export function processEdges({ length, process, outcome }: HistoryColumns, edges: EdgeList): void {
  const last = new IntegerMap(length, 64);
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] !== OK) continue;
    const before = last.get(process[operation]!);
    if (before >= 0) edges.add(before, operation, PROCESS, -1);
    last.set(process[operation]!, operation);
  }
}
