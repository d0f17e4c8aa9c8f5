/** What drawing a plan reads of a spec. */
import { logDirCount, type KafkaClusterSpec } from '../../model/kafka/cluster-spec.js';
import { numberPartitions } from '../../model/kafka/partition-table.js';
import type { Topology } from '../../nemesis/fault.js';
import type { ProfileName } from '../../nemesis/profile.js';
import type { Spec, SpecFault } from '../spec/spec.js';
import type { WorkloadShape } from '../workloads/workload.js';
import { openSettings, type OpenSettings } from './settings.js';

export interface DrawInput {
  readonly topology: Topology;
  /** First key of each topic: keys are numbered topic by topic. */
  readonly topics: readonly { readonly name: string; readonly firstKey: number; readonly partitions: number }[];
  readonly workload: { readonly type: string; readonly shape: WorkloadShape };
  /** Length of the safety phase, microseconds. */
  readonly phaseMicros: number;
  /** null: from all faults. */
  readonly faults: readonly SpecFault[] | null;
  readonly profile: ProfileName;
  readonly lateRequests: boolean;
  readonly settings: OpenSettings;
}

/** @param cluster the spec's cluster before anything is drawn: every default filled in */
export function drawInput(spec: Spec, cluster: KafkaClusterSpec): DrawInput {
  let firstKey = 0;
  // Faults may strike the topics of Kafka's own; nobody sends to them.
  const topics = cluster.topics.map(({ name, partitions }) => {
    const topic = { name, firstKey, partitions };
    firstKey += partitions;
    return topic;
  });
  return {
    topology: {
      brokers: cluster.brokers,
      controllers: cluster.combined === true ? 0 : cluster.controllers,
      zookeeperServers: cluster.control === 'zookeeper' ? cluster.controllers : 0,
      producers: cluster.producers.length,
      consumers: cluster.consumers.length,
      transactional: transactionalClients(cluster),
      racks: new Set(cluster.racks.filter((rack) => rack !== null)).size,
      logDirs: logDirCount(cluster.brokerSettings),
      keys: numberPartitions(cluster.topics).names,
    },
    topics,
    workload: {
      type: spec.workload.type,
      shape: {
        producers: cluster.producers.length,
        topics: topicsSentTo(spec),
        sends: spec.workload.sends,
        keys: spec.workload.keys,
        phaseMicros: spec.workload.over,
        members: cluster.consumers.flatMap(({ member }, index) =>
          member === undefined
            ? []
            : [
                {
                  client: cluster.producers.length + index,
                  maxPollMicros: member.settings['max.poll.interval.ms'] * 1000,
                  maxPollRecords: member.settings['max.poll.records'],
                },
              ],
        ),
      },
    },
    phaseMicros: spec.workload.over,
    faults: spec.faults,
    profile: spec.profile,
    lateRequests: spec.lateRequests,
    settings: openSettings(spec, cluster),
  };
}

/** To the last topic of a pipeline only its applications send; to the changelog and the counts of streams likewise. */
function topicsSentTo({ workload, topics }: Spec): number {
  switch (workload.type) {
    case 'pipeline':
      return topics.length - 1;
    case 'streams':
      return topics.length - 2;
    default:
      return topics.length;
  }
}

function transactionalClients({ producers, consumers }: KafkaClusterSpec): number {
  const own = producers.map(({ settings }) => settings);
  const transforming = consumers.flatMap(({ member }) => member?.transform?.producer ?? []);
  return [...own, ...transforming].filter((settings) => settings['transactional.id'] !== undefined).length;
}
