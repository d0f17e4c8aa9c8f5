/** Everything that has a name in specs and on the command line, with one sentence each. */
import { requirements } from '../checkers/kafka/api.js';
import { notImplemented } from '../model/kafka/protocol/versions/implemented.js';
import { versionRows as rows } from '../model/kafka/protocol/versions/rows.js';
import { ruleNames, ruleOf, specName } from '../model/kafka/protocol/versions/rules.js';
import { kafkaSituations } from '../model/kafka/situations.js';
import { anomalies } from './anomaly-words.js';

export { faults } from '../nemesis/registry.js';

export interface Entry {
  readonly name: string;
  readonly sentence: string;
}

export const situations: readonly Entry[] = kafkaSituations;

export { requirements };

/** Requirements that this build cannot judge, and why. */
export const refusedRequirements: Readonly<Record<string, string>> = {
  'exactly-once': 'it needs transactions, which are not in this build',
  'processed-at-least-once': 'it needs consumer groups, which are not in this build',
  'processed-at-most-once': 'it needs consumer groups, which are not in this build',
};

export const rules: readonly Entry[] = ruleNames.map((name) => ({
  name: specName(name),
  sentence: `${ruleOf(name).sentence} (${ruleOf(name).source.split('; ')[0]})`,
}));

/** Releases whose rules differ, oldest first. */
export const versionRows: readonly string[] = rows.map(({ version }) => version);

export const runnableVersions: readonly string[] = rows
  .filter(({ control, rules: values }) => control.includes('kraft') && notImplemented(values, 'kraft').length === 0)
  .map(({ version }) => version);

/** Names that `expect` may list: anomalies, and the verdict `bug`. */
export const expectable: readonly string[] = [...anomalies.map(({ name }) => name), 'bug'];
