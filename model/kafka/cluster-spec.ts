/** What the simulated Kafka is built from: plain data, complete, every default filled in. `runs/spec` makes it. */
import type { AssignorName } from './clients/assignors/assignors.js';
import type { ControlPlane } from './protocol/versions/rule.js';
import type { SnapshotSettings } from './control/kraft/snapshot-generator.js';
import type { QuorumSettings } from './control/kraft/raft/config.js';
import type { DefectId } from './protocol/versions/defects.js';
import type { TopicConfiguration } from './topic-configuration.js';
import type { Rules, RuleValues } from './protocol/versions/rules.js';

/** Settings of brokers and controllers that the model acts on, under Kafka's own names and in Kafka's units. */
export interface BrokerSettings extends QuorumSettings, SnapshotSettings {
  readonly 'metadata.max.idle.interval.ms': number;
  readonly 'broker.heartbeat.interval.ms': number;
  readonly 'broker.session.timeout.ms': number;
  readonly 'initial.broker.registration.timeout.ms': number;
  readonly 'zookeeper.session.timeout.ms': number;
  readonly 'replica.lag.time.max.ms': number;
  /** Up to 0.8.2; 4000 if left out. */
  readonly 'replica.lag.max.messages'?: number;
  /** KIP-392. Left out: consumers read from leaders. */
  readonly 'replica.selector.class'?: string;
  readonly 'replica.fetch.wait.max.ms': number;
  readonly 'replica.fetch.min.bytes': number;
  readonly 'replica.fetch.max.bytes': number;
  readonly 'replica.fetch.response.max.bytes': number;
  readonly 'replica.fetch.backoff.ms': number;
  readonly 'replica.socket.timeout.ms': number;
  readonly 'replica.high.watermark.checkpoint.interval.ms': number;
  /** Comma-separated, each a disk of its own. Left out: one. */
  readonly 'log.dirs'?: string;
  /** KIP-858. Left out: 30 s. */
  readonly 'log.dir.failure.timeout.ms'?: number;
  readonly 'log.flush.offset.checkpoint.interval.ms': number;
  readonly 'log.flush.scheduler.interval.ms': number;
  readonly 'log.flush.start.offset.checkpoint.interval.ms': number;
  readonly 'log.initial.task.delay.ms': number;
  readonly 'log.retention.check.interval.ms': number;
  readonly 'log.cleaner.enable': boolean;
  readonly 'log.cleaner.backoff.ms': number;
  readonly 'log.cleaner.dedupe.buffer.size': number;
  readonly 'log.cleaner.io.buffer.load.factor': number;
  readonly 'auto.leader.rebalance.enable': boolean;
  readonly 'leader.imbalance.check.interval.seconds': number;
  readonly 'controlled.shutdown.enable': boolean;
  readonly 'message.max.bytes': number;
  readonly 'producer.id.expiration.ms': number;
  readonly 'unclean.leader.election.interval.ms': number;
  readonly 'connections.max.idle.ms': number;
}

/** How many directories log.dirs names. */
export function logDirCount({ 'log.dirs': logDirs }: Pick<BrokerSettings, 'log.dirs'>): number {
  return logDirs === undefined ? 1 : logDirs.split(',').length;
}

/** Topic settings that the model acts on; the broker's defaults already merged in. */
export interface TopicSettings {
  readonly 'min.insync.replicas': number;
  readonly 'unclean.leader.election.enable': boolean;
  readonly 'flush.messages': number;
  readonly 'flush.ms': number;
  readonly 'segment.bytes': number;
  readonly 'segment.ms': number;
  readonly 'segment.jitter.ms': number;
  readonly 'file.delete.delay.ms': number;
  readonly 'cleanup.policy': string;
  readonly 'delete.retention.ms': number;
  readonly 'min.cleanable.dirty.ratio': number;
  readonly 'min.compaction.lag.ms': number;
  readonly 'max.compaction.lag.ms': number;
  readonly 'retention.bytes': number;
  readonly 'retention.ms': number;
  readonly 'max.message.bytes': number;
}

