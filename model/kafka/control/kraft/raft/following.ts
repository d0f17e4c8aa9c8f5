/**
 * What a follower does, and an observer: it fetches the log from the leader, or its snapshot, and looks for the leader if
 * it knows none. (KafkaRaftClient: handleFetchResponse, handleFetchSnapshotResponse, pollFollower...)
 */
import { KafkaError } from '../../../protocol/errors.js';
import {
  NOWHERE,
  RaftApi,
  type FetchSnapshotRequest,
  type FetchSnapshotResponse,
  type QuorumFetchRequest,
  type QuorumFetchResponse,
} from '../../../protocol/raft-messages.js';
import { hasDynamicVoters } from './config.js';
import type { Elections } from './elections.js';
import { QuorumFault, REQUEST_BYTES, type Member } from './member.js';
import type { Follower } from './quorum.js';

/** KafkaRaftClient.MAX_FETCH_WAIT_MS */
const MAX_FETCH_WAIT_MS = 500;
const NEVER = Number.POSITIVE_INFINITY;

export class Following {
  private readonly member: Member;
  private readonly elections: Elections;

  constructor(member: Member, elections: Elections) {
    this.member = member;
    this.elections = elections;
  }

  // ---------------------------------------------------------------------- what time demands

  /** @returns when to come again */
  poll(state: Follower): number {
    const { member } = this;
    const isOverdue = member.now >= state.fetchDeadline;
    if (member.quorum.isVoter) {
      if (!isOverdue) return Math.min(state.fetchDeadline, this.fetchFrom(state.leaderId, state));
      this.elections.stand();
      return 0;
    }
    // An observer cannot be elected: it asks around for another leader. It may have been made a voter meanwhile, and does
    // not stand by the old one any longer than a voter would. B84: it does, for ever.
    if (isOverdue && !member.config.rules.defects.B84) state.hasFetched = false;
    if (isOverdue || !member.channel(state.leaderId).isHopeful(member.now)) return this.fetchFromAnybody();
    return Math.min(state.fetchDeadline, this.fetchFrom(state.leaderId, state));
  }

  /** (maybeSendAnyVoterFetch) */
  fetchFromAnybody(): number {
    const { member } = this;
    const { awaitedUntil } = member;
    if (awaitedUntil !== NEVER) return awaitedUntil;
    const others = member.config.bootstrapServers.filter((server) => server !== member.nodeId);
    const ready = others.filter((server) => member.channel(server).isReady(member.now));
    if (ready.length > 0) return this.fetchFrom(member.dice.pick(ready), null);
    return Math.min(...others.map((server) => member.channel(server).readyAt));
  }

  private fetchFrom(node: number, state: Follower | null): number {
    const { member } = this;
    const { log, quorum, nodeId, config } = member;
    if (state !== null && state.snapshotEndOffset !== NOWHERE) {
      return member.ask<FetchSnapshotRequest>(node, RaftApi.fetchSnapshot, {
        replicaId: nodeId,
        replicaDirectoryId: member.directoryId,
        currentLeaderEpoch: quorum.epoch,
        snapshotEndOffset: state.snapshotEndOffset,
        snapshotEpoch: state.snapshotEpoch,
      });
    }
    const channel = member.channel(node);
    const { now } = member;
    if (!channel.isReady(now)) return channel.readyAt;
    const request: QuorumFetchRequest = {
      kind: RaftApi.fetch,
      bytes: REQUEST_BYTES,
      correlationId: channel.nextCorrelationId(),
      replicaId: nodeId,
      replicaDirectoryId: member.directoryId,
      currentLeaderEpoch: quorum.epoch,
      fetchOffset: log.endOffset,
      lastFetchedEpoch: log.lastEpoch,
      maxWaitMs: MAX_FETCH_WAIT_MS,
      highWatermark: config.rules.highWatermarkInQuorumFetch ? member.highWatermark : NOWHERE,
    };
    channel.send(request, now);
    return channel.readyAt;
  }

  // ---------------------------------------------------------------------- answers

  /** From whom this node follows. @returns whether it was of any use */
  onFetched(state: Follower, response: QuorumFetchResponse): boolean {
    if (response.error !== KafkaError.NONE) return false;
    const { member } = this;
    if (response.fetchOffset !== member.log.endOffset) return false;
    if (response.divergingEpoch !== NOWHERE) {
      this.truncate(response);
      this.fetchedAt(state);
    } else if (response.snapshotEpoch !== NOWHERE) {
      state.snapshotEndOffset = response.snapshotEndOffset;
      state.snapshotEpoch = response.snapshotEpoch;
      this.fetchedAt(state);
    } else if (response.batches.length === 0) {
      this.commit(response.highWatermark);
      this.fetchedAt(state);
    } else {
      this.append(state, response);
    }
    return true;
  }

  onSnapshot(state: Follower, { error, snapshot }: FetchSnapshotResponse): boolean {
    const { member } = this;
    state.snapshotEndOffset = NOWHERE;
    state.snapshotEpoch = NOWHERE;
    if (error !== KafkaError.NONE || snapshot === null) return false;
    member.log.addSnapshot(snapshot);
    if (member.log.truncateToLatestSnapshot()) {
      member.voterSets.rebuild(member.log);
      member.commitTo(Math.max(member.highWatermark, snapshot.endOffset));
    }
    this.fetchedAt(state);
    return true;
  }

  /**
   * A voter flushes before it fetches again, for with that fetch it says that it holds the records (KAFKA-10533). So does an
   * observer that may be made a voter meanwhile; others need not (KAFKA-13884).
   */
  private append(state: Follower, response: QuorumFetchResponse): void {
    const { member } = this;
    for (const batch of response.batches) {
      member.log.append(batch);
      member.voterSets.add(batch);
    }
    const done = (): void => {
      this.commit(response.highWatermark);
      this.fetchedAt(state);
    };
    if (member.quorum.isVoter || hasDynamicVoters(member.config)) member.flushThen(done);
    else done();
  }

  private commit(highWatermark: number): void {
    const { member } = this;
    if (highWatermark !== NOWHERE) member.commitTo(Math.min(member.log.endOffset, highWatermark));
  }

  /** What it holds behind the point of divergence never was committed; if it was, it must not go on (KAFKA-12460). */
  private truncate({ divergingEndOffset, divergingEpoch }: QuorumFetchResponse): void {
    const { member } = this;
    const end = member.log.divergenceFrom({ offset: divergingEndOffset, epoch: divergingEpoch });
    if (end < member.highWatermark) {
      if (!member.config.rules.defects['KAFKA-12460']) {
        throw new QuorumFault(`told to truncate to ${end}, below the high watermark ${member.highWatermark}`);
      }
      member.loseCommitted(end);
    }
    member.log.truncateTo(end);
    member.voterSets.truncateTo(end);
  }

  private fetchedAt(state: Follower): void {
    const timeout = this.member.config.settings['controller.quorum.fetch.timeout.ms'] * 1000;
    state.fetchDeadline = this.member.now + timeout;
    state.hasFetched = true;
  }
}
