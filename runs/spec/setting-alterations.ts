/** Settings of topics that a spec has an administrator alter while they are in use: the fault settings-altered. */
import { alterationProblem } from '../../model/kafka/settings-administrator.js';
import { alterableSettings, configurationOf, type TopicConfiguration } from '../../model/kafka/topic-configuration.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import { settingsAltered } from '../../nemesis/faults/settings-altered.js';
import type { Draft, DraftFault } from './draft.js';
import type { Problems } from './problems.js';
import type { SpecFault, SpecTopic } from './spec.js';

/**
 * By topic: what an administrator may alter, in the order of the spec, which need not be that of time. Without a topic, one
 * at a given time is of the first, one at a drawn time of any.
 * @param faults null: drawn from those that no administrator has a part in
 */
export function alterationsOf(
  topics: readonly SpecTopic[],
  faults: readonly SpecFault[] | null,
): readonly (readonly TopicConfiguration[])[] {
  const all = (faults ?? []).filter(({ fault }) => fault === settingsAltered.name);
  return topics.map(({ name }, index) =>
    all
      .filter(({ topic, from, to }) =>
        topic === null ? index === 0 || (from === null && to === null) : topic === name,
      )
      .map((one) => configurationOf(one.with)),
  );
}

/** It has to say what is altered, and the release has to heed it. */
export function checkAlteration(
  { name, parameters }: DraftFault,
  { kafka, releases }: Pick<Draft, 'kafka' | 'releases'>,
  control: ControlPlane,
  topics: readonly SpecTopic[],
  problems: Problems,
): void {
  if (name.value !== settingsAltered.name) return;
  const given = alterableSettings.flatMap((setting) => {
    const located = parameters.get(setting);
    return located === undefined || located.value === 'unchanged' ? [] : [[setting, String(located.value)] as const];
  });
  if (given.length === 0) {
    problems.error(name.origin, `${name.value} needs what is altered, and to what: ${alterableSettings.join(', ')}`);
    return;
  }
  const wish = configurationOf(Object.fromEntries(given));
  for (const { value: version } of [kafka, ...releases.values()]) {
    const problem = alterationProblem({ version, control }, wish);
    if (problem !== null) problems.error(name.origin, `${name.value}: ${problem}`);
  }
  const topic = parameters.get('topic')?.value;
  const minInsyncReplicas = wish['min.insync.replicas'] ?? 1;
  for (const { name: meant, replicationFactor } of topics) {
    if ((topic !== undefined && topic !== meant) || minInsyncReplicas <= replicationFactor) continue;
    const what = `min.insync.replicas ${minInsyncReplicas} is above the replication factor ${replicationFactor} of ${meant}`;
    problems.warn(name.origin, `${name.value}: ${what}: every write with acks=all is refused from then on`);
  }
}