/** Broker settings of the transaction coordinators. */
export interface TransactionSettings {
  readonly 'transaction.state.log.num.partitions': number;
  readonly 'transaction.max.timeout.ms': number;
  readonly 'transaction.abort.timed.out.transaction.cleanup.interval.ms': number;
  readonly 'transaction.partition.verification.enable': boolean;
}

/** Broker settings of the group coordinators. */
export interface GroupSettings {
  readonly 'group.initial.rebalance.delay.ms': number;
  readonly 'group.min.session.timeout.ms': number;
  readonly 'group.max.session.timeout.ms': number;
  readonly 'group.max.size': number;
  readonly 'offsets.topic.num.partitions': number;
  /** -1 is all; gone with 4.0, where it is always all. */
  readonly 'offsets.commit.required.acks': number;
  readonly 'offsets.commit.timeout.ms': number;
  readonly 'offsets.retention.minutes': number;
  readonly 'offsets.retention.check.interval.ms': number;
  readonly 'group.consumer.session.timeout.ms': number;
  readonly 'group.consumer.heartbeat.interval.ms': number;
  /** KIP-848: the first is taken by groups that name none. */
  readonly 'group.consumer.assignors': string;
  readonly 'group.consumer.max.size': number;
  /** KIP-848: disabled, upgrade, downgrade or bidirectional; in any case. */
  readonly 'group.consumer.migration.policy': string;
}

/** The consumer groups of a cluster, and how their coordinators are set. */
export interface ClusterGroups {
  readonly settings: GroupSettings;
  /** group.id of each; probes name a group by its index here. */
  readonly ids: readonly string[];
}

export interface TopicSpec {
  readonly name: string;
  /**
   * Of a topic of Kafka's own: the indexes of the partitions that are simulated, `partitions` of them. Into the others
   * nothing would ever be written. Left out: all.
   */
  readonly indexes?: readonly number[];
  /** All that it will ever have: they are numbered from the start. */
  readonly partitions: number;
  /** How many of them it is created with; an administrator may add the others (CreatePartitions). Left out: all. */
  readonly initialPartitions?: number;
  /** What an administrator may alter of its settings while it is in use, in no order. Left out: nobody does. */
  readonly alterations?: readonly TopicConfiguration[];
  readonly replicationFactor: number;
  readonly settings: TopicSettings;
}

export interface ProducerSettings {
  /** 'all' is -1. */
  readonly acks: -1 | 0 | 1;
  /** Already false where the other settings switch it off silently (KafkaProducer.configureIdempotence...). */
  readonly 'enable.idempotence': boolean;
  readonly retries: number;
  readonly 'delivery.timeout.ms': number;
  readonly 'request.timeout.ms': number;
  readonly 'linger.ms': number;
  readonly 'batch.size': number;
  readonly 'buffer.memory': number;
  readonly 'max.block.ms': number;
  readonly 'max.request.size': number;
  readonly 'max.in.flight.requests.per.connection': number;
  readonly 'retry.backoff.ms': number;
  readonly 'retry.backoff.max.ms': number;
  readonly 'reconnect.backoff.ms': number;
  readonly 'reconnect.backoff.max.ms': number;
  readonly 'socket.connection.setup.timeout.ms': number;
  readonly 'socket.connection.setup.timeout.max.ms': number;
  readonly 'metadata.max.age.ms': number;
  /** KIP-899. 'none' (3.9's default) if left out. */
  readonly 'metadata.recovery.strategy'?: 'none' | 'rebootstrap';
  readonly 'partitioner.ignore.keys': boolean;
  /** One of Kafka's own classes. Left out: the release's default. */
  readonly 'partitioner.class'?: string;
  readonly 'partitioner.adaptive.partitioning.enable': boolean;
  readonly 'partitioner.availability.timeout.ms': number;
  readonly 'connections.max.idle.ms': number;
  /** Left out: no transactions. */
  readonly 'transactional.id'?: string;
  /** 60000 if left out. */
  readonly 'transaction.timeout.ms'?: number;
}

