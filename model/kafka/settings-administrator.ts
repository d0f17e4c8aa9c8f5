/** Who alters settings of topics that are in use: kafka-configs --alter. */
import { AdminTool } from './admin-tool.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { compareReleases } from './protocol/versions/releases.js';
import type { TopicConfiguration } from './topic-configuration.js';

export class SettingsAdministrator {
  private readonly spec: KafkaClusterSpec;
  private readonly tool: AdminTool;
  /** By topic: the largest min.insync.replicas that was asked for since nothing was pending. */
  private readonly askedInSync: number[] = [];

  constructor(spec: KafkaClusterSpec, cluster: ClusterMachines) {
    this.spec = spec;
    this.tool = new AdminTool(cluster, 'alter-configs');
  }

  /** Wishes that are not answered yet. */
  get pending(): number {
    return this.tool.pending;
  }

  alter(topic: number, wish: TopicConfiguration): void {
    if (this.pending === 0) this.askedInSync.length = 0;
    this.askedInSync[topic] = Math.max(this.askedInSync[topic] ?? 0, wish['min.insync.replicas'] ?? 0);
    this.tool.admin.incrementalAlterConfigs([{ topic, configs: wish }]);
  }

  /** The largest min.insync.replicas that the topic may come to have by what is pending; 0: none is. */
  pendingInSync(topic: number): number {
    return this.pending === 0 ? 0 : (this.askedInSync[topic] ?? 0);
  }

  /** True, or why this cannot be asked of the release, or comes to nothing there. */
  possible(wish: TopicConfiguration): true | string {
    return alterationProblem(this.spec, wish) ?? true;
  }
}

/** What there has to be: null, or why an administrator cannot alter this, or to no effect. */
export function alterationProblem(
  { version, control }: Pick<KafkaClusterSpec, 'version' | 'control'>,
  wish: TopicConfiguration,
): string | null {
  if (compareReleases(version, '0.11') < 0) return `Kafka ${version} has no AlterConfigs (KIP-133, 0.11)`;
  const isUnclean = wish['unclean.leader.election.enable'] === true;
  if (isUnclean && control === 'kraft' && compareReleases(version, '3.9') < 0) {
    return `a KRaft controller of Kafka ${version} takes no notice of unclean.leader.election.enable (KAFKA-12670, 3.9)`;
  }
  return null;
}
