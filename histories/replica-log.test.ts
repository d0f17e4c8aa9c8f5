import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicaLog } from './replica-log.js';

type Step = { readonly append: number } | { readonly cutTo: number } | { readonly backTo: number };

const steps = fc.array(
  fc.oneof(fc.record({ append: fc.nat(3) }), fc.record({ cutTo: fc.nat(8) }), fc.record({ backTo: fc.nat(20) })),
  { maxLength: 40, size: 'max' },
) as fc.Arbitrary<Step[]>;

describe('a log that shares its past', () => {
  it('holds what a copied array would hold, in every version that was ever kept', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const versions: { log: ReplicaLog; values: readonly number[] }[] = [{ log: ReplicaLog.empty, values: [] }];
        for (const step of drawn) {
          const { log, values } = versions.at(-1)!;
          if ('append' in step) {
            versions.push({ log: log.append(values.length, 1, step.append), values: [...values, step.append] });
          } else if ('cutTo' in step)
            versions.push({ log: log.cutTo(step.cutTo), values: values.slice(0, step.cutTo) });
          else versions.push(versions[step.backTo % versions.length]!);
        }
        for (const { log, values } of versions) {
          expect(log.end).toBe(values.length);
          expect(values.map((_, offset) => log.at(offset)?.value)).toEqual(values);
          expect(log.at(log.end)).toBeUndefined();
        }
      }),
    );
  });

  it('replaces the tail from an offset that it holds already, and leaves earlier versions alone', () => {
    const old = ReplicaLog.empty.append(0, 1, 7).append(1, 1, 8);
    const fresh = old.append(0, 2, 9);
    expect([fresh.end, fresh.at(0)?.value]).toEqual([1, 9]);
    expect([old.end, old.at(0)?.value, old.at(1)?.value]).toEqual([2, 7, 8]);
  });
});
