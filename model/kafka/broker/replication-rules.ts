/**
 * The rules and released bugs that the data path goes by, read once, when the broker is built, into an object that is
 * small enough to be asked on every fetch. What each means stands in `protocol/versions/`.
 */
import type { Rules, RuleValues } from '../protocol/versions/rules.js';

type RuleName =
  | 'truncation'
  | 'outOfRange'
  | 'epochStartOnElection'
  | 'leaderEpochStartOffset'
  | 'fetchEpochFencing'
  | 'replicaLag'
  | 'highWatermarkWaitsForCaughtUp'
  | 'highWatermarkWakesFollowers'
  | 'fetchAboveEndAnswered'
  | 'highWatermarkGate'
  | 'effectiveMinIsr'
  | 'maximalIsr'
  | 'isrWrites'
  | 'fencedNotInIsr'
  | 'brokerEpochInIsr'
  | 'followerReads'
  | 'offsetNotAvailable'
  | 'leaderHints';

/** What one broker goes by. A released bug stands under the name of what it does. */
export interface ReplicationRules extends Pick<Rules, RuleName> {
  /** As a leader: the epochs that requests name are checked (KIP-320), whatever its own requests name. */
  readonly checksLeaderEpochs: boolean;
  /** As a leader: it can name the epoch whose end it tells (KIP-279, OffsetForLeaderEpoch version 1). */
  readonly namesEpochEnds: boolean;
  /** KAFKA-9338 */
  readonly sessionForgetsEpoch: boolean;
  /** KAFKA-13091 */
  readonly ignoresConfirmedShrink: boolean;
  /** KAFKA-13141 */
  readonly countsDivergingFetches: boolean;
  /** KAFKA-14704 */
  readonly takesHighWatermarkFirst: boolean;
  /** KAFKA-15221 */
  readonly looksTwiceAtJoiner: boolean;
  /** KAFKA-15510 */
  readonly forgetsFetchedEpoch: boolean;
  /** KAFKA-18723 */
  readonly appendsLaterEpochs: boolean;
}

/**
 * Picks them from the rules that a release or a spec resolves to.
 * @param answers as a leader: requests are answered by their version, up to the newest that its release knows, whatever was
 * agreed on
 */
export function replicationRules(rules: Rules, answers: RuleValues): ReplicationRules {
  const { defects } = rules;
  return {
    truncation: rules.truncation,
    outOfRange: rules.outOfRange,
    epochStartOnElection: rules.epochStartOnElection,
    leaderEpochStartOffset: rules.leaderEpochStartOffset,
    fetchEpochFencing: rules.fetchEpochFencing,
    replicaLag: rules.replicaLag,
    highWatermarkWaitsForCaughtUp: rules.highWatermarkWaitsForCaughtUp,
    highWatermarkWakesFollowers: rules.highWatermarkWakesFollowers,
    fetchAboveEndAnswered: rules.fetchAboveEndAnswered,
    highWatermarkGate: rules.highWatermarkGate,
    effectiveMinIsr: rules.effectiveMinIsr,
    maximalIsr: rules.maximalIsr,
    isrWrites: rules.isrWrites,
    fencedNotInIsr: rules.fencedNotInIsr,
    brokerEpochInIsr: rules.brokerEpochInIsr,
    followerReads: rules.followerReads,
    offsetNotAvailable: rules.offsetNotAvailable,
    leaderHints: rules.leaderHints,
    checksLeaderEpochs: answers.fetchEpochFencing,
    namesEpochEnds: answers.truncation !== 'epoch-end-offset',
    sessionForgetsEpoch: defects['KAFKA-9338'],
    ignoresConfirmedShrink: defects['KAFKA-13091'],
    countsDivergingFetches: defects['KAFKA-13141'],
    takesHighWatermarkFirst: defects['KAFKA-14704'],
    looksTwiceAtJoiner: defects['KAFKA-15221'],
    forgetsFetchedEpoch: defects['KAFKA-15510'],
    appendsLaterEpochs: defects['KAFKA-18723'],
  };
}
