/**
 * A broker follows the metadata quorum as an observer: it fetches the log from the leader, keeps back what is not committed
 * yet, and hands on the rest in order. Whom it asks it finds out by asking. (KafkaRaftClient as an observer)
 *
 * A restarted broker begins at offset 0 again. Kafka's has a copy of the log on its disk, but may not apply any of it
 * before the first answer tells the high watermark: what it can know, and when, is the same.
 */
import { lastOf } from '../../kernel/arrays.js';
import type { MachineId } from '../../kernel/process.js';
import type { Stream } from '../../kernel/random.js';
import { KafkaError } from '../protocol/errors.js';
import { Purpose, RESPONSE, type Response } from '../protocol/messages.js';
import { NO_DIRECTORY, type MetadataRecord } from '../protocol/metadata-records.js';
import {
  NOBODY,
  NOWHERE,
  RaftApi,
  type FetchSnapshotRequest,
  type FetchSnapshotResponse,
  type MetadataBatch,
  type QuorumFetchRequest,
  type QuorumFetchResponse,
  type QuorumResponse,
} from '../protocol/raft-messages.js';
import { TimerRange, type BrokerServices, type MetadataFetching } from './components.js';
import { InterBrokerChannel, type ChannelUser } from './inter-broker-channel.js';

const Timer = {
  fetch: TimerRange.metadataFetcher + 0,
  channelDeadline: TimerRange.metadataFetcher + 1,
  channelReconnect: TimerRange.metadataFetcher + 2,
} as const;

/** KafkaRaftClient.MAX_FETCH_WAIT_MS */
const MAX_FETCH_WAIT_MS = 500;
/** reconnect.backoff.max.ms of the Raft channel. */
const RECONNECT_BACKOFF_MAX_MICROS = 500_000;
const REQUEST_BYTES = 80;

export class MetadataFetcher implements MetadataFetching, ChannelUser {
  private readonly broker: BrokerServices;
  private readonly channel: InterBrokerChannel;
  private readonly dice: Stream;
  private epoch = 0;
  private leader: MachineId = NOBODY;
  /** Whom it asks: the leader, or any voter while that is unknown or silent. */
  private target: MachineId;
  /** Offset of the next record to hand on. */
  private nextOffset = 0;
  /** Epoch of the record before it. */
  private lastEpoch = 0;
  private highWatermark = 0;
  /** Fetched, and not known to be committed. */
  private uncommitted: MetadataBatch[] = [];
  /** The snapshot that the leader wants it to take: end offset and epoch; NOWHERE: none. */
  private snapshotEndOffset = NOWHERE;
  private snapshotEpoch = NOWHERE;

