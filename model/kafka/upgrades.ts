/**
 * Rolling upgrades: another release is installed on a machine, its next process runs it; when all do, the cluster agrees on
 * what the release can do. Under KRaft by kafka-features upgrade (metadata.version), under ZooKeeper by a second round of
 * restarts with another inter.broker.protocol.version. (Kafka's upgrade notes)
 */
import type { MachineId } from '../kernel/process.js';
import type { Upgrades } from '../system.js';
import type { AdminTool } from './admin-tool.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { Installations } from './installations.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { allowsEligibleLeaderReplicas, metadataVersionOf, type FeatureName } from './protocol/versions/features.js';
import { compareReleases } from './protocol/versions/releases.js';
import { rowFor } from './protocol/versions/resolve.js';

/** From here on log.message.format.version is as good as gone (KIP-724). */
const ONE_MESSAGE_FORMAT = '3.0';

/** Why a cluster cannot go from a release to another; null: it can. Both are rows of the table of versions. */
export function upgradeRefusal(
  { control, rules }: Pick<KafkaClusterSpec, 'control' | 'rules'>,
  from: string,
  to: string,
): string | null {
  const row = rowFor(to);
  if (row === undefined) return `Kafka ${to} is older than every release that Harrow knows`;
  if (compareReleases(to, from) < 0) return `Kafka ${to} is older than ${from}: that would be a downgrade`;
  if (!row.control.includes(control)) {
    return control === 'zookeeper'
      ? `Kafka ${to} has no ZooKeeper: the cluster has to be moved to KRaft first (KIP-866)`
      : `Kafka ${to} has no KRaft for production`;
  }
  if (rules.messageFormat < 2 && compareReleases(to, ONE_MESSAGE_FORMAT) >= 0) {
    return `Kafka ${to} writes message format v2 alone, and this cluster has agreed on v${rules.messageFormat}: on the way lies a release that lets log.message.format.version be raised`;
  }
  return null;
}

export class KafkaUpgrades implements Upgrades {
  readonly agreesByRestart: boolean;
  private readonly spec: KafkaClusterSpec;
  private readonly cluster: ClusterMachines;
  private readonly installations: Installations;
  private readonly tool: AdminTool;
  /** Releases that an upgrade has begun to install. */
  private readonly begun = new Set<string>();

  /** @param tool kafka-features */
  constructor(spec: KafkaClusterSpec, cluster: ClusterMachines, installations: Installations, tool: AdminTool) {
    this.spec = spec;
    this.cluster = cluster;
    this.installations = installations;
    this.tool = tool;
    this.agreesByRestart = spec.control === 'zookeeper';
  }

  /** Controllers first: they have to understand what brokers of the new release register with. ZooKeeper is left alone. */
  get order(): readonly MachineId[] {
    const { brokers, controllers } = this.cluster;
    const apart = this.agreesByRestart ? [] : controllers.filter((machine) => !brokers.includes(machine));
    return [...apart, ...brokers];
  }

  possible(release: string): true | string {
    if (this.begun.has(release)) return `Kafka ${release} is being installed already, or was`;
    for (const machine of this.order) {
      const refusal = upgradeRefusal(this.spec, this.installations.releaseOf(machine), release);
      if (refusal !== null) return refusal;
    }
    return true;
  }

  install(machine: MachineId, release: string): void {
    this.begun.add(release);
    this.installations.install(machine, rowFor(release)!.version);
  }

  agreeAtRestart(machine: MachineId, release: string): void {
    this.installations.setProtocol(machine, rowFor(release)!.version);
  }

  agree(release: string, everything: boolean): void {
    const metadataVersion = metadataVersionOf(release);
    const features: { name: FeatureName; level: number }[] = [{ name: 'metadata.version', level: metadataVersion }];
    if (everything && allowsEligibleLeaderReplicas(metadataVersion) && rowFor(release)!.rules.eligibleLeaderReplicas) {
      features.push({ name: 'eligible.leader.replicas.version', level: 1 });
    }
    this.tool.admin.updateFeatures(features);
  }
}
