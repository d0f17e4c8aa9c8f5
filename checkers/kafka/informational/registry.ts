/**
 * What Kafka allows whatever its settings, and what is told only to those who ask for it by name: no trial is judged by
 * it. A line each; of all of them the findings are `allowed`, unless an isolation level is required that forbids them.
 */
import type { History } from '../../../histories/operation.js';
import type { Checker } from '../../checker.js';
import { runCheckers, type AllFindings } from '../../verdict.js';
import { RW, WW } from '../../cycles/graph.js';
import { jepsenOrder } from '../jepsen-order.js';
import { findInferredCycles } from '../transactions/cycles.js';
import { idempotentGap } from './idempotent-gap.js';
import { listView } from './list-view.js';

export interface Informational extends Checker {
  /** What it tells. */
  readonly sentence: string;
}

export const informational: readonly Informational[] = [
  {
    ...idempotentGap,
    sentence: 'A producer that is known to be idempotent went on after a send that had failed for certain.',
  },
  {
    name: 'int-send-skip',
    sentence: 'Records of others stand between two sends of one operation.',
    check: (history) => ({ anomalies: jepsenOrder(history).filter(({ type }) => type === 'int-send-skip') }),
  },
  {
    name: 'ww-deps',
    sentence:
      'Cycles in which the order of a log is taken for an order of writes (G0, G1c): what jepsen.tests.kafka looks for with its :ww-deps.',
    check: (history) => findInferredCycles(history, { writeOrder: true }, WW),
  },
  {
    name: 'rw-deps',
    sentence:
      'Cycles in which a poll missed a record because it was not there yet, as an end offset proves that was asked for after the poll. They may have the dependencies of ww-deps as well.',
    check: (history) => findInferredCycles(history, { writeOrder: true, readOrder: true }, RW),
  },
  {
    ...listView,
    sentence:
      "Logs seen as lists: a send appends, and whoever reads from the first record on reads a list; what the order of lists shows is told by Elle's names.",
  },
];

/** @param names of those that are asked for @throws Error for one that does not exist */
export function checkInformational(names: readonly string[], history: History): AllFindings {
  const asked = names.map((name) => {
    const checker = informational.find((one) => one.name === name);
    if (checker === undefined) throw new Error(`nothing informational is named ${name}`);
    return checker;
  });
  return runCheckers(asked, history);
}
