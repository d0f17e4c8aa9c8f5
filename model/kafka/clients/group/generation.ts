/** As whom a member of a group acts (AbstractCoordinator.Generation). */
import { NO_GENERATION, NO_MEMBER_ID } from '../../protocol/group-messages.js';

export interface Generation {
  /** With KIP-848 the member's epoch; -1: none. */
  readonly generationId: number;
  /** '': none. */
  readonly memberId: string;
  /** The assignor that the group agreed upon; null: none. */
  readonly protocolName: string | null;
}

export const OUTSIDE: Generation = { generationId: NO_GENERATION, memberId: NO_MEMBER_ID, protocolName: null };

export function sameGeneration(a: Generation, b: Generation): boolean {
  return a.generationId === b.generationId && a.memberId === b.memberId && a.protocolName === b.protocolName;
}
