/**
 * --compat jepsen: what jepsen.tests.kafka would say of a history. Its checker knows no guarantees and no licences: each
 * anomaly that it looks for makes a history invalid, but for a few that it allows (`allowed-error-types`).
 */
import { type JudgedAnomaly, mergeVerdicts, type TrialVerdict } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';

/** Those that it looks for, under the names that it gives them. The cycles of Elle come with suffixes. */
const looksFor = new Set([
  'lost-write',
  'unseen',
  'inconsistent-offsets',
  'duplicate',
  'nonmonotonic-send',
  'int-nonmonotonic-send',
  'int-send-skip',
  'poll-skip',
  'nonmonotonic-poll',
  'int-poll-skip',
  'int-nonmonotonic-poll',
  'precommitted-read',
  'G1a',
  'G0',
  'G1c',
]);

/** Sends of one operation with others' between them, and writes that interleave: Kafka isolates no writes. */
const alwaysAllowed = new Set(['int-send-skip', 'G0']);
/** A rebalance may move a position between two polls. */
const allowedWithSubscribe = new Set(['poll-skip', 'nonmonotonic-poll']);

/** Only what it knows, judged as it judges. */
export function asJepsen({ reasons, anomalies }: TrialVerdict, history: History): TrialVerdict {
  const { operations } = history;
  const subscribes = operations.some(({ f }) => f === 'subscribe');
  const judged = anomalies.flatMap((one): JudgedAnomaly[] => {
    const type = one.anomaly.type.replace(/-(process|realtime)$/, '');
    // Its `unseen` is another one; and it asks what ok operations read, not what failed ones did.
    const isKnown = looksFor.has(type) && type !== 'unseen';
    const readByOk = type !== 'G1a' || one.anomaly.operations.some((index) => operations[index]!.outcome === 'ok');
    if (!isKnown || !readByOk) return [];
    const isAllowed = alwaysAllowed.has(type) || (subscribes && allowedWithSubscribe.has(type));
    return [{ ...one, judgement: isAllowed ? 'allowed' : 'unsafe', licence: null }];
  });
  const all = [...judged, ...unseen(history)];
  const isInvalid = all.some(({ judgement }) => judgement === 'unsafe');
  const verdict = mergeVerdicts([isInvalid ? 'unsafe' : 'clean', reasons.length > 0 ? 'undecided' : 'clean']);
  return { verdict, reasons, anomalies: all };
}

/** Acknowledged, and polled by no ok operation, however early reading ended: ours asks for a read that reached the end. */
function unseen(history: History): JudgedAnomaly[] {
  const polled = history.keys.map(() => new Set<number>());
  for (const { value, outcome } of history.operations) {
    if (outcome !== 'ok') continue;
    for (const microOp of value) {
      if (microOp.kind === 'poll') for (const one of microOp.values) polled[microOp.key]!.add(one);
    }
  }
  return history.operations.flatMap(({ index, value, outcome, completedAt }) => {
    if (outcome !== 'ok') return [];
    return value.flatMap((microOp): JudgedAnomaly[] => {
      if (microOp.kind !== 'send' || polled[microOp.key]?.has(microOp.value) !== false) return [];
      const key = history.keys[microOp.key]!;
      const anomaly = {
        type: 'unseen',
        key: microOp.key,
        offsets: microOp.offset < 0 ? [] : [microOp.offset],
        operations: [index],
        values: [microOp.value],
        events: [],
        at: completedAt,
        story: `${key}, value ${history.valueName(microOp.value)}: acknowledged, and in no read`,
        preventedBy: null,
      };
      return [{ anomaly, judgement: 'unsafe', licence: null, requirement: null, guarantee: null }];
    });
  });
}
