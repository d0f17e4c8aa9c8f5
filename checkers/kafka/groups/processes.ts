/** What the members of groups say that they have processed: read from the micro-operations `process`, once, and shared. */
import { columnsOf, PROCESS } from '../../../histories/history-columns.js';
import type { History } from '../../../histories/operation.js';

/** One record that a member processed, or perhaps did. */
export interface Process {
  readonly operation: number;
  readonly group: string;
  readonly key: number;
  readonly offset: number;
}

const known = new WeakMap<History, readonly Process[]>();

/** In order of invocation. */
export function processesOf(history: History): readonly Process[] {
  let processes = known.get(history);
  if (processes === undefined) known.set(history, (processes = find(history)));
  return processes;
}

function find(history: History): readonly Process[] {
  const columns = columnsOf(history);
  if (!columns.has(PROCESS)) return [];
  const { length, firstMicroOp, microOpCount, microOpKind, key, firstRecord, offset, value, names } = columns;
  const found: Process[] = [];
  for (let operation = 0; operation < length; operation++) {
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== PROCESS) continue;
      const row = firstRecord[microOp]!;
      found.push({ operation, group: names.at(value[row]!), key: key[microOp]!, offset: offset[row]! });
    }
  }
  return found;
}
