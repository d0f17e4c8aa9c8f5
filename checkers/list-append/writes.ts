/**
 * What the order of appends shows, without a graph (Elle's names):
 *
 *   dirty-update   an operation that succeeded built upon what a failed one had appended
 *   lost-update    two operations read the same state of a list, and both appended to it
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { APPEND, FAIL, OK, READ } from '../../histories/history-columns.js';
import { listAnomaly, listWords } from './findings.js';
import type { Lists } from './lists.js';

export function dirtyUpdates(lists: Lists): readonly Anomaly[] {
  const { elements, operations, history } = lists;
  const anomalies: Anomaly[] = [];
  lists.order.forEach((order, key) => {
    let failed = -1;
    for (const element of order) {
      const writer = elements.writer[element]!;
      const outcome = writer < 0 ? OK : operations.outcome[writer]!;
      if (outcome === FAIL) failed = element;
      if (outcome === OK && failed >= 0 && writer >= 0) {
        const values = [elements.value[failed]!, elements.value[element]!];
        const [dirty, later] = values.map((value) => history.valueName(value));
        const story = `${later} was appended to ${listWords(lists, key)} after ${dirty}, whose operation failed`;
        anomalies.push(listAnomaly(lists, 'dirty-update', key, values, [elements.writer[failed]!, writer], story));
      }
      if (outcome === OK) failed = -1;
    }
  });
  return anomalies;
}

export function lostUpdates(lists: Lists): readonly Anomaly[] {
  const { elements, operations, history } = lists;
  const { length, outcome, firstMicroOp, microOpCount, microOpKind, key, recordCount } = operations;
  const anomalies: Anomaly[] = [];
  /** By state (its last element; after all elements, the empty list of each key): who built upon it first. */
  const builtBy = new Int32Array(elements.length + history.keys.length).fill(-1);
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] !== OK) continue;
    const first = firstMicroOp[operation]!;
    const end = first + microOpCount[operation]!;
    for (let read = first; read < end; read++) {
      if (microOpKind[read] !== READ || !isFirstOfKey(read, first)) continue;
      let appends = false;
      for (let later = read + 1; later < end; later++)
        appends ||= microOpKind[later] === APPEND && key[later] === key[read];
      if (!appends) continue;
      const count = Math.max(0, recordCount[read]!);
      const last =
        count === 0 ? -1 : elements.of(key[read]!, operations.value[operations.firstRecord[read]! + count - 1]!);
      const state = count === 0 ? elements.length + key[read]! : last;
      if (state < 0) continue;
      const other = builtBy[state]!;
      builtBy[state] = operation;
      if (other < 0 || other === operation) continue;
      const seen = last < 0 ? 'nothing' : `${history.valueName(elements.value[last]!)} as the last`;
      const story = `operations ${other} and ${operation} both read ${seen} in ${listWords(lists, key[read]!)}, and both appended to it`;
      const values = last < 0 ? [] : [elements.value[last]!];
      anomalies.push(listAnomaly(lists, 'lost-update', key[read]!, values, [other, operation], story));
    }
  }
  return anomalies;

  /** The first thing that its operation does to the list. */
  function isFirstOfKey(read: number, first: number): boolean {
    for (let before = first; before < read; before++) if (key[before] === key[read]) return false;
    return true;
  }
}
