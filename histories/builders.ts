/**
 * Histories by hand, for tests:
 *
 *   historyOf([send('orders-0', 7).ok(4), send('orders-0', 8).info(), poll('orders-0', [4, 7])])
 *
 * Operations are invoked in the order of the list, a millisecond apart, and completed half a millisecond later unless
 * `from` and `to` say otherwise. Clients and sessions default to one producer (p0) and one consumer (c0).
 */
import type { History, HistoryHeader, MicroOp, Operation, Outcome } from './operation.js';

interface Draft {
  readonly f: string;
  readonly client: string;
  readonly session: number | null;
  readonly invokedAt: number | null;
  readonly completedAt: number | null;
  readonly outcome: Outcome;
  readonly error: string | null;
  readonly finalReadOf: number;
  readonly rebalanced: readonly string[];
  readonly microOps: readonly DraftMicroOp[];
}
type DraftMicroOp = DraftRecords | DraftSpecial;
interface DraftRecords {
  readonly kind: 'send' | 'poll';
  /** null: not known to the client. */
  readonly key: string | null;
  readonly offsets: readonly number[];
  readonly values: readonly number[];
  readonly recordKey: string | null;
  readonly tombstone?: true;
}

/** What is neither send nor poll: made once its keys have numbers. */
interface DraftSpecial {
  readonly kind: 'special';
  readonly made: (numberOf: (key: string) => number) => MicroOp;
}

/** An operation under construction; every method returns a new one. */
export class OperationBuilder {
  readonly draft: Draft;

  constructor(draft: Draft) {
    this.draft = draft;
  }

  /** Acknowledged, at these offsets (one for each send; none: acks=0 tells no offset). */
  ok(...offsets: readonly number[]): OperationBuilder {
    const microOps = this.draft.microOps.map((microOp, i) =>
      microOp.kind === 'send' ? { ...microOp, offsets: [offsets[i] ?? -1] } : microOp,
    );
    return this.with({ outcome: 'ok', microOps });
  }
  /** Certainly did not happen. */
  fail(error = 'INVALID_RECORD'): OperationBuilder {
    return this.with({ outcome: 'fail', error });
  }
  /** Nobody knows whether it happened. */
  info(error: string | null = 'REQUEST_TIMED_OUT'): OperationBuilder {
    return this.with({ outcome: 'info', error });
  }
  by(client: string): OperationBuilder {
    return this.with({ client });
  }
  session(session: number): OperationBuilder {
    return this.with({ session });
  }
  /** The record key of every send. */
  keyed(recordKey: string): OperationBuilder {
    const microOps = this.draft.microOps.map((microOp) =>
      microOp.kind === 'special' ? microOp : { ...microOp, recordKey },
    );
    return this.with({ microOps });
  }
  /** Every send deletes its key. */
  tombstone(): OperationBuilder {
    const microOps = this.draft.microOps.map((microOp) =>
      microOp.kind === 'send' ? { ...microOp, tombstone: true as const } : microOp,
    );
    return this.with({ microOps });
  }
  /** One more send in the same operation. */
  send(key: string, value: number): OperationBuilder {
    return this.with({ microOps: [...this.draft.microOps, sendDraft(key, value)] });
  }
  /** What another operation does, in this one. */
  and(other: OperationBuilder): OperationBuilder {
    return this.with({ microOps: [...this.draft.microOps, ...other.draft.microOps] });
  }
  /** One more partition in the same poll. */
  poll(key: string, ...records: readonly (readonly [offset: number, value: number])[]): OperationBuilder {
    return this.with({ microOps: [...this.draft.microOps, pollDraft(key, records)] });
  }
  /** Lineage: this output was made from the record at this key and offset, and says so many of its record key were counted. */
  counted(key: string, value: number, count: number, input: string, offset: number): OperationBuilder {
    const derivation = special((numberOf) => ({
      kind: 'derive',
      key: numberOf(input),
      offset,
      outputKey: numberOf(key),
      outputValue: value,
      count,
    }));
    return this.with({ microOps: [...this.draft.microOps, derivation] });
  }
  /** Lineage: this output was made from the records at these keys and offsets. */
  derived(key: string, value: number, ...from: readonly (readonly [key: string, offset: number])[]): OperationBuilder {
    const derivations = from.map(([input, offset]) =>
      special((numberOf) => ({
        kind: 'derive',
        key: numberOf(input),
        offset,
        outputKey: numberOf(key),
        outputValue: value,
      })),
    );
    return this.with({ microOps: [...this.draft.microOps, ...derivations] });
  }
  /** Invoked at this virtual time, microseconds. */
  from(invokedAt: number): OperationBuilder {
    return this.with({ invokedAt });
  }
  /** Completed at this virtual time, microseconds; -1: never. */
  to(completedAt: number): OperationBuilder {
    return this.with({ completedAt });
  }

