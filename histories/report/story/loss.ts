/**
 * How an acknowledged record was lost: which copy was acknowledged, who came to lead without it, and what took the
 * leader away that had it. From the trace alone.
 */
import type { Anomaly } from '../../anomaly.js';
import { membersOf } from '../../replay-state.js';
import type { RecordOf, TraceReader } from '../../trace-record.js';
import { causeOfLoss } from './loss-cause.js';
import { fateOf, holdersAt, type Copy, type RecordFate } from './record-fate.js';
import type { Cause } from './types.js';

/** What had happened to a leader when another was elected. */
export type Departure = 'killed' | 'lost-power' | 'paused' | 'cut-off' | 'stepped-down';

export interface Loss {
  readonly fate: RecordFate;
  /** The copy that was acknowledged (else the first that a leader appended); null: no leader ever appended the record. */
  readonly copy: Copy | null;
  readonly acknowledgement: RecordOf<'acknowledged'> | null;
  /** The election that put a broker without the record in charge; null: none did. */
  readonly takeover: RecordOf<'elected'> | null;
  /** What had happened to the acknowledging leader at the first election after its own; null: none followed. */
  readonly departure: Departure | null;
  /** Index of the record that says so (the kill, the fault's begin); -1: none. */
  readonly departureIndex: number;
  /** When the broker that took over had itself lost the record before: the loss; null: it never had it. */
  readonly dataLost: RecordOf<'data-lost'> | null;
  /** The damage on the disk that made the broker which took over cut its log, or that keeps readers from a copy; null: none. */
  readonly damage: RecordOf<'data-lost'> | null;
  /** Another record at the offset, on a replica where it stayed while the record stayed on others; null: none. */
  readonly rival: RecordOf<'append'> | null;
  /** Index of the last removal of a copy; -1: none was removed. */
  readonly goneIndex: number;
  readonly cause: Cause;
}

/** As in the trace: LossReason.corrupt. */
const CORRUPT = 2;

/**
 * @param before virtual time at which the client knew of the acknowledgement; Infinity if unknown
 * @param offset of the copy that is meant, where the record was written several times; -1: whichever was acknowledged
 */
export function lossOf(reader: TraceReader, key: number, value: number, before = Infinity, offset = -1): Loss {
  const fate = fateAt(fateOf(reader, key, value), offset);
  const known = fate.acknowledgements.filter((ack) => ack.time <= before);
  const acknowledgement = known.at(-1) ?? fate.acknowledgements[0] ?? null;
  const copy = acknowledgedCopy(fate, acknowledgement);
  const epoch = acknowledgement?.leaderEpoch ?? copy?.leaderEpoch ?? -1;
  const takeover = copy === null ? null : takeoverOf(reader, fate, copy, epoch);
  const departed =
    copy === null ? null : departureOf(reader, key, acknowledgement?.machine ?? copy.machine, epoch, copy.appended);
  const dataLost = takeover === null || copy === null ? null : lossOfNewLeader(reader, fate, copy, takeover);
  const removals = fate.copies.flatMap((other) => (other.removed === null ? [] : [other.removed.index]));
  const without = {
    fate,
    copy,
    acknowledgement,
    takeover,
    departure: departed?.departure ?? null,
    departureIndex: departed?.index ?? -1,
    dataLost,
    damage: copy === null ? null : damageTo(reader, fate, copy, takeover),
    rival: copy === null ? null : rivalOf(reader, fate, copy),
    goneIndex: Math.max(-1, ...removals),
  };
  return { ...without, cause: causeOfLoss(reader, without) };
}

/** Two records at one offset: the copies there are meant, not others of the same records. */
export function offsetMeant({ type, offsets }: Anomaly): number {
  return type === 'inconsistent-offsets' ? (offsets[0] ?? -1) : -1;
}

function fateAt(fate: RecordFate, offset: number): RecordFate {
  const copies = fate.copies.filter((copy) => copy.offset === offset);
  if (copies.length === 0) return fate;
  const covers = (ack: RecordOf<'acknowledged'>): boolean => ack.baseOffset <= offset && offset <= ack.lastOffset;
  return { ...fate, copies, acknowledgements: fate.acknowledgements.filter(covers) };
}

function acknowledgedCopy(fate: RecordFate, ack: RecordOf<'acknowledged'> | null): Copy | null {
  const byLeader = fate.copies.find((copy) => copy.asLeader) ?? null;
  if (ack === null) return byLeader;
  const covered = fate.copies.filter((copy) => ack.baseOffset <= copy.offset && copy.offset <= ack.lastOffset);
  return covered.find((copy) => copy.asLeader) ?? covered[0] ?? byLeader;
}

function takeoverOf(reader: TraceReader, fate: RecordFate, copy: Copy, epoch: number): RecordOf<'elected'> | null {
  for (const elected of reader.scan(['elected'], fate.key)) {
    if (elected.leader < 0 || elected.leaderEpoch <= epoch) continue;
    if (!holdersAt(fate, elected.index, copy).includes(elected.leader)) return elected;
  }
  return null;
}

