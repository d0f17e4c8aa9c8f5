/** Records what clients report, and complains of an operation that is completed twice. */
import type { OperationRecorder, Outcome } from '../../../kernel/recorder.js';

export interface MicroOp {
  readonly kind: 'send' | 'poll' | 'process' | 'commit' | 'committed' | 'own' | 'assign';
  readonly key: number;
  readonly offset: number;
  readonly value: number;
  readonly recordKey: string | null;
  readonly offsets: readonly number[];
  readonly values: readonly number[];
}
export interface RecordedOperation {
  readonly client: number;
  readonly session: number;
  readonly f: string;
  microOps: readonly MicroOp[];
  readonly finalReadOf: number | undefined;
  /** Until it is completed. */
  outcome: Outcome | 'open';
  error: string | undefined;
}

export class OperationLog implements OperationRecorder {
  readonly operations: RecordedOperation[] = [];

  invoke(client: number, session: number, f: string, value: unknown): number {
    const { microOps, finalReadOf } = value as { microOps: MicroOp[]; finalReadOf?: number };
    return this.operations.push({ client, session, f, microOps, finalReadOf, outcome: 'open', error: undefined }) - 1;
  }

  amend(operation: number, value: unknown): void {
    this.operations[operation]!.microOps = (value as { microOps: MicroOp[] }).microOps;
  }

  complete(operation: number, outcome: Outcome, value: unknown, error?: string): void {
    const open = this.operations[operation]!;
    if (open.outcome !== 'open') throw new Error(`Operation ${operation} was completed before`);
    open.outcome = outcome;
    open.microOps = (value as { microOps: MicroOp[] }).microOps;
    open.error = error;
  }

  /** What became of the send of a value. */
  send(value: number): RecordedOperation & { readonly offset: number; readonly partition: number } {
    const found = this.operations.find(({ f, microOps }) => f === 'send' && microOps[0]!.value === value);
    if (found === undefined) throw new Error(`Nothing was recorded of value ${value}`);
    return { ...found, offset: found.microOps[0]!.offset, partition: found.microOps[0]!.key };
  }

  /** 'ok@0', 'fail', 'info', 'open', ... in the order of invocation. */
  sends(): string[] {
    return this.operations
      .filter(({ f }) => f === 'send')
      .map(({ outcome, microOps }) => (outcome === 'ok' ? `ok@${microOps[0]!.offset}` : outcome));
  }

  /** Records that were processed, in order: 'p0@2'. */
  processed(): string[] {
    return this.operations
      .filter(({ f, outcome }) => f === 'process' && outcome === 'ok')
      .map(({ microOps }) => `p${microOps[0]!.key}@${microOps[0]!.offset}`);
  }

  /** 'ok p0=3 p1=2', 'fail CommitFailedException', ... in the order of invocation. */
  commits(): string[] {
    return this.operations
      .filter(({ f }) => f === 'commit')
      .map(({ outcome, error, microOps }) =>
        outcome === 'ok'
          ? `ok ${microOps.map(({ key, offset }) => `p${key}=${offset}`).join(' ')}`
          : `${outcome} ${error ?? ''}`.trim(),
      );
  }

  /** What a consumer came to own, each time: [0, 1], [], ... */
  owned(client: number): number[][] {
    return this.operations
      .filter((operation) => operation.f === 'rebalance' && operation.client === client)
      .map(({ microOps }) => microOps.map(({ key }) => key).filter((key) => key >= 0));
  }

  /** Values that polls returned of a partition, in order. */
  polled(partition: number): number[] {
    return this.operations
      .filter(({ f, outcome }) => f === 'poll' && outcome === 'ok')
      .flatMap(({ microOps }) => microOps.filter(({ key }) => key === partition).flatMap(({ values }) => values));
  }
}