export interface ConsumerSettings {
  /** Left out: the consumer is in no group. */
  readonly 'group.id'?: string;
  readonly 'auto.offset.reset': 'latest' | 'earliest' | 'none';
  readonly 'isolation.level': 'read_uncommitted' | 'read_committed';
  readonly 'fetch.min.bytes': number;
  readonly 'fetch.max.wait.ms': number;
  readonly 'fetch.max.bytes': number;
  readonly 'max.partition.fetch.bytes': number;
  readonly 'max.poll.records': number;
  /** KIP-392. Empty, the default, if left out: the consumer has no rack. */
  readonly 'client.rack'?: string;
  readonly 'request.timeout.ms': number;
  readonly 'default.api.timeout.ms': number;
  readonly 'retry.backoff.ms': number;
  readonly 'retry.backoff.max.ms': number;
  readonly 'reconnect.backoff.ms': number;
  readonly 'reconnect.backoff.max.ms': number;
  readonly 'socket.connection.setup.timeout.ms': number;
  readonly 'socket.connection.setup.timeout.max.ms': number;
  readonly 'metadata.max.age.ms': number;
  /** KIP-899. 'none' (3.9's default) if left out. */
  readonly 'metadata.recovery.strategy'?: 'none' | 'rebootstrap';
  readonly 'connections.max.idle.ms': number;
}

/** Of a consumer that subscribes: a member of a group. */
export interface GroupConsumerSettings extends ConsumerSettings {
  readonly 'group.id': string;
  /** 'classic' if left out; 'consumer' is KIP-848's. */
  readonly 'group.protocol'?: 'classic' | 'consumer';
  /** With 'consumer': the coordinator's assignor, by name or class. Left out: its first. */
  readonly 'group.remote.assignor'?: string;
  /** KIP-345. Left out: a dynamic member. */
  readonly 'group.instance.id'?: string;
  /** This and heartbeat.interval.ms: of the classic protocol. */
  readonly 'session.timeout.ms': number;
  readonly 'heartbeat.interval.ms': number;
  readonly 'max.poll.interval.ms': number;
  readonly 'enable.auto.commit': boolean;
  readonly 'auto.commit.interval.ms': number;
  /** Of the classic protocol: names of assignors (range, roundrobin, sticky, cooperative-sticky), the preferred one first. */
  readonly 'partition.assignment.strategy': readonly AssignorName[];
}

/** When the application of a consumer commits: what it does with the records of one poll before, or after. */
export type CommitPolicy = 'before-processing' | 'after-processing' | 'auto' | 'in-transaction';

/**
 * What keeps an application that commits in transactions from committing when another has its partitions. group-metadata:
 * it says which member of the group it is when it sends offsets, and the coordinator refuses one that was replaced (KIP-447).
 * partition: it has a producer for each partition that it is assigned, with a transactional.id of that partition, and whoever
 * is assigned the partition next fences it (KIP-447, motivation; Kafka Streams' exactly_once, KIP-129). none: nothing; it
 * sends the name of the group alone, under a transactional.id of its own.
 */
export type Fencing = 'group-metadata' | 'partition' | 'none';

/** One client process. */
export interface ProducerSpec {
  /** As people read it: p0, p1, ... */
  readonly name: string;
  readonly settings: ProducerSettings;
}
/** A consumer with partitions assigned by hand reads `partitions` from the start of the trial; a member of a group subscribes. */
export interface ConsumerSpec {
  readonly name: string;
  readonly settings: ConsumerSettings;
  /** Assigned by hand; of a member of a group none. */
  readonly partitions: readonly number[];
  /** Left out: it is in no group. */
  readonly member?: MemberSpec;
}

export interface MemberSpec {
  readonly settings: GroupConsumerSettings;
  /** Numbers of the topics that it subscribes to. */
  readonly topics: readonly number[];
  readonly commit: CommitPolicy;
  /** Of an application that commits in transactions: what it makes of records goes to another topic. */
  readonly transform?: TransformSpec;
}