  /** A rebalance moved these keys while it ran. */
  rebalanced(...keys: readonly string[]): OperationBuilder {
    return this.with({ rebalanced: keys });
  }

  private with(change: Partial<Draft>): OperationBuilder {
    return new OperationBuilder({ ...this.draft, ...change });
  }
}

/** A send to a topic-partition (null: the client does not know which); `info` until it is given another outcome. */
export function send(key: string | null, value: number): OperationBuilder {
  return new OperationBuilder(draft('send', 'p0', 'info', [sendDraft(key, value)]));
}

/** A poll that returned these records, each [offset, value]. */
export function poll(key: string, ...records: readonly (readonly [number, number])[]): OperationBuilder {
  return new OperationBuilder(draft('poll', 'c0', 'ok', [pollDraft(key, records)]));
}

/** A full read of a partition by a fresh consumer, with that machine as leader. Not complete unless ok. */
export function finalRead(
  key: string,
  machine: number,
  ...records: readonly (readonly [number, number])[]
): OperationBuilder {
  const read = draft('poll', `final-${key}-${machine}`, 'ok', [pollDraft(key, records)]);
  return new OperationBuilder({ ...read, finalReadOf: machine });
}

/** One transaction of all this; committed unless told otherwise. Sends know their offsets if they are `.ok(offset)`. */
export function txn(...parts: readonly OperationBuilder[]): OperationBuilder {
  return new OperationBuilder(
    draft(
      'txn',
      't0',
      'ok',
      parts.flatMap((part) => part.draft.microOps),
    ),
  );
}

/** Appends to a list. */
export function append(key: string, value: number): OperationBuilder {
  return alone('txn', 't0', [special((numberOf) => ({ kind: 'append', key: numberOf(key), value }))]);
}

/** Reads a list; null: nobody knows, or (of an ok operation) there was none yet. */
export function read(key: string, values: readonly number[] | null): OperationBuilder {
  return alone('txn', 't0', [special((numberOf) => ({ kind: 'read', key: numberOf(key), values }))]);
}

type Offsets = Readonly<Record<string, number>>;

/** A group's offsets, the next to read. */
export function commit(group: string, offsets: Offsets): OperationBuilder {
  const made = Object.entries(offsets).map(([key, offset]) =>
    special((numberOf) => ({ kind: 'commit', key: numberOf(key), group, offset })),
  );
  return alone('commit', 'c0', made);
}

/** What a group's coordinator answers; -1: nothing was committed. */
export function committed(group: string, offsets: Offsets): OperationBuilder {
  const made = Object.entries(offsets).map(([key, offset]) =>
    special((numberOf) => ({ kind: 'committed', key: numberOf(key), group, offset })),
  );
  return alone('committed', 'c0', made);
}

/** A member of the group processes the record at this offset. */
export function processed(group: string, key: string, offset: number): OperationBuilder {
  return alone('process', 'c0', [special((numberOf) => ({ kind: 'process', key: numberOf(key), group, offset }))]);
}

export function endOffsets(isolation: string, offsets: Offsets): OperationBuilder {
  const made = Object.entries(offsets).map(([key, offset]) =>
    special((numberOf) => ({ kind: 'end-offset', key: numberOf(key), isolation, offset })),
  );
  return alone('end-offsets', 'c0', made);
}

/** From here on the member owns these keys and no others. The client is called as the member is. */
export function owns(group: string, member: string, generation: number, ...keys: readonly string[]): OperationBuilder {
  const made = (keys.length === 0 ? [null] : keys).map((key) =>
    special((numberOf) => ({ kind: 'own', key: key === null ? -1 : numberOf(key), group, member, generation })),
  );
  return alone('rebalance', member, made);
}

