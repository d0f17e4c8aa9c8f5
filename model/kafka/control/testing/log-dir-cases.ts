/** Brokers with several log directories, of which one fails (KIP-112, KIP-858), said once for every control plane. */
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../../kernel/process.js';
import { smallCluster, type SmallCluster } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';
import { controllerOf, expectWhole, type ControlPlaneCase } from './control-plane-cases.js';

const BROKERS: readonly MachineId[] = [1, 2, 3];
const PARTITIONS = [0, 1, 2, 3, 4, 5];

export function describeLogDirectories({ name, cluster }: ControlPlaneCase): void {
  const up = (wanted: SmallCluster = {}): Run => {
    const broker = { ...cluster.broker, 'log.dirs': '/a,/b,/c', ...wanted.broker };
    return new Run(smallCluster({ ...cluster, partitions: PARTITIONS.length, ...wanted, broker }), name).up();
  };

  describe(`${name}: log directories`, () => {
    it('each get as many replicas as the others', () => {
      const run = up();
      for (const broker of BROKERS) {
        const counts = [0, 1, 2].map((disk) => PARTITIONS.filter((key) => diskOf(run, broker, key) === disk).length);
        expect(counts).toEqual([2, 2, 2]);
      }
    });

    it('take their replicas with them when they fail; the broker leads and follows on with the others', () => {
      const run = up();
      run.send(60);
      const { broker, key, disk } = someLeader(run);
      const stays = PARTITIONS.filter((other) => diskOf(run, broker, other) !== disk);
      fail(run, broker, disk);
      run.send(60, 0.2);
      run.until(20, () => run.leader(key) !== broker || 'still led there');
      run.until(30, () => isInSyncOnlyWith(run, broker, stays));
      expect(run.world.isRunning(broker)).toBe(true);
      for (const other of stays) expect(run.kafka.view().replica(broker, other)).toBeDefined();
      expect(run.kafka.view().replica(broker, key)).toBeUndefined();
      run.until(30, () => run.acknowledged().length === 120 || 'not all acknowledged');
    });

    it('come back with what they held when the disk does and the broker is started again', () => {
      const run = up();
      run.send(60);
      const { broker, disk } = someLeader(run);
      fail(run, broker, disk);
      run.send(30, 0.5);
      run.world.kill(broker);
      run.world.disksOf(broker)[disk].ioErrors(false);
      run.world.start(broker);
      expectWhole(run, 90);
      expect(PARTITIONS.some((key) => diskOf(run, broker, key) === disk)).toBe(true);
    });

    it('are filled again by the other replicas when an empty disk takes their place', () => {
      const run = up();
      run.send(60);
      const { broker, disk } = someLeader(run);
      fail(run, broker, disk);
      run.send(30, 0.5);
      run.world.kill(broker);
      run.world.disksOf(broker)[disk].wipe();
      run.world.disksOf(broker)[disk].ioErrors(false);
      const lost = run.count('dataLost');
      run.world.start(broker);
      expectWhole(run, 90);
      expect(lost.count).toBe(0);
    });

    it('that are still dead when the broker starts are done without: nothing of theirs begins anew elsewhere', () => {
      const run = up();
      run.send(60);
      const { broker, disk } = someLeader(run);
      const gone = PARTITIONS.filter((key) => diskOf(run, broker, key) === disk);
      run.world.kill(broker);
      run.world.disksOf(broker)[disk].ioErrors(true);
      run.send(30, 0.5);
      run.world.start(broker);
      const stays = PARTITIONS.filter((key) => !gone.includes(key));
      run.until(60, () => isInSyncOnlyWith(run, broker, stays));
      run.run(20);
      expect(isInSyncOnlyWith(run, broker, stays)).toBe(true);
      for (const key of gone) expect(filesOutside(run, broker, key, disk)).toEqual([]);
      run.world.kill(broker);
      run.world.disksOf(broker)[disk].ioErrors(false);
      run.world.start(broker);
      expectWhole(run, 90);
    });

    it('one after the other: with the last the broker halts', () => {
      const run = up();
      run.send(30);
      const broker = BROKERS.find((one) => one !== controllerOf(run))!;
      for (const disk of [1, 2, 0]) {
        expect(run.world.isRunning(broker)).toBe(true);
        fail(run, broker, disk);
        run.send(20, 0.5);
      }
      expect(run.world.isRunning(broker)).toBe(false);
    });
  });
}

/** A partition that a broker leads whose log lies on no root disk; the broker decides nothing. */
export function someLeader(run: Run): { broker: MachineId; key: number; disk: number } {
  const controller = controllerOf(run);
  const key = PARTITIONS.find((one) => run.leader(one) !== controller && diskOf(run, run.leader(one), one) > 0)!;
  const broker = run.leader(key);
  return { broker, key, disk: diskOf(run, broker, key) };
}

export function fail(run: Run, broker: MachineId, disk: number): void {
  run.world.disksOf(broker)[disk].ioErrors(true);
}

/** Which of the broker's disks the log of the partition lies on; -1: it has none. */
export function diskOf(run: Run, broker: MachineId, key: number): number {
  const [path] = run.kafka.logFiles(broker, key);
  if (path === undefined) return -1;
  const points = run.world.disksOf(broker).map(({ mountPoint }) => mountPoint);
  return Math.max(0, points.indexOf(path.slice(0, path.indexOf('/'))));
}

function filesOutside(run: Run, broker: MachineId, key: number, disk: number): readonly string[] {
  const { mountPoint } = run.world.disksOf(broker)[disk];
  return run.kafka.logFiles(broker, key).filter((path) => !path.startsWith(`${mountPoint}/`));
}

function isInSyncOnlyWith(run: Run, broker: MachineId, keys: readonly number[]): true | string {
  const view = run.kafka.view();
  const inSync = PARTITIONS.filter((key) => view.controller(key).isr.includes(broker));
  return inSync.join() === keys.join() || `b${broker} is in the ISRs of ${inSync.join()}, not of ${keys.join()}`;
}
