/** Between what assignors say of a member and what stands in JoinGroup (ConsumerProtocol). */
import type { ConsumerProtocolSubscription } from '../../../protocol/group-messages.js';
import type { Subscription, UserData } from '../../assignors/assignor.js';

/** The generation, then the partitions (StickyAssignorUserData); null: the assignor says nothing. */
export function encodeUserData(userData: UserData | null): readonly number[] | null {
  return userData === null ? null : [userData.generation, ...userData.partitions];
}

function decodeUserData(encoded: readonly number[] | null): UserData | null {
  if (encoded === null) return null;
  const [generation = -1, ...partitions] = encoded;
  return { generation, partitions };
}

export function decodeSubscription(metadata: ConsumerProtocolSubscription): Subscription {
  const { topics, ownedPartitions, generationId, rackId, userData } = metadata;
  return { topics, ownedPartitions, generation: generationId, rackId, userData: decodeUserData(userData) };
}
