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
  /** In words: "rule broker-epoch-in-control-requests: false, before KIP-380, ..." or "defect KAFKA-14704: ...". */
  readonly words: string;
  /** All together: HW truncation ended with a message format that has epochs, and a follower that asks for them. */
  readonly remedies: readonly Remedy[];
}

export type Remedy =
  | { readonly kind: 'rule'; readonly rule: RuleName; readonly value: RuleValue }
  | { readonly kind: 'without-defect'; readonly defect: DefectId };

/** By rule, by value. What is not here is no bug: another way, or one that only costs time. */
const entries: { readonly [rule in RuleName]?: Readonly<Record<string, string>> } = {
  messageFormat: { 0: 'B12', 1: 'B12' },
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
  brokerSession: { 'heard-if-unfenced-at-takeover': 'KAFKA-19130' },
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

/** Those that a cluster with these rules has, the defects first. What has one entry is one bug. */
export function knownBugsOf(rules: Rules, control: ControlPlane): readonly KnownBug[] {
  const bugs = new Map<string, KnownBug>();
  const add = (entry: string, words: string, remedy: Remedy): void => {
    const known = bugs.get(entry);
    if (known === undefined) bugs.set(entry, { entry, words, remedies: [remedy] });
    else bugs.set(entry, { entry, words: `${known.words}; ${words}`, remedies: [...known.remedies, remedy] });
  };
  for (const id of defectIds) {
    if (!rules.defects[id]) continue;
    const { catalogue, sentence } = defectOf(id);
    add(catalogue ?? id, `defect ${id}: ${sentence.replace(/\.$/, '')}`, { kind: 'without-defect', defect: id });
  }
  for (const rule of ruleNames) {
    const value = rules[rule];
    const { source, control: only } = ruleOf(rule);
    const entry = entries[rule]?.[String(value)];
    const mended = entry === undefined ? undefined : mendedBy(rule, value);
    if (entry === undefined || mended === undefined || (only !== null && only !== control)) continue;
    add(entry, `rule ${specName(rule)}: ${String(value)}, before ${source}`, { kind: 'rule', rule, value: mended });
  }
  return [...bugs.values()];
}

/** What stands for an entry of the catalogue in this model: values of rules, and defects. */
export interface Culprits {
  readonly rules: readonly { readonly rule: RuleName; readonly value: RuleValue }[];
  readonly defects: readonly DefectId[];
}

/** Of any entry, whichever release had it; both lists empty: there is none of this name. */
export function culpritsOf(entry: string): Culprits {
  const rules = ruleNames.flatMap((rule) =>
    ruleOf(rule)
      .values.filter((value) => entries[rule]?.[String(value)] === entry)
      .map((value) => ({ rule, value })),
  );
  return { rules, defects: defectIds.filter((id) => defectOf(id).catalogue === entry) };
}

/** Every name of an entry. */
export function knownEntries(): readonly string[] {
  const ofRules = Object.values(entries).flatMap((values) => Object.values(values));
  const ofDefects = defectIds.flatMap((id) => defectOf(id).catalogue ?? []);
  return [...new Set([...ofRules, ...ofDefects])];
}

/** The value that came next and is not the same bug; of a rule that was given up again, the one before. */
function mendedBy(rule: RuleName, value: RuleValue): RuleValue | undefined {
  const { values } = ruleOf(rule);
  const at = values.indexOf(value);
  const others = [...values.slice(at + 1), ...values.slice(0, at).toReversed()];
  const entry = (other: RuleValue): string | undefined => entries[rule]?.[String(other)];
  return others.find((other) => entry(other) !== entry(value) && isImplemented(rule, other));
}
