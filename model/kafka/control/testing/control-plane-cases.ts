/** What every control plane does, said once: the same suite runs on each. */
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../../kernel/process.js';
import { smallCluster, type SmallCluster } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';

export interface ControlPlaneCase {
  readonly name: string;
  /** Time-outs included: those of `soonGivenUp`. */
  readonly cluster: SmallCluster;
}

/** Of brokers: one that is not heard is given up after some 6 s. */
export const soonGivenUp = {
  'broker.session.timeout.ms': 6000,
  'broker.heartbeat.interval.ms': 1500,
  'zookeeper.session.timeout.ms': 6000,
  'replica.lag.time.max.ms': 8000,
  'replica.socket.timeout.ms': 8000,
} as const;

const BROKERS: readonly MachineId[] = [1, 2, 3];

export function describeControlPlane({ name, cluster }: ControlPlaneCase): void {
  const up = (wanted: SmallCluster = {}): Run => new Run(smallCluster({ ...cluster, ...wanted }), name).up();
  /** Those that decide have no replica. Where brokers are controllers, too, there are three more, to whom the replicas are moved. */
  const upWithReplicasApart = (wanted: SmallCluster = {}): Run => {
    if (cluster.combined !== true) return up(wanted);
    const controllers = cluster.controllers!;
    const run = up({ ...wanted, brokers: controllers + BROKERS.length });
    run.kafka.reassign(
      0,
      BROKERS.map((broker) => broker + controllers),
    );
    run.until(60, () => run.kafka.settled());
    return run;
  };

  describe(name, () => {
    it('elects another leader from the ISR when the leader dies, and loses nothing', () => {
      const run = up();
      run.send(50);
      const dead = run.leader();
      run.world.kill(dead);
      run.send(50, 0.3);
      expect(BROKERS.filter((broker) => broker !== dead)).toContain(run.leader());
      expect(run.kafka.view().controller(0).isr).not.toContain(dead);
      run.world.start(dead);
      expectWhole(run, 100);
    });

    it('decides as before after its controller has died and another, or itself, has come', () => {
      const run = up();
      run.send(20);
      const controller = controllerOf(run);
      run.world.kill(controller);
      run.send(20, 1);
      run.world.start(controller);
      run.until(120, () => run.kafka.settled());
      const next = controllerOf(run);
      const dead = run.leader() === next ? BROKERS.find((broker) => broker !== next)! : run.leader();
      run.world.kill(dead);
      run.send(20, 1);
      expect(run.kafka.view().controller(0).isr).not.toContain(dead);
      run.world.start(dead);
      expectWhole(run, 60);
    });

    it('writes on while nobody decides', () => {
      const run = upWithReplicasApart();
      run.send(10);
      const machines = controlMachines(run);
      for (const machine of machines) run.world.kill(machine);
      run.send(50);
      run.run(2);
      expect(run.acknowledged()).toHaveLength(60);
      for (const machine of machines) run.world.start(machine);
      expectWhole(run, 60);
    });

    it('takes a follower that lags out of the ISR, and in again', () => {
      const run = up();
      const busy = [run.leader(), controllerOf(run)];
      const follower = run.kafka
        .view()
        .controller(0)
        .isr.find((member) => !busy.includes(member))!;
      isolateFrom(run, follower, [run.leader()], true);
      run.send(80, 0.2);
      expect(run.kafka.view().controller(0).isr).not.toContain(follower);
      isolateFrom(run, follower, [run.leader()], false);
      expectWhole(run, 80);
    });

    it('leaves a partition without a leader when the last of the ISR is away', () => {
      const run = upWithReplicasApart({ topic: { 'min.insync.replicas': 1 } });
      const last = shrinkToLeader(run);
      run.world.kill(last);
      run.run(30);
      expect(run.leader()).toBe(-1);
      run.world.start(last);
      run.until(60, () => run.leader() === last || `${run.leader()} leads`);
      isolateFrom(
        run,
        last,
        run.kafka.replicas(0).filter((broker) => broker !== last),
        false,
      );
      expectWhole(run, run.acknowledged().length);
    });

    it('elects whoever is there when the last of the ISR is away, where that is allowed', () => {
      const run = upWithReplicasApart({
        topic: { 'min.insync.replicas': 1, 'unclean.leader.election.enable': true },
        broker: { ...cluster.broker, 'unclean.leader.election.interval.ms': 1000 },
      });
      const last = shrinkToLeader(run);
      run.world.kill(last);
      run.until(60, () => ![-1, last].includes(run.leader()) || 'nobody leads');
      expect(run.kafka.view().controller(0).isr).not.toContain(last);
    });

    it('lets a deposed leader acknowledge nothing with acks=all, and makes it a follower when it is heard again', () => {
      const run = up();
      const deposed = run.leader();
      isolate(run, deposed, true);
      run.send(60, 0.5);
      const view = run.kafka.view();
      expect(run.leader()).not.toBe(deposed);
      expect(view.replica(deposed, 0)!.isLeader).toBe(true);
      expect(view.replica(deposed, 0)!.highWatermark).toBeLessThanOrEqual(view.replica(run.leader(), 0)!.logEnd);
      isolate(run, deposed, false);
      expectWhole(run, 60);
    });

    it('gives up a leader that it alone does not hear, though its followers do', () => {
      const run = upWithReplicasApart();
      const unheard = run.leader();
      isolateFrom(run, unheard, controlMachines(run), true);
      run.send(60, 0.5);
      expect(run.leader()).not.toBe(unheard);
      isolateFrom(run, unheard, controlMachines(run), false);
      expectWhole(run, 60);
    });

    it('stops brokers in order: leaderships move first, and no acknowledged record needs recovery', () => {
      const run = up();
      run.send(20);
      for (const broker of BROKERS) {
        expect(run.kafka.requestShutdown(broker)).toBe(true);
        run.until(60, () => !run.world.isRunning(broker) || `b${broker} still runs`);
        expect(run.leader()).not.toBe(broker);
        run.send(20);
        run.world.start(broker);
        run.until(60, () => run.kafka.whole());
      }
      expectWhole(run, 80);
    });

    it('brings back a cluster of which every machine was restarted', () => {
      const run = up({ partitions: 2 });
      run.send(50);
      run.run(3);
      const all = new Set([...BROKERS, ...controlMachines(run)]);
      for (const machine of all) run.world.kill(machine);
      run.run(20);
      for (const machine of all) run.world.start(machine);
      run.until(120, () => run.kafka.whole());
      run.send(50);
      expectWhole(run, 100);
    });

    it('moves leadership to each replica in turn when an administrator asks', () => {
      const run = up();
      run.send(20);
      for (const broker of BROKERS) {
        run.kafka.transferLeadership(0, broker);
        run.until(30, () => run.kafka.leads(0, broker) || `b${broker} does not lead`);
      }
      expectWhole(run, 20);
    });

    it('moves replicas to other brokers while records are written, and the brokers that have to go delete their logs', () => {
      const run = up({ brokers: 5 });
      const deleted = run.count('replicaDeleted');
      const origin = run.kafka.replicas(0);
      const fresh = [1, 2, 3, 4, 5].filter((broker) => !origin.includes(broker));
      const target = [fresh[0], origin[1], fresh[1]];
      run.send(50);
      run.kafka.reassign(0, target);
      run.send(100, 0.05);
      run.until(60, () => run.kafka.settled());
      expect(run.kafka.replicas(0)).toEqual(target);
      expect(target).toContain(run.leader());
      expect(deleted.count).toBe(2);
      for (const broker of [origin[0], origin[2]]) {
        expect(run.kafka.view().replica(broker, 0)).toBeUndefined();
        expect(run.kafka.logFiles(broker, 0)).toEqual([]);
      }
      expectWhole(run, 150);
    });

    it('reorders replicas at once, and moves nothing', () => {
      const run = up();
      run.send(20);
      const [first, second, third] = run.kafka.replicas(0);
      run.kafka.reassign(0, [third, first, second]);
      run.until(10, () => run.kafka.replicas(0)[0] === third || 'the assignment is the old one');
      run.until(30, () => run.kafka.settled());
      expect(run.leader()).toBe(first);
      expectWhole(run, 20);
    });

    it('takes a reassignment back that cannot end, and deletes what it had added', () => {
      const run = up({ brokers: 5 });
      const origin = run.kafka.replicas(0);
      const [cutOff, added] = sparesOf(run);
      const leader = run.leader();
      run.send(20);
      isolateFrom(run, cutOff, [leader], true);
      run.kafka.reassign(0, [leader, added, cutOff]);
      run.send(60, 0.1);
      expect(run.kafka.view().controller(0)).toMatchObject({ isBeingReassigned: true });
      expect(run.kafka.view().controller(0).isr).toContain(added);
      run.kafka.reassign(0, null);
      run.until(30, () => !run.kafka.view().controller(0).isBeingReassigned || 'it is still under way');
      isolateFrom(run, cutOff, [leader], false);
      run.until(60, () => run.kafka.settled());
      expect(run.kafka.replicas(0).toSorted((a, b) => a - b)).toEqual(origin.toSorted((a, b) => a - b));
      expect(run.kafka.logFiles(added, 0)).toEqual([]);
      expectWhole(run, 80);
    });

    it('goes on with a reassignment after its controller has died', () => {
      const run = up({ brokers: 5 });
      const [cutOff, added] = sparesOf(run);
      const leader = run.leader();
      const target = [leader, added, cutOff];
      run.send(20);
      isolateFrom(run, cutOff, [leader], true);
      run.kafka.reassign(0, target);
      run.run(2);
      expect(run.kafka.view().controller(0).isBeingReassigned).toBe(true);
      const controller = controllerOf(run);
      run.world.kill(controller);
      run.run(10);
      isolateFrom(run, cutOff, [leader], false);
      run.world.start(controller);
      run.until(120, () => run.kafka.settled());
      expect(run.kafka.replicas(0)).toEqual(target);
      expectWhole(run, 20);
    });

    it('gives a broker that was away while its replica was moved another one later, whatever it still has on its disk', () => {
      const run = up({ brokers: 5 });
      const [first, second, third] = run.kafka.replicas(0);
      const away = [third, second, first].find((broker) => ![run.leader(), controllerOf(run)].includes(broker))!;
      const rest = [first, second, third].filter((broker) => broker !== away);
      run.send(20);
      run.world.kill(away);
      run.kafka.reassign(0, [...rest, sparesOf(run)[0]]);
      run.send(60, 0.5);
      expect(run.kafka.replicas(0)).not.toContain(away);
      run.world.start(away);
      run.until(60, () => run.kafka.settled());
      // Under KRaft a broker deletes at its start what it is not assigned (KAFKA-14616); StopReplica did not reach it.
      expect(run.kafka.logFiles(away, 0).length).toBe(cluster.control === 'kraft' ? 0 : 1);
      run.kafka.reassign(0, [...rest, away]);
      run.until(60, () => run.kafka.replicas(0).includes(away) || 'it is not asked yet');
      run.until(60, () => run.kafka.settled());
      expectWhole(run, 80);
    });

    it('makes a partition smaller, and its effective min.insync.replicas with it', () => {
      const run = up();
      run.send(20);
      run.kafka.reassign(0, [run.leader()]);
      run.until(30, () => run.kafka.settled());
      run.send(20);
      expect(run.kafka.view().controller(0).isr).toEqual([run.leader()]);
      expectWhole(run, 40);
    });
  });
}

