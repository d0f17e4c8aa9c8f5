/** From a version, what a spec says otherwise, and the defects it names, to the frozen object that processes are built with. */
import { deciders, isAgreedOn } from './deciders.js';
import { defectsOf, type DefectId } from './defects.js';
import { compareReleases } from './releases.js';
import { versionRows, type VersionRow } from './rows.js';
import { ruleNames, type RuleName, type Rules, type RuleValues } from './rules.js';

/** The newest row that is not above this release; undefined if it is older than all. */
export function rowFor(release: string): VersionRow | undefined {
  return versionRows.findLast(({ version }) => compareReleases(version, release) <= 0);
}

/**
 * @param release '3.9', or any other: it takes the newest row that is not above it
 * @param own single rules other than those of the release
 * @param present defects that are turned on
 * @throws if no row is that old
 */
export function resolveRules(release: string, own: Partial<RuleValues> = {}, present: readonly DefectId[] = []): Rules {
  return Object.freeze({ ...valuesOf(release), ...own, defects: defectsOf(present) });
}

/** A process in a cluster that has not agreed on all that its releases can do. */
export interface MixedRelease {
  /** What it runs. */
  readonly release: string;
  /** The release of inter.broker.protocol.version, or of metadata.version. Not above `release`. */
  readonly agreed: string;
  /** Of a client: the oldest release that it may talk to. What both sides negotiate is taken for every broker as with that one. */
  readonly oldestPeer?: string;
}

/**
 * The same for a process of such a cluster: what decides each rule stands in `deciders.ts`. What brokers negotiate among
 * themselves is here as their own release has it; where they meet an older one they find out by its answer.
 */
export function resolveMixedRules(
  { release, agreed, oldestPeer = release }: MixedRelease,
  own: Partial<RuleValues> = {},
  present: readonly DefectId[] = [],
): Rules {
  const negotiated = compareReleases(oldestPeer, release) < 0 ? oldestPeer : release;
  const values = {
    ...valuesOf(release),
    ...pick(valuesOf(agreed), isAgreedOn),
    ...pick(valuesOf(negotiated), (name) => deciders[name].by === 'negotiation'),
  };
  return Object.freeze({ ...values, ...own, defects: defectsOf(present) });
}

function valuesOf(release: string): RuleValues {
  const row = rowFor(release);
  if (row === undefined) throw new Error(`no rules for Kafka ${release}`);
  return row.rules;
}

function pick(values: RuleValues, isWanted: (name: RuleName) => boolean): Partial<RuleValues> {
  return Object.fromEntries(ruleNames.filter(isWanted).map((name) => [name, values[name]]));
}
