/** Isolation of transactions that append to lists and read them: any system, judged as Elle does. */
import type { Checker } from '../checker.js';
import { findCycles } from '../cycles/search.js';
import { cycleAnomaly } from '../cycles/story.js';
import { dependenciesOf } from './dependencies.js';
import { listWords } from './findings.js';
import { listsOf, type Lists } from './lists.js';
import { anomaliesOfReads } from './reads.js';
import { dirtyUpdates, lostUpdates } from './writes.js';

const reads: Checker = {
  name: 'list-reads',
  check: (history) => ({ anomalies: anomaliesOfReads(listsOf(history)) }),
};

const updates: Checker = {
  name: 'list-updates',
  check(history) {
    const lists = listsOf(history);
    return { anomalies: [...dirtyUpdates(lists), ...lostUpdates(lists)] };
  },
};

const cycles: Checker = {
  name: 'cycles',
  check(history) {
    const lists = listsOf(history);
    if (lists.appendedTwice >= 0) return { anomalies: [], undecided: notUnique(lists) };
    const { graph, words, shown } = dependenciesOf(lists);
    if (shown === 0) return { anomalies: [], undecided: 'no operation depends on another (empty-transaction-graph)' };
    const found = findCycles(graph);
    const anomalies = found.cycles.map((cycle) => cycleAnomaly(history, cycle, words));
    return found.undecided.length === 0 ? { anomalies } : { anomalies, undecided: found.undecided.join('; ') };
  },
};

export const listCheckers: readonly Checker[] = [reads, updates, cycles];

function notUnique(lists: Lists): string {
  const { key, value } = lists.elements;
  const element = lists.appendedTwice;
  return `${lists.history.valueName(value[element]!)} was appended to ${listWords(lists, key[element]!)} more than once`;
}
