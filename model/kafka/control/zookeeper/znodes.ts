/** Kafka's znodes: their paths and what they hold (ZkData). Data are plain objects here, JSON in Kafka. */
import type { TopicConfiguration } from '../../topic-configuration.js';
import type { Stat } from './ensemble/operations.js';
import type { TopicSpec } from '../../cluster-spec.js';
import { numberPartitions } from '../../partition-table.js';

export const ZkPath = {
  /** Ephemeral: who is the controller. */
  controller: '/controller',
  /** How many there have been. Its version fences writes of former ones (KAFKA-6082). */
  controllerEpoch: '/controller_epoch',
  brokerIds: '/brokers/ids',
  topics: '/brokers/topics',
  isrChanges: '/isr_change_notification',
  isrChangePrefix: '/isr_change_notification/isr_change_',
  logDirEvents: '/log_dir_event_notification',
  logDirEventPrefix: '/log_dir_event_notification/log_dir_event_',
  preferredElection: '/admin/preferred_replica_election',
  reassignment: '/admin/reassign_partitions',
  producerIds: '/latest_producer_id_block',
  topicConfigs: '/config/topics',
  configChanges: '/config/changes',
  configChangePrefix: '/config/changes/config_change_',
} as const;

/** What the first broker makes at its start (ZkData.PersistentZkPaths). Parents first. */
export const PERSISTENT_PATHS: readonly string[] = [
  '/brokers',
  ZkPath.brokerIds,
  ZkPath.topics,
  '/admin',
  ZkPath.isrChanges,
  ZkPath.producerIds,
];

/** Likewise; of use only where somebody alters settings of topics. Parents first. */
export const CONFIG_PATHS: readonly string[] = ['/config', ZkPath.topicConfigs, ZkPath.configChanges];

export interface ControllerZnode {
  readonly brokerId: number;
}
/** Ephemeral; its czxid is the broker epoch (KIP-380). */
export interface BrokerZnode {
  readonly brokerId: number;
  readonly rack: string | null;
}
/** The assignment of a topic's partitions, by index. */
export interface TopicZnode {
  readonly replicas: readonly (readonly number[])[];
  /** Whom reassignments under way add and remove (KIP-455); left out: none is. */
  readonly adding?: readonly (readonly number[])[];
  readonly removing?: readonly (readonly number[])[];
}
/** Of one partition: ReplicaAssignment. */
export interface Assignment {
  /** All that have or are to have a replica; first is preferred. */
  readonly replicas: readonly number[];
  /** Of a reassignment under way. */
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}
/** The state of a partition that leader and controller write, each against the version it knows. */
export interface PartitionStateZnode {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** Of the controller that decided last. */
  readonly controllerEpoch: number;
}
/** Partitions whose ISR their leaders have changed since the last. */
export interface IsrChangeZnode {
  readonly partitions: readonly number[];
}
/** One of this broker's log directories has failed (KIP-112). */
export interface LogDirEventZnode {
  readonly brokerId: number;
}
/** Where the leadership of each partition is wanted. */
export interface ReassignmentZnode {
  readonly partitions: readonly { readonly partition: number; readonly replicas: readonly number[] }[];
}
/** The settings of a topic that were altered. */
export interface TopicConfigZnode {
  readonly config: TopicConfiguration;
}
/** Whose settings were altered: the topic's znode says how. */
export interface ConfigChangeZnode {
  readonly topic: number;
}
/** The last block of producer ids that a broker took. */
export interface ProducerIdsZnode {
  readonly brokerId: number;
  readonly start: number;
  readonly length: number;
}

/** LeaderIsrAndControllerEpoch, with the version of the znode that it was read from or written to. */
export interface LeaderAndIsr extends PartitionStateZnode {
  readonly zkVersion: number;
}

export function leaderAndIsrOf(data: unknown, stat: Stat): LeaderAndIsr {
  return { ...(data as PartitionStateZnode), zkVersion: stat.version };
}

export function assignmentOf({ replicas, adding, removing }: TopicZnode, index: number): Assignment {
  return { replicas: replicas[index], adding: adding?.[index] ?? [], removing: removing?.[index] ?? [] };
}

export function topicZnode(assignments: readonly Assignment[]): TopicZnode {
  return {
    replicas: assignments.map(({ replicas }) => replicas),
    adding: assignments.map(({ adding }) => adding),
    removing: assignments.map(({ removing }) => removing),
  };
}

export function brokerPath(broker: number): string {
  return `${ZkPath.brokerIds}/${broker}`;
}

/** The paths of the cluster's topics and partitions, which travel as numbers elsewhere. */
export class TopicPaths {
  /** By topic. */
  readonly topics: readonly string[];
  /** By topic: /config/topics/T. */
  readonly configs: readonly string[];
  /** By topic: an administrator may alter its settings. */
  readonly alterable: readonly boolean[];
  /** By partition: /brokers/topics/T/partitions/P/state. */
  readonly states: readonly string[];
  /** By partition: the znode above that. */
  readonly partitions: readonly string[];
  /** By partition. */
  readonly topicOf: readonly number[];
  /** By partition: its index within the topic. */
  readonly indexOf: readonly number[];
  private readonly byState = new Map<string, number>();
  private readonly byTopic = new Map<string, number>();
  /** By topic: with how many partitions it is created. */
  private readonly initialCounts: readonly number[];

  constructor(topics: readonly TopicSpec[]) {
    const partitions: string[] = [];
    const topicOf: number[] = [];
    const indexOf: number[] = [];
    this.topics = topics.map(({ name }) => `${ZkPath.topics}/${name}`);
    this.configs = topics.map(({ name }) => `${ZkPath.topicConfigs}/${name}`);
    this.alterable = topics.map(({ alterations }) => alterations !== undefined);
    topics.forEach((topic, number) => {
      this.byTopic.set(this.topics[number], number);
      for (let index = 0; index < topic.partitions; index++) {
        partitions.push(`${this.topics[number]}/partitions/${index}`);
        topicOf.push(number);
        indexOf.push(index);
      }
    });
    this.initialCounts = numberPartitions(topics).initialCounts;
    this.partitions = partitions;
    this.topicOf = topicOf;
    this.indexOf = indexOf;
    this.states = partitions.map((path) => `${path}/state`);
    this.states.forEach((path, partition) => this.byState.set(path, partition));
  }

  /** undefined: it is the state of no partition. */
  partitionOf(statePath: string): number | undefined {
    return this.byState.get(statePath);
  }

  /** undefined: it is no topic's. */
  topicOfPath(topicPath: string): number | undefined {
    return this.byTopic.get(topicPath);
  }

  /** An administrator may add partitions to it. */
  mayGrow(topic: number): boolean {
    return this.partitionsOf(topic).length > this.initialCounts[topic];
  }

  /** All partitions that a topic will ever have, in the order of their indexes. */
  partitionsOf(topic: number): number[] {
    return this.topicOf.flatMap((other, partition) => (other === topic ? [partition] : []));
  }
}
