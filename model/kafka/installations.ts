/**
 * What is installed on the machines of a cluster whose releases differ: which Kafka, and which inter.broker.protocol.version
 * stands in its server.properties. A process reads it once, when it is built; an administrator changes it for the next one.
 */
import type { MachineId } from '../kernel/process.js';
import type { ClusterReleases, KafkaClusterSpec } from './cluster-spec.js';
import { metadataVersionOf } from './protocol/versions/features.js';
import { resolveMixedRules, resolveRules } from './protocol/versions/resolve.js';
import type { Rules, RuleValues } from './protocol/versions/rules.js';

/** What one process is built with. */
export interface Software {
  readonly rules: Rules;
  /** What its release knows of each rule, agreed on or not. */
  readonly answers: RuleValues;
  /** The highest metadata.version that its release supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
}

/** Where all run one release, and have agreed on that. */
export function softwareOf(rules: Rules): Software {
  return { rules, answers: rules };
}

export class Installations {
  private readonly releases: ClusterReleases;
  private readonly messageFormat: RuleValues['messageFormat'];
  private readonly isZooKeeper: boolean;
  /** By machine. */
  private readonly installed: string[] = [];
  private readonly protocol: string[] = [];
  /** By release and what was agreed on. */
  private readonly known = new Map<string, Software>();

  constructor({ control, rules }: Pick<KafkaClusterSpec, 'control' | 'rules'>, releases: ClusterReleases) {
    this.releases = releases;
    this.isZooKeeper = control === 'zookeeper';
    this.messageFormat = rules.messageFormat;
  }

  releaseOf(machine: MachineId): string {
    const { brokers, controllers } = this.releases;
    return this.installed[machine] ?? brokers[machine - 1] ?? controllers;
  }

  /** What it names in its server.properties; under KRaft, what the cluster was formatted with. */
  protocolOf(machine: MachineId): string {
    return this.protocol[machine] ?? this.releases.agreed;
  }

  /** The next process of the machine runs it. */
  install(machine: MachineId, release: string): void {
    this.installed[machine] = release;
  }

  /** The next process of the machine speaks it. */
  setProtocol(machine: MachineId, release: string): void {
    this.protocol[machine] = release;
  }

  softwareOf(machine: MachineId): Software {
    const release = this.releaseOf(machine);
    const agreed = this.protocolOf(machine);
    const key = `${release} ${agreed}`;
    let software = this.known.get(key);
    if (software === undefined) this.known.set(key, (software = this.resolve(release, agreed)));
    return software;
  }

  /** log.message.format.version stays: what consumers of the oldest kind can read, nobody raises in passing. */
  private resolve(release: string, agreed: string): Software {
    const { own, defects } = this.releases;
    const rules = resolveMixedRules({ release, agreed }, { messageFormat: this.messageFormat, ...own }, defects);
    const answers = resolveRules(release, own);
    return this.isZooKeeper ? { rules, answers } : { rules, answers, metadataVersion: metadataVersionOf(release) };
  }
}
