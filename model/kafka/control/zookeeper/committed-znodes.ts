/**
 * The observer's image of what the ensemble has committed, and its announcements. It stands outside the simulated world and
 * trusts no server: each transaction is applied once, when the first of them knows it to be committed, and every later word
 * must be the same.
 */
import { NO_DIRECTORIES } from '../../protocol/directory-ids.js';
import type { Probes } from '../../../kernel/probes.js';
import type { Host, MachineId } from '../../../kernel/process.js';
import type { TopicSpec } from '../../cluster-spec.js';
import { withAltered, type TopicConfiguration } from '../../topic-configuration.js';
import { Probe } from '../../probes.js';
import type { Rules } from '../../protocol/versions/rules.js';
import { announceAssignment, announceElection, announcePartition, announceSettings } from '../announcements.js';
import type { CommittedImage, CommittedState } from '../committed-state.js';
import type { PartitionRegistration } from '../metadata-image.js';
import type { Transaction, ZnodeEvent } from './ensemble/operations.js';
import type { EnsembleObserver } from './ensemble/server.js';
import { ZnodeTree } from './ensemble/znode-tree.js';
import {
  assignmentOf,
  brokerPath,
  leaderAndIsrOf,
  TopicPaths,
  ZkPath,
  type BrokerZnode,
  type ControllerZnode,
  type TopicConfigZnode,
  type TopicZnode,
} from './znodes.js';

export class CommittedZnodes implements CommittedState, CommittedImage, EnsembleObserver {
  readonly tree = new ZnodeTree();
  /** Machine of the ensemble's leader; 0: there has been none. */
  leadingServer: MachineId = 0;
  private readonly paths: TopicPaths;
  private readonly topics: readonly TopicSpec[];
  readonly records: Transaction[] = [];
  /** By process: how much of the history it has applied. */
  private readonly progress = new WeakMap<Host, number>();
  /** By partition. */
  private readonly partitions: (PartitionRegistration | undefined)[] = [];
  private readonly placements: (readonly number[])[] = [];
  /** To 2.6. */
  private readonly leadersWriteIsr: boolean;

  constructor(topics: readonly TopicSpec[], { isrWrites }: Pick<Rules, 'isrWrites'>) {
    this.leadersWriteIsr = isrWrites === 'zookeeper';
    this.paths = new TopicPaths(topics);
    this.topics = topics;
  }

  get image(): CommittedImage {
    return this;
  }

  partition(partition: number): PartitionRegistration | undefined {
    return this.partitions[partition];
  }

  placement(partition: number): readonly number[] {
    return this.placements[partition] ?? [];
  }

  configuration(topic: number): TopicConfiguration | undefined {
    const znode = this.tree.node(this.paths.configs[topic]);
    return znode === undefined ? undefined : (znode.data as TopicConfigZnode).config;
  }

  isActive(broker: number): boolean {
    return this.tree.node(brokerPath(broker)) !== undefined;
  }

  isFenced(broker: number): boolean {
    return !this.isActive(broker);
  }

  /** Broker that holds /controller; -1: none. */
  get controllerId(): number {
    const znode = this.tree.node(ZkPath.controller);
    return znode === undefined ? -1 : (znode.data as ControllerZnode).brokerId;
  }

  onLeading(server: Host, epoch: number): void {
    this.leadingServer = server.id;
    server.probes.emit(Probe.ensembleLed, server.id, -1, epoch);
  }

  onCommitted(server: Host, transaction: Transaction): void {
    const position = this.progress.get(server) ?? 0;
    this.progress.set(server, position + 1);
    const known = this.records[position];
    if (known !== undefined) {
      if (known !== transaction) throw new Error('the servers of an ensemble commit one history');
      return;
    }
    this.records.push(transaction);
    // What an ephemeral znode was is known only before it goes.
    const before = transaction.op.kind === 'close-session' ? this.brokersOf(transaction.session) : [];
    const { events } = this.tree.apply(transaction);
    for (const { brokerId, epoch } of before) server.probes.emit(Probe.brokerFenced, server.id, -1, brokerId, epoch);
    if (transaction.op.kind === 'close-session') this.announceExpiry(server, transaction);
    for (const event of events) this.announce(event, server.probes, server.id);
  }

