/** A consumer with assigned partitions whose polls are recorded: one operation for each poll that returned records. */
import type { Host } from '../../kernel/process.js';
import type { ConsumerConfig, ConsumerLag, ConsumerSurface } from './api.js';
import { AssignedConsumer } from './assigned-consumer.js';
import type { PolledRecords } from './fetcher.js';
import type { AssignedPartition } from './subscription-state.js';

/** Histories take values as lists of micro-operations. */
const NOTHING = { microOps: [] };

export class ConsumerClient extends AssignedConsumer implements ConsumerSurface {
  private readonly config: ConsumerConfig;
  /** The poll that the application waits in: it blocks until there are records. */
  private poll = -1;
  /** Said with the next poll: why positions moved otherwise than by reading. */
  private warning: string | undefined = undefined;
  /** The exception that the last poll ended with; the same one again is not another operation. */
  private lastException: string | undefined = undefined;

  constructor(host: Host, config: ConsumerConfig) {
    super(host, config, config.settings, config.assigned);
    this.config = config;
  }

  override start(): void {
    // 'assign' names its partitions as polls of nothing.
    const value = {
      microOps: this.config.assigned.map((key) => ({ kind: 'poll', key, offsets: [], values: [] })),
    };
    const { recorder, id } = this.host;
    recorder.complete(recorder.invoke(id, this.session, 'assign', value), 'ok', value);
    this.invokePoll();
    super.start();
  }

  position(partition: number): number {
    return this.find(partition)?.position?.offset ?? -1;
  }

  caughtUp(): true | readonly ConsumerLag[] {
    if (this.stopped) return [{ partition: -1, reason: 'stopped with an exception' }];
    if (this.assigned.every((assigned) => lagOf(assigned) === null)) return true;
    return this.assigned.flatMap((assigned) => {
      const reason = lagOf(assigned);
      return reason === null ? [] : [{ partition: assigned.partition, reason }];
    });
  }

  override onTruncationDetected(_assigned: AssignedPartition, endOffset: number): void {
    this.warning = endOffset < 0 ? 'truncation detected: reset' : 'truncation detected';
  }

  override onOutOfRange(_assigned: AssignedPartition): void {
    this.warning = 'OFFSET_OUT_OF_RANGE: reset';
  }

  protected override deliver(polled: readonly PolledRecords[]): void {
    const microOps = polled.map(({ partition, offsets, values }) => ({
      kind: 'poll',
      key: partition,
      offsets,
      values,
    }));
    this.host.recorder.complete(this.poll, 'ok', { microOps }, this.warning);
    this.warning = undefined;
    this.lastException = undefined;
    this.invokePoll();
    if (this.config.listener === undefined) return;
    for (const { partition, offsets, values } of polled) {
      for (let i = 0; i < offsets.length; i++) this.config.listener.onRecord(partition, offsets[i]!, values[i]!);
    }
  }

  protected override raise(_assigned: AssignedPartition, error: string): void {
    this.host.recorder.complete(this.poll, 'fail', NOTHING, error);
  }

  protected override complain(_assigned: AssignedPartition, error: string): void {
    if (this.lastException === error) return;
    this.lastException = error;
    this.host.recorder.complete(this.poll, 'fail', NOTHING, error);
    this.invokePoll();
  }

  private invokePoll(): void {
    this.poll = this.host.recorder.invoke(this.host.id, this.session, 'poll', NOTHING);
  }

  private find(partition: number): AssignedPartition | undefined {
    return this.assigned.find((assigned) => assigned.partition === partition);
  }
}

/** null: everything below the last high watermark that it heard of was returned. */
function lagOf({ position, highWatermark }: AssignedPartition): string | null {
  if (position === null) return 'has no position yet';
  if (highWatermark < 0) return 'has not fetched yet';
  return position.offset < highWatermark ? `has read up to ${position.offset} of ${highWatermark}` : null;
}
