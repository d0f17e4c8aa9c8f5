/**
 * key-order: of two records with the same key that one producer session sent, the later stands first in the log.
 *
 *   p0  |-- send acct-8=7 --| ok, orders-0 offset 5
 *   p0       |-- send acct-8=8 --| ok, orders-0 offset 4 → acct-8 would be processed out of order
 *
 * The part of nonmonotonic-send that applications build on: records of one key are processed in the order of the log.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { findings } from './history/findings.js';
import { historyIndex } from './history/history-index.js';
import { byRecordKey, forEachInversion } from './history/inversions.js';
import { inversion } from './nonmonotonic-send.js';

export const keyOrder: Checker = {
  name: 'key-order',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    forEachInversion(index, byRecordKey(index), (key, earlier, later) => {
      anomalies.push(inversion(index, 'key-order', key, earlier, later));
    });
    return findings(index, anomalies);
  },
};
