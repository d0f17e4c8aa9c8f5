/**
 * The partitions of one member of a group: what it has got, gives up and loses (ConsumerRebalanceListener). What it owns is
 * announced with each change, as the operation 'rebalance': onPartitionsRevoked, Assigned and Lost.
 */
import type { Host } from '../../../kernel/process.js';
import { Probe } from '../../probes.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { RebalanceListener } from '../consumer-application.js';
import { AssignedPartition } from '../subscription-state.js';

/** revoked: nobody else has them yet. lost: it is no member any more, and others may. */
export type Surrender = 'revoked' | 'lost';

export class OwnedPartitions {
  readonly #host: Host;
  readonly #session: number;
  readonly #groupId: string;
  readonly #assigned: AssignedPartition[];
  /** null: nobody cares. */
  listener: RebalanceListener | null = null;
  /** In which generation, and as whom, it owns what it owns. */
  #generationId = -1;
  #memberId = '';

  /** @param assigned the consumer's list: filled and emptied here */
  constructor(host: Host, session: number, groupId: string, assigned: AssignedPartition[]) {
    this.#host = host;
    this.#session = session;
    this.#groupId = groupId;
    this.#assigned = assigned;
  }

  get all(): readonly AssignedPartition[] {
    return this.#assigned;
  }

  /** The generation in which it owns them; -1: it has owned none. */
  get generationId(): number {
    return this.#generationId;
  }

  /** Positions of all that was returned by poll so far (SubscriptionState.allConsumed). */
  consumed(): readonly OffsetToCommit[] {
    return this.#assigned.flatMap(({ partition, position, state }) =>
      position === null || state === 'initializing'
        ? []
        : [{ partition, committedOffset: position.offset, committedLeaderEpoch: position.offsetEpoch }],
    );
  }

  /** Those that are not among these. */
  except(partitions: readonly number[]): readonly AssignedPartition[] {
    return this.#assigned.filter(({ partition }) => !partitions.includes(partition));
  }

  /**
   * It owns these now, in this generation; those that it had already it goes on reading where it was.
   * @param memberId its group.instance.id, if it has one
   */
  assign(partitions: readonly number[], generationId: number, memberId: string): void {
    const missing = partitions.filter((one) => !this.#assigned.some(({ partition }) => partition === one));
    for (const partition of missing) {
      const added = new AssignedPartition(partition);
      added.requestCommitted();
      this.#assigned.push(added);
    }
    this.#assigned.sort((a, b) => a.partition - b.partition);
    this.#generationId = generationId;
    this.#memberId = memberId;
    this.#announce();
    this.listener?.assign(missing);
  }

  /** onPartitionsRevoked, before they are given up. False: it has not returned, and is to be called again. */
  mayRevoke(partitions: readonly AssignedPartition[]): boolean {
    if (this.listener === null || partitions.length === 0) return true;
    return this.listener.revoke(partitions.map(({ partition }) => partition));
  }

  /** Whatever was fetched of them is dropped. */
  giveUp(partitions: readonly AssignedPartition[], how: Surrender): void {
    if (partitions.length === 0) return;
    const kept = this.#assigned.filter((assigned) => !partitions.includes(assigned));
    const { probes, id } = this.#host;
    const lost = how === 'lost' ? 1 : 0;
    probes.emit(Probe.partitionsRevoked, id, -1, partitions.length, kept.length, this.#generationId, lost);
    for (const assigned of partitions) assigned.requestReset();
    if (how === 'lost') this.listener?.lose(partitions.map(({ partition }) => partition));
    this.#assigned.splice(0, this.#assigned.length, ...kept);
    this.#announce();
  }

  #announce(): void {
    const own = { kind: 'own', group: this.#groupId, member: this.#memberId, generation: this.#generationId };
    const keys = this.#assigned.length === 0 ? [-1] : this.#assigned.map(({ partition }) => partition);
    const value = { microOps: keys.map((key) => ({ key, ...own })) };
    const { recorder, id } = this.#host;
    recorder.complete(recorder.invoke(id, this.#session, 'rebalance', value), 'ok', value);
  }
}
