/**
 * KafkaConsumer of an application outside, which calls assign, seek and poll as it likes: one poll at a time, and between
 * polls nothing is fetched. Without a group every position begins with a seek or with auto.offset.reset.
 */
import type { Host } from '../../kernel/process.js';
import type { CallListener, ConsumerConfig, ConsumerLag, ConsumerSurface } from './api.js';
import { AssignedConsumer } from './assigned-consumer.js';
import type { PolledRecords } from './fetcher.js';
import { AssignedPartition } from './subscription-state.js';

export interface CalledConsumerConfig extends ConsumerConfig {
  readonly calls: CallListener;
}

interface Poll {
  readonly call: number;
  readonly operation: number;
  /** Wall micros. */
  readonly deadline: number;
}

/** Histories take values as lists of micro-operations. */
const NOTHING = { microOps: [] };

export class CalledConsumer extends AssignedConsumer implements ConsumerSurface {
  private readonly config: CalledConsumerConfig;
  private poll: Poll | null = null;
  /** Said with the next poll: why positions moved otherwise than by reading. */
  private warning: string | undefined = undefined;

  constructor(host: Host, config: CalledConsumerConfig) {
    super(host, config, config.settings, []);
    this.config = config;
  }

  // ---------------------------------------------------------------------- calls

  /** KafkaConsumer.assign: positions of partitions that stay are kept. */
  callAssign(call: number, keys: readonly number[]): void {
    for (const assigned of this.assigned) {
      // Nothing that was fetched of it is returned any more.
      if (!keys.includes(assigned.partition)) assigned.requestReset();
    }
    const kept = keys.map((key) => this.find(key) ?? new AssignedPartition(key));
    this.assigned.splice(0, this.assigned.length, ...kept);
    for (const key of keys) this.metadata.addTopic(this.config.partitions.topicOf[key]!);
    this.record('assign', keys);
    this.config.calls.onCallDone(call);
    this.wakeup();
  }

  /** KafkaConsumer.seek: the next poll begins there. */
  callSeek(call: number, key: number, offset: number): void {
    const assigned = this.find(key);
    if (assigned === undefined) {
      this.config.calls.onCallDone(call, 'IllegalStateException: no assignment of this partition');
      return;
    }
    const leader = this.metadata.currentLeaderOf(key);
    // Of the record before nothing is known: there is nothing to validate the position by.
    assigned.seek({ offset, offsetEpoch: -1, leader, leaderEpoch: this.metadata.leaderEpochOf(key) });
    this.metadataSeen = -1;
    this.record('seek', [key]);
    this.config.calls.onCallDone(call);
    this.wakeup();
  }

  callPoll(call: number, timeoutMs: number): void {
    if (this.poll !== null) {
      this.config.calls.onCallDone(call, 'ConcurrentModificationException: another poll has not returned');
      return;
    }
    if (this.assigned.length === 0) {
      this.config.calls.onCallDone(call, 'IllegalStateException: no partitions are assigned');
      return;
    }
    const operation = this.host.recorder.invoke(this.host.id, this.session, 'poll', NOTHING);
    this.poll = { call, operation, deadline: this.host.wallMicros() + timeoutMs * 1000 };
    this.wakeup();
  }

  // ---------------------------------------------------------------------- what can be asked

  position(partition: number): number {
    return this.find(partition)?.position?.offset ?? -1;
  }

  /** How far it reads is for its application to say. */
  caughtUp(): true | readonly ConsumerLag[] {
    return true;
  }

  // ---------------------------------------------------------------------- polling

  protected override turn(now: number): number {
    if (this.poll === null) return Infinity;
    const next = super.turn(now);
    if (this.poll === null) return Infinity;
    if (now < this.poll.deadline) return Math.min(next, this.poll.deadline);
    this.deliver([]);
    return Infinity;
  }

  override onTruncationDetected(_assigned: AssignedPartition, endOffset: number): void {
    this.warning = endOffset < 0 ? 'truncation detected: reset' : 'truncation detected';
  }

  override onOutOfRange(_assigned: AssignedPartition): void {
    this.warning = 'OFFSET_OUT_OF_RANGE: reset';
  }

  /** The application may seek and go on. */
  override onNoPosition(assigned: AssignedPartition, error: string): void {
    this.raise(assigned, error);
  }

  protected override deliver(polled: readonly PolledRecords[]): void {
    const { call, operation } = this.poll!;
    this.poll = null;
    const microOps = polled.map(({ partition, offsets, values }) => ({
      kind: 'poll',
      key: partition,
      offsets,
      values,
    }));
    this.host.recorder.complete(operation, 'ok', { microOps }, this.warning);
    this.warning = undefined;
    this.config.calls.onPolled(call, polled);
    if (this.config.listener === undefined) return;
    for (const { partition, offsets, values } of polled) {
      for (let i = 0; i < offsets.length; i++) this.config.listener.onRecord(partition, offsets[i]!, values[i]!);
    }
  }

  protected override raise(_assigned: AssignedPartition, error: string): void {
    if (this.poll === null) return;
    const { call, operation } = this.poll;
    this.poll = null;
    this.host.recorder.complete(operation, 'fail', NOTHING, error);
    this.config.calls.onCallDone(call, error);
  }

  protected override complain(assigned: AssignedPartition, error: string): void {
    this.raise(assigned, error);
  }

  private record(f: 'assign' | 'seek', keys: readonly number[]): void {
    const value = { microOps: keys.map((key) => ({ kind: 'assign', key })) };
    const { recorder, id } = this.host;
    recorder.complete(recorder.invoke(id, this.session, f, value), 'ok', value);
  }

  private find(partition: number): AssignedPartition | undefined {
    return this.assigned.find((assigned) => assigned.partition === partition);
  }
}
