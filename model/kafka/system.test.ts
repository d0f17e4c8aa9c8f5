import { describe, expect, it } from 'vitest';
import { segmentPath } from './log/paths.js';
import { LossReason, Probe } from './probes.js';
import { Run } from './testing/run.js';
import { smallCluster, type SmallCluster } from './testing/cluster-spec.js';

function up(wanted: SmallCluster = {}, seed = 'run'): Run {
  return new Run(smallCluster(wanted), seed).up();
}

/** Everything is idle again; every replica holds the same; every value that was acknowledged can be read, once. */
function expectWhole(it: Run, acknowledged: number): void {
  it.until(200, () => it.kafka.settled());
  expect(it.acknowledged()).toHaveLength(acknowledged);
  it.kafka.keys().forEach((_, key) => {
    const [first, ...others] = it.replicas(key);
    for (const other of others) expect(other).toEqual(first);
  });
  expect(
    it
      .finalRead()
      .flat()
      .toSorted((a, b) => a - b),
  ).toEqual(it.acknowledged());
}

describe('a cluster of three brokers, acks=all, idempotent', () => {
  it('acknowledges every send, holds them alike on every replica, and a final read returns them all', () => {
    const it = up({ partitions: 2 });
    it.send(200);
    expectWhole(it, 200);
  });

  it('loses and repeats nothing when the leader is killed in the middle', () => {
    const it = up();
    it.send(100);
    const leader = it.leader();
    it.world.kill(leader);
    it.send(100);
    it.run(30);
    expect(it.leader()).not.toBe(leader);
    it.world.start(leader);
    expectWhole(it, 200);
  });

  it('loses and repeats nothing when the leader is cut off from everybody for 20 s', () => {
    const it = up();
    const deposed = it.leader();
    const cut = (on: boolean): void => {
      for (let other = 1; other <= it.world.machineCount; other++) {
        if (other === deposed) continue;
        it.world.net.cut(deposed, other, on);
        it.world.net.cut(other, deposed, on);
      }
    };
    it.send(50);
    cut(true);
    it.send(100, 0.2);
    expect(it.leader()).not.toBe(deposed);
    cut(false);
    expectWhole(it, 150);
  });

  it('goes on after the controller was away', () => {
    const it = up();
    it.send(50);
    it.world.powerLoss(4);
    it.send(50);
    it.run(15);
    it.world.start(4);
    it.send(50);
    expectWhole(it, 150);
  });

  it('stops in order and comes back at once: no unclean recovery, no refused registration', () => {
    const it = up();
    const refusals = it.count('registrationRefused');
    it.send(50);
    for (const broker of [1, 2, 3]) {
      expect(it.kafka.requestShutdown(broker)).toBe(true);
      it.until(30, () => !it.world.isRunning(broker) || `b${broker} still runs`);
      it.send(20);
      it.world.start(broker);
      it.until(60, () => it.kafka.whole());
    }
    expect(refusals.count).toBe(0);
    expectWhole(it, 110);
  });

  it('moves leadership to each replica in turn, which then leads in a new epoch', () => {
    const it = up({ partitions: 3 });
    it.send(30);
    it.until(10, () => it.kafka.settled());
    for (let round = 0; round < 3; round++) {
      const wanted = it.kafka.keys().map((_, key) => it.kafka.replicas(key)[round]);
      wanted.forEach((to, key) => {
        if (!it.kafka.leads(key, to)) it.kafka.transferLeadership(key, to);
      });
      it.until(20, () => wanted.every((to, key) => it.kafka.leads(key, to)) || 'not moved yet');
      it.until(20, () => it.kafka.settled());
      expect(it.finalRead().flat()).toHaveLength(30);
    }
  });
});

