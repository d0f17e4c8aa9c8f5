import { describe, expect, it } from 'vitest';
import type { MachineId } from '../kernel/process.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import { Api } from './protocol/messages.js';
import { resolveMixedRules } from './protocol/versions/resolve.js';
import type { ControlPlane } from './protocol/versions/rule.js';
import { smallCluster, type SmallCluster } from './testing/cluster-spec.js';
import { Run } from './testing/run.js';
import { upgradeRefusal } from './upgrades.js';

/** Three brokers, and under KRaft a controller, that run one release and have agreed on an older one, perhaps. */
function specOf(release: string, agreed: string, control: ControlPlane, wanted: SmallCluster = {}): KafkaClusterSpec {
  const rules = resolveMixedRules({ release, agreed });
  const releases = {
    brokers: [release, release, release],
    controllers: release,
    agreed,
    clients: rules,
    own: {},
    defects: [],
  };
  const controllers = control === 'kraft' ? 1 : 3;
  return { ...smallCluster({ rules, control, controllers, ...wanted }), version: release, releases };
}

class Cluster {
  readonly run: Run;
  readonly raised: { count: number };

  constructor(release: string, agreed: string, control: ControlPlane, wanted: SmallCluster = {}) {
    this.run = new Run(specOf(release, agreed, control, wanted)).up();
    this.raised = this.run.count('featureLevelRaised');
  }

  get upgrades() {
    return this.run.kafka.upgrades!;
  }

  /** One after the other, each stopped in order, if it knows how. */
  upgrade(release: string, machines = this.upgrades.order): void {
    this.restart(machines, (machine) => this.upgrades.install(machine, release));
  }

  /** The second round. */
  speak(release: string): void {
    this.restart(this.upgrades.order, (machine) => this.upgrades.agreeAtRestart(machine, release));
  }

  agree(release: string, everything = false): void {
    this.upgrades.agree(release, everything);
    this.run.until(60, () => this.run.kafka.settled());
  }

  /** The followers of orders-0 no longer reach its leader. @returns what holds of the ISR after so many seconds */
  loseFollowers(seconds: number): { readonly isr: readonly MachineId[]; readonly elr: readonly MachineId[] } {
    const { run } = this;
    const leader = run.leader();
    for (const follower of [1, 2, 3].filter((broker) => broker !== leader)) {
      run.world.net.cut(follower, leader, true);
      run.world.net.cut(leader, follower, true);
    }
    // A follower that is at the log's end is in sync, however long it is silent.
    for (let second = 0; second < seconds; second++) run.send(1, 1);
    return run.kafka.view().controller(0);
  }

  private restart(machines: readonly MachineId[], whileDown: (machine: MachineId) => void): void {
    const { world, kafka } = this.run;
    for (const machine of machines) {
      if (!kafka.requestShutdown(machine)) world.kill(machine);
      this.run.until(60, () => !world.isRunning(machine) || 'it still runs');
      whileDown(machine);
      world.start(machine);
      this.run.until(120, () => kafka.whole());
    }
  }
}

const shortLag = { broker: { 'replica.lag.time.max.ms': 4000 } };

describe('a KRaft cluster that was upgraded from 3.9 to 4.1', () => {
  function eligible(agree: 'nothing' | 'protocol' | 'everything'): readonly MachineId[] {
    const cluster = new Cluster('3.9', '3.9', 'kraft', shortLag);
    cluster.upgrade('4.1');
    if (agree !== 'nothing') cluster.agree('4.1', agree === 'everything');
    expect(cluster.raised.count).toBe({ nothing: 0, protocol: 1, everything: 2 }[agree]);
    const { isr, elr } = cluster.loseFollowers(15);
    expect(isr).toEqual([cluster.run.leader()]);
    return elr;
  }

  it('has no eligible leader replicas, whatever it runs', () => expect(eligible('nothing')).toEqual([]));

  it('nor with metadata.version 4.1', () => expect(eligible('protocol')).toEqual([]));

  it('has them from when eligible.leader.replicas.version is raised on', () => {
    expect(eligible('everything').length).toBeGreaterThan(0);
  });
});