export interface TransformSpec {
  /** With `fencing: partition`, the transactional.id is what those of the partitions begin with. */
  readonly producer: ProducerSettings;
  /** Number of the topic that it writes to. */
  readonly topic: number;
  readonly fencing: Fencing;
  /** Left out: it makes one record of each, in a transaction for each poll. */
  readonly streams?: StreamsSpec;
}

/**
 * processing.guarantee of Kafka Streams. exactly_once: a producer for each task (KIP-129). exactly_once_v2: one for each
 * thread (KIP-447).
 */
export type ProcessingGuarantee = 'at_least_once' | 'exactly_once' | 'exactly_once_v2';

/** Outputs, counts and offsets are committed together. */
export function isExactlyOnce(guarantee: ProcessingGuarantee): boolean {
  return guarantee !== 'at_least_once';
}

/** A Kafka Streams application that counts the records of each key. */
export interface StreamsSpec {
  readonly guarantee: ProcessingGuarantee;
  /** commit.interval.ms. */
  readonly commitIntervalMs: number;
  /** Number of the changelog topic: as many partitions as the input. */
  readonly changelog: number;
}

/** Of a cluster whose processes run different releases, or will. All are rows of the table of versions. */
export interface ClusterReleases {
  /** What each broker runs at first, by id - 1. */
  readonly brokers: readonly string[];
  /** What controllers of their own run at first. */
  readonly controllers: string;
  /** The release whose inter.broker.protocol.version, or metadata.version, the cluster has agreed on at first. */
  readonly agreed: string;
  /** What clients go by, whatever brokers run. */
  readonly clients: Rules;
  /** Single rules, the same in every release. */
  readonly own: Partial<RuleValues>;
  /** Of every process. */
  readonly defects: readonly DefectId[];
}

export interface KafkaClusterSpec {
  /** The row of the table of versions whose rules apply: '3.9'. */
  readonly version: string;
  /** Those that all can be relied on to have: where releases differ, those of the oldest, and what was agreed on first. */
  readonly rules: Rules;
  /** Left out: every process runs `version`, and goes by `rules`. */
  readonly releases?: ClusterReleases;
  readonly control: ControlPlane;
  /** Brokers have ids and machines 1..brokers; controllers of their own follow, then producers, then consumers. */
  readonly brokers: number;
  /** Under ZooKeeper: servers of the ensemble. */
  readonly controllers: number;
  /** process.roles=broker,controller: so many of the brokers are the controllers, too. Left out: those have machines of their own. */
  readonly combined?: boolean;
  /** In which rack each broker stands, by id - 1. */
  readonly racks: readonly (string | null)[];
  /** broker.rack is set to it: Kafka knows the racks. */
  readonly rackAware: boolean;
  readonly brokerSettings: BrokerSettings;
  readonly topics: readonly TopicSpec[];
  readonly producers: readonly ProducerSpec[];
  readonly consumers: readonly ConsumerSpec[];
  /**
   * An application outside calls the clients: consumers poll and transactions begin and end when it says so. Left out:
   * they do by themselves.
   */
  readonly called?: boolean;
  /** Applications send a record again when they do not know what became of it. Left out: never. */
  readonly resend?: boolean;
  /** Left out: nobody uses transactions, and there are no coordinators of them, nor the topic __transaction_state. */
  readonly transactions?: TransactionSettings;
  /** Left out: no client is in a group, and there are no coordinators of them, nor the topic __consumer_offsets. */
  readonly groups?: ClusterGroups;
  /** Bytes of a serialized record. */
  readonly recordBytes: number;
}

/** Machines of the controllers, or of the ZooKeeper servers. */
export function controllerMachines({ brokers, controllers, combined }: KafkaClusterSpec): number[] {
  return Array.from({ length: controllers }, (_, index) => (combined === true ? 0 : brokers) + 1 + index);
}