  constructor(broker: BrokerServices) {
    this.broker = broker;
    this.dice = broker.host.dice('metadata-fetcher');
    this.target = this.anyVoter();
    this.channel = new InterBrokerChannel(
      broker.host,
      {
        purpose: Purpose.metadataFetch,
        requestTimeoutMicros: broker.config.settings['controller.quorum.request.timeout.ms'] * 1000,
        reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      () => this.target,
      this,
    );
  }

  start(): void {
    this.fetch();
  }

  stop(): void {}

  /** The leader of the quorum, as far as this broker knows; NOBODY. */
  get leaderId(): MachineId {
    return this.leader;
  }

  onTimer(kind: number): void {
    if (kind === Timer.fetch) this.fetch();
    else this.channel.onTimer(kind);
  }

  // ---------------------------------------------------------------------- answers

  onResponse(response: Response): void {
    const { error, leaderId, leaderEpoch } = response as QuorumResponse;
    const isNews = leaderEpoch > this.epoch || (leaderEpoch === this.epoch && this.leader === NOBODY);
    if (isNews && leaderEpoch > 0) this.heed(leaderId, leaderEpoch);
    if (error !== KafkaError.NONE || leaderEpoch < this.epoch) {
      this.snapshotEndOffset = NOWHERE;
      // Whoever does not lead, and knows nobody who does, is asked no more; a leader that is newly known at once.
      if (!isNews || this.leader === NOBODY) this.askElsewhereLater();
      else this.fetch();
      return;
    }
    if (response.kind === RaftApi.fetchSnapshot + RESPONSE) this.onSnapshot(response as FetchSnapshotResponse);
    else this.onFetched(response as QuorumFetchResponse);
    this.fetch();
  }

  /** The request timed out, or the connection broke: perhaps somebody else leads. (pollFollowerAsObserver) */
  onRequestLost(): void {
    this.askElsewhereLater();
  }

  private heed(leaderId: MachineId, epoch: number): void {
    this.epoch = epoch;
    this.leader = leaderId;
    if (leaderId !== NOBODY) this.ask(leaderId);
  }

  private onFetched(fetched: QuorumFetchResponse): void {
    if (fetched.divergingEpoch !== NOWHERE) {
      this.truncate(fetched.divergingEpoch, fetched.divergingEndOffset);
      return;
    }
    if (fetched.snapshotEpoch !== NOWHERE) {
      this.snapshotEndOffset = fetched.snapshotEndOffset;
      this.snapshotEpoch = fetched.snapshotEpoch;
      return;
    }
    for (const batch of fetched.batches) this.uncommitted.push(batch);
    if (fetched.highWatermark <= this.highWatermark) return;
    this.highWatermark = fetched.highWatermark;
    this.handOn();
  }

  private onSnapshot({ snapshot }: FetchSnapshotResponse): void {
    this.snapshotEndOffset = NOWHERE;
    this.snapshotEpoch = NOWHERE;
    if (snapshot === null || snapshot.endOffset <= this.nextOffset) return;
    this.uncommitted = [];
    this.nextOffset = snapshot.endOffset;
    this.lastEpoch = snapshot.epoch;
    this.highWatermark = Math.max(this.highWatermark, snapshot.endOffset);
    this.broker.onMetadataSnapshot(snapshot);
  }

  /** What is committed by now. */
  private handOn(): void {
    const records: MetadataRecord[] = [];
    const baseOffset = this.nextOffset;
    let count = 0;
    for (const batch of this.uncommitted) {
      if (batch.baseOffset >= this.highWatermark) break;
      count++;
      for (const record of batch.records) records.push(record);
      this.lastEpoch = batch.leaderEpoch;
    }
    this.uncommitted.splice(0, count);
    this.nextOffset += records.length;
    this.broker.onMetadata(records, baseOffset, this.highWatermark);
  }

  /** What another leader never had. It was not committed, so it was not handed on. (ReplicatedLog.truncateToEndOffset) */
  private truncate(epoch: number, endOffset: number): void {
    const isKept = (batch: MetadataBatch): boolean => batch.leaderEpoch <= epoch && batch.baseOffset < endOffset;
    const first = this.uncommitted.findIndex((batch) => !isKept(batch));
    if (first >= 0) this.uncommitted.length = first;
    // It was: the quorum has lost what it had committed (KAFKA-12460). Kafka's broker halts.
    else this.broker.host.die('halt');
  }

  // ---------------------------------------------------------------------- questions

  private fetch(): void {
    const { broker, channel } = this;
    if (this.snapshotEndOffset !== NOWHERE) {
      const request: FetchSnapshotRequest = {
        kind: RaftApi.fetchSnapshot,
        bytes: REQUEST_BYTES,
        correlationId: channel.nextCorrelationId(),
        replicaId: broker.host.id,
        replicaDirectoryId: NO_DIRECTORY,
        currentLeaderEpoch: this.epoch,
        snapshotEndOffset: this.snapshotEndOffset,
        snapshotEpoch: this.snapshotEpoch,
      };
      channel.send(request);
      return;
    }
    const last = lastOf(this.uncommitted);
    const request: QuorumFetchRequest = {
      kind: RaftApi.fetch,
      bytes: REQUEST_BYTES,
      correlationId: channel.nextCorrelationId(),
      replicaId: broker.host.id,
      replicaDirectoryId: NO_DIRECTORY,
      currentLeaderEpoch: this.epoch,
      fetchOffset: last === undefined ? this.nextOffset : last.baseOffset + last.records.length,
      lastFetchedEpoch: last?.leaderEpoch ?? this.lastEpoch,
      maxWaitMs: MAX_FETCH_WAIT_MS,
      highWatermark: broker.config.rules.highWatermarkInQuorumFetch ? this.highWatermark : NOWHERE,
    };
    channel.send(request);
  }

  private askElsewhereLater(): void {
    this.ask(this.anyVoter());
    const backoff = this.broker.config.settings['controller.quorum.retry.backoff.ms'] * 1000;
    this.broker.host.timer(Timer.fetch, backoff, 0);
  }

  private ask(node: MachineId): void {
    if (node === this.target) return;
    this.target = node;
    this.channel.disconnect();
  }

  private anyVoter(): MachineId {
    return this.dice.pick(this.broker.config.controllers);
  }
}
