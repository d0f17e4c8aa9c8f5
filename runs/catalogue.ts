/** Everything that has a name in specs and on the command line, with one sentence each. */
import { requirements } from '../checkers/kafka/api.js';
import { controlPlanes, notImplemented } from '../model/kafka/protocol/versions/implemented.js';
import { versionRows } from '../model/kafka/protocol/versions/rows.js';
import { kafkaSituations } from '../model/kafka/situations.js';
import { anomalies } from './anomaly-words.js';

export { faults } from '../nemesis/registry.js';

export interface Entry {
  readonly name: string;
  readonly sentence: string;
}

/** `needs`: what a spec must have for it besides faults. */
export const situations: readonly (Entry & { readonly needs?: string })[] = kafkaSituations;

export { requirements };

/** Requirements that this build cannot judge, and why. */
export const refusedRequirements: Readonly<Record<string, string>> = {
  'read-committed': 'it is for histories of lists (harrow check)',
  'snapshot-isolation': 'it is for histories of lists (harrow check)',
  serializable: 'it is for histories of lists (harrow check)',
  'strict-serializable': 'it is for histories of lists (harrow check)',
};

/** Releases that this build can run, oldest first. */
export const runnableVersions: readonly string[] = versionRows
  .filter(({ control, rules }) =>
    control.some((plane) => controlPlanes.includes(plane) && notImplemented(rules, plane).length === 0),
  )
  .map(({ version }) => version);

/** Names that `expect` may list: anomalies, and the verdict `bug`. */
export const expectable: readonly string[] = [...anomalies.map(({ name }) => name), 'bug'];
