/** One fetcher for each leader that this broker follows: ReplicaFetcherManager, num.replica.fetchers=1. */
import type { MachineId } from '../../kernel/process.js';
import { TruncateReason } from '../probes.js';
import type { BrokerBasics } from './components.js';
import type { Partition } from './partition.js';
import { FetchState } from './fetch-state.js';
import { ReplicaFetcher } from './replica-fetcher.js';
import type { ReplicaManager } from './replica-manager.js';
import { firstNeed } from './truncation.js';

export class FetcherManager {
  readonly #broker: BrokerBasics;
  readonly #replicas: ReplicaManager;
  /** By the leader's machine. */
  readonly #fetchers: (ReplicaFetcher | undefined)[] = [];

  constructor(broker: BrokerBasics, replicas: ReplicaManager) {
    this.#broker = broker;
    this.#replicas = replicas;
  }

  onTimer(kind: number, _arg: number, payload: unknown): void {
    (payload as ReplicaFetcher).onTimer(kind);
  }

  /** Stops fetching the partition, from whomever. */
  remove(partition: Partition): void {
    for (const fetcher of this.#fetchers) fetcher?.remove(partition);
  }

  /** Follows the partition's leader in the present epoch (addPartitions, partitionFetchState). */
  add(partition: Partition): void {
    const { log, leader } = partition;
    let need = firstNeed(log, this.#replicas.rules.truncation);
    if (need === 'high-watermark') {
      try {
        log.truncateTo(log.highWatermark, TruncateReason.highWatermark);
      } catch (failure) {
        this.#replicas.storageError(failure);
        return;
      }
      need = 'records';
    }
    this.#fetcherOf(leader).add(new FetchState(partition, need));
  }

  closeIdle(): void {
    for (let leader = 0; leader < this.#fetchers.length; leader++) {
      const fetcher = this.#fetchers[leader];
      if (fetcher === undefined || !fetcher.isIdle) continue;
      fetcher.close();
      this.#fetchers[leader] = undefined;
    }
  }

  #fetcherOf(leader: MachineId): ReplicaFetcher {
    return (this.#fetchers[leader] ??= new ReplicaFetcher(this.#broker, this.#replicas, leader));
  }
}
