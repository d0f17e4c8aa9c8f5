/**
 * Simulated logs of known strength: partitions with one log each, appended to in the order of sends, read in ranges.
 * What comes out keeps every promise; defects are planted by the tests.
 */
import fc, { type Arbitrary } from 'fast-check';
import { finalRead, poll, send, type OperationBuilder } from '../../../histories/builders.js';

export interface LoggedSend {
  readonly partition: string;
  readonly producer: string;
  readonly recordKey: string;
  readonly value: number;
  readonly offset: number;
  readonly acknowledged: boolean;
}

/** A run as it was: who sent what where, and the full logs by partition. */
export interface SimulatedRun {
  readonly sends: readonly LoggedSend[];
  readonly logs: ReadonlyMap<string, readonly (readonly [offset: number, value: number])[]>;
  /** By partition: offsets from which a consumer read up to the end. */
  readonly pollsFrom: ReadonlyMap<string, readonly number[]>;
}

const partitions = ['x', 'y'] as const;

const drawnSend = fc.record({
  partition: fc.constantFrom(...partitions),
  producer: fc.constantFrom('p0', 'p1'),
  recordKey: fc.constantFrom('a', 'b', 'c'),
  acknowledged: fc.boolean(),
  /** Offsets that control records or compaction took. */
  gap: fc.nat(2),
});

/** At least one send is acknowledged. */
export const simulatedRun: Arbitrary<SimulatedRun> = fc
  .record({
    sends: fc.array(drawnSend, { minLength: 1, maxLength: 30 }),
    polls: fc.array(fc.record({ partition: fc.constantFrom(...partitions), from: fc.nat(30) }), { maxLength: 6 }),
  })
  .map(({ sends, polls }) => {
    const logs = new Map<string, [number, number][]>(partitions.map((partition) => [partition, []]));
    const logged = sends.map(({ gap, ...one }, value): LoggedSend => {
      const log = logs.get(one.partition)!;
      const offset = log.length === 0 ? gap : log[log.length - 1]![0] + 1 + gap;
      log.push([offset, value]);
      return { ...one, value, offset, acknowledged: one.acknowledged || value === 0 };
    });
    const pollsFrom = new Map(
      partitions.map((partition) => [
        partition,
        polls.filter((one) => one.partition === partition).map(({ from }) => from),
      ]),
    );
    return { sends: logged, logs, pollsFrom };
  });

/** The run's operations: sends, polls, and a final read of each partition from each of two replicas. */
export function operationsOf({ sends, logs, pollsFrom }: SimulatedRun): OperationBuilder[] {
  const operations = sends.map(({ partition, producer, recordKey, value, offset, acknowledged }) => {
    const one = send(partition, value).by(producer).keyed(recordKey);
    return acknowledged ? one.ok(offset) : one.info();
  });
  for (const [partition, froms] of pollsFrom) {
    const log = logs.get(partition)!;
    for (const from of froms) operations.push(poll(partition, ...log.filter(([offset]) => offset >= from)));
  }
  for (const machine of [1, 2]) {
    for (const [partition, log] of logs) operations.push(finalRead(partition, machine, ...log));
  }
  return operations;
}