describe('liveness', () => {
  it('is reached when every producer has had a new record acknowledged and read on every partition', () => {
    const it = up({ partitions: 2, producers: 2 });
    it.send(20);
    it.kafka.beginLiveness(1_000_000);
    expect(it.kafka.lively()).toMatch(/not acknowledged/);
    it.until(5, () => it.kafka.lively());
  });

  it('needs no consumer of the spec', () => {
    const it = up({ consumers: 0 });
    it.kafka.beginLiveness(1_000_000);
    it.until(5, () => it.kafka.lively());
  });

  it('says what is missing', () => {
    const it = up();
    const follower = it.kafka.replicas(0).filter((replica) => replica !== it.leader());
    for (const broker of follower) it.world.kill(broker);
    it.run(15);
    it.kafka.beginLiveness(1_000_000);
    it.run(1);
    expect(it.kafka.lively()).toMatch(/ISR \{\d\} of orders-0 is smaller than min.insync.replicas 2/);
    it.world.kill(it.leader());
    it.run(20);
    expect(it.kafka.lively()).toMatch(/no leader for orders-0, whose ISR is \{\d\}/);
  });

  it('names the partition, and whom it waits for', () => {
    const it = up({ partitions: 2 });
    const [away, ...others] = it.kafka.replicas(0).filter((replica) => replica !== it.leader());
    it.world.kill(away);
    for (const broker of others) it.world.kill(broker);
    it.run(15);
    it.world.start(away);
    it.kafka.beginLiveness(1_000_000);
    it.run(0.05);
    const obstacles = it.kafka.livenessObstacles();
    expect(obstacles.map(({ key }) => key)).toEqual([0, 1]);
    expect(obstacles[0]).toMatchObject({ waitsFor: [away] });
    it.kafka.endLiveness();
  });

  it('does not come to rest where a follower must pass a damaged batch of its leader', () => {
    const it = up();
    const leader = it.leader();
    const [away] = it.kafka.replicas(0).filter((replica) => replica !== leader);
    it.send(5);
    it.world.kill(away);
    it.run(15);
    it.send(20);
    it.run(5);
    const end = it.kafka.view().replica(leader, 0)!.logEnd;
    expect(it.world.diskFaults(leader).corrupt(segmentPath('orders-0', 0), batchesOn(it, leader) - 2)).toBe(true);
    it.world.start(away);
    it.run(60);
    expect(it.kafka.settlingObstacles()).toMatchObject([{ key: 0, waitsFor: [away] }]);
    const reason = it.kafka.settled();
    expect(reason).toMatch(/^ISR of orders-0 is \{\d,\d\}, b\d stands at \d+ of \d+ /);
    expect(reason).toContain(`(the log of b${leader}, its leader, is damaged at offset ${end - 2})`);
    expect(it.kafka.electable(0)).toHaveLength(2);
    const sound = it.kafka.electable(0).find((replica) => replica !== leader)!;
    it.kafka.transferLeadership(0, sound);
    it.until(60, () => it.kafka.settled());
    expect(it.kafka.electable(0)).toHaveLength(3);
  });

  it('comes back with any sufficient set, within the bound', () => {
    const it = up();
    it.send(20);
    const [first, second] = it.kafka.replicas(0);
    it.world.kill(first);
    it.run(12);
    it.world.kill(second);
    const sets = it.kafka.sufficientSets({ impaired: () => false, stoppedUncleanly: () => false });
    expect(sets[0]).toHaveLength(2 + 1 + 2);
    expect(sets.at(-1)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const machine of sets[0]) it.world.start(machine);
    it.kafka.beginLiveness(1_000_000);
    it.until(it.kafka.livenessBoundMicros() / 1e6, () => it.kafka.lively());
  });

  it('leaves out nobody who is still in an ISR: whoever is fenced last is the one that may lead', () => {
    const it = up();
    it.world.kill(1);
    for (const set of it.kafka.sufficientSets({ impaired: () => false, stoppedUncleanly: () => false }))
      expect(set).toContain(1);
    it.run(12);
    expect(it.kafka.sufficientSets({ impaired: () => false, stoppedUncleanly: () => false })[0]).toEqual([
      2, 3, 4, 5, 6,
    ]);
  });

  it('offers no set without the frozen member of an ISR', () => {
    const it = up();
    const away = it.kafka.replicas(0);
    for (const broker of away) {
      it.world.kill(broker);
      it.run(12);
    }
    const frozen = it.kafka.view().controller(0).isr;
    expect(frozen).toEqual([away[2]]);
    for (const set of it.kafka.sufficientSets({ impaired: () => false, stoppedUncleanly: () => false }))
      expect(set).toContain(frozen[0]);
  });
});

