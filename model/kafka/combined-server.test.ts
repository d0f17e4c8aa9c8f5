import { describe, expect, it } from 'vitest';
import type { MachineId } from '../kernel/process.js';
import type { CombinedServer } from './combined-server.js';
import { Purpose } from './protocol/messages.js';
import { smallCluster, type SmallCluster } from './testing/cluster-spec.js';
import { Run } from './testing/run.js';

const broker = { 'broker.session.timeout.ms': 6000, 'broker.heartbeat.interval.ms': 1500 };

function up(wanted: SmallCluster): Run {
  return new Run(smallCluster({ combined: true, broker, ...wanted }), 'combined').up();
}

function controllerOf(run: Run): MachineId | undefined {
  return run.kafka.role('controller', 0, run.world.dice('test'))[0];
}

function isolate(run: Run, machine: MachineId): void {
  for (const { id } of run.kafka.machines()) {
    if (id === machine) continue;
    run.world.net.cut(machine, id, true);
    run.world.net.cut(id, machine, true);
  }
}

describe('a node that is broker and controller', () => {
  it('is one machine, with both roles', () => {
    const roles = up({ controllers: 3 })
      .kafka.machines()
      .filter(({ roles }) => roles.includes('controller'));
    expect(roles.map(({ name }) => name)).toEqual(['b1', 'b2', 'b3']);
    expect(roles.every(({ roles }) => roles.includes('broker'))).toBe(true);
  });

  it('dies with both: another controller fences the broker of the one that led the quorum', () => {
    const run = up({ controllers: 3 });
    const dead = controllerOf(run)!;
    run.world.kill(dead);
    run.until(30, () => ![undefined, dead].includes(controllerOf(run)) || 'nobody is in charge');
    run.until(30, () => !run.kafka.view().controller(0).isr.includes(dead) || 'it is still in the ISR');
    run.world.start(dead);
    run.until(60, () => run.kafka.settled());
  });

  it('hears of what its own controller decides while nobody else is in reach, and heartbeats over loopback', () => {
    const run = up({ controllers: 1 });
    const node = controllerOf(run)!;
    expect(node).toBe(1);
    isolate(run, node);
    run.run(20);
    const { leader, isr } = run.kafka.view().controller(0);
    expect([leader, isr]).toEqual([node, [node]]);
    expect(run.kafka.view().replica(node, 0)!.isLeader).toBe(true);
  });

  it('when it stops in order tells the others of the quorum, which need not miss it first', () => {
    const run = up({ controllers: 3 });
    const leaving = controllerOf(run)!;
    run.kafka.requestShutdown(leaving);
    run.until(30, () => !run.world.isRunning(leaving) || 'it still runs');
    const gone = run.world.now;
    run.until(30, () => ![undefined, leaving].includes(controllerOf(run)) || 'nobody is in charge');
    // controller.quorum.fetch.timeout.ms is 2 s.
    expect(run.world.now - gone).toBeLessThan(1_900_000);
  });

  it('opens the port of its controller at once, that of its broker when it is ready to serve', () => {
    const run = new Run(smallCluster({ combined: true, controllers: 3, broker }), 'ports');
    const ports = (): boolean[] => {
      const server = run.world.process(1) as CombinedServer;
      return [server.listensFor(Purpose.heartbeat), server.listensFor(Purpose.clientData)];
    };
    expect(ports()).toEqual([true, false]);
    run.up();
    expect(ports()).toEqual([true, true]);
  });
});
