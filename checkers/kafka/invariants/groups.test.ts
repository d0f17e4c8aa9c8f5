import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

const GROUP = 0;
const [ONE, TWO] = [101, 102];
const [EMPTY, STABLE, RECONCILING] = [0, 3, 6];

const started = (): TraceScript => new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8);

describe('W17: one owner', () => {
  const assigned = (script: TraceScript, generation: number, member: number): TraceScript =>
    script.emit('partition-assigned', 1, 0, GROUP, generation, member, 9);

  it('is broken by two members that are assigned a partition in one generation', () => {
    expect(assigned(assigned(started(), 1, ONE), 1, TWO).broken()).toEqual(['W17']);
  });

  it('holds when another member gets it in the next generation, or the same once more', () => {
    expect(assigned(assigned(started(), 1, ONE), 2, TWO).broken()).toEqual([]);
    expect(assigned(assigned(started(), 1, ONE), 1, ONE).broken()).toEqual([]);
  });

  it('holds when generations are counted anew after the group was empty', () => {
    const script = assigned(started(), 5, ONE).emit('group-state', 1, 0, GROUP, EMPTY, 6, 0);
    expect(assigned(script, 1, TWO).broken()).toEqual([]);
  });

  it('is broken with KIP-848 in any epoch, unless the first has given the partition up', () => {
    const script = (): TraceScript => assigned(started(), 1, ONE).emit('group-state', 1, 0, GROUP, RECONCILING, 2, 2);
    expect(assigned(script(), 2, TWO).broken()).toEqual(['W17']);
    const released = script().emit('partition-released', 1, 0, GROUP, 2, ONE);
    expect(assigned(released, 2, TWO).broken()).toEqual([]);
  });

  it('is not that of whoever gave another partition up, or gave it up before', () => {
    const script = () => assigned(started(), 1, ONE).emit('group-state', 1, 0, GROUP, RECONCILING, 2, 2);
    expect(assigned(script().emit('partition-released', 1, 2, GROUP, 2, ONE), 2, TWO).broken()).toEqual(['W17']);
    expect(assigned(script().emit('partition-released', 1, 0, GROUP, 2, TWO), 2, TWO).broken()).toEqual(['W17']);
    expect(assigned(script().emit('partition-released', 1, 0, GROUP + 1, 2, ONE), 2, TWO).broken()).toEqual(['W17']);
  });

  it('is broken though the coordinator of another group begins anew', () => {
    const HOME = 3;
    const loaded = (home: number) => {
      const script = assigned(started(), 1, ONE).emit('group-state', 1, HOME, GROUP, RECONCILING, 2, 2);
      return assigned(script.emit('coordinator-loaded', 1, home, 1, 1), 2, TWO).broken();
    };
    expect(loaded(HOME)).toEqual([]);
    expect(loaded(HOME + 1)).toEqual(['W17']);
  });

  it('is broken in one generation though its coordinator begins anew, of which the members have not heard', () => {
    const script = assigned(started(), 1, ONE).emit('group-state', 1, 0, GROUP, STABLE, 1, 1);
    expect(assigned(script.emit('coordinator-loaded', 2, 0, 1, 1), 1, TWO).broken()).toEqual(['W17']);
  });

  it('goes by what the present coordinator says of who gave it up', () => {
    const script = assigned(started(), 1, ONE)
      .emit('group-state', 1, 0, GROUP, RECONCILING, 2, 2)
      .emit('coordinator-loaded', 2, 0, 1, 1)
      .emit('partition-assigned', 2, 0, GROUP, 2, ONE, 9)
      .emit('partition-released', 1, 0, GROUP, 2, ONE);
    expect(script.emit('partition-assigned', 2, 0, GROUP, 3, TWO, 9).broken()).toEqual(['W17']);
  });

  it('holds with KIP-848 when the next coordinator says who has what; what the last one says later counts no more', () => {
    const script = assigned(started(), 1, ONE)
      .emit('group-state', 1, 0, GROUP, RECONCILING, 2, 2)
      .emit('coordinator-loaded', 2, 0, 1, 1)
      .emit('group-state', 2, 0, GROUP, STABLE, 2, 2)
      .emit('partition-assigned', 2, 0, GROUP, 2, TWO, 9);
    expect(assigned(script, 1, ONE).broken()).toEqual([]);
    expect(script.emit('partition-assigned', 2, 0, GROUP, 3, ONE, 9).broken()).toEqual(['W17']);
  });
});

describe('W18: fencing of commits', () => {
  const pending = (script: TraceScript, generation: number, current: number): TraceScript =>
    script.emit('offset-pending', 1, 0, GROUP, 1, generation, current);

  it('is broken by a commit of another generation than the present, as the coordinator says or has announced', () => {
    expect(pending(started(), 1, 2).broken()).toEqual(['W18']);
    expect(pending(started(), 0, 1).breaches()).toMatchObject([{ type: 'W18', key: 0, offsets: [1], values: [] }]);
    expect(pending(started().emit('group-state', 1, 0, GROUP, STABLE, 1, 1), 2, 2).broken()).toEqual(['W18']);
  });

  it('holds for one of the present generation, and for one that names none', () => {
    expect(pending(started().emit('group-state', 1, 0, GROUP, STABLE, 2, 1), 2, 2).broken()).toEqual([]);
    expect(pending(started(), -1, 0).broken()).toEqual([]);
  });
});

describe('W19: bounds of committed offsets', () => {
  const committed = (offset: number): readonly string[] =>
    started().emit('offset-pending', 2, 0, GROUP, offset, 1, 1).broken();

  it('is broken beyond the end of every replica, or below nothing', () => {
    expect(committed(3)).toEqual(['W19']);
    expect(committed(-1)).toEqual(['W19']);
    const [breach] = started().emit('offset-pending', 2, 0, GROUP, 3, 1, 1).breaches();
    expect(breach).toMatchObject({ key: 0, offsets: [3], values: [] });
  });

  it('holds up to the end', () => {
    expect(committed(0)).toEqual([]);
    expect(committed(2)).toEqual([]);
  });
});
