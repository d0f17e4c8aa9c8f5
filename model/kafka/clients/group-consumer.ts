/**
 * KafkaConsumer that subscribes: a member of a consumer group, and the application that polls it (ClassicKafkaConsumer,
 * AsyncKafkaConsumer; clients.md §5). Polls are recorded as those of a consumer with assigned partitions are.
 *
 * Its threads are the application's, which does nothing for the group while it is busy with records, and one in the
 * background, which goes on meanwhile. An application that waits in poll calls it again and again: the time-out of one call is
 * short beside max.poll.interval.ms, which is therefore counted from the moment at which records were returned.
 */
import type { Host, MachineId } from '../../kernel/process.js';
import type { OffsetCommitResponse, OffsetFetchResponse } from '../protocol/group-messages.js';
import { errorName, type ErrorCode } from '../protocol/errors.js';
import { Api, type FindCoordinatorResponse, type Request, type Response } from '../protocol/messages.js';
import type { ConsumerLag, ConsumerSurface, GroupConsumerConfig } from './api.js';
import { AssignedConsumer } from './assigned-consumer.js';
import { TIMER_APPLICATION } from './client-process.js';
import { ConsumerApplication, type ApplicationHost, type GroupApplication } from './consumer-application.js';
import { ExponentialBackoff } from './exponential-backoff.js';
import type { PolledRecords } from './fetcher.js';
import { CommittedOffsets } from './group/committed-offsets.js';
import { CoordinatorLookup } from './group/coordinator-lookup.js';
import { ClassicMember } from './group/classic/classic-member.js';
import { ConsumerMember } from './group/consumer/consumer-member.js';
import type { GroupMember } from './group/group-member.js';
import { OffsetCommits } from './group/offset-commits.js';
import { OwnedPartitions } from './group/owned-partitions.js';
import { PollRecorder } from './poll-recorder.js';
import { lagOf, type AssignedPartition } from './subscription-state.js';
import type { ConsumerGroupMetadata } from './transactional-requests.js';

export class GroupConsumer extends AssignedConsumer implements ConsumerSurface {
  private readonly config: GroupConsumerConfig;
  private readonly polls: PollRecorder;
  private readonly lookup: CoordinatorLookup;
  private readonly owned: OwnedPartitions;
  private readonly member: GroupMember;
  private readonly commits: OffsetCommits;
  private readonly committed: CommittedOffsets;
  private readonly application: GroupApplication;
  private autoCommitAt = Infinity;
  private isEnding = false;

  constructor(host: Host, config: GroupConsumerConfig) {
    super(host, config, config.settings, []);
    this.config = config;
    const { settings, rules } = config;
    const network = this.consumerNetwork;
    const backoff = new ExponentialBackoff(
      settings['retry.backoff.ms'],
      settings['retry.backoff.max.ms'],
      host.dice('coordinator-backoff'),
    );
    this.polls = new PollRecorder(host, this.session);
    this.lookup = new CoordinatorLookup(settings['group.id'], network, backoff);
    this.owned = new OwnedPartitions(host, this.session, settings['group.id'], this.assigned);
    this.member = this.createMember();
    this.commits = new OffsetCommits(host, this.session, settings, network, this.lookup, this.member);
    this.committed = new CommittedOffsets(host, this.session, settings, rules, network, this.lookup);
    this.application = this.createApplication();
    this.owned.listener = this.application.rebalanceListener ?? null;
    for (const topic of config.topics) this.metadata.addTopic(topic);
  }

  override start(): void {
    this.polls.invoke();
    super.start();
  }

  position(partition: number): number {
    return this.assignedTo(partition)?.position?.offset ?? -1;
  }

  private assignedTo(partition: number): AssignedPartition | undefined {
    return this.assigned.find((assigned) => assigned.partition === partition);
  }

  caughtUp(): true | readonly ConsumerLag[] {
    const reason = this.unrest();
    if (reason !== null) return [{ partition: -1, reason }];
    const lags = this.assigned.flatMap((assigned) => {
      const lag = lagOf(assigned);
      return lag === null ? [] : [{ partition: assigned.partition, reason: lag }];
    });
    return lags.length === 0 ? true : lags;
  }

