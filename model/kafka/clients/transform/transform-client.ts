/**
 * An application that consumes, transforms and produces: one process with a consumer in a group and a transactional
 * producer. When its producer is fenced, or cannot go on for another reason, the application closes both and begins anew
 * with the same transactional.id, as KafkaProducer's documentation asks for.
 */
import type { Host, MachineId } from '../../../kernel/process.js';
import type { Fencing, ProducerSettings } from '../../cluster-spec.js';
import { NO_GENERATION, NO_MEMBER_ID } from '../../protocol/group-messages.js';
import type { ConsumerLag, ConsumerSurface, GroupConsumerConfig } from '../api.js';
import { GroupConsumer } from '../group-consumer.js';
import { ProducerClient } from '../producer.js';
import { PartedProcess } from '../parted-process.js';
import type { ConsumerGroupMetadata } from '../transactional-requests.js';
import { TransformApplication, type OutputValues } from './transform-application.js';
import { TransformTransactions } from './transform-transactions.js';

export interface TransformConfig {
  readonly consumer: Omit<GroupConsumerConfig, 'application'>;
  readonly producer: ProducerSettings;
  readonly recordBytes: number;
  /** Number of the topic that it writes to. */
  readonly topic: number;
  readonly fencing: Fencing;
  readonly values: OutputValues;
}

/** What it consists of; a new one of each after a fatal error. */
interface Parts {
  readonly consumer: GroupConsumer;
  readonly producer: ProducerClient;
}

const TIMER_REOPEN = 1;
/** Before an application that was fenced is started again. */
const REOPEN_MICROS = 1_000_000;

export class TransformClient extends PartedProcess implements ConsumerSurface {
  readonly #config: TransformConfig;
  #parts: Parts | null = null;
  #isEnding = false;

  constructor(host: Host, config: TransformConfig) {
    super(host);
    this.#config = config;
  }

  override start(): void {
    this.#open();
  }

  // ---------------------------------------------------------------------- what is asked of it

  position(partition: number): number {
    return this.#parts?.consumer.position(partition) ?? -1;
  }

  caughtUp(): true | readonly ConsumerLag[] {
    return this.#parts?.consumer.caughtUp() ?? [{ partition: -1, reason: 'is being started again' }];
  }

  get knownBrokers(): readonly MachineId[] {
    return this.#parts?.consumer.knownBrokers ?? this.#config.consumer.bootstrap;
  }

  /** Whether one of its clients would turn to a broker for some partition. */
  takesForLeader(broker: MachineId): boolean {
    const { consumer, producer } = this.#parts ?? {};
    return consumer?.takesForLeader(broker) === true || producer?.takesForLeader(broker) === true;
  }

  shutDown(): void {
    this.#isEnding = true;
    if (this.#parts === null) this.host.die('exit');
    else this.#parts.consumer.shutDown();
  }

  // ---------------------------------------------------------------------- parts

  #open(): void {
    const { consumer: consumerConfig, producer: settings, recordBytes, topic, values } = this.#config;
    const consumerPart = this.nextPart();
    const { partitions, bootstrap, rules } = consumerConfig;
    let transactions!: TransformTransactions;
    let application!: TransformApplication;
    const createProducer = (host: Host): ProducerClient =>
      new ProducerClient(host, {
        partitions,
        bootstrap,
        rules,
        settings,
        recordBytes,
        application: (of) => {
          transactions = new TransformTransactions(host, of, topic, {
            groupMetadata: () => this.#groupMetadata(),
            onInitialized: () => application.onInitialized(),
            onEnded: (committed) => application.onEnded(committed),
            onFatal: () => this.#closeAndReopen(),
          });
          return transactions;
        },
      });
    const producer = this.open(this.nextPart(), createProducer);
    const createConsumer = (host: Host): GroupConsumer =>
      new GroupConsumer(host, {
        ...consumerConfig,
        application: (context) => {
          application = new TransformApplication(
            { ...context, values, wakeupProducer: () => producer.wakeup() },
            transactions,
          );
          return application;
        },
      });
    const consumer = this.open(consumerPart, createConsumer);
    this.#parts = { consumer, producer };
    producer.start();
    consumer.start();
  }

  #groupMetadata(): ConsumerGroupMetadata {
    const metadata = this.#parts!.consumer.groupMetadata;
    if (this.#config.fencing === 'group-metadata') return metadata;
    // sendOffsetsToTransaction(offsets, consumerGroupId)
    return { groupId: metadata.groupId, generationId: NO_GENERATION, memberId: NO_MEMBER_ID, groupInstanceId: null };
  }

  #closeAndReopen(): void {
    const parts = this.#parts!;
    this.#parts = null;
    this.forgetParts();
    parts.producer.close();
    parts.consumer.closeNow();
    if (this.#isEnding) this.host.die('exit');
    else this.host.timer(TIMER_REOPEN, REOPEN_MICROS, 0);
  }

  /** The consumer was asked to shut down, and has. */
  onPartEnds(_part: number, why: 'halt' | 'exit'): void {
    if (this.#parts === null) return;
    this.#parts.producer.close();
    this.#parts = null;
    this.forgetParts();
    this.host.die(why);
  }

  protected override onOwnTimer(): void {
    this.#open();
  }
}
