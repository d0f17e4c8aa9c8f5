import type { MachineId } from '../../kernel/process.js';

/** partitioner.availability.timeout.ms (KIP-794): which nodes had sendable batches for too long without taking any. 0 switches it off. */
export class NodeAvailability {
  private readonly timeoutMicros: number;
  /** By node. */
  private readonly readyAt: number[] = [];
  private readonly drainedAt: number[] = [];

  constructor(timeoutMicros: number) {
    this.timeoutMicros = timeoutMicros;
  }

  note(node: MachineId, takesRequests: boolean, now: number): void {
    if (this.timeoutMicros <= 0) return;
    if (takesRequests || this.drainedAt[node] === undefined) this.drainedAt[node] = now;
    this.readyAt[node] = now;
  }

  isUnavailable(node: MachineId): boolean {
    const readyAt = this.readyAt[node];
    return readyAt !== undefined && this.timeoutMicros > 0 && readyAt - this.drainedAt[node]! > this.timeoutMicros;
  }
}
