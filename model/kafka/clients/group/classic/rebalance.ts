/**
 * What a rebalance means for the partitions of one consumer (ConsumerCoordinator.onJoinPrepare, performAssignment,
 * onJoinComplete; KIP-429). Under an eager protocol it gives up all of them before it joins; under a cooperative one it
 * keeps them, gives up only what it is told to, and then joins once more so that another can have that.
 */
import type { GroupConsumerSettings } from '../../../cluster-spec.js';
import type {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  JoinGroupProtocol,
  JoinGroupResponse,
  SyncGroupRequest,
} from '../../../protocol/group-messages.js';
import type { GroupConsumerConfig } from '../../api.js';
import type { Metadata } from '../../metadata.js';
import type { AssignableTopic, Assignor, RebalanceProtocol } from '../../assignors/assignor.js';
import { createAssignor } from '../../assignors/assignors.js';
import type { Generation } from '../generation.js';
import type { LastCommit } from '../last-commit.js';
import type { OwnedPartitions } from '../owned-partitions.js';
import { decodeSubscription, encodeUserData } from './subscription-codec.js';

export type SyncAssignments = SyncGroupRequest['assignments'];

export class Rebalance {
  readonly #settings: GroupConsumerSettings;
  readonly #topics: readonly number[];
  readonly #topicNames: readonly string[];
  readonly #metadata: Pick<Metadata, 'partitionsOf'>;
  /** As leader: how many partitions each of its topics had by the metadata when it divided them; null: it is no leader. */
  #countsAssigned: readonly number[] | null = null;
  readonly #assignors: readonly Assignor[];
  readonly #protocol: RebalanceProtocol;
  readonly #owned: OwnedPartitions;
  readonly #lastCommit: LastCommit;

  constructor(
    config: GroupConsumerConfig,
    metadata: Pick<Metadata, 'partitionsOf'>,
    owned: OwnedPartitions,
    lastCommit: LastCommit,
  ) {
    const { settings, rules, topics, topicNames } = config;
    this.#settings = settings;
    this.#topics = topics;
    this.#topicNames = topicNames;
    this.#metadata = metadata;
    this.#assignors = settings['partition.assignment.strategy'].map(createAssignor);
    this.#protocol = rules.cooperativeRebalance ? protocolOf(this.#assignors) : 'eager';
    this.#owned = owned;
    this.#lastCommit = lastCommit;
  }

  /** Records are not returned while the offsets behind them are being committed for the last time (KAFKA-13310). */
  get isRevocationPending(): boolean {
    return this.#lastCommit.isPending && this.#protocol === 'eager';
  }

  nextDeadline(): number {
    return this.#lastCommit.nextDeadline();
  }

  // ---------------------------------------------------------------------- before it joins

  /** Offsets are committed, partitions given up. False: not done yet. */
  prepareToJoin(generation: Generation, now: number): boolean {
    if (!this.#lastCommit.proceed(now)) return false;
    const isOutside = generation.generationId < 0 || generation.memberId === '';
    const { all } = this.#owned;
    // Lost, if it is in no generation any more: others may own them already. Else revoked.
    if (isOutside) {
      this.#owned.giveUp(all, 'lost');
    } else if (this.#protocol === 'eager') {
      if (!this.#owned.mayRevoke(all)) return false;
      this.#owned.giveUp(all, 'revoked');
    }
    return true;
  }

  /** What it offers, in the order of preference. */
  protocols(): readonly JoinGroupProtocol[] {
    return this.#assignors.map((assignor) => ({ name: assignor.name, metadata: this.#subscription(assignor) }));
  }

  #subscription(assignor: Assignor): ConsumerProtocolSubscription {
    return {
      topics: this.#topics,
      userData: encodeUserData(assignor.userData()),
      ownedPartitions: this.#owned.all.map(({ partition }) => partition),
      generationId: this.#owned.generationId,
      rackId: this.#settings['client.rack'] ?? null,
    };
  }

  // ---------------------------------------------------------------------- as leader

  /** What every member is to have. */
  assign({ protocolName, members }: JoinGroupResponse): SyncAssignments {
    const assignment = this.#assignorNamed(protocolName).assign(
      this.#assignable(),
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

  #assignable(): readonly AssignableTopic[] {
    return this.#topicNames.map((name, topic) => ({ name, partitions: this.#metadata.partitionsOf(topic), racks: [] }));
  }

  /** Only the leader watches for partitions that are added (assignmentSnapshot). */
  joinedAs(role: 'leader' | 'follower'): void {
    this.#countsAssigned =
      role === 'leader' ? this.#topics.map((topic) => this.#metadata.partitionsOf(topic).length) : null;
  }

  /** The metadata names other partitions than those that it divided (ConsumerCoordinator.rejoinNeededOrPending). */
  get isOutdated(): boolean {
    const counts = this.#countsAssigned;
    return counts !== null && this.#topics.some((topic, i) => this.#metadata.partitionsOf(topic).length !== counts[i]);
  }

  // ---------------------------------------------------------------------- once it has joined

  /** False: the application is busy with what it has to give up. */
  mayTakeUp({ assignedPartitions }: ConsumerProtocolAssignment): boolean {
    return this.#owned.mayRevoke(this.#owned.except(assignedPartitions));
  }

  /** Returns true if it gave partitions up, and has to join again so that others can have them. */
  takeUp({ assignedPartitions }: ConsumerProtocolAssignment, generation: Generation): boolean {
    const { generationId, memberId, protocolName } = generation;
    const revoked = this.#owned.except(assignedPartitions);
    this.#owned.giveUp(revoked, 'revoked');
    this.#assignorNamed(protocolName).onAssignment(assignedPartitions, generationId);
    this.#owned.assign(assignedPartitions, generationId, this.#settings['group.instance.id'] ?? memberId);
    return revoked.length > 0;
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
