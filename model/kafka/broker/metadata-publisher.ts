/**
 * Applies what was fetched of the metadata log: MetadataLoader, BrokerMetadataPublisher, ReplicaManager.applyDelta.
 *
 * The cache is brought up to date first, so that clients may hear of a leader before it leads; then each partition of this
 * broker changes its role, one step each, in the order of ROLES; then fetching begins; then replicas go by the settings of
 * their topics that were altered (DynamicConfigPublisher). Only after that is the next piece applied.
 */
import type { Host } from '../../kernel/process.js';
import { Probe } from '../probes.js';
import { directoryOf, eligiblePartitions, type MetadataImage } from '../control/metadata-image.js';
import type { MetadataRecord } from '../protocol/metadata-records.js';
import type { MetadataSnapshot } from '../protocol/raft-messages.js';
import { DirectoryId } from '../protocol/directory-ids.js';
import type { PartitionRegistrationView } from './components.js';
import type { DirectoryAssignments } from './directory-assignments.js';
import type { FetcherManager } from './fetcher-manager.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';
import { BrokerTimer } from './timers.js';

type Role = 'none' | 'leader' | 'follower';

/** The order of ReplicaManager.applyDelta: what this broker no longer has, what it leads, what it follows. */
const ROLES: readonly Role[] = ['none', 'leader', 'follower'];

const NO_PARTITIONS: ReturnType<typeof eligiblePartitions> = [];

/** Told when an image has been applied in full. */
export interface PublishListener {
  onPublished(): void;
}

export class MetadataPublisher {
  readonly #host: Host;
  readonly #image: MetadataImage;
  readonly #replicas: ReplicaManager;
  readonly #fetchers: FetcherManager;
  readonly #directories: DirectoryAssignments;
  readonly #listener: PublishListener;
  /** A controlled shutdown has begun. */
  isShuttingDown = false;
  /** What is to be applied before the records; null: nothing. */
  #snapshot: MetadataSnapshot | null = null;
  #records: MetadataRecord[] = [];
  /** Where what was applied ends, exclusive. */
  #nextOffset = 0;
  /** The logs are loaded: images may be applied. */
  #started = false;
  #publishing = false;
  /** Offset of the last record applied to cache and replicas. */
  #applied = -1;
  /** Partitions whose transition is still to come in this image. */
  #pending = 0;
  #toFollow: Partition[] = [];
  /** Topics whose settings are others in this image. */
  #altered: number[] = [];
  /** By partition, of this broker's replicas: the directory that the last image named. */
  readonly #knownDirectories: (number | undefined)[] = [];

  constructor(
    host: Host,
    image: MetadataImage,
    replicas: ReplicaManager,
    fetchers: FetcherManager,
    directories: DirectoryAssignments,
    listener: PublishListener,
  ) {
    this.#host = host;
    this.#image = image;
    this.#replicas = replicas;
    this.#fetchers = fetchers;
    this.#directories = directories;
    this.#listener = listener;
  }

  /** Before the first image: of what was fetched; from then on: of what was applied (MetadataLoader.lastAppliedOffset). */
  get currentOffset(): number {
    return this.#started ? this.#applied : (this.#snapshot?.endOffset ?? this.#nextOffset) + this.#records.length - 1;
  }

  add(records: readonly MetadataRecord[]): void {
    for (const record of records) this.#records.push(record);
    this.#publishSoon();
  }

  /**
   * The state up to an offset beyond all that was added. Every partition counts as changed: those that did not are passed
   * over by their epochs. (MetadataLoader.handleLoadSnapshot)
   */
  replaceBy(snapshot: MetadataSnapshot): void {
    this.#records = [];
    this.#snapshot = snapshot;
    this.#publishSoon();
  }

  /** Nothing is applied before. */
  start(): void {
    this.#started = true;
    this.#publishSoon();
  }

