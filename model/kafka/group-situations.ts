/** Situations of consumer groups. */
import type { Situation } from '../system.js';
import { MemberLeft, Probe } from './probes.js';
import { KafkaError } from './protocol/errors.js';
import { Api } from './protocol/messages.js';
import { situation, type Recogniser } from './situation.js';

/** As `group-state` has them. */
const EMPTY = 0;
const PREPARING_REBALANCE = 1;
const COMPLETING_REBALANCE = 2;
const STABLE = 3;
const DEAD = 4;
const ASSIGNING = 5;
const RECONCILING = 6;

/** States that only classic groups have, and those that only groups of KIP-848 have. */
const BY_GENERATION: readonly number[] = [PREPARING_REBALANCE, COMPLETING_REBALANCE];
const INCREMENTAL: readonly number[] = [ASSIGNING, RECONCILING];

/** Members are between what they had and what they are to have. */
const UNSETTLED: readonly number[] = [...BY_GENERATION, ...INCREMENTAL];

const COUNTED_OUT: readonly number[] = [
  MemberLeft.sessionExpired,
  MemberLeft.rebalanceTimeout,
  MemberLeft.syncTimeout,
  MemberLeft.fenced,
];

/** Of somebody whom the group has left behind. */
const STALE: readonly number[] = [
  KafkaError.ILLEGAL_GENERATION,
  KafkaError.UNKNOWN_MEMBER_ID,
  KafkaError.FENCED_INSTANCE_ID,
  KafkaError.FENCED_MEMBER_EPOCH,
  KafkaError.STALE_MEMBER_EPOCH,
];

const FENCED: readonly number[] = [KafkaError.UNKNOWN_MEMBER_ID, KafkaError.FENCED_MEMBER_EPOCH];

export const groupSituations: readonly Situation[] = [
  situation('group-rebalanced', 'A group came to another generation than its first.', [Probe.groupState], () => {
    const known: number[] = [];
    return (_kind, _machine, _key, group, state, generation) => {
      if (state !== STABLE) return false;
      const before = known[group];
      known[group] = generation;
      return before !== undefined && generation > before;
    };
  }),
  situation(
    'member-evicted',
    'A coordinator took a member out of its group: it was not heard, or did not join, sync or give up its partitions in time.',
    [Probe.memberLeft],
    () => (_kind, _machine, _key, _group, _member, _generation, reason) => COUNTED_OUT.includes(reason),
  ),
  situation(
    'member-fenced',
    'A coordinator told a member of KIP-848 that it is none any more, or not in this epoch (UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH): it gives its partitions up for lost, and joins again.',
    [Probe.groupRefused],
    () => (_kind, _machine, _key, _group, api, error) => api === Api.consumerGroupHeartbeat && FENCED.includes(error),
  ),
  situation(
    'instance-id-unreleased',
    'With KIP-848 a static member came back before the session of its former self was over, and was refused: its consumer ends with an exception (UNRELEASED_INSTANCE_ID).',
    [Probe.groupRefused],
    () => (_kind, _machine, _key, _group, _api, error) => error === KafkaError.UNRELEASED_INSTANCE_ID,
  ),
  situation(
    'partition-handed-over',
    'With KIP-848 a partition that one member had given up, or lost, came to another, while the rest of the group went on.',
    [Probe.partitionAssigned, Probe.partitionReleased],
    partitionHandedOver,
  ),
  situation(
    'group-upgraded',
    'A classic group became one of KIP-848 while it was in use: the first member came that speaks it.',
    [Probe.groupState],
    () => goesOver(INCREMENTAL),
  ),
  situation(
    'group-downgraded',
    'A group of KIP-848 became a classic one while it was in use: the last member was gone that spoke it.',
    [Probe.groupState],
    () => goesOver(BY_GENERATION),
  ),
  situation(
    'static-member-returned',
    'A member came back under its group.instance.id and took the place of its former self (KIP-345).',
    [Probe.memberLeft],
    () => (_kind, _machine, _key, _group, _member, _generation, reason) => reason === MemberLeft.replaced,
  ),
  situation(
    'group-coordinator-moved',
    'Another broker took over a group and loaded what its coordinator had stored.',
    [Probe.groupState],
    () => coordinatorMoved(() => true),
  ),
  situation(
    'group-coordinator-moved-during-rebalance',
    'Another broker took over a group whose members were being called to join, or waited for their assignments; with KIP-848, did not all have theirs.',
    [Probe.groupState],
    () => coordinatorMoved((state) => UNSETTLED.includes(state)),
  ),
  situation(
    'stale-commit-refused',
    'A coordinator refused a commit of a member that the group had gone on without.',
    [Probe.offsetRefused],
    () => (_kind, _machine, _key, _group, error) => STALE.includes(error),
  ),
  situation(
    'commit-during-rebalance',
    'A member committed while the group was already being called to join again.',
    [Probe.groupState, Probe.offsetPending],
    commitDuringRebalance,
  ),
  situation(
    'committed-offset-went-back',
    'A group committed a lower offset of a partition than before.',
    [Probe.offsetCommitted],
    committedOffsetWentBack,
  ),
  situation(
    'offset-committed-in-transaction',
    'A transaction was committed with the offsets that it had consumed.',
    [Probe.offsetCommitted],
    () => (_kind, _machine, _key, _group, _offset, producerId) => producerId >= 0,
  ),
  situation(
    'unstable-offset-awaited',
    'A consumer asked for an offset that a transaction, or a commit, had not decided yet (UNSTABLE_OFFSET_COMMIT).',
    [Probe.groupRefused],
    () => (_kind, _machine, _key, _group, _api, error) => error === KafkaError.UNSTABLE_OFFSET_COMMIT,
  ),
  situation(
    'all-partitions-revoked',
    'A member gave up all that it had for a rebalance: nobody reads them before it is over (eager).',
    [Probe.partitionsRevoked],
    () => (_kind, _machine, _key, _given, kept, _generation, lost) => kept === 0 && lost === 0,
  ),
  situation(
    'partitions-kept',
    'A member gave up some partitions for a rebalance and went on reading the others (cooperative).',
    [Probe.partitionsRevoked],
    () => (_kind, _machine, _key, _given, kept) => kept > 0,
  ),
  situation(
    'partitions-lost',
    'A consumer heard that it was no member any more, and let its partitions go: others may have had them by then.',
    [Probe.partitionsRevoked],
    () => (_kind, _machine, _key, _given, _kept, _generation, lost) => lost === 1,
  ),
];

