/** What a broker's process is built from: its server.properties, and topics as they are created, read once. */
import type { MachineId } from '../../kernel/process.js';
import {
  controllerMachines,
  type BrokerSettings,
  type ClusterGroups,
  type KafkaClusterSpec,
  type TopicSettings,
  type TopicSpec,
  type TransactionSettings,
} from '../cluster-spec.js';
import { softwareOf, type Software } from '../installations.js';
import { numberPartitions } from '../partition-table.js';
import type { ControlPlane as ControlPlaneName } from '../protocol/versions/rule.js';
import type { Rules, RuleValues } from '../protocol/versions/rules.js';

/** A row of the cluster's partition table: partitions travel as indexes into it. */
export interface PartitionConfig {
  /** Index into the spec's topics. */
  readonly topic: number;
  /** Number of the partition within its topic. */
  readonly index: number;
  /** As people and directories name it: orders-0. */
  readonly name: string;
  /** As the topic is created with them. */
  readonly settings: TopicSettings;
  /** An administrator may alter them. */
  readonly isAlterable: boolean;
  /** The topic is created without it; an administrator may add it. */
  readonly isAddition: boolean;
}

export interface BrokerConfig {
  /** node.id; also the number of the broker's machine. */
  readonly nodeId: number;
  readonly rack: string | null;
  readonly settings: BrokerSettings;
  readonly rules: Rules;
  /** What its release knows of each rule, agreed on or not: requests are answered by their version. */
  readonly answers: RuleValues;
  /** The highest metadata.version that its release supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
  readonly control: ControlPlaneName;
  /** Machines of the controllers (controller.quorum.voters), or of the ZooKeeper servers (zookeeper.connect). */
  readonly controllers: readonly MachineId[];
  readonly topics: readonly TopicSpec[];
  /** Ids 1..brokers. */
  readonly brokers: number;
  /** Every partition of the cluster, whether or not this broker hosts it. */
  readonly partitions: readonly PartitionConfig[];
  /** Left out: there are no transactions. */
  readonly transactions?: TransactionSettings;
  /** Left out: there are no groups. */
  readonly groups?: ClusterGroups;
}

/** The rows that a broker needs of the partition table. */
function partitionTable(topics: readonly TopicSpec[]): PartitionConfig[] {
  const { names, topicOf, indexOf, isAddition } = numberPartitions(topics);
  return names.map((name, partition) => {
    const topic = topicOf[partition];
    const { settings, alterations } = topics[topic];
    const isAlterable = alterations !== undefined;
    return { topic, index: indexOf[partition], name, settings, isAlterable, isAddition: isAddition[partition] };
  });
}

/** The configuration of one broker of a cluster, with the software that is installed there. Brokers are machines 1..brokers. */
export function brokerConfig(
  spec: KafkaClusterSpec,
  nodeId: number,
  { rules, answers, metadataVersion }: Software = softwareOf(spec.rules),
): BrokerConfig {
  return {
    nodeId,
    rack: spec.rackAware ? (spec.racks[nodeId - 1] ?? null) : null,
    settings: spec.brokerSettings,
    // KIP-903 never came to ZooKeeper (KAFKA-14139): no follower says its epoch there.
    rules: spec.control === 'zookeeper' ? { ...rules, brokerEpochInIsr: false } : rules,
    answers,
    ...(metadataVersion === undefined ? {} : { metadataVersion }),
    control: spec.control,
    topics: spec.topics,
    brokers: spec.brokers,
    controllers: controllerMachines(spec),
    partitions: partitionTable(spec.topics),
    ...(spec.transactions === undefined ? {} : { transactions: spec.transactions }),
    ...(spec.groups === undefined ? {} : { groups: spec.groups }),
  };
}