const DOWN_EVENTS = ['process-started', 'process-killed', 'power-lost', 'paused', 'resumed'] as const;
/** The controller fences and elects in one go; anything farther apart than this is not one decision. */
const TOGETHER_MICROS = 1_000_000;

/** @param since index of the append: faults that were over before it are none of its business */
function departureOf(
  reader: TraceReader,
  key: number,
  leader: number,
  epoch: number,
  since: number,
): { departure: Departure; index: number } | null {
  const next = reader.firstFrom(['elected'], key, 0, (elected) => elected.leaderEpoch > epoch);
  if (next === null) return null;
  let departure: Departure | null = null;
  let index = -1;
  for (const record of reader.scan(DOWN_EVENTS, -1, 0, next.index)) {
    if (record.machine !== leader) continue;
    const before: Departure | null = departure;
    departure = departureBy(record.event, before);
    if (departure !== before) index = record.index;
  }
  if (departure !== null) return { departure, index };
  const faults = faultsBetween(reader, since, next.index);
  const own = faults.filter((fault) => membersOf(fault.targets).includes(leader));
  if (own.length > 0) return { departure: 'cut-off', index: own.at(-1)!.index };
  // A fault can cut the leader off without naming it: it was fenced while it ran.
  const fenced = [...reader.scan(['broker-fenced'], -1)].some(
    (record) => record.broker === leader && Math.abs(record.time - next.time) < TOGETHER_MICROS,
  );
  if (!fenced) return { departure: 'stepped-down', index: -1 };
  return { departure: 'cut-off', index: faults.at(-1)?.index ?? -1 };
}

/** Beginnings of the faults that were in force at any moment between two records. */
function faultsBetween(reader: TraceReader, from: number, to: number): readonly RecordOf<'fault-began'>[] {
  const began: RecordOf<'fault-began'>[] = [];
  const over = new Set<number>();
  for (const record of reader.scan(['fault-began', 'fault-ended'], -1, 0, to)) {
    if (record.event === 'fault-began') began.push(record);
    else if (record.index < from) over.add(record.strike);
  }
  return began.filter((record) => !over.has(record.strike));
}

function departureBy(
  event: 'process-started' | 'process-killed' | 'power-lost' | 'paused' | 'resumed',
  before: Departure | null,
): Departure | null {
  switch (event) {
    case 'process-killed':
      return before === 'lost-power' ? before : 'killed';
    case 'power-lost':
      return 'lost-power';
    case 'paused':
      return 'paused';
    case 'process-started':
    case 'resumed':
      return null;
  }
}

/** The loss on disk that left the new leader without a record that it once had. */
function lossOfNewLeader(
  reader: TraceReader,
  fate: RecordFate,
  copy: Copy,
  takeover: RecordOf<'elected'>,
): RecordOf<'data-lost'> | null {
  for (const other of fate.copies) {
    const same = other.machine === takeover.leader && other.offset === copy.offset;
    if (!same || other.removed === null || other.removed.index > takeover.index) continue;
    if (other.removed.how === 'data-lost') return reader.at(other.removed.index) as RecordOf<'data-lost'>;
  }
  return null;
}

/** Bit rot at or below the record, on the new leader before it cut its log there; without one, on any broker that has a copy. */
function damageTo(
  reader: TraceReader,
  fate: RecordFate,
  copy: Copy,
  takeover: RecordOf<'elected'> | null,
): RecordOf<'data-lost'> | null {
  for (const damage of reader.scan(['data-lost'], fate.key)) {
    if (damage.reason !== CORRUPT || damage.firstOffset > copy.offset) continue;
    const copies = fate.copies.filter(({ machine, offset }) => machine === damage.machine && offset === copy.offset);
    if (takeover === null) {
      if (damage.oldLogEnd > copy.offset && copies.some(({ removed }) => removed === null)) return damage;
    } else if (
      damage.machine === takeover.leader &&
      copies.some(({ removed }) => (removed?.index ?? -1) > damage.index)
    ) {
      return damage;
    }
  }
  return null;
}

/** Where logs differ for good: the last append of another record at the offset, on a replica without the record at the end. */
function rivalOf(reader: TraceReader, fate: RecordFate, { offset }: Copy): RecordOf<'append'> | null {
  const end = reader.length - 1;
  const holders = fate.copies.filter((copy) => copy.offset === offset && copy.removed === null);
  if (holders.length === 0) return null;
  let rival: RecordOf<'append'> | null = null;
  for (const record of reader.scan(['append'], fate.key)) {
    if (record.offset !== offset || record.value === fate.value) continue;
    if (holders.some(({ machine }) => machine === record.machine)) continue;
    const stays = fateOf(reader, fate.key, record.value).copies.some(
      (copy) =>
        copy.machine === record.machine && copy.offset === offset && copy.removed === null && copy.appended <= end,
    );
    if (stays) rival = record;
  }
  return rival;
}
