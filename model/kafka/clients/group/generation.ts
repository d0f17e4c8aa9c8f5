/** What a member of a group knows of itself (AbstractCoordinator.Generation, MemberState). */
import { NO_GENERATION, NO_MEMBER_ID } from '../../protocol/group-messages.js';

export interface Generation {
  /** -1: none. */
  readonly generationId: number;
  /** '': none. */
  readonly memberId: string;
  /** The assignor that the group agreed upon; null: none. */
  readonly protocolName: string | null;
}

export const OUTSIDE: Generation = { generationId: NO_GENERATION, memberId: NO_MEMBER_ID, protocolName: null };

/**
 * unjoined: no member, or one that has to join anew. preparing-rebalance: JoinGroup is under way. completing-rebalance:
 * SyncGroup is. stable: it has its assignment.
 */
export type MemberState = 'unjoined' | 'preparing-rebalance' | 'completing-rebalance' | 'stable';

export function sameGeneration(a: Generation, b: Generation): boolean {
  return a.generationId === b.generationId && a.memberId === b.memberId && a.protocolName === b.protocolName;
}
