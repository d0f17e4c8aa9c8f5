/**
 * A Kafka Streams application that counts the records of each key: one process with one stream thread, which has a consumer
 * in the group `application.id`, a producer, and a restore consumer (KafkaStreams; clients.md §6). Its state is on the disk
 * of its machine and outlives the process.
 *
 * After a TaskMigratedException the thread closes its clients and begins anew, with the same transactional.id: what its
 * predecessor had left open is aborted by that (StreamThread.handleTaskMigrated).
 */
import type { Host, MachineId } from '../../../kernel/process.js';
import type { ProducerSettings, StreamsSpec } from '../../cluster-spec.js';
import type { ConsumerLag, ConsumerSurface, GroupConsumerConfig } from '../api.js';
import type { ApplicationHost, GroupApplication } from '../consumer-application.js';
import { GroupConsumer } from '../group-consumer.js';
import { PartedProcess } from '../parted-process.js';
import type { TransactionalProducer } from '../producer-application.js';
import { ProducerClient } from '../producer.js';
import type { CountRecords } from './count-records.js';
import { PlainOutput } from './plain-output.js';
import { RestoreConsumer, type RestoreListener } from './restore-consumer.js';
import type { OutputOwner, StreamOutput } from './stream-output.js';
import { TaskManager } from './task-manager.js';
import { StreamThread } from './stream-thread.js';
import { TransactionalOutput } from './transactional-output.js';

export interface StreamsConfig {
  readonly consumer: Omit<GroupConsumerConfig, 'application'>;
  readonly producer: ProducerSettings;
  readonly streams: StreamsSpec;
  readonly recordBytes: number;
  /** Number of the topic that counts go to. */
  readonly topic: number;
  readonly records: CountRecords;
}

/** The clients of a thread, and the thread; new ones of each after a migration. */
interface Parts {
  readonly consumer: GroupConsumer;
  readonly producer: ProducerClient;
  readonly restoreConsumer: RestoreConsumer;
  readonly tasks: TaskManager;
  readonly thread: StreamThread;
}

const TIMER_REOPEN = 1;

export class StreamsClient extends PartedProcess implements ConsumerSurface {
  readonly #config: StreamsConfig;
  #parts: Parts | null = null;
  #isEnding = false;

  constructor(host: Host, config: StreamsConfig) {
    super(host);
    this.#config = config;
  }

  override start(): void {
    this.#openThread();
  }

  // ---------------------------------------------------------------------- what is asked of it

  position(partition: number): number {
    return this.#parts?.consumer.position(partition) ?? -1;
  }

  caughtUp(): true | readonly ConsumerLag[] {
    if (this.#parts === null) return [{ partition: -1, reason: 'is being started again' }];
    const { thread, consumer } = this.#parts;
    return thread.unrest === null ? consumer.caughtUp() : [{ partition: -1, reason: thread.unrest }];
  }

  get knownBrokers(): readonly MachineId[] {
    return this.#parts?.consumer.knownBrokers ?? this.#config.consumer.bootstrap;
  }

  /** Whether one of its clients would turn to a broker for some partition. */
  takesForLeader(broker: MachineId): boolean {
    if (this.#parts === null) return false;
    const { consumer, producer, restoreConsumer } = this.#parts;
    return [consumer, producer, restoreConsumer].some((client) => client.takesForLeader(broker));
  }

  shutDown(): void {
    this.#isEnding = true;
    if (this.#parts === null) this.host.die('exit');
    else this.#parts.thread.shutDown();
  }

  // ---------------------------------------------------------------------- the thread

  #openThread(): void {
    const { consumer: config, streams, records } = this.#config;
    const { guarantee, commitIntervalMs } = streams;
    let tasks!: TaskManager;
    let thread!: StreamThread;
    let output!: StreamOutput;
    // All that they tell comes later, when there is a thread.
    const restoreConsumer = this.#openRestoreConsumer(() => tasks);
    const producer = this.#openProducer((host, of) => {
      output = this.#createOutput(host, of, {
        groupMetadata: () => consumer.groupMetadata,
        onOpened: () => thread.onOpened(),
        onAcknowledged: (changelog, offset) => tasks.acknowledged(changelog, offset),
        onCommitted: () => thread.onOutputCommitted(),
        onFailed: (failure) => thread.onFailed(failure),
      });
      return output;
    });
    const application = (context: ApplicationHost): GroupApplication => {
      tasks = this.#createTasks(context, restoreConsumer);
      thread = new StreamThread(
        context,
        { guarantee, commitIntervalMs, records },
        {
          tasks,
          output,
          wakeupProducer: () => producer.wakeup(),
          onMigrated: () => this.#closeAndReopen(),
          onShutDown: () => consumer.shutDown(),
        },
      );
      return thread;
    };
    const consumer = this.open(this.nextPart(), (host) => new GroupConsumer(host, { ...config, application }));
    this.#parts = { consumer, producer, restoreConsumer, tasks, thread };
    producer.start();
    restoreConsumer.start();
    consumer.start();
  }

  #openRestoreConsumer(listener: () => RestoreListener): RestoreConsumer {
    const { settings, partitions, bootstrap, rules } = this.#config.consumer;
    const create = (host: Host): RestoreConsumer =>
      new RestoreConsumer(host, { partitions, bootstrap, rules }, settings, {
        onRestored: (records) => listener().onRestored(records),
        onRestoreEnd: (changelog) => listener().onRestoreEnd(changelog),
        onInvalidOffset: (changelog) => listener().onInvalidOffset(changelog),
      });
    return this.open(this.nextPart(), create);
  }

  #openProducer(outputOf: (host: Host, producer: TransactionalProducer) => StreamOutput): ProducerClient {
    const { consumer, producer: settings, recordBytes } = this.#config;
    const { partitions, bootstrap, rules } = consumer;
    const create = (host: Host): ProducerClient => {
      const application = (of: TransactionalProducer): StreamOutput => outputOf(host, of);
      return new ProducerClient(host, { partitions, bootstrap, rules, settings, recordBytes, application });
    };
    return this.open(this.nextPart(), create);
  }

  #createTasks(consumer: ApplicationHost, restoreConsumer: RestoreConsumer): TaskManager {
    const { streams, records, consumer: config } = this.#config;
    const { indexOf, partitionsOf } = config.partitions;
    const changelogs = partitionsOf[streams.changelog]!;
    return new TaskManager(consumer, restoreConsumer, { guarantee: streams.guarantee, indexOf, changelogs, records });
  }

  #createOutput(host: Host, producer: TransactionalProducer, owner: OutputOwner): StreamOutput {
    const { topic, streams } = this.#config;
    const topics = { output: topic, changelog: streams.changelog };
    return streams.guarantee === 'exactly_once_v2'
      ? new TransactionalOutput(host, producer, topics, owner)
      : new PlainOutput(host, producer, topics, owner);
  }

  #closeAndReopen(): void {
    const parts = this.#close();
    if (parts === null) return;
    parts.tasks.closeDirty(parts.tasks.inputs);
    parts.consumer.closeNow();
    if (this.#isEnding) this.host.die('exit');
    else this.host.later(TIMER_REOPEN, 0);
  }

  /** The consumer was asked to shut down, and has. */
  onPartEnds(_part: number, why: 'halt' | 'exit'): void {
    if (this.#close() !== null) this.host.die(why);
  }

  #close(): Parts | null {
    const parts = this.#parts;
    if (parts === null) return null;
    this.#parts = null;
    this.forgetParts();
    parts.producer.close();
    parts.restoreConsumer.close();
    return parts;
  }

  protected override onOwnTimer(): void {
    this.#openThread();
  }
}
