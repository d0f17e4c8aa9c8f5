/**
 * Where each replica's log began, and who deleted what. Moments are indexes of trace records.
 *
 * A log begins later because segments went by retention, or records on request (DeleteRecords), on that replica itself;
 * or because its leader's log did, by which followers go, and those that must begin anew.
 */
import { StartedBy } from '../probe-kinds.js';

interface LogStart {
  readonly index: number;
  readonly logStart: number;
  readonly byPolicy: boolean;
}

export class LogStarts {
  private readonly byMachine: LogStart[][] = [];

  /** A broker loaded its log: where that begins, another probe says; nothing said, at 0. */
  load(index: number, machine: number): void {
    if ((this.byMachine[machine]?.at(-1)?.logStart ?? 0) > 0) this.add(index, machine, 0, false);
  }

  begin(index: number, machine: number, logStart: number, reason: number): void {
    const byPolicy = reason === StartedBy.segmentDeletion || reason === StartedBy.clientDeletion;
    this.add(index, machine, logStart, byPolicy);
  }

  /** Whether a replica's log began above an offset at a moment. */
  isAbove(machine: number, offset: number, at: number): boolean {
    const last = this.byMachine[machine]?.findLast(({ index }) => index <= at);
    return last !== undefined && last.logStart > offset;
  }

  /** The first moment at which some replica deleted by policy what stood at an offset, and for which `held` holds; -1: none. */
  deletionOf(offset: number, held: (machine: number, at: number) => boolean): number {
    let first = Infinity;
    this.byMachine.forEach((starts, machine) => {
      for (const { index, logStart, byPolicy } of starts) {
        if (byPolicy && logStart > offset && index < first && held(machine, index)) first = index;
      }
    });
    return first === Infinity ? -1 : first;
  }

  private add(index: number, machine: number, logStart: number, byPolicy: boolean): void {
    (this.byMachine[machine] ??= []).push({ index, logStart, byPolicy });
  }
}