describe('roles', () => {
  it('follow the controller: leader, the other replicas, the last of the ISR', () => {
    const it = up();
    const dice = it.world.dice('test');
    const replicas = it.kafka.replicas(0);
    const role = (name: string): readonly number[] => it.kafka.role(name, 0, dice);
    expect(role('leader')).toEqual([replicas[0]]);
    expect(role('follower')).toEqual(replicas.slice(1));
    expect(role('last-in-isr')).toEqual([replicas[2]]);
    expect([role('broker'), role('controller'), role('client')]).toEqual([[1, 2, 3], [4], [5, 6]]);
    it.world.kill(replicas[2]);
    it.run(12);
    expect(role('isr-follower')).toEqual([replicas[1]]);
    expect(role('last-in-isr')).toEqual([replicas[1]]);
    expect(role('nobody')).toEqual([]);
  });

  it('who believes that it leads is the leader while the controller knows none', () => {
    const it = up();
    const leader = it.leader();
    for (const broker of [1, 2, 3]) it.world.net.cut(broker, 4, true);
    it.run(30);
    expect(it.leader()).toBe(-1);
    expect(it.kafka.role('leader', 0, it.world.dice('test'))).toEqual([leader]);
  });
});

describe('data loss', () => {
  it('is announced by partition and offset when a broker loses power, and not when nothing was unsynced', () => {
    for (const [flushMessages, announcements] of [
      [1, 0],
      [9_007_199_254_740_991, 1],
    ] as const) {
      let lost = 0;
      for (let seed = 0; seed < 8 && lost === 0; seed++) {
        const it = up({ topic: { 'flush.messages': flushMessages } }, `loss-${seed}`);
        const counter = it.count('dataLost');
        it.send(20);
        it.world.powerLoss(1);
        lost = counter.count;
      }
      expect(lost).toBe(announcements);
    }
  });
});

describe('determinism', () => {
  it('the same seed gives the same events, operations and disks; another seed does not', () => {
    const play = (seed: string): unknown => {
      const it = up({ partitions: 2 }, seed);
      it.send(40);
      it.world.kill(it.leader());
      it.send(40);
      it.run(20);
      return [it.world.events, it.world.diskFingerprint(), it.operations];
    };
    const first = play('7');
    expect(play('7')).toEqual(first);
    expect(play('8')).not.toEqual(first);
  });
});

describe('a damaged batch on a broker without power', () => {
  it('is announced as damage, which takes these records alone', () => {
    const it = up({ topic: { 'flush.messages': 1 } });
    it.send(20);
    it.run(5);
    const follower = 1 + (it.leader() % 3);
    it.world.powerLoss(follower);
    const announced: number[][] = [];
    it.world.probes.listen([Probe.dataLost, Probe.append], {
      onProbe: (kind, machine, _key, a, b, c) => {
        if (machine === follower) announced.push([kind, a, b, c]);
      },
    });
    expect(it.world.diskFaults(follower).corrupt(segmentPath('orders-0', 0), 0)).toBe(true);
    expect(announced).toEqual([[Probe.dataLost, 0, 1, LossReason.corrupt]]);
  });
});

/** Batches in a broker's log of orders-0. */
function batchesOn(it: Run, broker: number): number {
  return it.world.disk(broker).open(segmentPath('orders-0', 0)).length;
}
