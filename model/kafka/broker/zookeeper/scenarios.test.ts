/**
 * Counterexamples of replication.md §12 that only ZooKeeper's control plane has, told with whole clusters: with the broken
 * rule the story ends as told, with the mended one it does not.
 */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../kernel/network.js';
import { Process, type Host, type MachineId, type Message } from '../../../kernel/process.js';
import { Probe } from '../../probes.js';
import {
  CONTROLLER_TO_BROKER,
  ControlApi,
  NO_LEADER_EPOCH,
  UNKNOWN_BROKER_EPOCH,
  type StopReplicaRequest,
} from '../../protocol/control-messages.js';
import { Api, Purpose, type ElectLeadersRequest, type Request } from '../../protocol/messages.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { RuleValues } from '../../protocol/versions/rules.js';
import { smallCluster, type SmallCluster } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';

const ORDERS = 0;
const SERVERS = 3;

describe('S13: a StopReplica that arrives after its replica was assigned again (KIP-570)', () => {
  /** What was to be deleted once is led by somebody else since, and is in the ISR. @returns values that broker 3 still holds */
  function story(leaderEpochInStopReplica: boolean): number {
    const cluster = new Cluster({ leaderEpochInStopReplica });
    cluster.run.send(20);
    const { leaderEpoch } = cluster.state;
    cluster.moveLeader();
    expect(cluster.state.isr).toContain(3);
    const order: StopReplicaRequest = {
      kind: ControlApi.stopReplica,
      bytes: 50,
      correlationId: 1,
      controllerId: cluster.controller,
      controllerEpoch: 1,
      brokerEpoch: UNKNOWN_BROKER_EPOCH,
      partitions: [
        {
          partition: ORDERS,
          leaderEpoch: leaderEpochInStopReplica ? leaderEpoch : NO_LEADER_EPOCH,
          deletePartition: true,
        },
      ],
    };
    cluster.deliver(order, 3, CONTROLLER_TO_BROKER);
    expect(cluster.state.isr).toContain(3);
    return cluster.run.kafka.view().replica(3, ORDERS)?.logEnd ?? 0;
  }

  it('deletes a replica of the ISR up to 2.5: nobody but its broker knows', () => expect(story(false)).toBe(0));

  it('is refused since 2.6: it names the leader epoch in which it was sent', () => expect(story(true)).toBe(20));
});

describe("S15: a leader that knows an old version of its partition's znode (KAFKA-2729)", () => {
  const writes: Partial<RuleValues> = { isrWrites: 'zookeeper', controllerStopsWithSession: false };

  /**
   * A former controller, which ZooKeeper did not hear for a while, writes a decision of its old days over the state; no
   * broker obeys it any more, so that the leader never hears of it. Then a follower no longer fetches.
   * @returns the members of the ISR, and how many of ten sends are acknowledged
   */
  function story(controllerEpochInWrites: boolean): { readonly isr: number; readonly acknowledged: number } {
    const cluster = new Cluster(
      { ...writes, controllerEpochInWrites },
      { brokers: 4, broker: { 'replica.lag.time.max.ms': 4000, 'zookeeper.session.timeout.ms': 6000 } },
    );
    const former = cluster.controller;
    const { leader, isr } = cluster.state;
    expect(isr).not.toContain(former);
    cluster.cutFromZooKeeper(former, true);
    cluster.elect(
      isr.find((member) => member !== leader)!,
      former,
    );
    cluster.run.until(60, () => cluster.controller !== former || 'no other controller');
    cluster.run.run(5);
    cluster.cutFromZooKeeper(former, false);
    cluster.run.run(15);
    const away = isr.find((member) => member !== leader)!;
    cluster.cut(leader, away);
    cluster.run.run(10);
    cluster.run.send(10);
    cluster.run.run(15);
    return { isr: cluster.state.isr.length, acknowledged: cluster.run.acknowledged().length };
  }

  it('cannot take a follower out of its ISR, and acknowledges nothing', () => {
    expect(story(false)).toEqual({ isr: 3, acknowledged: 0 });
  });

  it('is not made since 2.1: the former controller may not write any more (KAFKA-6082)', () => {
    expect(story(true)).toEqual({ isr: 2, acknowledged: 10 });
  });
});

/** Kafka 3.9 under ZooKeeper but for some rules, at rest. */
class Cluster {
  readonly run: Run;
  /** By the znode. */
  controller = 0;

  constructor(rules: Partial<RuleValues>, wanted: SmallCluster = {}) {
    const resolved = resolveRules('3.9', rules);
    const spec = { control: 'zookeeper', controllers: SERVERS, rules: resolved, ...wanted } as const;
    this.run = new Run(smallCluster(spec));
    this.run.world.probes.listen([Probe.controllerElected], {
      onProbe: (_kind, _machine, _key, broker) => {
        this.controller = broker;
      },
    });
    this.run.up();
  }

  get state() {
    return this.run.kafka.view().controller(ORDERS);
  }

  moveLeader(): void {
    const { leader, isr } = this.state;
    const target = isr.find((member) => member !== leader && member !== 3)!;
    this.run.until(30, () => {
      if (this.run.kafka.leads(ORDERS, target)) return true;
      this.run.kafka.transferLeadership(ORDERS, target);
      return 'the leader has not moved';
    });
    this.run.run(1);
  }

  /** Asks this broker, as the controller, to let that one lead. */
  elect(target: MachineId, controller: MachineId): void {
    const election: ElectLeadersRequest = {
      kind: Api.electLeaders,
      bytes: 50,
      correlationId: 1,
      electionType: 2,
      target,
      partitions: [ORDERS],
    };
    this.deliver(election, controller, Purpose.admin);
  }

  /** A message that somebody sent reaches a broker now. */
  deliver(request: Request, broker: MachineId, purpose: number): void {
    const { world } = this.run;
    const courier = world.addMachine({
      name: `courier${world.machineCount}`,
      program: (host) => new Courier(host, request, broker, purpose),
    });
    world.start(courier);
    this.run.run(1);
  }

  cut(a: MachineId, b: MachineId, on = true): void {
    this.run.world.net.cut(a, b, on);
    this.run.world.net.cut(b, a, on);
  }

  cutFromZooKeeper(broker: MachineId, on: boolean): void {
    const { brokers } = this.run.kafka.spec;
    for (let server = brokers + 1; server <= brokers + SERVERS; server++) this.cut(broker, server, on);
  }
}

/** Delivers one message. */
class Courier extends Process {
  private readonly request: Request;
  private readonly broker: MachineId;
  private readonly purpose: number;

  constructor(host: Host, request: Request, broker: MachineId, purpose: number) {
    super(host);
    this.request = request;
    this.broker = broker;
    this.purpose = purpose;
  }

  override start(): void {
    this.host.net.connect(this.broker, this.purpose, 10_000_000);
  }
  override onConnected(connection: Connection): void {
    connection.send(this.request);
  }
  override onConnection(): void {}
  override onMessage(_connection: Connection, _message: Message): void {}
  override onBroken(): void {}
  override onTimer(): void {}
}
