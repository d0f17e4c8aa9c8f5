/**
 * What the rest of the system needs of the clients: how they are furnished, what they take from outside (workload
 * steps, liveness, the final read) and what can be asked of them. Everything else in this folder is theirs alone.
 *
 * The classes themselves: `ProducerClient` (producer.ts), `ConsumerClient` (consumer.ts), `GroupConsumer`
 * (group-consumer.ts), `FinalReaderClient`
 * (final-reader.ts), `AdminClient` (admin.ts). Each is a Process, built as `new ProducerClient(host, config)`.
 * A restarted client is a new process: a new producer session, an empty memory; operations that were open when its
 * predecessor died stay open.
 */
import type { MachineId } from '../../kernel/process.js';
import type { Outcome } from '../../kernel/recorder.js';
import type { CommitPolicy, ConsumerSettings, GroupConsumerSettings, ProducerSettings } from '../cluster-spec.js';
import type { ErrorCode } from '../protocol/errors.js';
import type {
  AlterPartitionReassignmentsRequest,
  CreatePartitionsRequest,
  IncrementalAlterConfigsRequest,
  UpdateFeaturesRequest,
} from '../protocol/messages.js';
import type { VoterChangeRequest } from '../protocol/raft-messages.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { PolledRecords } from './fetcher.js';
import type { ApplicationHost, GroupApplication, ProcessingTime } from './consumer-application.js';
import type { ProducerApplication, TransactionalProducer } from './producer-application.js';

/** Numbers of topics and partitions. Names exist only at the edges. */
export interface PartitionTable {
  /** By partition number: the topic it belongs to. */
  readonly topicOf: readonly number[];
  /** By partition number: its index within the topic (what a partitioner computes). */
  readonly indexOf: readonly number[];
  /** By topic: the numbers of all partitions that it will ever have, in the order of their indexes. */
  readonly partitionsOf: readonly (readonly number[])[];
  /** By topic: with how many of them it is created. */
  readonly initialCounts: readonly number[];
}

/** Common to all clients. */
export interface ClientConfig {
  readonly partitions: PartitionTable;
  /** bootstrap.servers: machines of all brokers (a broker's id is its machine). */
  readonly bootstrap: readonly MachineId[];
  readonly rules: Rules;
}

/** Told when a send is completed; not told of those that died with their process. */
export interface SendListener {
  /**
   * @param offset -1: not known
   * @param timestamp of the record, milliseconds of the producer's clock; -1: no batch ever took it
   * @param error as histories name it; left out: none
   */
  onSendCompleted(
    value: number,
    partition: number,
    outcome: Outcome,
    offset: number,
    timestamp: number,
    error?: string,
  ): void;
}

/** Told of calls that an application outside made and is waiting for. */
export interface CallListener {
  /** @param error the exception that the call threw, as histories name it; left out: none */
  onCallDone(call: number, error?: string): void;
  /** A poll returned; with no records, if its time was up. */
  onPolled(call: number, polled: readonly PolledRecords[]): void;
}

export interface ProducerConfig extends ClientConfig {
  readonly settings: ProducerSettings;
  /** Serialized size of a record with its overhead, in bytes. */
  readonly recordBytes: number;
  readonly listener?: SendListener;
  /** Producer session, as histories number them. Left out: that of the process. */
  readonly session?: number;
  /** Transactions begin and end as an application outside calls for it, who hears of it here. Left out: by themselves. */
  readonly calls?: CallListener;
  /** The application behind the producer. Left out: it takes workload steps. */
  readonly application?: (producer: TransactionalProducer) => ProducerApplication;
}

/** What workload and liveness steps call on a ProducerClient. */
export interface ProducerSurface {
  /** KafkaProducer.send: invokes the operation 'send'. The partition is chosen by the record key, or the sticky partitioner. */
  send(topic: number, recordKey: string | null, value: number, isTombstone?: boolean): void;
  /** The same with the partition given in the record (ProducerRecord.partition). */
  sendToPartition(partition: number, recordKey: string | null, value: number): void;
  /** Sends invoked and not completed. */
  readonly openSends: number;
  /** Brokers that it can turn to: those that its last metadata named as alive. With all of them down it is cut off, whoever else is up (KIP-899). */
  readonly knownBrokers: readonly MachineId[];
}

/** Told of every record that a poll returns. */
export interface PollListener {
  onRecord(partition: number, offset: number, value: number): void;
}

