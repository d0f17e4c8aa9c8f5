/**
 * The application of a consumer that is in a group, written as Kafka's documentation has it: it polls, does something with
 * each record in turn, and commits. When it commits is its policy:
 *
 *   after-processing    commitSync once all records of a poll are processed. A crash before that processes them again
 *   before-processing   commitSync first; if that fails, the records are not processed. A crash after it skips them
 *   auto                poll commits by itself what earlier polls returned (enable.auto.commit)
 *
 * Processing takes time, in which the application does not poll. Each record is an operation, 'process': invoked when it
 * begins, `ok` when its effect is there; still open when the process dies.
 */
import type { Host } from '../../kernel/process.js';
import type { CommitPolicy } from '../cluster-spec.js';
import type { OffsetToCommit } from '../protocol/group-messages.js';
import type { PolledRecords } from './fetcher.js';
import type { Commit } from './group/offset-commits.js';

/** How long processing takes: of the machine and the code that runs on it, so that it outlives the process. */
export interface ProcessingTime {
  /** Of each record. */
  recordMicros: number;
  /** Of the next one so much more. */
  nextExtraMicros: number;
}

/** opening: it does not poll yet. polling: it waits in poll. committing: in commitSync. processing: it is busy with a record. */
export type ApplicationState = 'opening' | 'polling' | 'committing' | 'processing';

/** What a consumer in a group tells and asks its application. */
export interface GroupApplication {
  readonly state: ApplicationState;
  /** poll has returned. */
  onPolled(records: readonly PolledRecords[]): void;
  /** The time is over that it asked for. */
  onProcessed(): void;
  /** What it waits for may have happened. */
  proceed(): void;
  /** When it has to do something though nothing happens, in wall time. Left out: never. */
  nextDeadline?(): number;
  /** Left out: it does not care which partitions it has. */
  readonly rebalanceListener?: RebalanceListener;
}

/** ConsumerRebalanceListener: called within poll. */
export interface RebalanceListener {
  /**
   * onPartitionsRevoked. False: it has not returned; while the application is busy poll does not go on, and then it is
   * called again with what is to be revoked by then.
   */
  revoke(partitions: readonly number[]): boolean;
  /** onPartitionsLost: others may own them already. */
  lose(partitions: readonly number[]): void;
  /** onPartitionsAssigned, with those that it had not before. */
  assign(partitions: readonly number[]): void;
}

/** What the application does with its consumer. */
export interface ApplicationHost {
  readonly host: Host;
  readonly session: number;
  readonly groupId: string;
  readonly time: ProcessingTime;
  /** KafkaConsumer.commitSync() of all that was polled; or commitSync(offsets). */
  commitSync(offsets?: readonly OffsetToCommit[]): Commit;
  /** Positions behind all that was polled. */
  consumed(): readonly OffsetToCommit[];
  /** consumer.seek to what consumer.committed answers, of every partition. */
  seekToCommitted(): void;
  /** KafkaConsumer.seek of an assigned partition. */
  seek(partition: number, offset: number): void;
  /** KafkaConsumer.pause, or resume, of an assigned partition. */
  pause(partition: number, isPaused: boolean): void;
  /** It is in no generation, or about to join the next. */
  isRebalancing(): boolean;
  wakeupConsumer(): void;
  /** Calls `onProcessed` after so long. */
  processFor(micros: number): void;
}

export class ConsumerApplication implements GroupApplication {
  readonly #context: ApplicationHost;
  readonly #policy: CommitPolicy;
  state: ApplicationState = 'polling';
  #records: readonly PolledRecords[] = [];
  /** Where it is in them. */
  #list = 0;
  #index = 0;
  #operation = -1;
  #commit: Commit | null = null;

  constructor(context: ApplicationHost, policy: CommitPolicy) {
    this.#context = context;
    this.#policy = policy;
  }

  /** poll has returned. */
  onPolled(records: readonly PolledRecords[]): void {
    this.#records = records;
    this.#list = 0;
    this.#index = 0;
    if (this.#policy === 'before-processing') this.#beginCommit();
    else this.#processNext();
  }

  /** The record is processed. */
  onProcessed(): void {
    this.#context.host.recorder.complete(this.#operation, 'ok', this.#value());
    this.#index++;
    this.#processNext();
  }

  /** commitSync may have returned, or thrown. */
  proceed(): void {
    if (this.state !== 'committing' || this.#commit!.state === 'pending') return;
    const isCommitted = this.#commit!.state === 'ok';
    this.#commit = null;
    if (this.#policy === 'before-processing' && isCommitted) this.#processNext();
    else this.state = 'polling';
  }

  #beginCommit(): void {
    this.state = 'committing';
    this.#commit = this.#context.commitSync();
    this.proceed();
  }

  #processNext(): void {
    while (this.#list < this.#records.length && this.#index >= this.#records[this.#list]!.offsets.length) {
      this.#list++;
      this.#index = 0;
    }
    if (this.#list >= this.#records.length) {
      if (this.#policy === 'after-processing') this.#beginCommit();
      else this.state = 'polling';
      return;
    }
    const { host, session, time } = this.#context;
    this.state = 'processing';
    this.#operation = host.recorder.invoke(host.id, session, 'process', this.#value());
    const micros = time.recordMicros + time.nextExtraMicros;
    time.nextExtraMicros = 0;
    this.#context.processFor(micros);
  }

  #value(): object {
    const { partition, offsets } = this.#records[this.#list]!;
    return {
      microOps: [{ kind: 'process', key: partition, group: this.#context.groupId, offset: offsets[this.#index] }],
    };
  }
}
