/** From a version, what a spec says otherwise, and the defects it names, to the frozen object that processes are built with. */
import { defectsOf, type DefectId } from './defects.js';
import { compareReleases } from './releases.js';
import { versionRows, type VersionRow } from './rows.js';
import type { Rules, RuleValues } from './rules.js';

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
  const row = rowFor(release);
  if (row === undefined) throw new Error(`no rules for Kafka ${release}`);
  return Object.freeze({ ...row.rules, ...own, defects: defectsOf(present) });
}
