/**
 * Feature levels: what a KRaft cluster has agreed on while it runs (KIP-584, KIP-778). The controller writes them into the
 * metadata log, and everybody goes by them from there on.
 */
import { rowFor } from './resolve.js';
import type { RuleValues } from './rules.js';

/** What feature levels decide and can change while processes run. */
export type FinalizedRules = Readonly<
  Pick<RuleValues, 'brokerEpochInIsr' | 'leaderEpochOnShrink' | 'leaderRecoveryState' | 'eligibleLeaderReplicas'>
>;

export type FeatureName = 'metadata.version' | 'eligible.leader.replicas.version';

/** The level of metadata.version that each release ends with (MetadataVersion.LATEST_PRODUCTION): 3.9-IV0 is 21. */
const metadataVersions: Readonly<Record<string, number>> = {
  '3.3': 7,
  '3.5': 11,
  '3.7': 19,
  '3.9': 21,
  '4.0': 25,
  '4.1': 27,
};

/** ELRV_1 needs metadata.version 4.0-IV1 (EligibleLeaderReplicasVersion.dependencies). */
const FIRST_WITH_ELR = 23;

/** -1: the release has no metadata.version for production. */
export function metadataVersionOf(release: string): number {
  return metadataVersions[rowFor(release)?.version ?? ''] ?? -1;
}

/** eligible.leader.replicas.version=1 may be asked for. */
export function allowsEligibleLeaderReplicas(metadataVersion: number): boolean {
  return metadataVersion >= FIRST_WITH_ELR;
}

/** The rules under a level of metadata.version; eligible leader replicas are switched on by a feature of their own. */
export function rulesOfMetadataVersion(level: number, eligibleLeaderReplicas: boolean): FinalizedRules {
  const release = Object.keys(metadataVersions).find((row) => metadataVersions[row] === level);
  const row = release === undefined ? undefined : rowFor(release);
  if (row === undefined) throw new Error(`no metadata.version has the level ${level}`);
  const { brokerEpochInIsr, leaderEpochOnShrink, leaderRecoveryState } = row.rules;
  return Object.freeze({ brokerEpochInIsr, leaderEpochOnShrink, leaderRecoveryState, eligibleLeaderReplicas });
}

/** A rule as the metadata log has raised it, else as a process was built: with what the cluster was formatted with. */
export function inForce<N extends keyof FinalizedRules>(
  name: N,
  image: { readonly finalized: FinalizedRules | null },
  rules: Pick<FinalizedRules, N>,
): FinalizedRules[N] {
  return (image.finalized ?? rules)[name];
}
