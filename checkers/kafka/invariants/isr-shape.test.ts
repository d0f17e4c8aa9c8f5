import { describe, expect, it } from 'vitest';
import { maskOf, TraceScript } from '../testing/script.js';

const led = () => new TraceScript().unfence(1).unfence(2).unfence(3).lead(1, [1, 2, 3]);
const eligible = (script: TraceScript, ...brokers: readonly number[]) =>
  script.emit('elr-changed', 0, 0, maskOf(brokers), -1, 3);

describe('W9: the state of a partition', () => {
  it('has its leader in the ISR', () => {
    expect(led().lead(2, [2, 3]).broken()).toEqual([]);
    expect(led().lead(2, [1, 3]).broken()).toEqual(['W9']);
    // Nobody leads, and the last member stays in it.
    expect(led().elect(-1, [1], 'none').apply(1).broken()).toEqual([]);
  });
  it('has none but replicas in the ISR', () => {
    expect(led().elect(1, [1, 4]).apply(1).broken()).toEqual(['W9']);
    const moved = () => led().emit('assignment-changed', 0, 0, maskOf([1, 2, 4]), 0, 0, 5);
    expect(moved().elect(1, [1, 4]).apply(1).broken()).toEqual([]);
    expect(moved().elect(1, [1, 3]).apply(1).broken()).toEqual(['W9']);
  });
  it('has under ZooKeeper whom a cancelled reassignment took the replica from, until the leader hears of it', () => {
    const replicas = (script: TraceScript, brokers: readonly number[], adding: number, removing: number) =>
      script.emit('assignment-changed', 0, 0, maskOf(brokers), adding, removing, 5);
    const cancelled = (control: 'kraft' | 'zookeeper') => {
      const script = new TraceScript({ control }).unfence(1).unfence(2).unfence(3).lead(1, [1, 2, 3]);
      const moving = replicas(script, [1, 2, 3, 4], maskOf([4]), maskOf([3])).lead(1, [1, 2, 3]);
      return replicas(moving, [1, 2, 3], 0, 0).changeIsr([1, 2, 3, 4]).apply(1);
    };
    expect(cancelled('kraft').broken()).toEqual(['W9']);
    expect(cancelled('zookeeper').broken()).toEqual([]);
    expect(cancelled('zookeeper').lead(1, [1, 2, 3]).broken()).toEqual([]);
    expect(cancelled('zookeeper').elect(1, [1, 2, 3, 4]).apply(1).broken()).toEqual(['W9']);
  });
  it('has under ZooKeeper nobody whom a completed reassignment removed', () => {
    const script = new TraceScript({ control: 'zookeeper' }).unfence(1).unfence(2).lead(1, [1, 2, 3]);
    const moving = script.emit('assignment-changed', 0, 0, maskOf([1, 2, 3]), 0, maskOf([3]), 5).lead(1, [1, 2, 3]);
    expect(moving.broken()).toEqual([]);
    const completed = moving.emit('assignment-changed', 0, 0, maskOf([1, 2]), 0, 0, 6);
    expect(completed.apply(1).broken()).toEqual(['W9']);
  });
  it('has no fenced broker in an ISR of several', () => {
    expect(led().fence(3).lead(1, [1, 2, 3]).broken()).toEqual(['W9']);
    expect(led().fence(3).lead(1, [1, 2]).broken()).toEqual([]);
    expect(led().fence(3).lead(1, [1, 3]).broken()).toEqual(['W9']);
    expect(led().fence(1).lead(1, [1]).broken()).toEqual([]);
    // The controller does not know yet that it was restarted.
    expect(led().emit('process-started', 3, -1, 2).lead(1, [1, 2, 3]).broken()).toEqual([]);
  });
  it('has eligible leader replicas outside of the ISR, and only while that is too small', () => {
    const small = led().changeIsr([1]);
    expect(eligible(small, 2).apply(1).broken()).toEqual([]);
    expect(
      eligible(led().changeIsr([1]), 1)
        .apply(1)
        .broken(),
    ).toEqual(['W9']);
    expect(
      eligible(led().changeIsr([1, 2]), 3)
        .apply(1)
        .broken(),
    ).toEqual(['W9']);
  });
  it('is looked at when it is whole: what one decision changes is announced piece by piece', () => {
    const script = eligible(led().changeIsr([1]), 2).apply(1);
    expect(
      eligible(script.changeIsr([1, 2]))
        .apply(1)
        .broken(),
    ).toEqual([]);
  });
});
