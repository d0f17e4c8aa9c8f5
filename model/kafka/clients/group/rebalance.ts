/**
 * What a rebalance means for the partitions of one consumer (ConsumerCoordinator.onJoinPrepare, performAssignment,
 * onJoinComplete; KIP-429). Under an eager protocol it gives up all of them before it joins; under a cooperative one it
 * keeps them, gives up only what it is told to, and then joins once more so that another can have that.
 *
 * What it owns is announced with each change, as the operation 'rebalance': onPartitionsRevoked, Assigned and Lost.
 */
import type { Host } from '../../../kernel/process.js';
import type { GroupConsumerSettings } from '../../cluster-spec.js';
import { Probe } from '../../probes.js';
import type {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  JoinGroupProtocol,
  JoinGroupResponse,
  OffsetToCommit,
} from '../../protocol/group-messages.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { AssignableTopic, Assignor, RebalanceProtocol } from '../assignors/assignor.js';
import { AssignedPartition } from '../subscription-state.js';
import { decodeSubscription, encodeUserData } from './subscription-codec.js';
import type { Generation } from './generation.js';
import type { SyncAssignments } from './membership.js';
import type { Commit, OffsetCommits } from './offset-commits.js';

export class Rebalance {
  readonly #host: Host;
  readonly #session: number;
  readonly #settings: GroupConsumerSettings;
  readonly #topics: readonly number[];
  readonly #assignable: readonly AssignableTopic[];
  readonly #assignors: readonly Assignor[];
  readonly #assigned: AssignedPartition[];
  readonly #protocol: RebalanceProtocol;
  readonly #commits: OffsetCommits;
  /** Before it joins, automatic commits are waited for until then; -1: it is not joining. */
  #prepareUntil = -1;
  #commit: Commit | null = null;
  #commitAgainAt = -Infinity;
  /** In which generation, and as whom, it owns what it owns. */
  #ownedIn = -1;
  #ownedAs = '';

  /**
   * @param topics those that it subscribes to
   * @param assignable by topic number
   * @param assigned what it owns: filled and emptied here
   */
  constructor(
    host: Host,
    session: number,
    settings: GroupConsumerSettings,
    rules: Rules,
    topics: readonly number[],
    assignable: readonly AssignableTopic[],
    assignors: readonly Assignor[],
    assigned: AssignedPartition[],
    commits: OffsetCommits,
  ) {
    this.#host = host;
    this.#session = session;
    this.#settings = settings;
    this.#topics = topics;
    this.#assignable = assignable;
    this.#assignors = assignors;
    this.#assigned = assigned;
    this.#protocol = rules.cooperativeRebalance ? protocolOf(assignors) : 'eager';
    this.#commits = commits;
  }

  /** Records are not returned while the offsets behind them are being committed for the last time (KAFKA-13310). */
  get isRevocationPending(): boolean {
    return this.#prepareUntil >= 0 && this.#protocol === 'eager';
  }

  nextDeadline(): number {
    return this.#prepareUntil < 0 ? Infinity : Math.min(this.#prepareUntil, this.#commitAgainAt);
  }

