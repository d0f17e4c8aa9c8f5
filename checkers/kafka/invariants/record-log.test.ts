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
        expect(log.agreesBelow(whole.end, whole)).toBe(true);
      }),
    );
  });

  it('leaves offsets that are skipped empty', () => {
    const log = logOf([[1, 7]]);
    log.append(3, 1, 8);
    expect([log.end, log.valueAt(1), log.valueAt(3)]).toEqual([4, -1, 8]);
  });
});
