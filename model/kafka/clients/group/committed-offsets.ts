/**
 * Where a member begins in the partitions that it was given: at the group's committed offset, or where auto.offset.reset
 * says if there is none (ConsumerCoordinator.initWithCommittedOffsetsIfNeeded). Each question is an operation, 'committed'.
 */
import type { Host } from '../../../kernel/process.js';
import type { GroupConsumerSettings } from '../../cluster-spec.js';
import { KafkaError } from '../../protocol/errors.js';
import type { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/group-messages.js';
import { Api } from '../../protocol/messages.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { ConsumerNetwork } from '../consumer-network.js';
import type { AssignedPartition } from '../subscription-state.js';
import type { CoordinatorLookup } from './coordinator-lookup.js';
import type { Generation } from './generation.js';

const REQUEST_BYTES = 60;
const PARTITION_BYTES = 4;

/** The question under way. */
interface Question {
  readonly operation: number;
  readonly asked: readonly AssignedPartition[];
}

export class CommittedOffsets {
  readonly #host: Host;
  readonly #session: number;
  readonly #settings: GroupConsumerSettings;
  readonly #rules: Rules;
  readonly #network: ConsumerNetwork;
  readonly #lookup: CoordinatorLookup;
  #question: Question | null = null;
  #retryAt = -Infinity;

  constructor(
    host: Host,
    session: number,
    settings: GroupConsumerSettings,
    rules: Rules,
    network: ConsumerNetwork,
    lookup: CoordinatorLookup,
  ) {
    this.#host = host;
    this.#session = session;
    this.#settings = settings;
    this.#rules = rules;
    this.#network = network;
    this.#lookup = lookup;
  }

  /**
   * Asks for what is missing. Returns when to look again.
   * @param reader as whom
   */
  ask(assigned: readonly AssignedPartition[], reader: Generation, now: number): number {
    if (this.#question !== null || !assigned.some(isInitializing)) return Infinity;
    if (now < this.#retryAt) return this.#retryAt;
    if (!this.#lookup.isReady(now)) return this.#lookup.nextDeadline(now);
    const asked = assigned.filter(isInitializing);
    const operation = this.#host.recorder.invoke(this.#host.id, this.#session, 'committed', { microOps: [] });
    const request: OffsetFetchRequest = {
      kind: Api.offsetFetch,
      bytes: REQUEST_BYTES + PARTITION_BYTES * asked.length,
      correlationId: this.#network.client.nextCorrelationId(),
      groupId: this.#settings['group.id'],
      memberId: reader.memberId,
      memberEpoch: reader.generationId,
      partitions: asked.map(({ partition }) => partition),
      // Whatever the isolation level (KIP-447).
      requireStable: this.#rules.stableOffsetFetch,
    };
    this.#question = { operation, asked };
    this.#network.client.send(this.#lookup.node, request, null, true, now);
    return Infinity;
  }

  handleResponse({ error, partitions }: OffsetFetchResponse, now: number): void {
    const { operation, asked } = this.#question!;
    this.#question = null;
    const failed = error === KafkaError.NONE ? partitions.find((one) => one.error !== KafkaError.NONE) : { error };
    if (failed !== undefined) {
      // UNSTABLE_OFFSET_COMMIT too: a transaction is to end first; and STALE_MEMBER_EPOCH: it asks again in its next epoch.
      if (failed.error === KafkaError.NOT_COORDINATOR) this.#lookup.markUnknown();
      this.#failed(operation, now);
      return;
    }
    const group = this.#settings['group.id'];
    const microOps = partitions.map(({ partition, committedOffset }) => ({
      kind: 'committed',
      key: partition,
      group,
      offset: committedOffset,
    }));
    this.#host.recorder.complete(operation, 'ok', { microOps });
    for (const { partition, committedOffset, committedLeaderEpoch } of partitions) {
      const assigned = asked.find((one) => one.partition === partition);
      // Given up meanwhile, or not: nobody looks at it any more.
      if (assigned !== undefined) this.#begin(assigned, committedOffset, committedLeaderEpoch);
    }
  }

  handleRequestLost(now: number): void {
    const { operation } = this.#question!;
    this.#question = null;
    this.#lookup.markUnknown();
    this.#failed(operation, now);
  }

  #failed(operation: number, now: number): void {
    this.#host.recorder.complete(operation, 'fail', { microOps: [] });
    this.#retryAt = now + this.#settings['retry.backoff.ms'] * 1000;
  }

  #begin(assigned: AssignedPartition, offset: number, offsetEpoch: number): void {
    if (!isInitializing(assigned)) return;
    if (offset < 0) {
      assigned.requestReset();
      return;
    }
    const { metadata } = this.#network;
    // Committed in a newer epoch than the leader's that is known: that one was deposed, and could not tell what was cut off.
    // (ConsumerUtils.refreshCommittedOffsets)
    metadata.sawEpoch(assigned.partition, offsetEpoch);
    const leader = metadata.currentLeaderOf(assigned.partition);
    const leaderEpoch = metadata.requestEpochOf(assigned.partition);
    assigned.seekUnvalidated({ offset, offsetEpoch, leader, leaderEpoch });
  }
}

function isInitializing({ state }: AssignedPartition): boolean {
  return state === 'initializing';
}
