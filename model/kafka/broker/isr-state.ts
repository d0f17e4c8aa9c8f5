/**
 * The ISR as a leader holds it: what the controller confirmed, and at most one proposal that is under way (KIP-497).
 * Sets of brokers are bit masks: bit n is broker n.
 */

export interface IsrMember {
  readonly brokerId: number;
  /** Of the incarnation that fetched; -1: it has not fetched from this leader yet, or it is the leader itself. */
  readonly brokerEpoch: number;
}

export interface IsrState {
  readonly kind: 'committed' | 'pending-expand' | 'pending-shrink';
  /** The ISR that the controller confirmed last. */
  readonly committed: number;
  readonly committedSize: number;
  /** Committed and pending additions: whatever the controller's ISR may be by now lies within (replication.md §5.3). */
  readonly maximal: number;
  readonly maximalSize: number;
  /** What was proposed; the committed ISR if nothing is. */
  readonly proposed: number;
  /** The proposed members with the broker epochs under which they were judged (KIP-903); none where nothing is proposed. */
  readonly members: readonly IsrMember[];
  /** Under which the proposal was made: what it is compared by, whatever the partition has become since (sentLeaderAndIsr). */
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  /** To roll back to, when the controller says that the proposal was not applied. */
  readonly lastCommitted: IsrState | null;
}

const NO_EPOCH = -1;

export function committedIsr(isr: number): IsrState {
  const size = sizeOf(isr);
  return {
    kind: 'committed',
    committed: isr,
    committedSize: size,
    maximal: isr,
    maximalSize: size,
    proposed: isr,
    members: [],
    leaderEpoch: NO_EPOCH,
    partitionEpoch: NO_EPOCH,
    lastCommitted: null,
  };
}

/** Adds a replica: from now on it counts for the high watermark, though nobody has confirmed it. */
export function pendingExpand(state: IsrState, broker: number): IsrState {
  return pending('pending-expand', state, state.committed | (1 << broker), state.committed | (1 << broker));
}

/** Takes replicas out: they go on counting for the high watermark until the controller has confirmed it. */
export function pendingShrink(state: IsrState, outOfSync: number): IsrState {
  return pending('pending-shrink', state, state.committed & ~outOfSync, state.committed);
}

function pending(kind: IsrState['kind'], state: IsrState, proposed: number, maximal: number): IsrState {
  return {
    kind,
    committed: state.committed,
    committedSize: state.committedSize,
    maximal,
    maximalSize: sizeOf(maximal),
    proposed,
    members: [],
    leaderEpoch: NO_EPOCH,
    partitionEpoch: NO_EPOCH,
    lastCommitted: state,
  };
}

export function contains(set: number, broker: number): boolean {
  return ((set >>> broker) & 1) === 1;
}

/** Number of members. */
function sizeOf(set: number): number {
  let size = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) size++;
  return size;
}