/** All is idle again, every replica holds the same, and what was acknowledged can be read. */
export function expectWhole(run: Run, acknowledged: number): void {
  run.until(200, () => run.kafka.settled());
  expect(run.acknowledged()).toHaveLength(acknowledged);
  run.kafka.keys().forEach((_, key) => {
    const [first, ...others] = run.replicas(key);
    for (const other of others) expect(other).toEqual(first);
  });
  const read = run.finalRead().flat();
  expect(read.toSorted((a, b) => a - b)).toEqual(run.acknowledged());
}

/** It may be a broker. */
export function controllerOf(run: Run): MachineId {
  return run.kafka.role('controller', 0, run.world.dice('test'))[0];
}

/** Of five brokers those two that have no replica; the controller, if it is one of them, is the second. */
function sparesOf(run: Run): MachineId[] {
  const replicas = run.kafka.replicas(0);
  const spares = [1, 2, 3, 4, 5].filter((broker) => !replicas.includes(broker));
  return spares[0] === controllerOf(run) ? spares.toReversed() : spares;
}

/** Controllers, which may be brokers, too, or the ZooKeeper servers. */
export function controlMachines(run: Run): MachineId[] {
  return run.kafka
    .machines()
    .filter(({ roles }) => roles.includes('controller'))
    .map(({ id }) => id);
}

