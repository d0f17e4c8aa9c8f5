/** Partitions added to a topic that is in use (KIP-195), said once for every control plane. */
import { describe, expect, it } from 'vitest';
import { smallCluster } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';
import { controllerOf, type ControlPlaneCase } from './control-plane-cases.js';

export function describeAddedPartitions({ name, cluster }: ControlPlaneCase): void {
  const shape = { partitions: 2, additions: 2, producer: { 'metadata.max.age.ms': 2000 } };
  const up = (brokers = 3): Run => new Run(smallCluster({ ...cluster, ...shape, brokers }), name).up();
  const created = (run: Run): readonly number[] =>
    run.kafka.keys().flatMap((_, key) => (run.kafka.replicas(key).length > 0 ? [key] : []));

  describe(`${name}: added partitions`, () => {
    it('are not there, nor missed, before somebody asks for them', () => {
      const run = up();
      run.send(20);
      expect(run.kafka.keys()).toEqual(['orders-0', 'orders-1', 'orders-2', 'orders-3']);
      expect(created(run)).toEqual([0, 1]);
      expect(run.kafka.whole()).toBe(true);
      expect(run.world.disk(1).list('orders-2')).toEqual([]);
    });

    it('get leaders and replicas at once, and records once producers have heard of them', () => {
      const run = up();
      run.send(20);
      run.kafka.addPartitions(0, 4);
      run.until(10, () => created(run).length === 4 || `there are ${created(run).length}`);
      for (let value = 1000; value < 1040; value++) {
        run.kafka.invoke({ at: 0, client: 0, f: 'send', topic: 0, recordKey: `order-${value}`, value });
        run.run(0.2);
      }
      run.until(60, () => run.kafka.settled());
      for (const key of [2, 3]) expect(run.kafka.replicas(key)).toHaveLength(3);
      const read = run.finalRead();
      expect(read.flat().toSorted((a, b) => a - b)).toEqual(run.acknowledged());
      // What is sent before the next refresh of the metadata goes to the first two: the partitioner counts two.
      const found = [...read[2], ...read[3]];
      expect(Math.max(...found)).toBeGreaterThan(1030);
      expect(Math.min(...found)).toBeGreaterThan(1000);
    });

    it('come one after the other, and are never fewer than there were', () => {
      const run = up();
      expect(run.kafka.addable(0, 2)).toBe('orders has 2 partitions already');
      expect(run.kafka.addable(0, 5)).toBe('orders has no numbers for more than 4 partitions');
      run.kafka.addPartitions(0, 3);
      run.until(10, () => created(run).length === 3 || 'not yet');
      run.kafka.addPartitions(0, 2);
      run.until(10, () => run.kafka.settled());
      expect(created(run)).toEqual([0, 1, 2]);
      run.kafka.addPartitions(0, 4);
      run.until(10, () => created(run).length === 4 || 'not yet');
    });

    it('are asked of the next controller while there is none', () => {
      // ZooKeeper's controller places replicas on live brokers alone.
      const run = up(4);
      const controller = controllerOf(run);
      run.world.kill(controller);
      run.kafka.addPartitions(0, 4);
      run.run(1);
      expect(created(run)).toEqual([0, 1]);
      expect(run.kafka.settled()).toBe('an administrator waits for the answer about added partitions');
      run.world.start(controller);
      run.until(60, () => created(run).length === 4 || 'not yet');
      run.until(60, () => run.kafka.settled());
    });

    it('are led on after their controller has died', () => {
      const run = up();
      run.kafka.addPartitions(0, 4);
      run.until(10, () => created(run).length === 4 || 'not yet');
      run.until(10, () => run.kafka.settled());
      const controller = controllerOf(run);
      run.world.kill(controller);
      run.send(20, 0.2);
      run.world.start(controller);
      run.until(120, () => run.kafka.settled());
      run.send(20, 0.2);
      expect(run.acknowledged().length).toBeGreaterThanOrEqual(30);
      expect(created(run)).toEqual([0, 1, 2, 3]);
      const read = run.finalRead().flat();
      expect(read.toSorted((a, b) => a - b)).toEqual(run.acknowledged());
    });
  });
}
