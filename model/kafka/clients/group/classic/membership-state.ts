/** Where a member stands under the classic protocol (AbstractCoordinator.MemberState, generation). */
import { OUTSIDE, type Generation } from '../generation.js';

/**
 * unjoined: no member, or one that has to join anew. preparing-rebalance: JoinGroup is under way. completing-rebalance:
 * SyncGroup is. stable: it has its assignment.
 */
export type MemberState = 'unjoined' | 'preparing-rebalance' | 'completing-rebalance' | 'stable';

export class MembershipState {
  state: MemberState = 'unjoined';
  generation: Generation = OUTSIDE;
  /** It has to join at the next poll. */
  rejoinNeeded = true;
  /** Before it joins, offsets are committed and partitions given up. */
  needsPreparation = true;
  /** The heartbeat thread is at work. */
  beats = false;

  get isRebalancing(): boolean {
    return this.state === 'preparing-rebalance' || this.state === 'completing-rebalance';
  }

  /** resetStateAndRejoin: it is in no generation. The member's id may still be good. */
  reset(forgetsMemberId: boolean): void {
    this.state = 'unjoined';
    this.generation = forgetsMemberId ? OUTSIDE : { ...OUTSIDE, memberId: this.generation.memberId };
    this.rejoinNeeded = true;
    this.needsPreparation = true;
    this.beats = false;
  }
}