  /** Positions of all that was returned by poll so far (SubscriptionState.allConsumed). */
  consumed(): readonly OffsetToCommit[] {
    return this.#assigned.flatMap(({ partition, position, state }) =>
      position === null || state === 'initializing'
        ? []
        : [{ partition, committedOffset: position.offset, committedLeaderEpoch: position.offsetEpoch }],
    );
  }

  // ---------------------------------------------------------------------- before it joins

  prepareToJoin(generation: Generation, now: number): boolean {
    if (this.#prepareUntil < 0) this.#prepareUntil = now + this.#settings['max.poll.interval.ms'] * 1000;
    if (this.#settings['enable.auto.commit'] && !this.#hasCommitted(now)) return false;
    this.#prepareUntil = -1;
    this.#commit = null;
    this.#commitAgainAt = -Infinity;
    const isOutside = generation.generationId < 0 || generation.memberId === '';
    // Lost, if it is in no generation any more: others may own them already. Else revoked.
    if (isOutside || this.#protocol === 'eager') this.#give(this.#assigned, isOutside);
    return true;
  }

  /** As long as it is of use to wait for the commit. */
  #hasCommitted(now: number): boolean {
    if (now >= this.#prepareUntil) return true;
    if (this.#commit === null) {
      if (now < this.#commitAgainAt) return false;
      this.#commit = this.#commits.commitAsync(this.consumed(), now);
    }
    if (this.#commit.state === 'retriable') {
      this.#commit = null;
      this.#commitAgainAt = now + this.#settings['retry.backoff.ms'] * 1000;
      return false;
    }
    return this.#commit.state !== 'pending';
  }

  protocols(): readonly JoinGroupProtocol[] {
    return this.#assignors.map((assignor) => ({ name: assignor.name, metadata: this.#subscription(assignor) }));
  }

  #subscription(assignor: Assignor): ConsumerProtocolSubscription {
    return {
      topics: this.#topics,
      userData: encodeUserData(assignor.userData()),
      ownedPartitions: this.#assigned.map(({ partition }) => partition),
      generationId: this.#ownedIn,
      rackId: this.#settings['client.rack'] ?? null,
    };
  }

  // ---------------------------------------------------------------------- as leader

  assign({ protocolName, members }: JoinGroupResponse): SyncAssignments {
    const assignment = this.#assignorNamed(protocolName).assign(
      this.#assignable,
      members.map(({ memberId, groupInstanceId, metadata }) => ({
        memberId,
        groupInstanceId,
        subscription: decodeSubscription(metadata),
      })),
    );
    return [...assignment].map(([memberId, assignedPartitions]) => ({
      memberId,
      assignment: { assignedPartitions, userData: null },
    }));
  }

  // ---------------------------------------------------------------------- once it has joined

  /** Returns true if it gave partitions up, and has to join again so that others can have them. */
  takeUp({ assignedPartitions }: ConsumerProtocolAssignment, generation: Generation): boolean {
    const revoked = this.#assigned.filter(({ partition }) => !assignedPartitions.includes(partition));
    if (revoked.length > 0) this.#give(revoked, false);
    this.#assignorNamed(generation.protocolName).onAssignment(assignedPartitions, generation.generationId);
    for (const partition of assignedPartitions) {
      if (this.#assigned.some((owned) => owned.partition === partition)) continue;
      const added = new AssignedPartition(partition);
      added.requestCommitted();
      this.#assigned.push(added);
    }
    this.#assigned.sort((a, b) => a.partition - b.partition);
    this.#ownedIn = generation.generationId;
    this.#ownedAs = this.#settings['group.instance.id'] ?? generation.memberId;
    this.#announce();
    return revoked.length > 0;
  }

  /** Whatever was fetched of them is dropped. */
  #give(partitions: readonly AssignedPartition[], areLost: boolean): void {
    if (partitions.length === 0) return;
    const kept = this.#assigned.filter((assigned) => !partitions.includes(assigned));
    const { probes, id } = this.#host;
    probes.emit(Probe.partitionsRevoked, id, -1, partitions.length, kept.length, this.#ownedIn, areLost ? 1 : 0);
    for (const assigned of partitions) assigned.requestReset();
    this.#assigned.splice(0, this.#assigned.length, ...kept);
    this.#announce();
  }

  #announce(): void {
    const own = { kind: 'own', group: this.#settings['group.id'], member: this.#ownedAs, generation: this.#ownedIn };
    const keys = this.#assigned.length === 0 ? [-1] : this.#assigned.map(({ partition }) => partition);
    const value = { microOps: keys.map((key) => ({ ...own, key })) };
    const { recorder, id } = this.#host;
    recorder.complete(recorder.invoke(id, this.#session, 'rebalance', value), 'ok', value);
  }

  #assignorNamed(name: string | null): Assignor {
    const found = this.#assignors.find((assignor) => assignor.name === name);
    if (found === undefined) throw new Error(`the group agreed on ${name}, which this consumer did not offer`);
    return found;
  }
}

/** The most that all of them support: ConsumerCoordinator's constructor. */
function protocolOf(assignors: readonly Assignor[]): RebalanceProtocol {
  return assignors.every(({ protocols }) => protocols.includes('cooperative')) ? 'cooperative' : 'eager';
}
