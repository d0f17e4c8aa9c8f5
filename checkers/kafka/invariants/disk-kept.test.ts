import { describe, expect, it } from 'vitest';
import { CutBy } from '../probe-kinds.js';
import { TraceScript } from '../testing/script.js';

/** Three records on b1 to b3, and on their platters or in their page caches. */
const written = () => new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8, 9).commit(1, 2, 3);
const loadedAt = (script: TraceScript, end: number) => {
  script.logs[3]!.length = end;
  return script.restart(3).broken();
};
const recoveredTo = (script: TraceScript, end: number) => {
  const old = script.logs[3]!.length;
  script.logs[3]!.length = end;
  return script.emit('truncate', 3, 0, end, old, CutBy.recovery).restart(3).broken();
};

describe('W21: what the disk kept is kept', () => {
  it('by a process that is killed, all that it wrote', () => {
    expect(loadedAt(written().kill(3), 3)).toEqual([]);
    expect(loadedAt(written().kill(3), 2)).toContain('W21');
    expect(recoveredTo(written().kill(3), 2)).toContain('W21');
  });

  it('after a loss of power all but that', () => {
    expect(loadedAt(written().losePower(3, 1), 1)).not.toContain('W21');
    expect(loadedAt(written().losePower(3, 2), 1)).toContain('W21');
    // What is torn at the end goes by the recovery.
    expect(recoveredTo(written().losePower(3, 2), 2)).not.toContain('W21');
    expect(recoveredTo(written().losePower(3, 2), 1)).toContain('W21');
  });

  it('behind a hole too', () => {
    expect(written().loseSegmentEnd(3, 1, 2).restart(3).broken()).not.toContain('W21');
  });

  it('but for what rots, and what stands behind it', () => {
    expect(recoveredTo(written().rot(3, 1, 2).kill(3), 1)).not.toContain('W21');
    expect(recoveredTo(written().rot(3, 1, 2).kill(3), 0)).toContain('W21');
    const later = written().rot(3, 1, 2).kill(3).restart(3).kill(3);
    expect(recoveredTo(later, 1)).not.toContain('W21');
  });

  it('once a loss has been recovered from, by the next recovery again', () => {
    const again = written().losePower(3, 1).restart(3).replicate(1, 3).kill(3);
    expect(recoveredTo(again, 2)).toContain('W21');
    const repaired = written().rot(3, 1, 2).truncate(3, 1).replicate(1, 3).kill(3);
    expect(recoveredTo(repaired, 2)).toContain('W21');
  });

  it('whoever has deleted a replica, and gets another, begins with nothing', () => {
    const deleted = written().emit('replica-deleted', 3, 0, 3);
    expect(loadedAt(deleted, 0)).not.toContain('W21');
  });

  it('a truncation that the protocol asks for is none of the disk', () => {
    expect(written().truncate(3, 1).kill(3).restart(3).broken()).not.toContain('W21');
  });
});