  private announceExpiry({ probes, id }: Host, { session, cxid }: Transaction): void {
    if (cxid === 0) probes.emit(Probe.sessionExpired, id, -1, session);
  }

  private brokersOf(session: number): { brokerId: number; epoch: number }[] {
    const ids = this.tree.node(ZkPath.brokerIds)?.children ?? [];
    return ids.flatMap((name) => {
      const { data, stat } = this.tree.node(`${ZkPath.brokerIds}/${name}`)!;
      return stat.ephemeralOwner === session ? [{ brokerId: (data as BrokerZnode).brokerId, epoch: stat.czxid }] : [];
    });
  }

  private announce({ type, path }: ZnodeEvent, probes: Probes, server: MachineId): void {
    if (type === 'deleted' || type === 'children-changed') return;
    const partition = this.paths.partitionOf(path);
    const topic = type === 'data-changed' ? this.paths.topicOfPath(path) : undefined;
    if (partition !== undefined) this.announceState(partition, path, probes, server);
    else if (topic !== undefined) this.announceAssignments(topic, path, probes, server);
    else if (path.startsWith(`${ZkPath.topicConfigs}/`)) this.announceConfiguration(path, probes, server);
    else if (path.startsWith(`${ZkPath.brokerIds}/`)) this.announceBroker(path, probes, server);
    else if (path === ZkPath.controller && type === 'created') {
      probes.emit(Probe.controllerElected, server, -1, this.controllerId);
    }
  }

  private announceConfiguration(path: string, probes: Probes, server: MachineId): void {
    const topic = this.paths.configs.indexOf(path);
    const settings = withAltered(this.topics[topic].settings, this.configuration(topic));
    announceSettings(probes, server, topic, settings, this.partitions);
  }

  private announceBroker(path: string, probes: Probes, server: MachineId): void {
    const { data, stat } = this.tree.node(path)!;
    const { brokerId } = data as BrokerZnode;
    probes.emit(Probe.brokerRegistered, server, -1, brokerId, stat.czxid, stat.czxid);
    probes.emit(Probe.brokerUnfenced, server, -1, brokerId, stat.czxid);
  }

  private announceAssignments(topic: number, path: string, probes: Probes, server: MachineId): void {
    const znode = this.tree.node(path)!.data as TopicZnode;
    for (const partition of this.paths.partitionsOf(topic)) {
      const before = this.partitions[partition];
      if (before === undefined) continue;
      const assignment = assignmentOf(znode, this.paths.indexOf[partition]);
      const after: PartitionRegistration = {
        ...before,
        replicas: assignment.replicas,
        addingReplicas: assignment.adding,
        removingReplicas: assignment.removing,
      };
      this.partitions[partition] = after;
      announceAssignment(probes, server, before, after);
    }
  }

  private announceState(partition: number, path: string, probes: Probes, server: MachineId): void {
    const before = this.partitions[partition];
    const { data, stat } = this.tree.node(path)!;
    const { leader, leaderEpoch, isr, zkVersion, controllerEpoch } = leaderAndIsrOf(data, stat);
    const topic = this.paths.topicOf[partition];
    const znode = this.tree.node(this.paths.topics[topic])!.data as TopicZnode;
    const assignment = assignmentOf(znode, this.paths.indexOf[partition]);
    const after: PartitionRegistration = {
      partition,
      topic,
      replicas: assignment.replicas,
      addingReplicas: assignment.adding,
      removingReplicas: assignment.removing,
      isr,
      leader,
      leaderEpoch,
      partitionEpoch: zkVersion,
      leaderRecoveryState: 0,
      elr: [],
      lastKnownElr: [],
      directories: NO_DIRECTORIES,
    };
    this.partitions[partition] = after;
    this.placements[partition] ??= after.replicas;
    // A leader that writes its ISR itself leaves the leader epoch as it is.
    const isDecision = !this.leadersWriteIsr || before?.leaderEpoch !== leaderEpoch;
    const current = this.tree.node(ZkPath.controllerEpoch)?.data as number;
    if (isDecision && controllerEpoch < current) {
      probes.emit(Probe.staleControllerWrote, server, partition, controllerEpoch, current, leader, leaderEpoch);
    }
    if (before === undefined || before.leaderEpoch !== leaderEpoch) announceElection(probes, server, before, after);
    announcePartition(probes, server, after);
  }
}
