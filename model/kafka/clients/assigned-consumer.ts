/**
 * KafkaConsumer with partitions assigned by hand, and an application that polls in a loop and takes no time over records.
 * What is done with them is the subclass's. Without a group (group-consumer.ts has one) there are no committed offsets: every
 * position begins with the reset policy (auto.offset.reset, by default latest).
 */
import type { Host, MachineId } from '../../kernel/process.js';
import type { ConsumerSettings } from '../cluster-spec.js';
import {
  Api,
  type FetchResponse,
  type ListOffsetsResponse,
  type OffsetForLeaderEpochResponse,
  type Request,
  type Response,
} from '../protocol/messages.js';
import type { ClientConfig } from './api.js';
import { ClientProcess } from './client-process.js';
import type { ConsumerNetwork } from './consumer-network.js';
import { Fetcher, type FetchListener, type PolledRecords } from './fetcher.js';
import { OffsetFetcher, type TruncationListener } from './offset-fetcher.js';
import { AssignedPartition } from './subscription-state.js';

/** Consumers set their own limit: ConsumerUtils.CONSUMER_MAX_INFLIGHT_REQUESTS_PER_CONNECTION. */
const MAX_IN_FLIGHT = 100;

export abstract class AssignedConsumer extends ClientProcess implements FetchListener, TruncationListener {
  /** One list for the consumer's life, which its parts share. */
  protected readonly assigned: AssignedPartition[];
  protected readonly consumerNetwork: ConsumerNetwork;
  protected readonly offsetFetcher: OffsetFetcher;
  protected readonly fetcher: Fetcher;
  /** The version of the metadata by which positions were validated; -1: by none. */
  protected metadataSeen = -1;
  /** It was closed, or an exception of poll has ended it: what is left of the turn sends nothing. */
  protected stopped = false;

  constructor(host: Host, config: ClientConfig, settings: ConsumerSettings, partitions: readonly number[]) {
    super(host, config, settings, MAX_IN_FLIGHT);
    this.assigned = partitions.map((partition) => new AssignedPartition(partition));
    this.consumerNetwork = {
      client: this.network,
      metadata: this.metadata,
      nodeReady: (node: MachineId, now: number) => this.ready(node, now),
    };
    this.offsetFetcher = new OffsetFetcher(this.consumerNetwork, settings, this.assigned, this);
    this.fetcher = new Fetcher(this.consumerNetwork, settings, this.assigned, this);
    for (const partition of partitions) this.metadata.addTopic(config.partitions.topicOf[partition]!);
  }

  /** One poll returned these, at least one record. */
  protected abstract deliver(polled: readonly PolledRecords[]): void;
  /** KafkaConsumer.poll threw what only another configuration mends: the application does not catch it, and its process ends. */
  protected abstract raise(assigned: AssignedPartition, error: string): void;
  /** KafkaConsumer.poll threw what may pass: the application polls again. */
  protected abstract complain(assigned: AssignedPartition, error: string): void;

  /** The log ended before the position, or the position is out of range: it moves. Subclasses may want to know. */
  onTruncationDetected(_assigned: AssignedPartition, _endOffset: number): void {}
  onOutOfRange(_assigned: AssignedPartition): void {}

  onNoPosition(assigned: AssignedPartition, error: string): void {
    if (this.stopped) return;
    this.stopped = true;
    this.raise(assigned, error);
  }

  onFetchException(assigned: AssignedPartition, error: string): void {
    this.complain(assigned, error);
  }

  /** KafkaConsumer.poll: metadata, positions, then what was fetched; the next fetches go out before records are returned. */
  protected override turn(now: number): number {
    if (this.stopped) return Infinity;
    this.lookAtLeaders();
    const polled = this.fetcher.collect();
    const missing = this.offsetFetcher.askWhatIsMissing(now);
    if (this.stopped) return Infinity;
    const next = Math.min(missing, this.fetcher.sendFetches(now));
    if (polled.length > 0) this.deliver(polled);
    if (this.fetcher.hasBuffered) this.wakeup();
    return next;
  }

  /** Where the metadata names other leaders than before, positions are validated (KIP-320). */
  protected lookAtLeaders(): void {
    if (this.metadataSeen === this.metadata.version) return;
    this.metadataSeen = this.metadata.version;
    for (const assigned of this.assigned) {
      assigned.maybeValidate(
        this.metadata.currentLeaderOf(assigned.partition),
        this.metadata.requestEpochOf(assigned.partition),
      );
    }
  }

  protected override handleResponse(
    node: MachineId,
    request: Request,
    response: Response | null,
    context: unknown,
  ): void {
    const now = this.host.wallMicros();
    if (request.kind === Api.fetch) {
      this.fetcher.handleResponse(node, context as readonly AssignedPartition[], response as FetchResponse, now);
    } else if (request.kind === Api.listOffsets) {
      this.offsetFetcher.handleListOffsets(
        context as readonly AssignedPartition[],
        response as ListOffsetsResponse,
        now,
      );
    } else {
      this.offsetFetcher.handleOffsetForLeaderEpoch(context as never, response as OffsetForLeaderEpochResponse, now);
    }
  }

  protected override handleRequestLost(node: MachineId, request: Request, context: unknown, _timedOut: boolean): void {
    if (request.kind === Api.fetch) this.fetcher.handleRequestLost(node);
    else this.offsetFetcher.handleRequestLost(request.kind, context, this.host.wallMicros());
  }
}
