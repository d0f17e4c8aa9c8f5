/** What is drawn for each call of the user's function: as its seed has it, whatever else is drawn. */
import fc, { type Arbitrary } from 'fast-check';
import { createStream } from '../../model/kernel/random.js';

/** A fast-check arbitrary, of whichever release of fast-check the test uses. */
export interface AnyArbitrary {
  generate(...parameters: never[]): { readonly value: unknown };
}

export type DrawnBy<D extends Readonly<Record<string, AnyArbitrary>>> = {
  readonly [K in keyof D]: ReturnType<D[K]['generate']> extends { readonly value: infer T } ? T : never;
};

/** What is drawn where a test says nothing: something to send. */
export interface Order {
  /** How many calls came before this one. */
  readonly number: number;
  /** One of as many as `workload.keys` says, so that keys come again: a record key. */
  readonly id: string;
  readonly amount: number;
  /** All of it as a text, which no other order has: a value. */
  readonly json: string;
}

/** Everything drawn for the calls 0 to `count` - 1, by name. */
export function drawFields(
  draw: Readonly<Record<string, AnyArbitrary>>,
  seed: string,
  count: number,
): ReadonlyMap<string, readonly unknown[]> {
  return new Map(
    Object.entries(draw).map(([name, arbitrary]) => {
      const bits = createStream(seed, `own/${name}`).bits();
      const values = fc.sample(fc.noBias(arbitrary as unknown as Arbitrary<unknown>), { seed: bits, numRuns: count });
      return [name, values];
    }),
  );
}

/** @param keys how many different ids there are */
export function drawOrders(seed: string, count: number, keys: number): readonly Order[] {
  const stream = createStream(seed, 'own/order');
  return Array.from({ length: count }, (_, number) => {
    const id = `order-${stream.int(keys)}`;
    const amount = 1 + stream.int(10_000);
    return { number, id, amount, json: JSON.stringify({ number, id, amount }) };
  });
}
