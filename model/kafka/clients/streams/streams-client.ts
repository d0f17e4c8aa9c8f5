/**
 * A Kafka Streams application that counts the records of each key: one process with one stream thread, which has a consumer
 * in the group `application.id`, a producer or one for each task, and a restore consumer (KafkaStreams; clients.md §6). Its state is on the disk
 * of its machine and outlives the process.
 *
 * After a TaskMigratedException the thread closes its clients and begins anew, with the same transactional.id: what its
 * predecessor had left open is aborted by that (StreamThread.handleTaskMigrated).
 */
import type { Host, MachineId } from '../../../kernel/process.js';
import { isExactlyOnce, type Fencing, type ProducerSettings, type StreamsSpec } from '../../cluster-spec.js';
import { partitionTransactionalId } from '../../transactional-ids.js';
import type { ConsumerLag, ConsumerSurface, GroupConsumerConfig, ProducerConfig } from '../api.js';
import type { ApplicationHost, GroupApplication } from '../consumer-application.js';
import { GroupConsumer } from '../group-consumer.js';
import { PartedProcess } from '../parted-process.js';
import type { ProducerApplication, TransactionalProducer } from '../producer-application.js';
import { ProducerClient } from '../producer.js';
import type { CountRecords } from './count-records.js';
import { PlainOutput } from './plain-output.js';
import { RestoreConsumer, type RestoreListener } from './restore-consumer.js';
import { groupAlone, type ConsumerGroupMetadata } from '../transactional-requests.js';
import type { OutputOwner, OutputTopics, StreamOutput, ThreadOutput } from './stream-output.js';
import { TaskManager } from './task-manager.js';
import { TaskOutputs, type TaskProducer } from './task-outputs.js';
import { StreamThread } from './stream-thread.js';
import { TransactionalOutput } from './transactional-output.js';

export interface StreamsConfig {
  readonly consumer: Omit<GroupConsumerConfig, 'application'>;
  readonly producer: ProducerSettings;
  readonly streams: StreamsSpec;
  readonly recordBytes: number;
  /** Number of the topic that counts go to. */
  readonly topic: number;
  readonly fencing: Fencing;
  readonly records: CountRecords;
}

/** What counts are sent with. */
interface Producers {
  readonly output: StreamOutput;
  /** Those that are there now. */
  clients(): readonly ProducerClient[];
  close(): void;
}

/** The clients of a thread, and the thread; new ones of each after a migration. */
interface Parts {
  readonly consumer: GroupConsumer;
  readonly producers: Producers;
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
    const { consumer, producers, restoreConsumer } = this.#parts;
    return [consumer, restoreConsumer, ...producers.clients()].some((client) => client.takesForLeader(broker));
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
    // All that they tell comes later, when there is a thread.
    const restoreConsumer = this.#openRestoreConsumer(() => tasks);
    const producers = this.#openProducers({
      groupMetadata: () => this.#groupMetadata(consumer),
      onOpened: () => thread.onOpened(),
      onAcknowledged: (changelog, offset) => tasks.acknowledged(changelog, offset),
      onCommitted: () => thread.onOutputCommitted(),
      onFailed: (failure) => thread.onFailed(failure),
    });
    const application = (context: ApplicationHost): GroupApplication => {
      tasks = this.#createTasks(context, restoreConsumer);
      thread = new StreamThread(
        context,
        { guarantee, commitIntervalMs, records },
        {
          tasks,
          output: producers.output,
          onMigrated: () => this.#closeAndReopen(),
          onShutDown: () => consumer.shutDown(),
        },
      );
      return thread;
    };
    const consumer = this.open(this.nextPart(), (host) => new GroupConsumer(host, { ...config, application }));
    this.#parts = { consumer, producers, restoreConsumer, tasks, thread };
    for (const client of producers.clients()) client.start();
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

  #openProducers(owner: OutputOwner): Producers {
    const { producer: settings, streams, topic } = this.#config;
    const topics = { output: topic, changelog: streams.changelog };
    if (streams.guarantee === 'exactly_once') {
      const outputs = new TaskOutputs(
        (input, ofTask) => this.#openTaskProducer(input, topics, { ...owner, ...ofTask }),
        owner,
      );
      return { output: outputs, clients: () => outputs.clients, close: () => outputs.closeAll() };
    }
    const isExact = isExactlyOnce(streams.guarantee);
    const { client, output } = this.#openProducer({ settings }, (host, producer): ThreadOutput =>
      isExact ? new TransactionalOutput(host, producer, topics, owner) : new PlainOutput(host, producer, topics, owner),
    );
    return { output, clients: () => [client], close: () => client.close() };
  }

  /** Tasks send at the same time: each has a session of its own. */
  #openTaskProducer(input: number, topics: OutputTopics, owner: OutputOwner): TaskProducer {
    const { consumer, producer } = this.#config;
    const { topicOf, indexOf } = consumer.partitions;
    const topicName = consumer.topicNames[topicOf[input]!]!;
    const id = partitionTransactionalId(this.#config, topicName, indexOf[input]!);
    const settings = { ...producer, 'transactional.id': id };
    const part = this.nextPart();
    const { client, output } = this.#openProducer(
      { settings, session: this.sessionOf(part) },
      (host, of) => new TransactionalOutput(host, of, topics, owner),
      part,
    );
    const close = (): void => {
      output.abandon();
      client.close();
      this.forgetPart(part);
    };
    return { client, output, close };
  }

  #openProducer<O extends ProducerApplication>(
    own: Pick<ProducerConfig, 'settings' | 'session'>,
    outputOf: (host: Host, producer: TransactionalProducer) => O,
    part = this.nextPart(),
  ): { readonly client: ProducerClient; readonly output: O } {
    const { consumer, recordBytes } = this.#config;
    const { partitions, bootstrap, rules } = consumer;
    let output!: O;
    const create = (host: Host): ProducerClient =>
      new ProducerClient(host, {
        partitions,
        bootstrap,
        rules,
        recordBytes,
        ...own,
        application: (producer) => {
          output = outputOf(host, producer);
          return output;
        },
      });
    const client = this.open(part, create);
    return { client, output };
  }

  #groupMetadata(consumer: GroupConsumer): ConsumerGroupMetadata {
    const metadata = consumer.groupMetadata;
    return this.#config.fencing === 'group-metadata' ? metadata : groupAlone(metadata.groupId);
  }

  #createTasks(consumer: ApplicationHost, restoreConsumer: RestoreConsumer): TaskManager {
    const { streams, records, consumer: config } = this.#config;
    const { indexOf, partitionsOf } = config.partitions;
    const changelogs = partitionsOf[streams.changelog]!;
    return new TaskManager(consumer, restoreConsumer, { guarantee: streams.guarantee, indexOf, changelogs, records });
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
    parts.producers.close();
    parts.restoreConsumer.close();
    return parts;
  }

  protected override onOwnTimer(): void {
    this.#openThread();
  }
}