export function isolateFrom(run: Run, machine: MachineId, others: readonly MachineId[], on: boolean): void {
  for (const other of others) {
    run.world.net.cut(machine, other, on);
    run.world.net.cut(other, machine, on);
  }
}

function isolate(run: Run, machine: MachineId, on: boolean): void {
  const others = run.kafka.machines().flatMap(({ id }) => (id === machine ? [] : [id]));
  isolateFrom(run, machine, others, on);
}

/**
 * Both followers are cut off from the leader until it alone is in the ISR. A broker that is the controller leads: the leader
 * must reach it. @returns the leader
 */
export function shrinkToLeader(run: Run): MachineId {
  const controller = controllerOf(run);
  if (run.kafka.replicas(0).includes(controller)) {
    run.kafka.transferLeadership(0, controller);
    run.until(30, () => run.kafka.leads(0, controller) || 'leadership has not moved');
    run.until(60, () => run.kafka.settled());
  }
  const leader = run.leader();
  const followers = run.kafka.replicas(0).filter((broker) => broker !== leader);
  isolateFrom(run, leader, followers, true);
  run.send(20);
  run.until(60, () => run.kafka.view().controller(0).isr.length === 1 || 'the ISR is still larger');
  run.send(20);
  run.run(1);
  return leader;
}
