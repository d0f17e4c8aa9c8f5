import { describe, expect, it } from 'vitest';
import { kernelProbes, ProbeHub, SYSTEM_PROBES } from './probes.js';

describe('probes', () => {
  it('reach those who listen to their kind, in the order in which they began to, with all their fields', () => {
    const hub = new ProbeHub();
    const heard: unknown[] = [];
    hub.listen([70, 3], { onProbe: (...fields) => heard.push(['first', ...fields]) });
    hub.listen([3], { onProbe: (...fields) => heard.push(['second', ...fields]) });
    hub.emit(3, 1, -1, 10);
    hub.emit(4, 1, -1, 10);
    hub.emit(70, 2, 5, 1, 2, 3, 4);
    hub.emit(9999, 2, 5);
    expect(heard).toEqual([
      ['first', 3, 1, -1, 10, 0, 0, 0],
      ['second', 3, 1, -1, 10, 0, 0, 0],
      ['first', 70, 2, 5, 1, 2, 3, 4],
    ]);
    expect([hub.heard(3), hub.heard(4), hub.heard(9999)]).toEqual([true, false, false]);
  });

  it("of the kernel are numbered as they stand in the list, below a system's own", () => {
    kernelProbes.forEach(({ kind }, index) => expect(kind).toBe(index));
    expect(kernelProbes.length).toBeLessThanOrEqual(SYSTEM_PROBES);
  });
});
