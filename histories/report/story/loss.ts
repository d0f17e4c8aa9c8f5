/**
 * How an acknowledged record was lost: which copy was acknowledged, who came to lead without it, and what took the
 * leader away that had it. From the trace alone.
 */
import { membersOf } from '../../replay-state.js';
import type { RecordOf, TraceReader } from '../../trace-record.js';
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
  /** Index of the last removal of a copy; -1: none was removed. */
  readonly goneIndex: number;
  readonly cause: Cause;
}

/** Of a cause: a replica has the record, and no reader was given it. */
export const NEVER_READ = 'never-read';

const UNCLEAN = 1;
const LAST_KNOWN_LEADER = 6;
/** As in the trace: LossReason.corrupt. */
const CORRUPT = 2;
const WIPED = 1;

/** @param before virtual time at which the client knew of the acknowledgement; Infinity if unknown */
export function lossOf(reader: TraceReader, key: number, value: number, before = Infinity): Loss {
  const fate = fateOf(reader, key, value);
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
    goneIndex: Math.max(-1, ...removals),
  };
  return { ...without, cause: causeOfLoss(reader, without) };
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

/** As in the trace: LogStartReason.segmentDeletion, clientDeletion. */
const BY_POLICY: readonly number[] = [0, 1];

function isByPolicy(reader: TraceReader, index: number): boolean {
  const record = reader.at(index);
  return record.event === 'log-start' && BY_POLICY.includes(record.reason);
}

function causeOfLoss(reader: TraceReader, loss: Omit<Loss, 'cause'>): Cause {
  const { copy, takeover, departure, dataLost, damage, fate, acknowledgement } = loss;
  if (copy === null) {
    return {
      id: 'never-appended',
      sentence: 'the request was lost or refused, and with acks=0 nobody asked what became of it',
    };
  }
  if (fate.copies.some(({ removed }) => removed !== null && isByPolicy(reader, removed.index))) {
    return { id: 'deleted-by-policy', sentence: 'the record was deleted by retention, or on request' };
  }
  if (takeover === null) {
    if (damage !== null) {
      return {
        id: 'damaged-replica',
        sentence: 'the record is damaged on the disk of a replica, below the recovery point, where nobody looks',
      };
    }
    if (holdersAt(fate, reader.length - 1).length > 0) {
      return { id: NEVER_READ, sentence: 'the record is on a replica, but no reader was ever given it' };
    }
    return { id: 'wiped', sentence: 'every replica that held the record lost it' };
  }
  if (takeover.reason === UNCLEAN) {
    return { id: 'unclean-election', sentence: 'unclean election of a replica that lacked the record' };
  }
  if (takeover.reason === LAST_KNOWN_LEADER) {
    return {
      id: 'last-known-leader',
      sentence: 'no replica was left that had stopped in order, and whoever led last led again without the record',
    };
  }
  if (dataLost !== null) {
    if (dataLost.reason === WIPED) {
      return {
        id: 'last-replica-lost-disk',
        sentence:
          'the last replica in the ISR lost its disk, began anew on an empty one and led again without the record',
      };
    }
    const alone = holdersAt(fate, acknowledgement?.index ?? dataLost.index - 1, copy).length === 1;
    return alone
      ? {
          id: 'alone-lost-power',
          sentence: 'one broker alone acknowledged the record, lost power before syncing it, and led again without it',
        }
      : {
          id: 'last-replica-lost-power',
          sentence: 'the last replica in the ISR lost power and led again without the record (last replica standing)',
        };
  }
  if (damage !== null) {
    return {
      id: 'damaged-log',
      sentence: 'the last replica in the ISR found a damaged batch, cut its log there and led again without the record',
    };
  }
  return causes[departure ?? 'stepped-down'];
}

const causes: Readonly<Record<Departure, Cause>> = {
  'cut-off': {
    id: 'leader-cut-off',
    sentence: 'leader cut off from the others, still acknowledging (two leaders at once)',
  },
  killed: { id: 'leader-killed', sentence: 'leader killed before a follower had fetched the record' },
  'lost-power': { id: 'leader-lost-power', sentence: 'leader lost power before a follower had fetched the record' },
  paused: { id: 'leader-paused', sentence: 'leader paused before a follower had fetched the record' },
  'stepped-down': { id: 'leader-moved', sentence: 'leadership moved before the new leader had fetched the record' },
};
