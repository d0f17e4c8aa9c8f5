/** Settings of a topic that are altered while it is in use (KIP-339), said once for every control plane. */
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../../kernel/process.js';
import type { AlteredSettings } from '../../../system.js';
import { smallCluster, type SmallCluster } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';
import {
  controlMachines,
  controllerOf,
  isolateFrom,
  shrinkToLeader,
  type ControlPlaneCase,
} from './control-plane-cases.js';

export interface AlteredSettingsCase extends ControlPlaneCase {
  /** Who turns unclean elections on need not wait for another event (KAFKA-6835). */
  readonly electsWhenEnabled: boolean;
}

export function describeAlteredSettings({ name, cluster, electsWhenEnabled }: AlteredSettingsCase): void {
  const up = (wanted: SmallCluster = {}): Run =>
    new Run(smallCluster({ ...cluster, alterable: true, ...wanted }), name).up();
  const alter = (run: Run, settings: AlteredSettings): void => {
    expect(run.kafka.settingsAlterable(0, settings)).toBe(true);
    run.kafka.alterSettings(0, settings);
  };
  /** By broker; 0: it has no such replica, or does not run. */
  const applied = (run: Run): readonly number[] =>
    [1, 2, 3].map((broker) => run.kafka.view().replica(broker, 0)?.minInsyncReplicas ?? 0);
  const followersOf = (run: Run, leader: MachineId): MachineId[] =>
    run.kafka.replicas(0).filter((broker) => broker !== leader);

  describe(`${name}: altered settings`, () => {
    it('let a leader take what it refused, though no replica has come back', () => {
      const run = up();
      const leader = shrinkToLeader(run);
      const refused = run.acknowledged().length;
      run.send(5, 0.2);
      expect(run.acknowledged()).toHaveLength(refused);
      alter(run, { 'min.insync.replicas': 1 });
      run.send(5, 0.5);
      run.until(
        60,
        () => run.acknowledged().length === run.operations.filter(({ f }) => f === 'send').length || 'not yet',
      );
      expect(run.kafka.view().minInsyncReplicas(0)).toBe(1);
      isolateFrom(run, leader, followersOf(run, leader), false);
      run.until(120, () => run.kafka.settled());
    });

    it('let a leader refuse what it took', () => {
      const run = up({ topic: { 'min.insync.replicas': 1 } });
      const leader = shrinkToLeader(run);
      const taken = run.acknowledged().length;
      alter(run, { 'min.insync.replicas': 2 });
      run.until(10, () => run.kafka.view().replica(leader, 0)?.minInsyncReplicas === 2 || 'not heard yet');
      run.send(5, 0.2);
      expect(run.acknowledged()).toHaveLength(taken);
    });

    it('are not known to a broker that does not hear of them, and are once it does', () => {
      const run = up();
      // The first is the one that the administrator turns to.
      const deaf = [2, 3].find((broker) => broker !== controllerOf(run))!;
      isolateFrom(run, deaf, controlMachines(run), true);
      alter(run, { 'min.insync.replicas': 1 });
      run.run(2);
      expect(applied(run)).toEqual([1, 2, 3].map((broker) => (broker === deaf ? 2 : 1)));
      isolateFrom(run, deaf, controlMachines(run), false);
      run.until(60, () => applied(run).every((one) => one === 1) || `they go by ${applied(run).join(', ')}`);
    });

    it('outlive every process', () => {
      const run = up();
      alter(run, { 'min.insync.replicas': 1 });
      run.until(10, () => run.kafka.settled());
      const machines = [...new Set([1, 2, 3, ...controlMachines(run)])];
      for (const machine of machines) run.world.kill(machine);
      run.run(10);
      for (const machine of machines) run.world.start(machine);
      run.until(120, () => run.kafka.settled());
      expect(applied(run)).toEqual([1, 1, 1]);
      expect(run.kafka.view().minInsyncReplicas(0)).toBe(1);
    });

    it('are asked of the next who decides while nobody does', () => {
      const run = up();
      for (const machine of controlMachines(run)) run.world.kill(machine);
      alter(run, { 'min.insync.replicas': 1 });
      run.run(3);
      expect(run.kafka.view().minInsyncReplicas(0)).toBe(2);
      expect(run.kafka.settled()).toBe('an administrator waits for the answer about altered settings');
      for (const machine of controlMachines(run)) run.world.start(machine);
      run.until(120, () => run.kafka.settled());
      run.until(10, () => applied(run).every((one) => one === 1) || `they go by ${applied(run).join(', ')}`);
    });

    it('take one setting and leave the others', () => {
      const run = up();
      alter(run, { 'min.insync.replicas': 1 });
      alter(run, { 'unclean.leader.election.enable': 'true' });
      run.until(10, () => run.kafka.settled());
      run.until(10, () => applied(run).every((one) => one === 1) || `they go by ${applied(run).join(', ')}`);
    });

    it(`elect whoever is there ${electsWhenEnabled ? 'at once' : 'at the next occasion'} where unclean elections are turned on`, () => {
      const run = up({ topic: { 'min.insync.replicas': 1 } });
      const last = shrinkToLeader(run);
      run.world.kill(last);
      run.until(60, () => run.leader() === -1 || `${run.leader()} leads`);
      run.run(20);
      alter(run, { 'unclean.leader.election.enable': 'true' });
      run.run(3);
      if (electsWhenEnabled) {
        expect(run.leader()).not.toBe(-1);
        return;
      }
      expect(run.leader()).toBe(-1);
      const [other, another] = followersOf(run, last);
      run.world.kill(other);
      run.run(10);
      run.world.start(other);
      run.until(60, () => [other, another].includes(run.leader()) || 'nobody leads');
    });
  });
}