  /** metadata image published | ... */
  publish(): void {
    const records = this.#records;
    this.#records = [];
    const changed = this.#loadSnapshot();
    let isNews = changed.length > 0;
    for (const record of records) {
      const cleared = record.kind === 'clear-elr' ? eligiblePartitions(this.#image, record.topic) : NO_PARTITIONS;
      this.#image.replay(record, this.#nextOffset++);
      if (record.kind !== 'no-op') isNews = true;
      if (record.kind === 'config') this.#altered.push(record.topic);
      for (const { partition } of cleared) if (!changed.includes(partition)) changed.push(partition);
      if (record.kind !== 'partition' && record.kind !== 'partition-change') continue;
      if (!changed.includes(record.partition)) changed.push(record.partition);
    }
    if (isNews) this.#host.probes.emit(Probe.metadataPublished, this.#host.id, -1, this.#nextOffset - 1);
    if (this.#applied < 0) this.#replicas.deleteStrays();
    const concerned = changed.filter((partition) => this.#concerns(partition));
    this.#pending = concerned.length;
    if (concerned.length === 0) {
      this.#finish();
      return;
    }
    for (const role of ROLES) {
      for (const partition of concerned) {
        if (this.#roleOf(partition) === role) this.#host.later(BrokerTimer.transition, partition);
      }
    }
  }

  /** @returns the partitions that it speaks of */
  #loadSnapshot(): number[] {
    const snapshot = this.#snapshot;
    if (snapshot === null) return [];
    this.#snapshot = null;
    const state = snapshot.state as MetadataImage;
    this.#image.copyFrom(state);
    this.#nextOffset = snapshot.endOffset;
    this.#altered.push(...state.configurations.keys());
    this.#host.probes.emit(Probe.metadataSnapshotLoaded, this.#host.id, -1, snapshot.endOffset);
    return state.partitions.flatMap((partition) => (partition === undefined ? [] : [partition.partition]));
  }

  #roleOf(number: number): Role {
    const { replicas, leader } = this.#image.partition(number)!;
    const { id } = this.#host;
    if (!replicas.includes(id)) return 'none';
    return leader === id ? 'leader' : 'follower';
  }

  /** ... | each partition's transition | ... */
  transition(number: number): void {
    try {
      this.#play(number, this.#roleOf(number));
    } catch (failure) {
      this.#replicas.storageError(failure);
    }
    this.#pending--;
    if (this.#pending === 0) this.#host.later(BrokerTimer.startFetchers, 0);
  }

  /** A replica that lies in a directory that is offline plays none. */
  #play(number: number, role: Role): void {
    const state = this.#image.partition(number)!;
    if (role === 'none') {
      this.#stop(number);
      return;
    }
    const directory = directoryOf(state, this.#host.id);
    const partition = this.#replicas.hostedIn(number, directory);
    if (partition !== undefined && role === 'leader') this.#lead(partition, state);
    else if (partition !== undefined) this.#follow(partition, state);
    this.#reportDirectory(number, directory);
  }

  /** The metadata do not know where the replica lies (ReplicaManager.maybeUpdateTopicAssignment). */
  #reportDirectory(number: number, inMetadata: number): void {
    const actual = this.#replicas.directoryIdOf(number);
    const isNews = this.#knownDirectories[number] !== inMetadata;
    this.#knownDirectories[number] = inMetadata;
    if (isNews && actual !== DirectoryId.migrating && actual !== inMetadata) this.#directories.add(number, actual);
  }

  /** ... | fetcher start. Requests that waited for a leadership that is gone are answered now. */
  startFetchers(): void {
    const toFollow = this.#toFollow;
    this.#toFollow = [];
    for (const partition of toFollow) this.#fetchers.remove(partition);
    for (const partition of toFollow) {
      const hasLeader = partition.leader >= 0 && this.#image.broker(partition.leader) !== undefined;
      if (hasLeader) this.#fetchers.add(partition);
      this.#replicas.completeDelayed(partition.number);
    }
    this.#fetchers.closeIdle();
    this.#finish();
  }

  #lead(partition: Partition, state: PartitionRegistrationView): void {
    this.#fetchers.remove(partition);
    if (!partition.makeLeader(state)) return;
    if (this.#replicas.advanceHighWatermark(partition)) this.#replicas.completeDelayed(partition.number);
  }

  /** A broker that is shutting down stops to copy what it is no longer in the ISR of (applyLocalFollowersDelta). */
  #follow(partition: Partition, state: PartitionRegistrationView): void {
    const beginsAnew = partition.makeFollower(state);
    const isLeaving = this.isShuttingDown && (state.leader < 0 || !state.isr.includes(this.#host.id));
    if (isLeaving) {
      this.#fetchers.remove(partition);
      this.#replicas.completeDelayed(partition.number);
    } else if (beginsAnew) {
      this.#toFollow.push(partition);
    }
  }

  #finish(): void {
    for (const topic of this.#altered) this.#replicas.topicAltered(topic);
    this.#altered = [];
    this.#applied = this.#nextOffset - 1;
    this.#publishing = false;
    this.#listener.onPublished();
    this.#publishSoon();
  }

  #publishSoon(): void {
    if (!this.#started || this.#publishing || (this.#records.length === 0 && this.#snapshot === null)) return;
    this.#publishing = true;
    this.#host.later(BrokerTimer.publish, 0);
  }

  #concerns(partition: number): boolean {
    if (this.#replicas.partition(partition) !== undefined) return true;
    return this.#image.partition(partition)!.replicas.includes(this.#host.id);
  }

  #stop(number: number): void {
    const partition = this.#replicas.partition(number);
    if (partition !== undefined) this.#fetchers.remove(partition);
    this.#replicas.delete(number);
    this.#replicas.completeDelayed(number);
  }
}
