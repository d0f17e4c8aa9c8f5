import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordLog } from './record-log.js';

const records = fc.array(fc.tuple(fc.nat(3), fc.nat(5)), { maxLength: 20 });

function logOf(entries: readonly (readonly [number, number])[]): RecordLog {
  const log = new RecordLog();
  entries.forEach(([epoch, value], offset) => log.append(offset, epoch, value));
  return log;
}

describe('RecordLog', () => {
  it('finds the first difference of any two logs', () => {
    fc.assert(
      fc.property(records, records, fc.nat(20), (left, right, end) => {
        const difference = logOf(left).firstDifference(logOf(right), end);
        const bound = Math.min(end, left.length, right.length);
        let expected = 0;
        while (expected < bound && String(left[expected]) === String(right[expected])) expected++;
        expect(difference).toBe(expected);
      }),
    );
  });

  it('has the same hashes after cuts and appends as a log written at once', () => {
    fc.assert(
      fc.property(records, records, fc.nat(20), (first, second, cutAt) => {
        const log = logOf(first);
        log.cut(cutAt);
        const kept = first.slice(0, cutAt);
        second.forEach(([epoch, value], i) => log.append(kept.length + i, epoch, value));
        const whole = logOf([...kept, ...second]);
        expect(log.end).toBe(whole.end);
        expect(log.agreesBetween(0, whole.end, whole)).toBe(true);
      }),
    );
  });

  it('leaves offsets that are skipped empty', () => {
    const log = logOf([[1, 7]]);
    log.append(3, 1, 8);
    expect([log.end, log.valueAt(1), log.valueAt(3)]).toEqual([4, -1, 8]);
  });

  it('goes on, empty, up to where it is told, and never back', () => {
    const log = logOf([[1, 7]]);
    log.skipTo(3);
    expect([log.end, log.isHole(0), log.isHole(2), log.isHole(3)]).toEqual([3, false, true, false]);
    log.skipTo(2);
    expect(log.end).toBe(3);
  });

  it('agrees with none above the end of either', () => {
    const [one, other] = [logOf([[1, 7]]), logOf([[1, 7]])];
    expect(one.agreesBetween(0, 1, other)).toBe(true);
    expect(one.agreesBetween(1, 3, other)).toBe(false);
    other.skipTo(3);
    expect([one.agreesBetween(1, 3, other), other.agreesBetween(1, 3, one)]).toEqual([false, false]);
  });

  it('lacks what the other holds and it does not, behind holes of either too', () => {
    const entries = fc.array(fc.option(fc.tuple(fc.nat(2), fc.nat(2)), { freq: 4 }), { maxLength: 20 });
    const withHoles = (all: readonly ([number, number] | null)[]): RecordLog => {
      const log = new RecordLog();
      all.forEach((entry, offset) => {
        if (entry !== null) log.append(offset, entry[0], entry[1]);
      });
      return log;
    };
    fc.assert(
      fc.property(entries, entries, fc.nat(20), fc.nat(20), (own, others, from, end) => {
        const log = withHoles(own);
        const other = withHoles(others);
        const lacks = (offset: number): boolean =>
          (others[offset] ?? null) !== null && String(own[offset]) !== String(others[offset]);
        let expected = Math.min(from, end);
        while (expected < end && !lacks(expected)) expected++;
        expect(log.firstLacking(other, end, Math.min(from, end))).toBe(expected);
        const bound = Math.min(end, other.end);
        let offset = 0;
        const begins: number[] = [];
        for (; offset < bound; offset++) {
          if (!lacks(offset)) continue;
          begins.push(offset);
          if (!log.isHole(offset)) break;
          while (log.isHole(offset + 1)) offset++;
        }
        expect(log.stretchesLacking(other, end)).toEqual(begins);
      }),
    );
  });
});
