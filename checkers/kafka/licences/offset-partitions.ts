/** The partitions of __consumer_offsets: whoever leads one coordinates the groups that fall into it, and keeps their offsets there. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { History } from '../../../histories/operation.js';
import { topicSetting } from '../settings.js';

const TOPIC = '__consumer_offsets';
/** The default of offsets.topic.num.partitions. */
const PARTITIONS = 50;
const INT_MIN = -2_147_483_648;

/** Those that are simulated: a group falls into each. */
export function offsetPartitions({ keys }: Pick<History, 'keys'>): readonly number[] {
  return keys.flatMap((name, key) => (name.startsWith(`${TOPIC}-`) ? [key] : []));
}

/** Those of the groups whose offsets the operations of an anomaly commit or fetch; all, where they say of no group. */
export function offsetPartitionsOf(
  history: Pick<History, 'header' | 'keys' | 'operations'>,
  anomaly: Anomaly,
): readonly number[] {
  const count = Number(topicSetting(history.header, TOPIC, 'offsets.topic.num.partitions') ?? PARTITIONS);
  const own = new Set<number>();
  for (const operation of anomaly.operations) {
    for (const microOp of history.operations[operation]!.value) {
      if (microOp.kind !== 'commit' && microOp.kind !== 'committed') continue;
      own.add(history.keys.indexOf(`${TOPIC}-${partitionFor(microOp.group, count)}`));
    }
  }
  // Who counts the topic's partitions in another way tells nothing of where a group falls.
  return own.size === 0 || own.has(-1) ? offsetPartitions(history) : [...own];
}

/** Utils.abs(groupId.hashCode()) % offsets.topic.num.partitions (GroupMetadataManager.partitionFor). */
export function partitionFor(group: string, count: number): number {
  let hash = 0;
  for (let i = 0; i < group.length; i++) hash = (Math.imul(31, hash) + group.charCodeAt(i)) | 0;
  return (hash === INT_MIN ? 0 : Math.abs(hash)) % count;
}