/** @param matters in which state the group was when it was heard of last */
function coordinatorMoved(matters: (state: number) => boolean): Recogniser {
  const coordinators: number[] = [];
  const states: number[] = [];
  return (_kind, machine, _key, group, state) => {
    // The deposed one may drop it before or after its successor has loaded it.
    if (state === DEAD) return false;
    const before = coordinators[group];
    const last = states[group];
    coordinators[group] = machine;
    states[group] = state;
    return before !== undefined && before !== machine && matters(last);
  };
}

/** @param into states of the protocol that a coordinator has gone over to, with members and all */
function goesOver(into: readonly number[]): Recogniser {
  const from = into === INCREMENTAL ? BY_GENERATION : INCREMENTAL;
  /** By group: the coordinator that had it last in the other protocol; -1: none, or it has lost its members since. */
  const coordinators: number[] = [];
  return (_kind, machine, _key, group, state) => {
    const hasGoneOver = into.includes(state) && coordinators[group] === machine;
    if (from.includes(state)) coordinators[group] = machine;
    else if (state === EMPTY || into.includes(state)) coordinators[group] = -1;
    return hasGoneOver;
  };
}

function commitDuringRebalance(): Recogniser {
  const states: number[] = [];
  return (kind, _machine, _key, group, state) => {
    if (kind === Probe.offsetPending) return states[group] === PREPARING_REBALANCE;
    states[group] = state;
    return false;
  };
}

function committedOffsetWentBack(): Recogniser {
  /** By group, then partition. */
  const committed: number[][] = [];
  return (_kind, _machine, partition, group, offset) => {
    const known = (committed[group] ??= []);
    const wentBack = offset < (known[partition] ?? 0);
    known[partition] = offset;
    return wentBack;
  };
}

function partitionHandedOver(): Recogniser {
  /** By group, then partition: who has released it. */
  const former: (number | undefined)[][] = [];
  return (kind, _machine, partition, group, _epoch, member) => {
    const ofGroup = (former[group] ??= []);
    const before = ofGroup[partition];
    ofGroup[partition] = kind === Probe.partitionReleased ? member : undefined;
    return kind === Probe.partitionAssigned && before !== undefined && before !== member;
  };
}