describe('metadata.version', () => {
  it('is not raised while one broker runs the old release', () => {
    const cluster = new Cluster('3.5', '3.5', 'kraft');
    cluster.upgrade('3.9', cluster.upgrades.order.slice(0, -1));
    cluster.agree('3.9');
    expect(cluster.raised.count).toBe(0);
    cluster.upgrade('3.9', cluster.upgrades.order.slice(-1));
    cluster.agree('3.9');
    expect(cluster.raised.count).toBe(1);
  });

  it('is known to a broker that starts later, and what was acknowledged is kept through all of it', () => {
    const cluster = new Cluster('3.3', '3.3', 'kraft');
    cluster.run.send(20);
    cluster.upgrade('3.9');
    cluster.agree('3.9');
    cluster.run.send(20);
    cluster.upgrade('3.9', [cluster.run.leader()]);
    cluster.run.send(20);
    cluster.run.until(60, () => cluster.run.kafka.settled());
    expect(cluster.run.acknowledged()).toHaveLength(60);
    expect(cluster.run.finalRead()[0].toSorted((a, b) => a - b)).toEqual(cluster.run.acknowledged());
  });
});

describe('a ZooKeeper cluster that was upgraded from 2.5 to 3.9', () => {
  /** No request for another ISR gets through: who is left in it? */
  function isrWithoutAlterPartition(speaks: boolean): number {
    const cluster = new Cluster('2.5', '2.5', 'zookeeper', shortLag);
    cluster.upgrade('3.9');
    if (speaks) cluster.speak('3.9');
    cluster.run.world.net.rule({ kind: Api.alterPartition }, 'hold', 0);
    return cluster.loseFollowers(20).isr.length;
  }

  it('has leaders that write the ISR into ZooKeeper until inter.broker.protocol.version is raised', () => {
    expect(isrWithoutAlterPartition(false)).toBe(1);
  });

  it('has leaders that ask the controller for it from then on (2.7-IV2)', () => {
    expect(isrWithoutAlterPartition(true)).toBe(3);
  });
});

describe('an upgrade', () => {
  it('restarts controllers before brokers, and no ZooKeeper server', () => {
    expect(new Cluster('3.9', '3.9', 'kraft').upgrades.order).toEqual([4, 1, 2, 3]);
    expect(new Cluster('3.9', '3.9', 'zookeeper').upgrades.order).toEqual([1, 2, 3]);
  });

  it('to one release begins once', () => {
    const { upgrades } = new Cluster('3.9', '3.9', 'kraft');
    expect(upgrades.possible('4.1')).toBe(true);
    upgrades.install(4, '4.1');
    expect(upgrades.possible('4.1')).toBe('Kafka 4.1 is being installed already, or was');
  });

  it.each<[ControlPlane, string, string, string | null]>([
    ['kraft', '3.9', '4.1', null],
    ['kraft', '4.1', '3.9', 'Kafka 3.9 is older than 4.1: that would be a downgrade'],
    ['zookeeper', '2.5', '3.9', null],
    ['zookeeper', '3.9', '4.0', 'Kafka 4.0 has no ZooKeeper: the cluster has to be moved to KRaft first (KIP-866)'],
    ['zookeeper', '0.10.2', '2.5', null],
  ])('under %s from %s to %s: %s', (control, from, to, refusal) => {
    expect(upgradeRefusal(specOf(from, from, control), from, to)).toBe(refusal);
  });

  it('does not cross the end of the old message formats in one step', () => {
    expect(upgradeRefusal(specOf('0.10.2', '0.10.2', 'zookeeper'), '0.10.2', '3.3')).toContain('message format v2');
  });
});
