/**
 * --compat jepsen: what jepsen.tests.kafka would say of a history. Its checker knows no guarantees and no licences: each
 * anomaly that it looks for makes a history invalid, but for a few that it allows (`allowed-error-types`). Where its rules
 * differ from ours (order of sends and polls, what was never seen) its own are applied.
 */
import { jepsenOrder, jepsenUnseen } from '../../checkers/kafka/api.js';
import { type JudgedAnomaly, mergeVerdicts, type TrialVerdict } from '../../histories/anomaly.js';
import { columnsOf } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';

/** Those of ours that it looks for by the same rules, under the names that it gives them. Elle's cycles come with suffixes. */
const shared = new Set(['lost-write', 'inconsistent-offsets', 'duplicate', 'precommitted-read', 'G1a', 'G0', 'G1c']);

/** Sends of one operation with others' between them, and writes that interleave: Kafka isolates no writes. */
const alwaysAllowed = new Set(['int-send-skip', 'G0']);
/** A rebalance may move a position between two polls. */
const allowedWithSubscribe = new Set(['poll-skip', 'nonmonotonic-poll']);

/**
 * Only what it knows, judged as it judges.
 * @param wwDeps the order of logs was taken for an order of writes (its `:ww-deps`): then circles of reads and writes are allowed
 */
export function asJepsen({ reasons, anomalies }: TrialVerdict, history: History, wwDeps = false): TrialVerdict {
  const { f, length } = columnsOf(history);
  let subscribes = false;
  for (let operation = 0; operation < length && !subscribes; operation++) subscribes = f.at(operation) === 'subscribe';
  const found = [
    ...anomalies.map(({ anomaly }) => anomaly).filter(({ type }) => shared.has(plainName(type))),
    ...jepsenOrder(history),
    ...jepsenUnseen(history),
  ];
  const judged = found.map((anomaly): JudgedAnomaly => {
    const type = plainName(anomaly.type);
    const isAllowed =
      alwaysAllowed.has(type) || (subscribes && allowedWithSubscribe.has(type)) || (wwDeps && type === 'G1c');
    return {
      anomaly,
      judgement: isAllowed ? 'allowed' : 'unsafe',
      licence: null,
      requirement: null,
      guarantee: null,
    };
  });
  const isInvalid = judged.some(({ judgement }) => judgement === 'unsafe');
  const verdict = mergeVerdicts([isInvalid ? 'unsafe' : 'clean', reasons.length > 0 ? 'undecided' : 'clean']);
  return { verdict, reasons, anomalies: judged };
}

function plainName(type: string): string {
  return type.replace(/-(process|realtime)$/, '');
}
