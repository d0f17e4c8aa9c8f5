/**
 * Reads one partition in full from one replica, while that replica leads: from the first offset to the end that the leader
 * itself names (ListOffsets, latest). Recorded as one poll that carries the machine it read from. A change of leader on the
 * way starts the read afresh: what is recorded was read from one leadership.
 */
import type { Host, MachineId } from '../../kernel/process.js';
import { Probe } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import type { ListOffsetsResponse, Request, Response } from '../protocol/messages.js';
import type { FinalReaderConfig, FinalReaderSurface } from './api.js';
import { AssignedConsumer } from './assigned-consumer.js';
import { endOffsetRequest } from './end-offset-request.js';
import type { PolledRecords } from './fetcher.js';
import type { AssignedPartition } from './subscription-state.js';

/** The context of the request for the end offset, to tell it from those of position resets. */
const END_OFFSET = 'end-offset';

/**
 * Whoever does not name the leader by now may never do so: under ZooKeeper a late UpdateMetadata takes a broker back to an
 * earlier leader (B32), and a client that is connected to this broker alone asks no other (NetworkClient.leastLoadedNode).
 */
const PATIENCE_MICROS = 10_000_000;

export class FinalReaderClient extends AssignedConsumer implements FinalReaderSurface {
  private readonly config: FinalReaderConfig;
  private readonly partition: AssignedPartition;
  private readonly operation: number;
  private readonly startedAt: number;
  private offsets: number[] = [];
  private values: number[] = [];
  /** The leader epoch that this read holds for; -1: not begun. */
  private epoch = -1;
  /** -1: not learnt yet. */
  private endOffset = -1;
  private endOffsetAsked = false;
  private retryAt = -Infinity;
  private finished = false;
  /** The last exception of poll: what keeps this read from its end, if it does not get there. */
  private error: string | null = null;

  constructor(host: Host, config: FinalReaderConfig) {
    super(host, config, config.settings, [config.partition]);
    this.config = config;
    this.partition = this.assigned[0]!;
    this.startedAt = host.monotonicMicros();
    this.operation = host.recorder.invoke(host.id, this.session, 'poll', this.value([], []));
  }

  done(): true | string {
    const { partition, readOf } = this.config;
    if (this.finished) return true;
    const leader = this.metadata.currentLeaderOf(partition);
    if (leader !== readOf)
      return `partition ${partition} is led by machine ${leader}, not ${readOf}, as far as the reader knows`;
    if (this.endOffset < 0) return `machine ${readOf} has not named the end of partition ${partition}`;
    const position = this.partition.position?.offset ?? 0;
    return `partition ${partition} was read up to ${position} of ${this.endOffset}${this.error === null ? '' : `: ${this.error}`}`;
  }

  protected override turn(now: number): number {
    if (this.finished) return Infinity;
    const leader = this.metadata.currentLeaderOf(this.config.partition);
    const epoch = this.metadata.leaderEpochOf(this.config.partition);
    if (leader !== this.config.readOf) {
      // The leadership was moved here just now, so what this client knows is old.
      this.metadata.requestUpdate();
      if (this.host.monotonicMicros() - this.startedAt > PATIENCE_MICROS) this.connectToAll(now);
      return Infinity;
    }
    if (epoch !== this.epoch) this.restart(epoch);
    const next = Math.min(super.turn(now), this.askEndOffset(now));
    this.finishIfComplete();
    return next;
  }

  protected override handleResponse(
    node: MachineId,
    request: Request,
    response: Response | null,
    context: unknown,
  ): void {
    if (context === END_OFFSET) this.handleEndOffset(node, response as ListOffsetsResponse);
    else super.handleResponse(node, request, response, context);
  }

  protected override handleRequestLost(node: MachineId, request: Request, context: unknown, timedOut: boolean): void {
    if (context === END_OFFSET) this.endOffsetAsked = false;
    else super.handleRequestLost(node, request, context, timedOut);
  }

  protected override deliver(polled: readonly PolledRecords[]): void {
    for (const records of polled) {
      for (let i = 0; i < records.offsets.length; i++) {
        this.offsets.push(records.offsets[i]!);
        this.values.push(records.values[i]!);
      }
    }
  }

  protected override raise(_assigned: AssignedPartition, error: string): void {
    this.error = error;
  }

  /** A damaged batch is passed over, as an operator would: what it held is lost to whoever reads this replica. */
  protected override complain(assigned: AssignedPartition, error: string): void {
    this.error = error;
    const { position } = assigned;
    if (position !== null) assigned.seek({ ...position, offset: position.offset + 1 });
  }

  /** An update goes to any node that is connected and idle: to others than the one that was asked so far, too. */
  private connectToAll(now: number): void {
    for (const node of this.metadata.nodes) this.network.ready(node, now);
  }

  private restart(epoch: number): void {
    this.epoch = epoch;
    this.offsets = [];
    this.values = [];
    this.endOffset = -1;
    this.partition.requestReset();
  }

  private askEndOffset(now: number): number {
    if (this.endOffset >= 0 || this.endOffsetAsked) return Infinity;
    if (this.retryAt > now) return this.retryAt;
    const node = this.config.readOf;
    if (!this.ready(node, now)) return this.network.connectableAt(node);
    const readCommitted = this.config.settings['isolation.level'] === 'read_committed';
    const request = endOffsetRequest(
      this.network.nextCorrelationId(),
      this.config.partition,
      this.epoch,
      readCommitted,
    );
    this.endOffsetAsked = true;
    this.network.send(node, request, END_OFFSET, true, now);
    return Infinity;
  }

  private handleEndOffset(node: MachineId, response: ListOffsetsResponse): void {
    this.endOffsetAsked = false;
    const { error, offset } = response.partitions[0]!;
    if (error === KafkaError.NONE) {
      this.endOffset = offset;
      this.host.probes.emit(Probe.offsetsEnded, this.host.id, this.config.partition, offset, node);
    } else {
      this.retryAt = this.host.wallMicros() + this.config.settings['retry.backoff.ms'] * 1000;
      this.metadata.requestUpdate();
    }
  }

  private finishIfComplete(): void {
    const position = this.partition.position;
    if (this.endOffset < 0 || position === null || position.offset < this.endOffset) return;
    this.finished = true;
    this.host.recorder.complete(this.operation, 'ok', this.value(this.offsets, this.values));
  }

  private value(offsets: readonly number[], values: readonly number[]): object {
    const { partition, readOf } = this.config;
    return { microOps: [{ kind: 'poll', key: partition, offsets, values }], finalReadOf: readOf };
  }
}
