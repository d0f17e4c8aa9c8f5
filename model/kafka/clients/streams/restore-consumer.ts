/**
 * The restore consumer of a stream thread: it reads changelogs from where their stores are good to the end that they had
 * when the restoration began (StoreChangelogReader). Exactly-once tasks read what was committed alone, and the end is the
 * high watermark all the same: what the predecessor has written and not decided yet is waited for (KAFKA-10167).
 */
import type { Host, MachineId } from '../../../kernel/process.js';
import type { ConsumerSettings } from '../../cluster-spec.js';
import { KafkaError } from '../../protocol/errors.js';
import type { ListOffsetsResponse, Request, Response } from '../../protocol/messages.js';
import type { ClientConfig } from '../api.js';
import { AssignedConsumer } from '../assigned-consumer.js';
import { endOffsetRequest } from '../end-offset-request.js';
import type { PolledRecords } from '../fetcher.js';
import { AssignedPartition } from '../subscription-state.js';

export interface RestoreListener {
  onRestored(records: PolledRecords): void;
  onRestoreEnd(changelog: number): void;
  /** InvalidOffsetException: the changelog has no longer what is missing in the store. */
  onInvalidOffset(changelog: number): void;
}

/** A changelog that is being read. */
interface Restoration {
  readonly assigned: AssignedPartition;
  /** -1: not learnt yet. */
  endOffset: number;
  isAsked: boolean;
  retryAt: number;
}

export class RestoreConsumer extends AssignedConsumer {
  readonly #settings: ConsumerSettings;
  readonly #topicOf: readonly number[];
  readonly #listener: RestoreListener;
  readonly #stopsAtLastStableOffset: boolean;
  readonly #restorations: Restoration[] = [];

  constructor(host: Host, config: ClientConfig, settings: ConsumerSettings, listener: RestoreListener) {
    // seekToBeginning, where there is no checkpoint. A reset at any other time is heard of.
    super(host, config, { ...settings, 'auto.offset.reset': 'earliest' }, []);
    this.#settings = settings;
    this.#topicOf = config.partitions.topicOf;
    this.#listener = listener;
    this.#stopsAtLastStableOffset =
      config.rules.defects['KAFKA-10167'] && settings['isolation.level'] === 'read_committed';
    this.fetcher.returnsKeys = true;
  }

  /** @param from -1: the beginning of the changelog */
  restore(changelog: number, from: number): void {
    this.abandon(changelog);
    this.metadata.addTopic(this.#topicOf[changelog]!);
    const assigned = new AssignedPartition(changelog);
    if (from >= 0) {
      const leader = this.metadata.currentLeaderOf(changelog);
      const leaderEpoch = this.metadata.leaderEpochOf(changelog);
      assigned.seek({ offset: from, offsetEpoch: -1, leader, leaderEpoch });
    }
    this.assigned.push(assigned);
    this.#restorations.push({ assigned, endOffset: -1, isAsked: false, retryAt: -Infinity });
    this.metadataSeen = -1;
    this.wakeup();
  }

  /** The task is closed, or restored: nothing of its changelog is read any more. */
  abandon(changelog: number): void {
    const index = this.#restorations.findIndex(({ assigned }) => assigned.partition === changelog);
    if (index < 0) return;
    const [{ assigned }] = this.#restorations.splice(index, 1) as [Restoration];
    assigned.requestReset();
    this.assigned.splice(this.assigned.indexOf(assigned), 1);
  }

  close(): void {
    this.stopped = true;
    this.network.closeAll(this.host.wallMicros());
  }

  // ---------------------------------------------------------------------- the thread

  protected override turn(now: number): number {
    if (this.stopped) return Infinity;
    let next = super.turn(now);
    for (const restoration of this.#restorations) next = Math.min(next, this.#askEndOffset(restoration, now));
    for (const { assigned } of this.#restorations.filter(isAtEnd)) this.#finish(assigned.partition);
    return next;
  }

  protected override deliver(polled: readonly PolledRecords[]): void {
    for (const records of polled) this.#listener.onRestored(records);
  }

  override onOutOfRange({ partition }: AssignedPartition): void {
    this.#listener.onInvalidOffset(partition);
  }

  override onTruncationDetected({ partition }: AssignedPartition): void {
    this.#listener.onInvalidOffset(partition);
  }

  /** With a reset policy there always is a position. */
  protected override raise(): void {}
  /** A damaged batch is fetched again and again, as by any consumer. */
  protected override complain(): void {}

  #finish(changelog: number): void {
    this.abandon(changelog);
    this.#listener.onRestoreEnd(changelog);
  }

  #askEndOffset(restoration: Restoration, now: number): number {
    if (restoration.endOffset >= 0 || restoration.isAsked) return Infinity;
    if (restoration.retryAt > now) return restoration.retryAt;
    const { partition } = restoration.assigned;
    const leader = this.metadata.currentLeaderOf(partition);
    if (leader < 0) {
      this.metadata.requestUpdate();
      return Infinity;
    }
    if (!this.ready(leader, now)) return this.network.connectableAt(leader);
    restoration.isAsked = true;
    const epoch = this.metadata.requestEpochOf(partition);
    const correlationId = this.network.nextCorrelationId();
    const request = endOffsetRequest(correlationId, partition, epoch, this.#stopsAtLastStableOffset);
    this.network.send(leader, request, restoration, true, now);
    return Infinity;
  }

  protected override handleResponse(
    node: MachineId,
    request: Request,
    response: Response | null,
    context: unknown,
  ): void {
    const restoration = this.#restorations.find((one) => one === context);
    if (restoration !== undefined) this.#handleEndOffset(restoration, response as ListOffsetsResponse);
    else if (!isRestoration(context)) super.handleResponse(node, request, response, context);
  }

  protected override handleRequestLost(node: MachineId, request: Request, context: unknown, timedOut: boolean): void {
    if (isRestoration(context)) this.#askAgain(context);
    else super.handleRequestLost(node, request, context, timedOut);
  }

  #handleEndOffset(restoration: Restoration, { partitions }: ListOffsetsResponse): void {
    const { error, offset } = partitions[0]!;
    if (error === KafkaError.NONE) restoration.endOffset = offset;
    else this.#askAgain(restoration);
  }

  #askAgain(restoration: Restoration): void {
    restoration.isAsked = false;
    restoration.retryAt = this.host.wallMicros() + this.#settings['retry.backoff.ms'] * 1000;
    this.metadata.requestUpdate();
  }
}

function isAtEnd({ assigned: { position }, endOffset }: Restoration): boolean {
  return endOffset >= 0 && position !== null && position.offset >= endOffset;
}

/** What went with a request for an end offset; other requests go with lists. */
function isRestoration(context: unknown): context is Restoration {
  return typeof context === 'object' && context !== null && 'endOffset' in context;
}
