/** Situations of topics whose settings an administrator alters while they are in use (KIP-339). */
import type { Situation } from '../system.js';
import { Probe } from './probes.js';
import { situation, type Recogniser } from './situation.js';

export const settingsSituations: readonly Situation[] = [
  situation(
    'topic-settings-altered',
    'Settings of a topic that was in use were altered.',
    [Probe.topicSettingsAltered],
    () => () => true,
  ),
  situation(
    'topic-settings-differ',
    'A leader answered a write by settings of its topic that had been altered, and that it had not heard of.',
    [Probe.topicSettingsAltered, Probe.topicSettingsApplied, Probe.acknowledged, Probe.refused],
    answeredByOldSettings,
  ),
];

function answeredByOldSettings(): Recogniser {
  const decided: (number | undefined)[] = [];
  /** By machine, then key. */
  const applied: (number | undefined)[][] = [];
  return (kind, machine, key, minInsyncReplicas, unclean) => {
    const settings = 2 * minInsyncReplicas + unclean;
    if (kind === Probe.topicSettingsAltered) decided[key] = settings;
    else if (kind === Probe.topicSettingsApplied) (applied[machine] ??= [])[key] = settings;
    else return decided[key] !== undefined && applied[machine]?.[key] !== decided[key];
    return false;
  };
}
