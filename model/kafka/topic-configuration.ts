/**
 * Settings of a topic that an administrator alters while it is in use (IncrementalAlterConfigs, KIP-339; up to 2.2 AlterConfigs,
 * for which the tool reads the others and sends them along).
 */
import type { TopicSettings } from './cluster-spec.js';

/** Those that leaders and controllers go by at each decision. What else a topic has is read when its logs are opened. */
export const alterableSettings = [
  'min.insync.replicas',
  'unclean.leader.election.enable',
] as const satisfies readonly (keyof TopicSettings)[];
export type AlterableSetting = (typeof alterableSettings)[number];

/** What was altered of a topic's settings; the others are as the topic was created with. */
export type TopicConfiguration = Partial<Pick<TopicSettings, AlterableSetting>>;

/** @param altered undefined: nothing is */
export function withAltered(created: TopicSettings, altered: TopicConfiguration | undefined): TopicSettings {
  return altered === undefined ? created : { ...created, ...altered };
}

/** What of a wish is not so yet, a setting each. */
export function changesTo(current: TopicSettings, wish: TopicConfiguration): readonly TopicConfiguration[] {
  return alterableSettings.flatMap((name) =>
    wish[name] === undefined || wish[name] === current[name] ? [] : [{ [name]: wish[name] }],
  );
}

/** ConfigDef: min.insync.replicas is at least 1. More than there are replicas is nobody's error: it refuses every write. */
export function isValid({ 'min.insync.replicas': minInsyncReplicas = 1 }: TopicConfiguration): boolean {
  return minInsyncReplicas >= 1;
}

/** By names, as specs and plans have them: whatever is no value of the setting (unchanged) leaves it as it is. */
export function configurationOf(settings: Readonly<Record<string, number | string>>): TopicConfiguration {
  const minInsyncReplicas = Number(settings['min.insync.replicas'] ?? NaN);
  const unclean = settings['unclean.leader.election.enable'];
  return {
    ...(minInsyncReplicas >= 0 && { 'min.insync.replicas': minInsyncReplicas }),
    ...((unclean === 'true' || unclean === 'false') && { 'unclean.leader.election.enable': unclean === 'true' }),
  };
}
