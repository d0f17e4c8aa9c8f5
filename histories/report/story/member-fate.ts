/** What befell a member of a group between taking a record and committing its offset: why another took it, too. */
import { membersOf } from '../../replay-state.js';
import { firstIndexFrom, lastIndexAt, type RecordOf, type TraceReader } from '../../trace-record.js';

/** As in the trace: MemberLeft.left. */
const LEFT_BY_ITSELF = 0;

/**
 * died: its process ended. paused: it did not run for so long that it was out of the group. unheard: it ran, and its
 * heartbeats or its joining did not arrive. slow: it ran and was heard, and did not poll. moved: it stayed in the group,
 * and the partition went to another. none: nothing that the trace tells.
 */
export interface MemberFate {
  readonly kind: 'died' | 'paused' | 'unheard' | 'slow' | 'moved' | 'none';
  /** How it came to be out of its group, where it did before the end of the span. */
  readonly left: RecordOf<'member-left'> | null;
  /** The first other assignment of the partition in the span. */
  readonly moved: RecordOf<'partition-assigned'> | null;
}

export interface MemberSpan {
  readonly key: number;
  /** The member's machine. */
  readonly machine: number;
  /** Virtual microseconds. */
  readonly from: number;
  readonly to: number;
}

export function memberFate(reader: TraceReader, span: MemberSpan): MemberFate {
  const { key, machine } = span;
  const from = firstIndexFrom(reader, span.from);
  const to = lastIndexAt(reader, span.to) + 1;
  const within = (record: { readonly index: number } | null): boolean => record !== null && record.index < to;
  const ofMachine = (record: { readonly machine: number }): boolean => record.machine === machine;
  const ids = memberIds(reader, machine, to);
  const leaving = reader.firstFrom(['member-left'], -1, from, ({ member }) => ids.has(member));
  const moving = reader.firstFrom(['partition-assigned'], key, from);
  const left = within(leaving) ? leaving : null;
  const moved = within(moving) ? moving : null;
  const death = reader.firstFrom(['process-killed', 'power-lost'], -1, from, ofMachine);
  const outBefore = left?.index ?? moved?.index ?? to;
  if (death !== null && death.index < outBefore) return { kind: 'died', left, moved };
  if (left === null) return { kind: moved === null ? 'none' : 'moved', left, moved };
  const pause = reader.lastBefore(['paused', 'resumed'], -1, left.index, ofMachine);
  const wasPaused = pause !== null && (pause.event === 'paused' || pause.time >= span.from);
  if (wasPaused) return { kind: 'paused', left, moved };
  // A member that does not poll leaves by itself (maybeLeaveGroup); one with an instance id is silent instead.
  const isUnheard = left.reason !== LEFT_BY_ITSELF && faultTouches(reader, machine, left.index);
  return { kind: isUnheard ? 'unheard' : 'slow', left, moved };
}

/** The hashes of the ids under which a machine's consumers were in the group before a record. */
function memberIds(reader: TraceReader, machine: number, to: number): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const record of reader.scan(['member-joined', 'partition-assigned'], -1, 0, to)) {
    if (record.client === machine) ids.add(record.member);
  }
  return ids;
}

/** A fault is in force that hits the machine, or a broker: its requests may not have arrived. */
function faultTouches(reader: TraceReader, machine: number, index: number): boolean {
  const inForce = new Map<number, boolean>();
  for (const record of reader.scan(['fault-began', 'fault-ended'], -1, 0, index)) {
    if (record.event === 'fault-ended') inForce.delete(record.strike);
    else {
      const touches = (target: number): boolean =>
        target === machine || reader.header.machines[target]?.roles.includes('broker') === true;
      inForce.set(record.strike, membersOf(record.targets).some(touches));
    }
  }
  return [...inForce.values()].includes(true);
}