  /** KafkaConsumer.groupMetadata: it changes when the consumer has joined (ConsumerCoordinator.onJoinComplete). */
  get groupMetadata(): ConsumerGroupMetadata {
    const { settings } = this.config;
    const { generationId, memberId } = this.member.joined;
    const groupInstanceId = settings['group.instance.id'] ?? null;
    return { groupId: settings['group.id'], generationId, memberId, groupInstanceId };
  }

  /** The application is asked to end: it finishes the records of its last poll, and closes its consumer. */
  shutDown(): void {
    this.isEnding = true;
    this.wakeup();
  }

  /** KafkaConsumer.close by an application that goes on without it. */
  closeNow(): void {
    const now = this.host.wallMicros();
    this.stopped = true;
    this.member.leave(now);
    this.network.closeAll(now);
  }

  /** KafkaConsumer.close: commits if it does so by itself, and leaves the group. Then the process ends. */
  private close(now: number): void {
    if (this.config.settings['enable.auto.commit'] && typeof this.member.committer() !== 'string') {
      // The answer is not waited for: what was written still arrives.
      this.commits.commitAsync(this.owned.consumed(), now);
    }
    this.member.leave(now);
    this.network.closeAll(now);
    this.host.die('exit');
  }

  override onTruncationDetected(_assigned: AssignedPartition, endOffset: number): void {
    this.polls.warn(endOffset < 0 ? 'truncation detected: reset' : 'truncation detected');
  }

  override onOutOfRange(_assigned: AssignedPartition): void {
    this.polls.warn('OFFSET_OUT_OF_RANGE: reset');
  }

  /** ConsumerCoordinator.poll and what follows it, if the application is there; then the thread in the background. */
  protected override turn(now: number): number {
    if (this.stopped) return Infinity;
    this.lookAtLeaders();
    let next = this.commits.proceed(now);
    this.application.proceed();
    if (this.isEnding && (this.application.state === 'polling' || this.application.state === 'opening')) {
      this.close(now);
      return Infinity;
    }
    if (this.application.state === 'polling') next = Math.min(next, this.poll(now));
    next = Math.min(next, this.application.nextDeadline?.() ?? Infinity);
    const isPolling = this.application.state === 'polling';
    return this.stopped ? Infinity : Math.min(next, this.member.beat(now, isPolling));
  }

  private poll(now: number): number {
    this.member.polled(now);
    // Until the metadata knows its topics, the leader of a group could assign none of their partitions.
    if (!this.config.topics.every((topic) => this.metadata.knowsTopic(topic))) return Infinity;
    let next = Infinity;
    // onPartitionsAssigned may not have returned: positions are looked for behind it (updateAssignmentMetadataIfNeeded).
    if (this.member.proceed(now) && this.application.state === 'polling') {
      next = Math.min(this.autoCommit(now), this.committed.ask(this.assigned, this.member.offsetReader, now));
      next = Math.min(next, this.offsetFetcher.askWhatIsMissing(now));
    }
    next = Math.min(next, this.member.nextDeadline(now));
    // The application may be busy with what it has to give up.
    if (this.stopped || !this.member.mayReturnRecords || this.application.state !== 'polling') return next;
    const polled = this.fetcher.collect();
    next = Math.min(next, this.fetcher.sendFetches(now));
    if (polled.length > 0) this.deliver(polled);
    return next;
  }

  /** Every auto.commit.interval.ms, within poll (maybeAutoCommitOffsetsAsync). Returns when it is due next. */
  private autoCommit(now: number): number {
    const { settings } = this.config;
    if (!settings['enable.auto.commit']) return Infinity;
    if (now >= this.autoCommitAt) {
      this.autoCommitAt = now + settings['auto.commit.interval.ms'] * 1000;
      this.commits.commitAsync(this.owned.consumed(), now);
    }
    return this.autoCommitAt;
  }

  protected override deliver(polled: readonly PolledRecords[]): void {
    this.polls.returned(polled);
    this.application.onPolled(polled);
    if (this.application.state === 'polling') this.wakeup();
    const { listener } = this.config;
    if (listener === undefined) return;
    for (const { partition, offsets, values } of polled) {
      for (let i = 0; i < offsets.length; i++) listener.onRecord(partition, offsets[i]!, values[i]!);
    }
  }

  protected override raise(_assigned: AssignedPartition, error: string): void {
    this.end(error);
  }

