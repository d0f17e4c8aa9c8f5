/**
 * The state partitions that a broker leads: what they hold is loaded in chunks when it comes to lead one, and dropped when it
 * ceases to (onElection, onResignation of TransactionCoordinator and GroupCoordinator).
 */
import type { ReplicaManager } from '../broker/replica-manager.js';
import { Probe } from '../probes.js';
import type { RecordBatch } from '../protocol/records.js';

/** Batches that one step of loading takes in (*.load.buffer.size stands for bytes). */
const BATCHES_PER_CHUNK = 100;

export interface LedPartition<State> {
  readonly number: number;
  /** The leader epoch: whatever is begun in it is void in another. */
  readonly coordinatorEpoch: number;
  readonly isLoading: boolean;
  readonly state: State;
}

/** A coordinator: what the state of one partition is, and what follows when it is there or gone. */
export interface StateOwner<State> {
  emptyState(): State;
  /** In the order of the log. */
  takeIn(batch: RecordBatch, state: State): void;
  /** How many keys the state holds. */
  keyCount(state: State): number;
  onLoaded(partition: LedPartition<State>): void;
  /** It counts no more when this is called; it may never have been loaded. */
  onResigned(partition: LedPartition<State>): void;
}

interface Loading<State> extends LedPartition<State> {
  isLoading: boolean;
  nextOffset: number;
}

export class LedPartitions<State> {
  readonly #replicas: ReplicaManager;
  readonly #numbers: readonly number[];
  readonly #chunkTimer: number;
  readonly #owner: StateOwner<State>;
  /** By the partition's number. */
  readonly #led = new Map<number, Loading<State>>();

  /**
   * @param numbers the state partitions of the cluster
   * @param chunkTimer kind of the yield between two chunks; its payload goes to `loadChunk`
   */
  constructor(replicas: ReplicaManager, numbers: readonly number[], chunkTimer: number, owner: StateOwner<State>) {
    this.#replicas = replicas;
    this.#numbers = numbers;
    this.#chunkTimer = chunkTimer;
    this.#owner = owner;
  }

  /** undefined: this broker does not lead it, as far as it knows. */
  get(number: number): LedPartition<State> | undefined {
    return this.#led.get(number);
  }

  all(): Iterable<LedPartition<State>> {
    return this.#led.values();
  }

  /** What this broker leads may have changed: has it come to lead a state partition, or ceased to? */
  rolesChanged(): void {
    for (const number of this.#numbers) {
      const replica = this.#replicas.partition(number);
      const leads = replica?.isLeader === true;
      const known = this.#led.get(number);
      if (known !== undefined && (!leads || replica.leaderEpoch !== known.coordinatorEpoch)) {
        this.#led.delete(number);
        this.#owner.onResigned(known);
      }
      if (leads && !this.#led.has(number)) this.#load(number, replica.leaderEpoch);
    }
  }

  #load(number: number, coordinatorEpoch: number): void {
    const nextOffset = this.#replicas.partition(number)!.log.logStartOffset;
    const loading = { number, coordinatorEpoch, isLoading: true, state: this.#owner.emptyState(), nextOffset };
    this.#led.set(number, loading);
    this.#replicas.host.later(this.#chunkTimer, 0, loading);
  }

  /**
   * One chunk, up to the log's end and not only to the high watermark: what a former coordinator could not get replicated
   * counts as well (loadTransactionMetadata, doLoadGroupsAndOffsets).
   */
  loadChunk(payload: unknown): void {
    const loading = payload as Loading<State>;
    const replica = this.#replicas.partition(loading.number);
    if (this.#led.get(loading.number) !== loading || replica === undefined) return;
    const { host } = this.#replicas;
    const { batches } = replica.log;
    const from = replica.log.indexOf(loading.nextOffset);
    const to = Math.min(from + BATCHES_PER_CHUNK, batches.length);
    for (let i = from; i < to; i++) this.#owner.takeIn(batches[i], loading.state);
    if (to < batches.length) {
      loading.nextOffset = batches[to].baseOffset;
      host.later(this.#chunkTimer, 0, loading);
      return;
    }
    loading.isLoading = false;
    const { number, coordinatorEpoch, state } = loading;
    host.probes.emit(Probe.coordinatorLoaded, host.id, number, coordinatorEpoch, this.#owner.keyCount(state));
    this.#owner.onLoaded(loading);
  }
}
