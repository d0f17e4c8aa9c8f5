/**
 * Which entry of the catalogue of known bugs an older value of a rule is, and a defect. A design can be as wrong as its
 * code: KIP-101 was a bug of every release before it.
 */
import { defectIds, defectOf, type DefectId } from './defects.js';
import { isImplemented } from './implemented.js';
import type { ControlPlane, RuleValue } from './rule.js';
import { ruleNames, ruleOf, specName, type RuleName, type Rules } from './rules.js';

/** What may have brought an anomaly about, and what it would take for it not to be. */
export interface KnownBug {
  /** 'B32'; a JIRA id where the catalogue has no number for it. */
  readonly entry: string;
  /** In words: "rule broker-epoch-in-control-requests: false (KIP-380, ...)" or "defect KAFKA-14704: ...". */
  readonly words: string;
  readonly remedy:
    | { readonly kind: 'rule'; readonly rule: RuleName; readonly value: RuleValue }
    | { readonly kind: 'without-defect'; readonly defect: DefectId };
}

/** By rule, by value. What is not here is no bug: another way, or one that only costs time. */
const entries: { readonly [rule in RuleName]?: Readonly<Record<string, string>> } = {
  truncation: { 'high-watermark': 'B12', 'epoch-end-offset': 'B14', 'epoch-and-end-offset': 'B15' },
  outOfRange: { halt: 'KAFKA-6361' },
  epochStartOnElection: { false: 'KAFKA-7415' },
  leaderEpochStartOffset: { false: 'B16' },
  fetchEpochFencing: { false: 'B15' },
  replicaLag: { 'messages-and-time': 'B22' },
  highWatermarkWaitsForCaughtUp: { false: 'KAFKA-4485' },
  maximalIsr: { false: 'B23' },
  highWatermarkGate: { false: 'KAFKA-15583' },
  offsetNotAvailable: { false: 'B53' },
  fencedNotInIsr: { false: 'B34' },
  brokerEpochInIsr: { false: 'B35' },
  repeatedIsrChange: { refused: 'KAFKA-14144' },
  leaderEpochOnShrink: { true: 'B81' },
  checkQuorum: { false: 'B38' },
  periodicBeginQuorumEpoch: { false: 'KAFKA-16536' },
  voterIdentity: { id: 'B48' },
  controllerStopsWithSession: { false: 'KAFKA-5642' },
  controllerEpochInWrites: { false: 'B31' },
  brokerEpochInControlRequests: { false: 'B32' },
  leaderEpochInStopReplica: { false: 'B33' },
  isrChangeNotification: { false: 'KAFKA-1367' },
  reclaimsBrokerNode: { false: 'KAFKA-7165' },
  metadataEpochs: { false: 'KAFKA-7738' },
  positionValidation: { false: 'B55' },
  batchesRemembered: { 1: 'KAFKA-5494' },
  sequenceWithoutState: { 'out-of-order': 'B64', 'unknown-producer-id': 'B63', accepted: 'KAFKA-14359' },
  producerStateOutlivesRecords: { false: 'B63' },
  producerEpochRecovery: { false: 'B11' },
  transactionVersion: { 0: 'B68', 1: 'B68' },
  transactionVerification: { false: 'B69' },
  groupInTransactionalCommits: { false: 'B71' },
};

/** Those that a cluster with these rules has, the defects first. */
export function knownBugsOf(rules: Rules, control: ControlPlane): readonly KnownBug[] {
  const present = defectIds.filter((id) => rules.defects[id]).map(bugOfDefect);
  const designed = ruleNames.flatMap((rule) => {
    const bug = bugOfRule(rule, rules[rule], control);
    return bug === null ? [] : [bug];
  });
  return [...present, ...designed];
}

function bugOfDefect(id: DefectId): KnownBug {
  const { catalogue, sentence } = defectOf(id);
  return { entry: catalogue ?? id, words: `defect ${id}: ${sentence}`, remedy: { kind: 'without-defect', defect: id } };
}

/** null: it is none, or nothing reads the rule, or the model does not have the value that came next. */
function bugOfRule(rule: RuleName, value: RuleValue, control: ControlPlane): KnownBug | null {
  const entry = entries[rule]?.[String(value)];
  const { values, source, control: only } = ruleOf(rule);
  const next = entry === undefined ? undefined : mendedBy(rule, value, values);
  if (entry === undefined || next === undefined || (only !== null && only !== control)) return null;
  const words = `rule ${specName(rule)}: ${String(value)}, before ${source}`;
  return { entry, words, remedy: { kind: 'rule', rule, value: next } };
}

/** The value that came next; of a rule that was given up again, the one before. */
function mendedBy(rule: RuleName, value: RuleValue, values: readonly RuleValue[]): RuleValue | undefined {
  const at = values.indexOf(value);
  return [values[at + 1], values[at - 1]].find((other) => other !== undefined && isImplemented(rule, other));
}
