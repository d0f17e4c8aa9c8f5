/**
 * Bugs that releases of Kafka had, by their JIRA id, else by their number in the catalogue of known bugs. All are off unless a spec
 * names them or asks for a release as it was (`--as-released`). What code does without one is what the protocol asks for.
 *
 * Read like a rule: once, when a process is built, `rules.defects['KAFKA-14034']`.
 */
import { controlDefects, quorumDefects } from './defects/control.js';
import { clientDefects, coordinatorDefects } from './defects/clients.js';
import { replicationDefects, storageDefects } from './defects/replication.js';
import type { Defect } from './defect.js';
import { compareReleases, isSameMinor } from './releases.js';

export const defects = {
  ...storageDefects,
  ...replicationDefects,
  ...controlDefects,
  ...quorumDefects,
  ...clientDefects,
  ...coordinatorDefects,
};

export type DefectId = keyof typeof defects;

export const defectIds = Object.keys(defects) as readonly DefectId[];

/** Which of them a process has. */
export type Defects = { readonly [id in DefectId]: boolean };

export const noDefects: Defects = defectsOf([]);

/** Any defect's row by its id. */
export function defectOf(id: DefectId): Defect {
  return defects[id];
}

/** Frozen, a field for each defect. */
export function defectsOf(present: readonly DefectId[]): Defects {
  return Object.freeze(Object.fromEntries(defectIds.map((id) => [id, present.includes(id)]))) as Defects;
}

/** Did this release have it? 2.7 is 2.7.0. */
export function hasDefect(release: string, { from, fixed }: Defect): boolean {
  if (from === null || compareReleases(release, from) < 0) return false;
  const main = fixed.at(-1);
  if (main !== undefined && compareReleases(release, main) >= 0) return false;
  return !fixed.some((backport) => isSameMinor(release, backport) && compareReleases(release, backport) >= 0);
}

/** Every defect that this release had, modelled or not. */
export function defectsIn(release: string): readonly DefectId[] {
  return defectIds.filter((id) => hasDefect(release, defectOf(id)));
}
