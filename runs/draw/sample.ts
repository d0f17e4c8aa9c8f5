/**
 * fast-check as a source of plain data: one value of an arbitrary, decided by a name.
 *
 * Every draw of a plan has a name and so a seed of its own: what one draw takes moves no other.
 */
import fc, { type Arbitrary } from 'fast-check';
import { createStream } from '../../model/kernel/random.js';

/** The value that `h1|<seed>|<name>` stands for. Drawn evenly: fast-check's bias towards edges is for tests of code. */
export function sample<T>(arbitrary: Arbitrary<T>, seed: string, name: string): T {
  return sampleFrom(arbitrary, createStream(seed, name).bits());
}

/** @param seed an int32 */
export function sampleFrom<T>(arbitrary: Arbitrary<T>, seed: number): T {
  return fc.sample(fc.noBias(arbitrary), { seed, numRuns: 1 })[0];
}
