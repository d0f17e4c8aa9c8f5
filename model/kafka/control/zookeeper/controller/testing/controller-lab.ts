/** Puppet brokers with real controllers, and a real ensemble: for tests of the controller. One topic: orders. */
import type { MachineId } from '../../../../../kernel/process.js';
import type { TopicSettings, TopicSpec } from '../../../../cluster-spec.js';
import { ControlApi, type LeaderAndIsrRequest } from '../../../../protocol/control-messages.js';
import type { DefectId } from '../../../../protocol/versions/defects.js';
import { resolveRules } from '../../../../protocol/versions/resolve.js';
import type { Rules, RuleValues } from '../../../../protocol/versions/rules.js';
import { brokerDefaults, topicDefaults } from '../../../../testing/cluster-spec.js';
import { createWorld, type World } from '../../../../../kernel/world.js';
import { ensembleConfig } from '../../ensemble/ensemble-config.js';
import { ZooKeeperServer, type EnsembleObserver } from '../../ensemble/server.js';
import { ZnodeTree } from '../../ensemble/znode-tree.js';
import { leaderAndIsrOf, TopicPaths, ZkPath, type ControllerZnode, type LeaderAndIsr } from '../../znodes.js';
import { request, type ZkSteps } from '../../zk-steps.js';
import { PuppetBroker } from './puppet-broker.js';

export const SECOND = 1_000_000;
const SERVERS = 3;

export interface LabOptions {
  readonly kafka?: string;
  readonly brokers?: number;
  readonly partitions?: number;
  readonly topic?: Partial<TopicSettings>;
  readonly seed?: string;
  readonly rules?: Partial<RuleValues>;
  readonly defects?: readonly DefectId[];
}

export class ControllerLab {
  readonly world: World;
  readonly brokers: readonly MachineId[];
  readonly servers: readonly MachineId[];
  readonly rules: Rules;
  readonly paths: TopicPaths;
  /** What is committed, as an observer has it. */
  readonly tree = new ZnodeTree();

  constructor(options: LabOptions = {}) {
    const { kafka = '2.7', brokers = 3, partitions = 1, topic = {}, seed = 'controller' } = options;
    const settings: TopicSettings = { ...topicDefaults, ...topic };
    const topics: TopicSpec[] = [{ name: 'orders', partitions, replicationFactor: Math.min(3, brokers), settings }];
    this.world = createWorld({ seed });
    this.rules = resolveRules(kafka, options.rules, options.defects);
    this.paths = new TopicPaths(topics);
    this.brokers = Array.from({ length: brokers }, (_, index) => index + 1);
    this.servers = Array.from({ length: SERVERS }, (_, index) => brokers + index + 1);
    const { servers, rules } = this;
    for (const brokerId of this.brokers) {
      const config = { brokerId, settings: brokerDefaults, rules, answers: rules, topics, brokers };
      this.world.addMachine({ name: `b${brokerId}`, program: (host) => new PuppetBroker(host, servers, config) });
    }
    const observer: EnsembleObserver = {
      onCommitted: (_, transaction) => {
        if (transaction.zxid > this.tree.lastZxid) this.tree.apply(transaction);
      },
      onLeading: () => undefined,
    };
    const ensemble = ensembleConfig(servers);
    for (const id of servers) {
      this.world.addMachine({ name: `z${id}`, program: (host) => new ZooKeeperServer(host, ensemble, observer) });
    }
    for (const machine of [...this.brokers, ...servers]) this.world.start(machine);
  }

  broker(id: MachineId): PuppetBroker {
    return this.world.process(id) as PuppetBroker;
  }

  /** By the znode; -1: none. */
  get controllerId(): number {
    const znode = this.tree.node(ZkPath.controller);
    return znode === undefined ? -1 : (znode.data as ControllerZnode).brokerId;
  }

  get controllerEpoch(): number {
    return (this.tree.node(ZkPath.controllerEpoch)?.data ?? 0) as number;
  }

  /** undefined: the partition has no state yet. */
  state(partition = 0): LeaderAndIsr | undefined {
    const znode = this.tree.node(this.paths.states[partition]);
    return znode === undefined ? undefined : leaderAndIsrOf(znode.data, znode.stat);
  }

  pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  until(what: string, holds: () => boolean, withinMicros = 60 * SECOND): void {
    const deadline = this.world.now + withinMicros;
    while (!holds()) {
      if (this.world.now > deadline || !this.world.step()) throw new Error(`never: ${what}`);
    }
  }

  /** Every partition is online with its full ISR. */
  ready(): void {
    const { states } = this.paths;
    this.until('all partitions are led', () =>
      states.every((_, partition) => (this.state(partition)?.leader ?? -1) >= 0),
    );
    this.pass(SECOND);
  }

  /** What this broker was told last of a partition by LeaderAndIsr. */
  toldOf(broker: MachineId, partition = 0): LeaderAndIsrRequest['partitions'][number] | undefined {
    for (const request of this.broker(broker).told.toReversed()) {
      if (request.kind !== ControlApi.leaderAndIsr) continue;
      const state = (request as LeaderAndIsrRequest).partitions.find((other) => other.partition === partition);
      if (state !== undefined) return state;
    }
    return undefined;
  }

  cutFromZooKeeper(broker: MachineId, on: boolean): void {
    for (const server of this.servers) this.world.net.cut(broker, server, on);
    this.deafToZooKeeper(broker, on);
  }

  /** What it says arrives. */
  deafToZooKeeper(broker: MachineId, on: boolean): void {
    for (const server of this.servers) this.world.net.cut(server, broker, on);
  }

  /** As somebody else, whatever is there. */
  setData(path: string, data: unknown): void {
    const stranger = this.brokers.find((broker) => broker !== this.controllerId)!;
    this.broker(stranger).session.run(write(path, data), () => undefined);
  }
}

function* write(path: string, data: unknown): ZkSteps<void> {
  yield* request({ kind: 'set-data', path, data, version: -1 });
}
