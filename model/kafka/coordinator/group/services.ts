/** What the group coordinator asks of its broker, and the timers that it asks for. */
import type { Host } from '../../../kernel/process.js';
import type { ReplicaManager } from '../../broker/replica-manager.js';
import type { GroupSettings } from '../../cluster-spec.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { StateTopic } from '../state-topic.js';

export interface GroupServices {
  readonly host: Host;
  readonly replicas: ReplicaManager;
  readonly rules: Rules;
  readonly settings: GroupSettings;
  /** __consumer_offsets */
  readonly topic: StateTopic;
  /** The groups of the cluster; probes name one by its index. */
  readonly ids: readonly string[];
  /** The topic of a partition. */
  readonly topicOf: (partition: number) => number;
  /** The partitions of a topic, ascending: those that this broker has heard of. */
  readonly partitionsOf: (topic: number) => readonly number[];
}

export const FIRST_GROUP_TIMER = 1300;
export const GroupTimer = {
  /** append | purgatory check. Payload: the append. */
  checkAppend: FIRST_GROUP_TIMER + 0,
  /** replicated | applied. Payload: the append. */
  appendDone: FIRST_GROUP_TIMER + 1,
  /** Loading in chunks. Payload: the load. */
  loadChunk: FIRST_GROUP_TIMER + 2,
  /** A transaction's marker | its offsets. Payload: the completion. */
  completeTransaction: FIRST_GROUP_TIMER + 3,
  /** A member's session, or its wait to join. Payload: the session. */
  session: FIRST_GROUP_TIMER + 4,
  /** The time that members have to join. Payload: the rebalance. */
  join: FIRST_GROUP_TIMER + 5,
  /** The time that members have to sync. Payload: the wait. */
  sync: FIRST_GROUP_TIMER + 6,
  /** offsets.retention.check.interval.ms */
  expireOffsets: FIRST_GROUP_TIMER + 7,
  /** KIP-848: a member's session, or its time to give up partitions. Payload: the timer. */
  consumerMember: FIRST_GROUP_TIMER + 8,
} as const;

export function nowMs(host: Host): number {
  return Math.trunc(host.wallMicros() / 1000);
}
