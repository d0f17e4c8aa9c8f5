import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

const started = (): TraceScript => new TraceScript().lead(1, [1, 2, 3]).lead(2, [1, 2, 3]);

describe('W8: epochs never go back', () => {
  it('is broken at the controller by a lower leader epoch or partition epoch', () => {
    expect(started().emit('partition-changed', 0, 0, 1, 1, 0b1110, 3).broken()).toEqual(['W8']);
    expect(started().emit('partition-changed', 0, 0, 2, 2, 0b1110, 1).broken()).toEqual(['W8']);
  });

  it('is broken within one incarnation of a broker', () => {
    expect(started().emit('become-follower', 3, 0, 1, 1, 0, 1).broken()).toEqual(['W8']);
  });

  it('is broken by a record of a lower epoch above one of a higher', () => {
    const script = started().append(2, 7).appendRecord(2, { epoch: 1, value: 8 }, false);
    expect(script.broken()).toEqual(['W8']);
  });

  it('is broken by a broker or a controller that registers or recovers under an older epoch', () => {
    expect(started().emit('broker-registered', 0, -1, 1, 9).emit('broker-registered', 0, -1, 1, 5).broken()).toEqual([
      'W8',
    ]);
    expect(started().emit('controller-ready', 4, -1, 10, 3).emit('controller-ready', 4, -1, 12, 2).broken()).toEqual([
      'W8',
    ]);
  });

  it('holds for a broker that restarts and learns of epochs anew', () => {
    const script = started().kill(3).restart(3).unfence(3).emit('become-follower', 3, 0, 1, 1, 0, 1);
    expect(script.broken()).toEqual([]);
  });

  it('holds for equal epochs', () => {
    expect(started().apply(2).append(2, 7, 8).broken()).toEqual([]);
  });

  it('holds for a broker that registers, or a controller that recovers, under the same epoch or a newer one', () => {
    const script = started();
    for (const epoch of [5, 5, 9]) script.emit('broker-registered', 0, -1, 1, epoch);
    for (const epoch of [2, 2, 3]) script.emit('controller-ready', 4, -1, 10, epoch);
    expect(script.broken()).toEqual([]);
  });

  it('is broken by a broker that leads anew in an older epoch', () => {
    expect(started().emit('become-leader', 2, 0, 1, 0, 0b1110, 1).broken()).toContain('W8');
  });

  it('names the record that stands out of order', () => {
    const script = started().append(2, 7).appendRecord(2, { epoch: 1, value: 8 }, false);
    expect(script.breaches()).toMatchObject([{ type: 'W8', key: 0, offsets: [1], values: [] }]);
  });
});