/** The consumer goes to other positions of these keys by itself. */
export function seek(...keys: readonly string[]): OperationBuilder {
  const made = keys.map((key) => special((numberOf) => ({ kind: 'assign', key: numberOf(key) })));
  return alone('seek', 'c0', made);
}

/** The consumer reads these keys and no others. */
export function assign(...keys: readonly string[]): OperationBuilder {
  const made = keys.map((key) => special((numberOf) => ({ kind: 'assign', key: numberOf(key) })));
  return alone('assign', 'c0', made);
}

/** The consumer joins its group for topics of these keys. */
export function subscribe(...keys: readonly string[]): OperationBuilder {
  const made = keys.map((key) => special((numberOf) => ({ kind: 'assign', key: numberOf(key) })));
  return alone('subscribe', 'c0', made);
}

/** Anything else that a client does: crash, init-producer, ... */
export function other(f: string, client = 'c0'): OperationBuilder {
  return new OperationBuilder(draft(f, client, 'ok', []));
}

/** A history of these operations. Keys are numbered in order of appearance, after `keys`. */
export function historyOf(
  operations: readonly OperationBuilder[],
  header: Partial<HistoryHeader> = {},
  keys: readonly string[] = [],
): History {
  const keyNumbers = new Map(keys.map((key, i) => [key, i]));
  const sessions = new Map<string, number>();
  const numberOf = (key: string): number => numbered(keyNumbers, key);
  const built = operations.map(({ draft: one }, index): Operation => {
    const invokedAt = one.invokedAt ?? (index + 1) * 1000;
    return {
      index,
      process: index,
      session: one.session ?? numbered(sessions, one.client) * 65536 + 1,
      client: one.client,
      f: one.f,
      invokedAt,
      completedAt: one.completedAt ?? invokedAt + 500,
      outcome: one.outcome,
      value: one.microOps.map((microOp) => finished(microOp, numberOf)),
      error: one.error,
      finalReadOf: one.finalReadOf,
      ...(one.rebalanced.length === 0 ? {} : { rebalanced: one.rebalanced.map(numberOf) }),
    };
  });
  return {
    header: { ...plainHeader, ...header },
    keys: [...keyNumbers.keys()],
    operations: built,
    valueName: String,
  };
}

const plainHeader: HistoryHeader = {
  format: 'harrow/history',
  version: 1,
  name: 'by hand',
  seed: '1',
  timeUnit: 'us',
  workload: 'append',
  nodes: [],
  kafka: '3.9',
  control: 'kraft',
  settings: {},
  rules: {},
  topology: null,
  resend: false,
};

function draft(f: string, client: string, outcome: Outcome, microOps: readonly DraftMicroOp[]): Draft {
  const unsaid = { session: null, invokedAt: null, completedAt: null, error: null, finalReadOf: -1, rebalanced: [] };
  return { f, client, outcome, microOps, ...unsaid };
}

function alone(f: string, client: string, microOps: readonly DraftMicroOp[]): OperationBuilder {
  return new OperationBuilder(draft(f, client, 'ok', microOps));
}

function special(made: DraftSpecial['made']): DraftSpecial {
  return { kind: 'special', made };
}

function sendDraft(key: string | null, value: number): DraftRecords {
  return { kind: 'send', key, offsets: [-1], values: [value], recordKey: null };
}

function pollDraft(key: string, records: readonly (readonly [number, number])[]): DraftRecords {
  const offsets = records.map(([offset]) => offset);
  return { kind: 'poll', key, offsets, values: records.map(([, value]) => value), recordKey: null };
}

function finished(microOp: DraftMicroOp, numberOf: (key: string) => number): MicroOp {
  if (microOp.kind === 'special') return microOp.made(numberOf);
  const { kind, offsets, values, recordKey, tombstone } = microOp;
  const key = microOp.key === null ? -1 : numberOf(microOp.key);
  if (kind === 'poll') return { kind, key, offsets, values };
  const send = { kind, key, offset: offsets[0]!, value: values[0]!, recordKey } as const;
  return tombstone === undefined ? send : { ...send, tombstone };
}

function numbered(numbers: Map<string, number>, name: string): number {
  let number = numbers.get(name);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(name, number);
  }
  return number;
}
