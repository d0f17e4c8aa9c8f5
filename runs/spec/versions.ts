/** Which row of the table of versions a release takes. */
import { versionRows } from '../catalogue.js';

/** The newest row that is not above this release; null if it is older than all, undefined if it is no version. */
export function versionRow(release: string): string | null | undefined {
  const wanted = parts(release);
  if (wanted === null) return undefined;
  return versionRows.findLast((row) => notAbove(parts(row)!, wanted)) ?? null;
}

/** 4 and later have no ZooKeeper; before 3.3 there is no KRaft for production. */
export function controlModes(row: string): readonly ('kraft' | 'zookeeper')[] {
  const [major, minor] = parts(row) as [number, number];
  if (major >= 4) return ['kraft'];
  return major === 3 && minor >= 3 ? ['kraft', 'zookeeper'] : ['zookeeper'];
}

function parts(release: string): number[] | null {
  if (!/^\d+(\.\d+){1,3}$/.test(release)) return null;
  return release.split('.').map(Number);
}

/** Compares as far as the row is written: 3.9.1 belongs to the row 3.9. */
function notAbove(row: readonly number[], release: readonly number[]): boolean {
  for (let i = 0; i < row.length; i++) {
    const difference = row[i]! - (release[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
