import { describe, expect, it } from 'vitest';
import { Stage } from '../../../kernel/testing/stage.js';
import { StateStore } from './state-store.js';

function machine(seed = 'store') {
  const stage = new Stage(seed);
  const id = stage.add('m');
  return { world: stage.world, id, open: () => new StateStore(stage.world.disk(id), '0_0') };
}

describe('the local store of a task', () => {
  it('has the last count of every key when it is opened again', () => {
    const { open } = machine();
    const store = open();
    store.put('a', 1);
    store.put('b', 1);
    store.put('a', 2);
    const again = open();
    expect([again.get('a'), again.get('b'), again.get('c')]).toEqual([2, 1, undefined]);
  });

  it('is not transactional: a process that dies leaves what it has put', () => {
    const { open, world, id } = machine();
    open().put('a', 1);
    world.kill(id);
    expect(open().get('a')).toBe(1);
  });

  it('has no checkpoint before one is written, nor after it was deleted', () => {
    const store = machine().open();
    expect(store.checkpoint).toBeNull();
    store.writeCheckpoint(7);
    expect(store.checkpoint).toBe(7);
    store.deleteCheckpoint();
    expect(store.checkpoint).toBeNull();
  });

  it('is empty once it was wiped, for whoever opens it next as well', () => {
    const { open } = machine();
    const store = open();
    store.put('a', 1);
    store.writeCheckpoint(0);
    store.wipe();
    expect([store.isEmpty, store.get('a'), store.checkpoint]).toEqual([true, undefined, null]);
    expect([open().isEmpty, open().checkpoint]).toEqual([true, null]);
  });

  it('has everything up to its checkpoint after power loss, and perhaps more', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { open, world, id } = machine(`power loss ${seed}`);
      const store = open();
      store.put('a', 1);
      store.writeCheckpoint(0);
      store.put('a', 2);
      world.powerLoss(id);
      const left = open();
      expect(left.checkpoint).toBe(0);
      expect([1, 2]).toContain(left.get('a'));
    }
  });
});
