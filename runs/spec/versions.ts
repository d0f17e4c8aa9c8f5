/** Which row of the table of versions a release takes, and which control planes it ran with. */
import { releaseParts } from '../../model/kafka/protocol/versions/releases.js';
import { rowFor } from '../../model/kafka/protocol/versions/resolve.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';

/** The newest row that is not above this release; null if it is older than all, undefined if it is no version. */
export function versionRow(release: string): string | null | undefined {
  if (releaseParts(release) === null) return undefined;
  return rowFor(release)?.version ?? null;
}

/** The default first. 4 and later have no ZooKeeper; before 3.3 there is no KRaft for production. */
export function controlModes(release: string): readonly ControlPlane[] {
  return rowFor(release)?.control ?? [];
}
