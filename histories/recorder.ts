/**
 * Records a trial: operations as clients report them, probes as they are announced, and the digest over both.
 *
 * It matches the kernel's recorder and probe listener by shape, and is wired in by `runs/`.
 */
import { Digest } from './digest.js';
import { functions } from './format/functions.js';
import { columnarHistory, HistoryColumns } from './history-columns.js';
import type { History, HistoryHeader, MicroOp, Outcome } from './operation.js';
import { TraceColumns } from './trace-columns.js';
import type { TraceHeader } from './trace.js';

/** What a client hands over when it invokes or completes: its micro-operations, and whether it is a final read. */
export interface RecordedValue {
  readonly microOps: readonly MicroOp[];
  /** The machine whose replica a final read reads as leader; absent otherwise. */
  readonly finalReadOf?: number;
}

export interface Clock {
  readonly now: number;
}

// Tags that keep the encodings of invocations and completions apart from each other and from probes.
const INVOCATION = -1;
const COMPLETION = -2;
const AMENDMENT = -3;
const OUTCOME_CODES: Readonly<Record<Outcome, number>> = { ok: 0, fail: 1, info: 2 };

/** Fields of micro-operations that are neither sends nor polls, in the order in which they are digested. */
const digestedFields =
  'kind key offset value values group isolation member generation outputKey outputValue count'.split(' ');

export class TrialRecorder {
  readonly trace: TraceColumns;
  private clock: Clock = { now: 0 };
  private nameOf: (machine: number) => string = String;
  private digest = new Digest();
  private readonly operations = new HistoryColumns();
  /** By session: free lanes (processes), and the next new one. Overlapping operations of a session get lanes of their own. */
  private freeLanes = new Map<number, number[]>();
  private lanes = 0;

  /** Virtual time, for those who listen beside. */
  get now(): number {
    return this.clock.now;
  }

  /** Index of the newest trace record; -1 before the first. */
  get record(): number {
    return this.trace.length - 1;
  }

  /** @param trace columns to fill; those of an earlier trial may be used again once it was judged */
  constructor(trace: TraceColumns = new TraceColumns()) {
    this.trace = trace;
    trace.length = 0;
  }

  /**
   * Before the first event: where time comes from and how machines, probes, keys and faults are called.
   * @param nameOf names machines, those included that join later than the header
   */
  begin(clock: Clock, header: TraceHeader, nameOf: (machine: number) => string): void {
    this.clock = clock;
    this.trace.header = header;
    this.nameOf = nameOf;
  }

  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    const now = this.clock.now;
    this.trace.append(now, kind, machine, key, a, b, c, d);
    this.digest.addRecord(now, kind * 0x100000000 + (machine & 0xffff) * 0x10000 + (key & 0xffff), a, b, c, d);
  }

  /** @throws Error for an `f` that no history file may have: what is recorded can be written and read again */
  invoke(client: number, session: number, f: string, value: unknown): number {
    if (!functions.has(f)) throw new Error(`No operation of a history is called ${f}`);
    const { microOps, finalReadOf } = value as RecordedValue;
    const index = this.operations.invoke({
      process: this.takeLane(session),
      session,
      client: this.nameOf(client),
      f,
      invokedAt: this.clock.now,
      value: microOps,
      error: null,
      finalReadOf: finalReadOf ?? -1,
    });
    this.digest.addRecord(INVOCATION, this.clock.now, index, client, session, finalReadOf ?? -1);
    this.digest.addName(f);
    this.digestMicroOps(microOps);
    return index;
  }

  /** Sends name no offset before their operation ends, acknowledged or not: the line of an invocation has no place for it. */
  amend(operation: number, value: unknown): void {
    this.mustBeOpen(operation);
    const { microOps } = value as RecordedValue;
    this.operations.amend(operation, microOps.map(asInvoked));
    this.digest.addRecord(AMENDMENT, this.clock.now, operation, 0, 0, 0);
    this.digestMicroOps(microOps);
  }

  complete(operation: number, outcome: Outcome, value: unknown, error?: string): void {
    const { operations } = this;
    this.mustBeOpen(operation);
    const { microOps, finalReadOf = operations.finalReadOf[operation]! } = value as RecordedValue;
    operations.complete(operation, {
      completedAt: this.clock.now,
      outcome,
      value: microOps,
      error: error ?? null,
      finalReadOf,
    });
    // After an unknown outcome the lane is retired, as Jepsen retires a process: the operation may still take effect.
    if (outcome !== 'info') {
      this.freeLanes.get(operations.session[operation]!)?.push(operations.process[operation]!);
    }
    this.digest.addRecord(COMPLETION, this.clock.now, operation, OUTCOME_CODES[outcome], finalReadOf, 0);
    this.digest.addName(error ?? '');
    this.digestMicroOps(microOps);
  }

  /** The history so far. `header` and `keys` are given by who knows the spec. */
  history(header: HistoryHeader, keys: readonly string[], valueName: (value: number) => string = String): History {
    return columnarHistory(header, keys, this.operations, valueName);
  }

  /** Closes the digest with the event count and the fingerprint of the disks. */
  closeDigest(events: number, disks: readonly number[]): string {
    this.digest.addNumber(events);
    for (const word of disks) this.digest.addNumber(word);
    return this.digest.close();
  }

  private mustBeOpen(operation: number): void {
    const known = operation < this.operations.length;
    if (known && this.operations.completedAt[operation]! < 0) return;
    throw new Error(`Operation ${operation} was ${known ? 'completed before' : 'never invoked'}`);
  }

  private takeLane(session: number): number {
    let free = this.freeLanes.get(session);
    if (free === undefined) {
      free = [];
      this.freeLanes.set(session, free);
    }
    return free.pop() ?? this.lanes++;
  }

  private digestMicroOps(microOps: readonly MicroOp[]): void {
    this.digest.addNumber(microOps.length);
    for (const microOp of microOps) {
      switch (microOp.kind) {
        case 'send':
          this.digest.addRecord(0, microOp.key, microOp.offset, microOp.value, 0, 0);
          if (microOp.recordKey !== null) this.digest.addName(microOp.recordKey);
          if (microOp.tombstone === true) this.digest.addText('tombstone');
          break;
        case 'poll':
          this.digest.addRecord(1, microOp.key, microOp.offsets.length, 0, 0, 0);
          for (let i = 0; i < microOp.offsets.length; i++) {
            this.digest.addNumber(microOp.offsets[i]!);
            this.digest.addNumber(microOp.values[i]!);
          }
          break;
        default:
          // Rare ones: groups' offsets, ownership, lineage.
          this.digest.addText(JSON.stringify(microOp, digestedFields));
      }
    }
  }
}

function asInvoked(microOp: MicroOp): MicroOp {
  return microOp.kind === 'send' ? { ...microOp, offset: -1 } : microOp;
}
