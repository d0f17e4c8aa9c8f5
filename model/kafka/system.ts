/** The simulated Kafka as a system under test: furnishes a world, and answers what a trial asks of the cluster. */
import type { DataLossListener, FileLoss, LossCause } from '../kernel/disk.js';
import type { MachineId } from '../kernel/process.js';
import type { Stream } from '../kernel/random.js';
import type { World } from '../kernel/world.js';
import {
  type ClientStep,
  type AlteredSettings,
  type FinalReader,
  type MachineInfo,
  type Obstacle,
  type RoleName,
  type StateView,
  type System,
} from '../system.js';
import { AdminTool } from './admin-tool.js';
import { carryOut, ClientListeners, type ApplicationListener } from './application.js';
import { LeadershipMoves } from './leadership-moves.js';
import { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { CommittedMetadata } from './control/committed-metadata.js';
import { CommittedZnodes } from './control/zookeeper/committed-znodes.js';
import { FinalReads } from './final-read.js';
import { livenessBoundMicros, timeouts } from './liveness-bound.js';
import { Liveness } from './liveness.js';
import { lostRecords, survivingBatches, type LostRecords } from './log/data-loss.js';
import { isSegment } from './log/paths.js';
import { kafkaProbes, LossReason, Probe } from './probes.js';
import { offsetAt } from './protocol/records.js';
import { requestNames } from './protocol/request-names.js';
import { Outbox } from './outbox.js';
import { playersOf, roleNames } from './roles.js';
import { SettingsAdministrator } from './settings-administrator.js';
import { settled, settlingObstacles, whole } from './settled.js';
import { kafkaSituations } from './situations.js';
import { configurationOf } from './topic-configuration.js';
import { sufficientSets } from './sufficient-sets.js';
import { KafkaUpgrades } from './upgrades.js';
import { ClusterView } from './view.js';
import type { KafkaView } from './views.js';
import { VoterAdministrator } from './voter-administrator.js';

export interface KafkaSystem extends System {
  readonly spec: KafkaClusterSpec;
  /** Where the replicas of a key were placed when it was created: it may have been reassigned since. */
  placement(key: number): readonly MachineId[];
  /** What invariants may see. Valid from boot on. */
  view(): KafkaView;
  /** Which replicas count as impaired: wired in by whoever keeps account of it. Until then none does. */
  useStateView(state: StateView): void;
  /** Machines of the clients, in the order in which steps count them. */
  readonly clients: readonly MachineId[];
  /** An application outside makes calls (steps with `call`, sends with `by`) and hears here what came of them. */
  useApplication(application: ApplicationListener): void;
  /** The next offset that a consumer (as steps count clients) will return of a key; -1: it is down, or has none. */
  position(client: number, key: number): number;
}

export function createKafka(spec: KafkaClusterSpec): KafkaSystem {
  return new KafkaCluster(spec);
}

class KafkaCluster implements KafkaSystem, DataLossListener {
  readonly name = 'kafka';
  readonly spec: KafkaClusterSpec;
  readonly roles = roleNames;
  readonly requests = requestNames;
  readonly probes = kafkaProbes;
  readonly situations = kafkaSituations;
  private readonly committed: CommittedMetadata | CommittedZnodes;
  private readonly cluster: ClusterMachines;
  private readonly liveness: Liveness;
  private readonly listeners: ClientListeners;
  private readonly clusterView: ClusterView;
  private readonly moves: LeadershipMoves;
  /** kafka-reassign-partitions */
  private readonly reassignments: AdminTool;
  /** kafka-topics --alter --partitions */
  private readonly additions: AdminTool;
  /** kafka-configs --alter */
  private readonly settings: SettingsAdministrator;
  /** kafka-features upgrade */
  private readonly features: AdminTool;
  /** kafka-metadata-quorum add-controller, remove-controller */
  private readonly quorum: VoterAdministrator;
  readonly upgrades: KafkaUpgrades | null;
  private readonly finalReads: FinalReads;

  constructor(spec: KafkaClusterSpec) {
    this.spec = spec;
    this.committed =
      spec.control === 'kraft' ? new CommittedMetadata(spec.topics) : new CommittedZnodes(spec.topics, spec.rules);
    this.liveness = new Liveness(spec);
    this.listeners = new ClientListeners(this.liveness);
    this.cluster = new ClusterMachines(spec, this.committed, this.listeners);
    if (spec.resend === true) this.listeners.outbox = new Outbox(this.cluster, (step) => carryOut(step, this.cluster));
    this.clusterView = new ClusterView(spec, this.cluster, this.committed);
    this.moves = new LeadershipMoves(this.cluster, this.committed);
    this.reassignments = new AdminTool(this.cluster, 'reassign');
    this.additions = new AdminTool(this.cluster, 'add-partitions');
    this.settings = new SettingsAdministrator(spec, this.cluster);
    this.features = new AdminTool(this.cluster, 'features');
    this.quorum = new VoterAdministrator(spec, this.cluster, this.committed);
    const { installations } = this.cluster;
    this.upgrades = installations === null ? null : new KafkaUpgrades(spec, this.cluster, installations, this.features);
    this.finalReads = new FinalReads(spec, this.cluster, this.committed);
  }

  boot(world: World): void {
    this.cluster.furnish(world);
    world.onDataLost(this);
  }

  machines(): readonly MachineInfo[] {
    return this.cluster.machines;
  }

  keys(): readonly string[] {
    return this.cluster.partitions.names;
  }

  role(name: RoleName, key: number, dice: Stream): readonly MachineId[] {
    const partition = key >= 0 ? key : dice.int(this.cluster.partitions.count);
    return playersOf(name, partition, this.cluster, this.clusterView, this.committed, this.quorum.voters);
  }

  invoke(step: ClientStep): boolean {
    const isInvoked = carryOut(step, this.cluster);
    if (isInvoked && step.f === 'send' && step.by === undefined) this.listeners.outbox?.sent(step);
    return isInvoked;
  }

  get clients(): readonly MachineId[] {
    return this.cluster.clients;
  }

  useApplication(application: ApplicationListener): void {
    this.listeners.application = application;
  }

  position(client: number, key: number): number {
    return this.cluster.consumer(this.cluster.clients[client]!)?.position(key) ?? -1;
  }

  view(): KafkaView {
    return this.clusterView;
  }

  useStateView(state: StateView): void {
    this.clusterView.state = state;
  }

  sufficientSets(_state: StateView): readonly (readonly MachineId[])[] {
    return sufficientSets(this.spec, this.cluster, this.clusterView, this.quorum, this.settings);
  }

  beginLiveness(firstValue: number): void {
    this.liveness.begin(this.cluster, this.clusterView, firstValue);
  }

  lively(): true | string {
    return this.liveness.lively(this.cluster, this.clusterView);
  }

  livenessObstacles(): readonly Obstacle[] {
    return this.liveness.obstacles(this.cluster, this.clusterView);
  }

  endLiveness(): void {
    this.listeners.outbox?.close();
    this.liveness.end();
  }

  livenessBoundMicros(): number {
    return livenessBoundMicros(this.spec);
  }

  settled(): true | string {
    return this.asking ?? settled(this.cluster, this.clusterView, this.committed);
  }

  settlingObstacles(): readonly Obstacle[] {
    const { asking } = this;
    const waiting = asking === null ? [] : [{ key: -1, reason: asking, waitsFor: [] }];
    return [...waiting, ...settlingObstacles(this.cluster, this.clusterView, this.committed)];
  }

  /** What an administrator waits for; null: for nothing. */
  private get asking(): string | null {
    if (this.reassignments.pending > 0) return 'an administrator waits for the answer about a reassignment';
    if (this.additions.pending > 0) return 'an administrator waits for the answer about added partitions';
    if (this.settings.pending > 0) return 'an administrator waits for the answer about altered settings';
    if (this.quorum.pending > 0) return 'an administrator is changing the voters of the metadata quorum';
    return this.features.pending > 0 ? 'an administrator waits for the answer about feature levels' : null;
  }

  whole(): true | string {
    return whole(this.cluster, this.clusterView, this.committed);
  }

  requestShutdown(machine: MachineId): boolean {
    const process = machine <= this.spec.brokers ? this.cluster.broker(machine) : this.cluster.member(machine);
    process?.shutDown();
    return process !== undefined;
  }

  transferLeadership(key: number, to: MachineId): void {
    this.moves.move(key, to);
  }

  reassign(key: number, machines: readonly MachineId[] | null): void {
    this.reassignments.admin.alterPartitionReassignments([{ partition: key, replicas: machines }]);
  }

  placement(key: number): readonly MachineId[] {
    return this.committed.placement(key);
  }

  assigned(key: number): readonly MachineId[] {
    const partition = this.committed.image.partition(key);
    if (partition === undefined) return [];
    return partition.replicas.filter((broker) => !partition.removingReplicas.includes(broker));
  }

  /** The request came with 2.4 (KIP-455), whose rules are in the row of 2.5. */
  reassignable(key: number): true | string {
    if (this.replicas(key).length === 0) return `${this.keys()[key]} is not created yet`;
    return this.spec.rules.partitionReassignments || 'this Kafka has no AlterPartitionReassignments (KIP-455, 2.4)';
  }

  addPartitions(key: number, count: number): void {
    this.additions.admin.createPartitions([{ topic: this.cluster.partitions.topicOf[key], count }]);
  }

  addable(key: number, count: number): true | string {
    const { topicOf, partitionsOf } = this.cluster.partitions;
    const partitions = partitionsOf[topicOf[key]];
    const { name } = this.spec.topics[topicOf[key]];
    const created = partitions.filter((partition) => this.replicas(partition).length > 0).length;
    if (created === 0) return `${name} is not created yet`;
    if (count > partitions.length) return `${name} has no numbers for more than ${partitions.length} partitions`;
    return created < count || `${name} has ${created} partitions already`;
  }

  alterSettings(key: number, settings: AlteredSettings): void {
    this.settings.alter(this.cluster.partitions.topicOf[key], configurationOf(settings));
  }

  settingsAlterable(key: number, settings: AlteredSettings): true | string {
    if (this.replicas(key).length === 0) return `${this.keys()[key]} is not created yet`;
    return this.settings.possible(configurationOf(settings));
  }

  removeVoter(machine: MachineId): void {
    this.quorum.remove(machine);
  }

  addVoter(machine: MachineId): void {
    this.quorum.add(machine);
  }

  voterRemovable(machine: MachineId): true | string {
    return this.quorum.removable(machine);
  }

  leads(key: number, machine: MachineId): boolean {
    const { leader, leaderEpoch } = this.clusterView.controller(key);
    if (leader !== machine) return false;
    for (const broker of this.clusterView.replicas(key)) {
      const replica = this.clusterView.replica(broker, key);
      if (replica === undefined || replica.leaderEpoch !== leaderEpoch) return false;
      if (replica.isLeader !== (broker === machine)) return false;
    }
    return true;
  }

  replicas(key: number): readonly MachineId[] {
    return this.clusterView.replicas(key);
  }

  electable(key: number): readonly MachineId[] {
    return this.clusterView.controller(key).isr;
  }

  finalRead(key: number): FinalReader {
    return this.finalReads.begin(key);
  }

  /** The segments: names pad their base offsets, so that their order is that of offsets. */
  logFiles(machine: MachineId, key: number): readonly string[] {
    if (machine > this.spec.brokers) return [];
    const disk = this.cluster.world.disk(machine);
    const name = this.keys()[key];
    return this.cluster.logDirs
      .map((path) => (path === '' ? name : `${path}/${name}`))
      .flatMap((path) => disk.list(path).filter(isSegment));
  }

  timeouts(): ReadonlyMap<string, number> {
    return timeouts(this.spec);
  }

  onDataLost(machine: number, losses: readonly FileLoss[], cause: LossCause): void {
    if (machine > this.spec.brokers) return;
    const { probes } = this.cluster.world;
    for (const records of lostRecords(this.keys(), losses, this.cluster.world.disk(machine))) {
      const { partition, firstOffset, oldLogEnd } = records;
      const reason = lossReasons[cause];
      if (firstOffset < oldLogEnd) probes.emit(Probe.dataLost, machine, partition, firstOffset, oldLogEnd, reason);
      if (cause === 'power-loss') this.announceSurvivors(machine, records);
    }
  }

  /**
   * Records that stand behind a hole, or that an undone truncation brought back (KAFKA-9892), are in the replica's log again, as if it
   * had appended them.
   */
  private announceSurvivors(machine: number, { partition, directory, changedFrom }: LostRecords): void {
    const { world } = this.cluster;
    for (const batch of survivingBatches(world.disk(machine), directory, changedFrom)) {
      for (let i = 0; i < batch.records.length; i++) {
        const { value } = batch.records[i];
        world.probes.emit(Probe.append, machine, partition, offsetAt(batch, i), batch.partitionLeaderEpoch, value, 0);
      }
    }
  }
}

const lossReasons: Readonly<Record<LossCause, number>> = {
  'power-loss': LossReason.powerLoss,
  wipe: LossReason.wiped,
  corruption: LossReason.corrupt,
};
