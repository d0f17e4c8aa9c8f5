/**
 * What the settings of a partition's topic were when. An administrator may have altered them: then each decision is judged by
 * what was in force for whoever made it. A controller decides by what was altered last; a leader by what it had heard of when it
 * acknowledged, which may be older. Moments are indexes of trace records.
 */

/** As far as licences depend on them. */
export interface SettingsInForce {
  /** min.insync.replicas */
  readonly minInsyncReplicas: number;
  /** unclean.leader.election.enable */
  readonly uncleanElections: boolean;
}

interface Altered extends SettingsInForce {
  readonly index: number;
}

export class TopicSettings {
  /** As was decided, in order; what it was created with is not among them. */
  private readonly decisions: Altered[] = [];
  /** By machine: what it went by from when on. */
  private readonly applied: Altered[][] = [];

  alter(index: number, minInsyncReplicas: number, uncleanElections: boolean): void {
    this.decisions.push({ index, minInsyncReplicas, uncleanElections });
  }

  apply(index: number, machine: number, minInsyncReplicas: number, uncleanElections: boolean): void {
    (this.applied[machine] ??= []).push({ index, minInsyncReplicas, uncleanElections });
  }

  /** As the controller had them at a moment. @param created before the first alteration */
  decidedAt(created: SettingsInForce, at: number): SettingsInForce {
    return this.decisions.findLast(({ index }) => index <= at) ?? created;
  }

  /** As a broker went by them at a moment. */
  appliedBy(created: SettingsInForce, machine: number, at: number): SettingsInForce {
    return this.applied[machine]?.findLast(({ index }) => index <= at) ?? created;
  }

  /** Whether unclean elections were allowed at any moment of these. */
  allowsUnclean(created: SettingsInForce, from: number, to: number): boolean {
    if (this.decidedAt(created, from).uncleanElections) return true;
    return this.decisions.some(({ index, uncleanElections }) => uncleanElections && index > from && index <= to);
  }

  /**
   * The smallest min.insync.replicas by which a record was kept, from when a leader committed it until an election: the leader's
   * own then, and whatever the controller went by since.
   */
  leastInSync(created: SettingsInForce, machine: number, from: number, to: number): number {
    const since = this.decisions.filter(({ index }) => index > from && index <= to);
    return Math.min(
      this.appliedBy(created, machine, from).minInsyncReplicas,
      this.decidedAt(created, from).minInsyncReplicas,
      ...since.map(({ minInsyncReplicas }) => minInsyncReplicas),
    );
  }

  /** The last alteration of min.insync.replicas from a moment on, before another; -1: there was none. */
  lastOfMinInsyncReplicas(created: SettingsInForce, from: number, to: number): number {
    let before = created.minInsyncReplicas;
    let last = -1;
    for (const { index, minInsyncReplicas } of this.decisions) {
      if (minInsyncReplicas !== before && index >= from && index < to) last = index;
      before = minInsyncReplicas;
    }
    return last;
  }
}
