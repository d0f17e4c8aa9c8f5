import { describe, expect, it } from 'vitest';
import { createWorld } from '../../model/kernel/world.js';
import type { Obstacle, System } from '../../model/system.js';
import { leftOut, readEveryReplica } from './phases.js';

const recorder = { invoke: () => 0, amend: () => {}, complete: () => {} };

/** Two partitions on three brokers each; leadership moves at once, and reads succeed. What was read: "key@machine". */
class Readable {
  readonly read: string[] = [];
  unreached: readonly string[] = [];
  readonly leaders = [1, 1];
  readonly isrs = [
    [1, 2, 3],
    [1, 2, 3],
  ];
  obstacles: readonly Obstacle[] = [];
  /** Called when leadership moved. */
  onMove: (key: number, to: number) => void = () => {};

  readEveryReplica(...stalled: readonly number[]): true | string {
    const system: Partial<System> = {
      keys: () => ['x-0', 'y-0'],
      replicas: () => [1, 2, 3],
      electable: (key) => this.isrs[key]!,
      leads: (key, machine) => this.leaders[key] === machine,
      transferLeadership: (key, to) => {
        this.leaders[key] = to;
        this.onMove(key, to);
      },
      settled: () => this.obstacles[0]?.reason ?? true,
      settlingObstacles: () => this.obstacles,
      finalRead: (key) => {
        this.read.push(`${key}@${this.leaders[key]}`);
        return { done: () => true };
      },
    };
    const world = createWorld({ seed: '1', recorder });
    const { incomplete, unreached } = readEveryReplica(world, system as System, 1_000_000, new Set(stalled));
    this.unreached = unreached;
    return incomplete ?? true;
  }
}

const obstacle = (key: number): Obstacle => ({ key, reason: `${key} does not settle`, waitsFor: [] });

describe('the final read', () => {
  it('reads every replica of every partition, each as leader', () => {
    const cluster = new Readable();
    expect(cluster.readEveryReplica()).toBe(true);
    expect(cluster.read).toEqual(['0@1', '1@1', '0@2', '1@2', '0@3', '1@3']);
    expect(cluster.unreached).toEqual([]);
  });

  it('reads of a stalled partition every replica that can be elected', () => {
    const cluster = new Readable();
    cluster.isrs[0] = [1, 2];
    cluster.obstacles = [obstacle(0)];
    expect(cluster.readEveryReplica(0)).toBe(true);
    expect(cluster.read).toEqual(['0@1', '1@1', '0@2', '1@2', '1@3']);
    expect(cluster.unreached).toEqual(['b3 of x-0']);
  });

  it('reads the others too, if they come back once leadership has moved', () => {
    const cluster = new Readable();
    cluster.isrs[0] = [1, 2];
    cluster.obstacles = [obstacle(0)];
    cluster.onMove = (key, to) => {
      if (key !== 0 || to !== 2) return;
      cluster.isrs[0] = [1, 2, 3];
      cluster.obstacles = [];
    };
    expect(cluster.readEveryReplica(0)).toBe(true);
    expect(cluster.read).toContain('0@3');
  });

  it('cannot be made while another partition, or the cluster, does not settle', () => {
    for (const key of [1, -1]) {
      const cluster = new Readable();
      cluster.obstacles = [obstacle(0), obstacle(key)];
      expect(cluster.readEveryReplica(0)).toBe(`final read: ${key} does not settle`);
      expect(cluster.read).toEqual([]);
    }
  });

  it('cannot be made of a partition that came to rest and has a replica that cannot be elected', () => {
    const cluster = new Readable();
    cluster.isrs[1] = [1, 2];
    expect(cluster.readEveryReplica()).toBe('final read: b3 cannot be elected for y-0');
  });
});

describe('what the final read left out', () => {
  const end = { incomplete: null, unreached: ['b3 of x-0'] };
  it('leaves the trial undecided, unless it fails for not coming back', () => {
    expect(leftOut(end, ['no-lost-writes'])).toEqual([
      'the final read did not reach what could not be elected: b3 of x-0',
    ]);
    expect(leftOut(end, ['no-lost-writes', 'writable-again'])).toEqual([]);
    expect(leftOut({ incomplete: null, unreached: [] }, [])).toEqual([]);
  });
  it('always does if a read could not be made', () => {
    expect(leftOut({ incomplete: 'no final read: nobody decides', unreached: [] }, ['writable-again'])).toEqual([
      'no final read: nobody decides',
    ]);
  });
});
