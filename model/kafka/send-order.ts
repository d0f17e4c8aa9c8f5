/** The order in which producers first sent their batches to each partition, held against the order of the leaders' appends. */
import type { MachineId } from '../kernel/process.js';
import { Probe } from './probes.js';

interface SentBatch {
  readonly producer: MachineId;
  readonly position: number;
  appended: boolean;
}

export class SendOrder {
  static readonly kinds: readonly number[] = [Probe.batchSent, Probe.append];

  /** By key: batches by their first value. */
  private readonly batches: Map<number, SentBatch>[] = [];
  /** By key, then producer: the latest position that was appended. */
  private readonly latest: number[][] = [];
  private positions = 0;

  sent(producer: MachineId, key: number, firstValue: number): void {
    const batches = (this.batches[key] ??= new Map());
    if (!batches.has(firstValue)) batches.set(firstValue, { producer, position: this.positions++, appended: false });
  }

  /** True if a batch that was first sent later stands before it: a retry was overtaken. */
  appended(key: number, value: number): boolean {
    const batch = this.batches[key]?.get(value);
    if (batch === undefined || batch.appended) return false;
    batch.appended = true;
    const latest = (this.latest[key] ??= []);
    const before = latest[batch.producer] ?? -1;
    latest[batch.producer] = Math.max(before, batch.position);
    return batch.position < before;
  }
}
