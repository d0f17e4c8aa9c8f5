/**
 * Finds no anomaly, but the histories that cannot be judged: checkers tell records apart by value, so that a workload
 * which sends a value twice to one partition must say that it resends.
 */
import type { Checker } from '../checker.js';
import { findings } from './history/findings.js';
import { historyIndex } from './history/history-index.js';
import { keyWords, valueWords } from './history/words.js';

export const uniqueValues: Checker = {
  name: 'unique-values',
  check(history) {
    const index = historyIndex(history);
    const record = history.header.resend ? -1 : index.records.resent.indexOf(1);
    if (record < 0) return findings(index, []);
    const key = keyWords(history, index.records.key[record]!);
    const value = valueWords(index, record);
    return findings(index, [], `value ${value} was sent to ${key} more than once, and the history does not say resend`);
  },
};
