/**
 * An application that consumes, transforms and produces: one process with a consumer in a group and a transactional
 * producer, or one for each of its partitions. When a producer is fenced, or cannot go on for another reason, the application
 * closes all of them and begins anew with the same transactional.id, as KafkaProducer's documentation asks for.
 */
import type { Host, MachineId } from '../../../kernel/process.js';
import type { Fencing, ProducerSettings } from '../../cluster-spec.js';
import type { ConsumerLag, ConsumerSurface, GroupConsumerConfig } from '../api.js';
import { GroupConsumer } from '../group-consumer.js';
import { ProducerClient } from '../producer.js';
import { PartedProcess } from '../parted-process.js';
import { groupAlone, type ConsumerGroupMetadata } from '../transactional-requests.js';
import { partitionTransactionalId } from '../../transactional-ids.js';
import { TransformApplication, type OutputValues } from './transform-application.js';
import {
  ApplicationProducer,
  ProducerPerPartition,
  type OpenProducer,
  type ProducersOwner,
  type TransformProducer,
  type TransformProducers,
} from './transform-producers.js';
import { TransformTransactions, type TransformOwner } from './transform-transactions.js';

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
  readonly producers: TransformProducers;
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
    if (this.#parts === null) return false;
    const { consumer, producers } = this.#parts;
    return [consumer, ...producers.clients].some((client) => client.takesForLeader(broker));
  }

  shutDown(): void {
    this.#isEnding = true;
    if (this.#parts === null) this.host.die('exit');
    else this.#parts.consumer.shutDown();
  }

  // ---------------------------------------------------------------------- parts

  #open(): void {
    const { consumer: consumerConfig, fencing, values } = this.#config;
    const consumerPart = this.nextPart();
    let application!: TransformApplication;
    const owner: ProducersOwner = {
      onOpened: () => application.onOpened(),
      onEnded: (committed) => application.onEnded(committed),
    };
    const open: OpenProducer = (partition, transformOwner) => this.#openProducer(partition, transformOwner);
    const producers =
      fencing === 'partition' ? new ProducerPerPartition(open, owner) : new ApplicationProducer(open, owner);
    const createConsumer = (host: Host): GroupConsumer =>
      new GroupConsumer(host, {
        ...consumerConfig,
        application: (context) => {
          application = new TransformApplication({ ...context, fencing, values }, producers);
          return application;
        },
      });
    const consumer = this.open(consumerPart, createConsumer);
    this.#parts = { consumer, producers };
    for (const client of producers.clients) client.start();
    consumer.start();
  }

  #openProducer(partition: number | null, owner: Pick<TransformOwner, 'onInitialized' | 'onEnded'>): TransformProducer {
    const { consumer, recordBytes, topic } = this.#config;
    const { partitions, bootstrap, rules } = consumer;
    const settings = this.#settingsOf(partition);
    const part = this.nextPart();
    let transactions!: TransformTransactions;
    const client = this.open(
      part,
      (host) =>
        new ProducerClient(host, {
          partitions,
          bootstrap,
          rules,
          settings,
          recordBytes,
          application: (of) => {
            transactions = new TransformTransactions(host, of, topic, {
              ...owner,
              groupMetadata: () => this.#groupMetadata(),
              onFatal: () => this.#closeAndReopen(),
            });
            return transactions;
          },
        }),
    );
    const close = (): void => {
      client.close();
      this.forgetPart(part);
    };
    return { client, transactions, close };
  }

  #settingsOf(partition: number | null): ProducerSettings {
    const { consumer, producer } = this.#config;
    if (partition === null) return producer;
    const { topicOf, indexOf } = consumer.partitions;
    const topicName = consumer.topicNames[topicOf[partition]!]!;
    return { ...producer, 'transactional.id': partitionTransactionalId(this.#config, topicName, indexOf[partition]!) };
  }

  #groupMetadata(): ConsumerGroupMetadata {
    const metadata = this.#parts!.consumer.groupMetadata;
    return this.#config.fencing === 'group-metadata' ? metadata : groupAlone(metadata.groupId);
  }

  #closeAndReopen(): void {
    const parts = this.#parts!;
    this.#parts = null;
    this.forgetParts();
    parts.producers.close();
    parts.consumer.closeNow();
    if (this.#isEnding) this.host.die('exit');
    else this.host.timer(TIMER_REOPEN, REOPEN_MICROS, 0);
  }

  /** The consumer was asked to shut down, and has. */
  onPartEnds(_part: number, why: 'halt' | 'exit'): void {
    if (this.#parts === null) return;
    this.#parts.producers.close();
    this.#parts = null;
    this.forgetParts();
    this.host.die(why);
  }

  protected override onOwnTimer(): void {
    this.#open();
  }
}
