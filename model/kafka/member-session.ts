/** For how long a coordinator counts on a member of a group that it does not hear. */
import type { GroupConsumerSettings, KafkaClusterSpec } from './cluster-spec.js';

/** Which setting decides: the member's own, or with KIP-848 the brokers'. */
export function memberSession(
  { groups }: Pick<KafkaClusterSpec, 'groups'>,
  settings: GroupConsumerSettings,
): { readonly setting: string; readonly millis: number } {
  const setting = 'group.consumer.session.timeout.ms';
  return settings['group.protocol'] === 'consumer'
    ? { setting, millis: groups!.settings[setting] }
    : { setting: 'session.timeout.ms', millis: settings['session.timeout.ms'] };
}