export interface ConsumerConfig extends ClientConfig {
  readonly settings: ConsumerSettings;
  /** Partitions assigned by hand (KafkaConsumer.assign). */
  readonly assigned: readonly number[];
  readonly listener?: PollListener;
}

/** A consumer that subscribes: a member of the group `group.id`, and its application. */
export interface GroupConsumerConfig extends ClientConfig {
  readonly settings: GroupConsumerSettings;
  /** client.id: a dynamic member's id begins with it. */
  readonly clientId: string;
  /** Numbers of the topics that it subscribes to (KafkaConsumer.subscribe). */
  readonly topics: readonly number[];
  /** By topic number: assignors go by names. */
  readonly topicNames: readonly string[];
  readonly commit: CommitPolicy;
  readonly processing: ProcessingTime;
  /** Left out: the application processes each record by itself, and commits by its policy. */
  readonly application?: (context: ApplicationHost) => GroupApplication;
  readonly listener?: PollListener;
}

/** Why a consumer is not caught up with a partition; partition -1: with none. */
export interface ConsumerLag {
  readonly partition: number;
  readonly reason: string;
}

/** What can be asked of a ConsumerClient, or of a GroupConsumer. */
export interface ConsumerSurface {
  /** The next offset that it will return for an assigned partition; -1 while it is unknown. */
  position(partition: number): number;
  /** True when it has returned everything below the last high watermark that it heard of; or what it has not. */
  caughtUp(): true | readonly ConsumerLag[];
  /** As a producer's. */
  readonly knownBrokers: readonly MachineId[];
}

export interface FinalReaderConfig extends ClientConfig {
  readonly settings: ConsumerSettings;
  readonly partition: number;
  /** The machine that leads the partition now and whose replica this read is to cover. */
  readonly readOf: MachineId;
}

/** What can be asked of a FinalReaderClient. It records one operation: f 'poll', with `finalReadOf` in its value. */
export interface FinalReaderSurface {
  /** True once everything up to the end offset was read from `readOf`, or a reason why not yet. */
  done(): true | string;
}

export interface AdminConfig {
  /** Who is asked, in order; the next one after an error that says NOT_CONTROLLER, a broken connection or a time-out. */
  readonly destinations: readonly MachineId[];
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  /** default.api.timeout.ms: how long a call may take with all its attempts. Kafka's default, 60000, if left out. */
  readonly apiTimeoutMs?: number;
  readonly listener?: AdminListener;
}
export interface AdminListener {
  /** `error` for each partition asked, in the order asked; REQUEST_TIMED_OUT if nobody answered within default.api.timeout.ms. */
  onElected?(partition: number, electionType: 0 | 1 | 2, error: ErrorCode): void;
  /** In the same way. NONE: the reassignment has begun, or is taken back; it is not over yet. */
  onReassigned?(partition: number, error: ErrorCode): void;
  /** In the same way, by topic. */
  onPartitionsCreated?(topic: number, error: ErrorCode): void;
  /** In the same way, by topic. */
  onConfigsAltered?(topic: number, error: ErrorCode): void;
  /** All features of a call, or none. */
  onFeaturesUpdated?(error: ErrorCode): void;
  /** The voter was added or removed, or why not. */
  onVoterChanged?(error: ErrorCode): void;
}

/** What is asked of an AdminClient. */
export interface AdminSurface {
  /** ElectLeaders: preferred 0, unclean 1, to `target` 2 (-1 for none). Calls queue up; one is under way at a time. */
  electLeaders(electionType: 0 | 1 | 2, target: number, partitions: readonly number[]): void;
  /** AlterPartitionReassignments (KIP-455). */
  alterPartitionReassignments(partitions: AlterPartitionReassignmentsRequest['partitions']): void;
  /** CreatePartitions (KIP-195). */
  createPartitions(topics: CreatePartitionsRequest['topics']): void;
  /** IncrementalAlterConfigs (KIP-339). */
  incrementalAlterConfigs(resources: IncrementalAlterConfigsRequest['resources']): void;
  /** UpdateFeatures (KIP-584). */
  updateFeatures(features: UpdateFeaturesRequest['features']): void;
  /** AddRaftVoter or RemoveRaftVoter (KIP-853): the node, with the directory that it votes from. */
  changeVoter(kind: VoterChangeRequest['kind'], voterId: number, voterDirectoryId: number): void;
  /** Calls queued or under way. */
  readonly pending: number;
}
