/**
 * An administrator who removes controllers from the voters of the metadata quorum and adds them again:
 * kafka-metadata-quorum remove-controller and add-controller (KIP-853). Changes are made one after the other. A tool that
 * reports a failure is run again a little later: KafkaAdminClient repeats no change that the quorum has refused.
 */
import type { EventHandler } from '../kernel/event-queue.js';
import type { MachineId } from '../kernel/process.js';
import { AdminTool } from './admin-tool.js';
import type { AdminListener } from './clients/api.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { CommittedMetadata } from './control/committed-metadata.js';
import type { CommittedZnodes } from './control/zookeeper/committed-znodes.js';
import { FIRST_DIRECTORY, readDirectoryId } from './control/kraft/raft/directory-id.js';
import { KafkaError, type ErrorCode } from './protocol/errors.js';
import { NO_DIRECTORY, type VoterKey } from './protocol/metadata-records.js';
import { RaftApi } from './protocol/raft-messages.js';

/** Between two runs of the tool for the same change. */
const RUN_AGAIN_MICROS = 1_000_000;
/** How often the tool is run for one change before the administrator gives it up: no rule of Kafka's, but longer than elections take. */
const MOST_RUNS = 20;
/** Of two voters none is removed: what the leader alone holds, the last one could not be elected without (Raft §4.2.2). */
const FEWEST_VOTERS = 3;

interface Change {
  readonly kind: 'add' | 'remove';
  readonly machine: MachineId;
}

export class VoterAdministrator implements EventHandler, AdminListener {
  private readonly spec: KafkaClusterSpec;
  private readonly cluster: ClusterMachines;
  private readonly committed: CommittedMetadata | CommittedZnodes;
  /** kafka-metadata-quorum */
  private readonly tool: AdminTool;
  /** The first is being made. */
  private readonly changes: Change[] = [];
  private runs = 0;
  /** Nobody knows what became of a change that was given up. */
  private hasGivenUp = false;

  constructor(spec: KafkaClusterSpec, cluster: ClusterMachines, committed: CommittedMetadata | CommittedZnodes) {
    this.spec = spec;
    this.cluster = cluster;
    this.committed = committed;
    this.tool = new AdminTool(cluster, 'metadata-quorum', this);
  }

  /** Changes that are not made yet. */
  get pending(): number {
    return this.changes.length;
  }

  /** More may be in force than what is committed, or come into force at any time. */
  get isUncertain(): boolean {
    return this.hasGivenUp || this.changes.length > 0;
  }

  /** Machines that vote by what is committed. */
  get voters(): readonly MachineId[] {
    const changed = this.committed instanceof CommittedMetadata ? this.committed.voters : undefined;
    return changed?.map(({ id }) => id) ?? this.cluster.controllers;
  }

  /** True when it may be removed now, or the reason why not. */
  removable(machine: MachineId): true | string {
    if (this.spec.control !== 'kraft') return 'the voters of a ZooKeeper ensemble stand in its configuration';
    if (this.spec.rules.voterIdentity !== 'id-and-directory') {
      return 'controller.quorum.voters names the voters for good (kraft.version=0)';
    }
    if (this.isUncertain) return 'another change of the voters is not over';
    const { voters } = this;
    if (!voters.includes(machine)) return `${this.cluster.nameOf(machine)} is no voter`;
    return voters.length >= FEWEST_VOTERS || `there are ${voters.length} voters left`;
  }

  remove(machine: MachineId): void {
    this.change({ kind: 'remove', machine });
  }

  add(machine: MachineId): void {
    this.change({ kind: 'add', machine });
  }

  /** The tool has ended. */
  onVoterChanged(error: ErrorCode): void {
    const [change] = this.changes;
    if (isMade(change!, error)) this.next();
    else if (++this.runs < MOST_RUNS && !this.isOverruled(change!)) this.runLater();
    else {
      this.hasGivenUp ||= this.runs >= MOST_RUNS;
      this.next();
    }
  }

  /** Time to run the tool again. */
  onEvent(): void {
    this.run();
  }

  private change(change: Change): void {
    this.changes.push(change);
    if (this.changes.length === 1) this.run();
  }

  private next(): void {
    this.changes.shift();
    this.runs = 0;
    if (this.changes.length > 0) this.runLater();
  }

  private runLater(): void {
    const { world } = this.cluster;
    world.schedule(world.now + RUN_AGAIN_MICROS, this, 0, 0);
  }

  private run(): void {
    const { kind, machine } = this.changes[0]!;
    // add-controller reads meta.properties of the controller; remove-controller is told what `describe` says.
    const directory =
      kind === 'add' ? readDirectoryId(this.cluster.world.disk(machine)) : this.keyOf(machine).directoryId;
    const api = kind === 'add' ? RaftApi.addVoter : RaftApi.removeVoter;
    this.tool.admin.changeVoter(api, machine, directory ?? NO_DIRECTORY);
  }

  private keyOf(machine: MachineId): VoterKey {
    const { committed } = this;
    const changed = committed instanceof CommittedMetadata ? committed.voters : undefined;
    return changed?.find(({ id }) => id === machine) ?? { id: machine, directoryId: FIRST_DIRECTORY };
  }

  /** It is to be added again already. */
  private isOverruled({ kind, machine }: Change): boolean {
    return kind === 'remove' && this.changes.some((other) => other.kind === 'add' && other.machine === machine);
  }
}

/** Also when an earlier run of the tool did it, whose answer was lost. */
function isMade({ kind }: Change, error: ErrorCode): boolean {
  if (error === KafkaError.NONE) return true;
  return error === (kind === 'add' ? KafkaError.DUPLICATE_VOTER : KafkaError.VOTER_NOT_FOUND);
}
