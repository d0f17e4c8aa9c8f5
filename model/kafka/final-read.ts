/** Reads of whole partitions by fresh consumers: one machine a partition, a new process for each read. */
import type { MachineId } from '../kernel/process.js';
import type { FinalReader } from '../system.js';
import type { FinalReaderConfig } from './clients/api.js';
import { FinalReaderClient } from './clients/final-reader.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { ConsumerSettings, KafkaClusterSpec } from './cluster-spec.js';
import type { CommittedState } from './control/committed-state.js';
import type { Rules } from './protocol/versions/rules.js';

/** ConsumerConfig's defaults, but for auto.offset.reset: these read from the first offset. */
export const consumerDefaults: ConsumerSettings = {
  'auto.offset.reset': 'earliest',
  'isolation.level': 'read_uncommitted',
  'fetch.min.bytes': 1,
  'fetch.max.wait.ms': 500,
  'fetch.max.bytes': 52_428_800,
  'max.partition.fetch.bytes': 1_048_576,
  'max.poll.records': 500,
  'request.timeout.ms': 30_000,
  'default.api.timeout.ms': 60_000,
  'retry.backoff.ms': 100,
  'retry.backoff.max.ms': 1000,
  'reconnect.backoff.ms': 50,
  'reconnect.backoff.max.ms': 1000,
  'socket.connection.setup.timeout.ms': 10_000,
  'socket.connection.setup.timeout.max.ms': 30_000,
  'metadata.max.age.ms': 300_000,
  'connections.max.idle.ms': 540_000,
};

/** Where transactions are in use, what they aborted is nobody's to read. */
export function freshConsumerSettings({ transactions }: KafkaClusterSpec): ConsumerSettings {
  return transactions === undefined ? consumerDefaults : { ...consumerDefaults, 'isolation.level': 'read_committed' };
}

/** Of what no client reads, and of what was never created: done. */
const NOTHING_TO_READ: FinalReader = { done: () => true };

/** Made once for the rules of a spec: objects that are copied each time are each of a shape of its own to V8. */
const rulesOfReaders = new WeakMap<Rules, Rules>();

/** It is no client of the cluster's release but whoever looks what the replica holds: stale metadata is nothing to it. */
function readersRules(rules: Rules): Rules {
  let ofReaders = rulesOfReaders.get(rules);
  if (ofReaders === undefined) {
    ofReaders = { ...rules, metadataEpochs: true, positionValidation: true };
    rulesOfReaders.set(rules, ofReaders);
  }
  return ofReaders;
}

export class FinalReads {
  private readonly settings: ConsumerSettings;
  private readonly cluster: ClusterMachines;
  private readonly committed: CommittedState;
  private readonly rules: Rules;
  /** By partition. */
  private readonly machines: MachineId[] = [];
  /** By partition: what the next process on its machine is to read. */
  private readonly configs: FinalReaderConfig[] = [];

  constructor(spec: KafkaClusterSpec, cluster: ClusterMachines, committed: CommittedState) {
    this.settings = freshConsumerSettings(spec);
    this.rules = readersRules(cluster.clientConfig.rules);
    this.cluster = cluster;
    this.committed = committed;
  }

  /** The partition, from the replica that leads it now. */
  begin(partition: number): FinalReader {
    const { world, partitions } = this.cluster;
    const state = this.committed.image.partition(partition);
    if (partitions.isInternal[partition] || state === undefined) return NOTHING_TO_READ;
    this.configs[partition] = {
      partition,
      ...this.cluster.clientConfig,
      rules: this.rules,
      settings: this.settings,
      readOf: state.leader,
    };
    this.machines[partition] ??= this.cluster.addHelper(
      `final-${this.cluster.partitions.names[partition]}`,
      (host) => new FinalReaderClient(host, this.configs[partition]),
    );
    const machine = this.machines[partition];
    world.kill(machine);
    world.start(machine);
    return world.process(machine) as FinalReaderClient;
  }
}
