/** A consumer with assigned partitions whose polls are recorded: one operation for each poll that returned records. */
import type { Host } from '../../kernel/process.js';
import type { ConsumerConfig, ConsumerLag, ConsumerSurface } from './api.js';
import { AssignedConsumer } from './assigned-consumer.js';
import type { PolledRecords } from './fetcher.js';
import { PollRecorder } from './poll-recorder.js';
import { lagOf, type AssignedPartition } from './subscription-state.js';

export class ConsumerClient extends AssignedConsumer implements ConsumerSurface {
  private readonly config: ConsumerConfig;
  private readonly polls: PollRecorder;

  constructor(host: Host, config: ConsumerConfig) {
    super(host, config, config.settings, config.assigned);
    this.config = config;
    this.polls = new PollRecorder(host, this.session);
  }

  override start(): void {
    const value = { microOps: this.config.assigned.map((key) => ({ kind: 'assign', key })) };
    const { recorder, id } = this.host;
    recorder.complete(recorder.invoke(id, this.session, 'assign', value), 'ok', value);
    this.polls.invoke();
    super.start();
  }

  position(partition: number): number {
    return this.find(partition)?.position?.offset ?? -1;
  }

  caughtUp(): true | readonly ConsumerLag[] {
    if (this.assigned.every((assigned) => lagOf(assigned) === null)) return true;
    return this.assigned.flatMap((assigned) => {
      const reason = lagOf(assigned);
      return reason === null ? [] : [{ partition: assigned.partition, reason }];
    });
  }

  override onTruncationDetected(_assigned: AssignedPartition, endOffset: number): void {
    this.polls.warn(endOffset < 0 ? 'truncation detected: reset' : 'truncation detected');
  }

  override onOutOfRange(_assigned: AssignedPartition): void {
    this.polls.warn('OFFSET_OUT_OF_RANGE: reset');
  }

  protected override deliver(polled: readonly PolledRecords[]): void {
    this.polls.returned(polled);
    if (this.config.listener === undefined) return;
    for (const { partition, offsets, values } of polled) {
      for (let i = 0; i < offsets.length; i++) this.config.listener.onRecord(partition, offsets[i]!, values[i]!);
    }
  }

  protected override raise(_assigned: AssignedPartition, error: string): void {
    this.polls.ended(error);
    this.host.die('halt');
  }

  protected override complain(_assigned: AssignedPartition, error: string): void {
    this.polls.threw(error);
  }

  private find(partition: number): AssignedPartition | undefined {
    return this.assigned.find((assigned) => assigned.partition === partition);
  }
}