  protected override complain(_assigned: AssignedPartition, error: string): void {
    this.polls.threw(error);
  }

  protected override onApplicationTimer(): void {
    this.application.onProcessed();
  }

  protected override handleResponse(
    node: MachineId,
    request: Request,
    response: Response | null,
    context: unknown,
  ): void {
    const now = this.host.wallMicros();
    switch (request.kind) {
      case Api.findCoordinator:
        this.lookup.handleResponse(response as FindCoordinatorResponse, now);
        this.member.coordinatorFound(now);
        return;
      case Api.offsetCommit:
        this.commits.handleResponse(context, response as OffsetCommitResponse, now);
        return;
      case Api.offsetFetch:
        this.committed.handleResponse(response as OffsetFetchResponse, now);
        return;
      case Api.joinGroup:
      case Api.syncGroup:
      case Api.heartbeat:
      case Api.leaveGroup:
      case Api.consumerGroupHeartbeat:
        this.member.handleResponse(request, response!, context, now);
        return;
      default:
        super.handleResponse(node, request, response, context);
    }
  }

  protected override handleRequestLost(node: MachineId, request: Request, context: unknown, timedOut: boolean): void {
    const now = this.host.wallMicros();
    switch (request.kind) {
      case Api.findCoordinator:
        this.lookup.handleRequestLost(now);
        return;
      case Api.offsetCommit:
        this.commits.handleRequestLost(context, now);
        return;
      case Api.offsetFetch:
        this.committed.handleRequestLost(now);
        return;
      case Api.joinGroup:
      case Api.syncGroup:
      case Api.heartbeat:
      case Api.leaveGroup:
      case Api.consumerGroupHeartbeat:
        this.member.handleRequestLost(request, context, now);
        return;
      default:
        super.handleRequestLost(node, request, context, timedOut);
    }
  }

  private createMember(): GroupMember {
    const { host, config, lookup, owned } = this;
    const { settings } = config;
    const context = {
      host,
      config,
      network: this.consumerNetwork,
      lookup,
      owned,
      commitConsumed: (now: number) => this.commits.commitAsync(owned.consumed(), now),
      onAssigned: (now: number) => {
        this.autoCommitAt = now + settings['auto.commit.interval.ms'] * 1000;
      },
      onFatal: (error: ErrorCode) => this.end(errorName(error)),
    };
    return settings['group.protocol'] === 'consumer' ? new ConsumerMember(context) : new ClassicMember(context);
  }

  /** poll has thrown, and no later one could do better: the exception ends the application. */
  private end(error: string): void {
    this.stopped = true;
    this.polls.ended(error);
    this.host.die('halt');
  }

  private createApplication(): GroupApplication {
    const { host, session } = this;
    const { settings, processing, commit, application } = this.config;
    this.fetcher.returnsKeys = application !== undefined;
    const context: ApplicationHost = {
      host,
      session,
      groupId: settings['group.id'],
      time: processing,
      commitSync: (offsets) => this.commits.commitSync(offsets ?? this.owned.consumed(), host.wallMicros()),
      consumed: () => this.owned.consumed(),
      seekToCommitted: () => {
        for (const assigned of this.assigned) assigned.requestCommitted();
      },
      seek: (partition: number, offset: number) => {
        const leader = this.metadata.currentLeaderOf(partition);
        const leaderEpoch = this.metadata.requestEpochOf(partition);
        this.assignedTo(partition)?.seekUnvalidated({ offset, offsetEpoch: -1, leader, leaderEpoch });
      },
      pause: (partition: number, isPaused: boolean) => {
        const assigned = this.assignedTo(partition);
        if (assigned !== undefined) assigned.isPaused = isPaused;
      },
      isRebalancing: () => !this.member.isSettled || typeof this.member.committer() === 'string',
      wakeupConsumer: () => {
        this.wakeup();
      },
      processFor: (micros: number) => {
        host.timer(TIMER_APPLICATION, micros, 0);
      },
    };
    return application?.(context) ?? new ConsumerApplication(context, commit);
  }

  /** null: it is a member like any other, and its application waits for records. */
  private unrest(): string | null {
    if (this.application.state !== 'polling') return `is ${this.application.state}`;
    if (!this.member.isSettled) return 'has not joined its group';
    return this.fetcher.hasBuffered ? 'has not returned what it fetched' : null;
  }
}
