/**
 * Which rules and control planes the model acts on: the one place that says what this build can run. A version runs if
 * the model has each of its values, and a control plane that it ran with.
 *
 * Whoever builds a value adds it here. `beyondReach` is for rules that nothing in this build could ask about, whatever their
 * value; whoever brings the thing they speak of moves them up.
 */
import type { ControlPlane, RuleValue } from './rule.js';
import { ruleNames, ruleOf, type RuleName, type RuleValues } from './rules.js';

export const controlPlanes: readonly ControlPlane[] = ['kraft', 'zookeeper'];

const implemented: { readonly [name in RuleName]?: readonly RuleValues[name][] } = {
  messageFormat: [0, 1, 2],
  truncation: ['high-watermark', 'epoch-end-offset', 'epoch-and-end-offset', 'fenced', 'on-fetch'],
  logDirFailure: ['halt', 'replicas-offline'],
  outOfRange: ['halt', 'truncate'],
  epochStartOnElection: [false, true],
  leaderEpochStartOffset: [false, true],
  fetchEpochFencing: [false, true],
  tombstoneRetention: ['segment-time', 'delete-horizon'],
  replicaLag: ['messages-and-time', 'time'],
  highWatermarkWaitsForCaughtUp: [false, true],
  maximalIsr: [false, true],
  highWatermarkGate: [false, true],
  effectiveMinIsr: [false, true],
  highWatermarkWakesFollowers: [false, true],
  fetchAboveEndAnswered: [false, true],
  recoveryPointKept: [false, true],
  followerReads: [false, true],
  offsetNotAvailable: [false, true],
  leaderHints: [false, true],

  isrWrites: ['zookeeper', 'alter-partition'],
  fencedNotInIsr: [false, true],
  brokerEpochInIsr: [false, true],
  repeatedIsrChange: ['refused', 'accepted'],
  leaderEpochOnShrink: [false, true],
  leaderRecoveryState: [false, true],
  eligibleLeaderReplicas: [false, true],

  checkQuorum: [false, true],
  preVote: [false, true],
  periodicBeginQuorumEpoch: [false, true],
  highWatermarkInQuorumFetch: [false, true],
  voterIdentity: ['id', 'id-and-directory'],
  uncleanElectionByController: [false, true],
  partitionReassignments: [false, true],
  replicaDirectories: [false, true],
  directoryAssignmentBatching: ['until-quiet', 'at-most-100-ms'],
  wholeTargetInIsr: [false, true],
  brokerSession: ['unfenced', 'heard', 'heard-if-unfenced-at-takeover'],

  controllerStopsWithSession: [false, true],
  controllerEpochInWrites: [false, true],
  uncleanElectionWhenEnabled: [false, true],
  brokerEpochInControlRequests: [false, true],
  leaderEpochInStopReplica: [false, true],
  isrChangeNotification: [false, true],
  reclaimsBrokerNode: [false, true],

  partitioner: ['round-robin', 'sticky', 'adaptive'],
  partitionerHearsOfNewBatches: [false, true],
  batchExpiry: ['retries', 'request-timeout', 'delivery-timeout'],
  retryBackoff: ['fixed', 'exponential'],
  metadataEpochs: [false, true],
  positionValidation: [false, true],

  backgroundHeartbeat: [false, true],
  memberIdRequired: [false, true],
  staticMembership: [false, true],
  staticLeaderSkipsAssignment: [false, true],
  cooperativeRebalance: [false, true],
  consumerGroupProtocol: [false, true],

  batchesRemembered: [1, 5],
  sequenceWithoutState: ['out-of-order', 'unknown-producer-id', 'accepted', 'accepted-outside-transactions'],
  producerStateOutlivesRecords: [false, true],
  producerEpochRecovery: [false, true],
  staleProducerEpoch: ['fatal', 'abortable'],
  transactionVersion: [0, 1, 2],
  transactionVerification: [false, true],
  ongoingTransactionEpoch: [false, true],
  groupInTransactionalCommits: [false, true],
  stableOffsetFetch: [false, true],
};

/** Whether this build does what a rule says when it has this value. */
export function isImplemented(name: RuleName, value: RuleValue): boolean {
  return implemented[name]?.includes(value as never) ?? false;
}

/** The values of a rule that this build acts on. */
export function implementedValues(name: RuleName): readonly RuleValue[] {
  return implemented[name] ?? [];
}

/** Rules of these values that this build does not act on, under a control plane; none: they can be run. */
export function notImplemented(values: RuleValues, control: ControlPlane): readonly RuleName[] {
  return ruleNames.filter((name) => {
    const only = ruleOf(name).control;
    return (only === null || only === control) && !isImplemented(name, values[name]);
  });
}
