/** What lasted from when to when: roles, faults, phases, what the controller had decided. Plain data to be drawn. */
import { membersOf } from '../../replay-state.js';
import type { TraceReader } from '../../trace-record.js';

/** How a broker stood to a partition, as it believed itself. */
export interface RoleBand {
  readonly machine: number;
  readonly from: number;
  readonly to: number;
  readonly role: 'leader' | 'follower' | 'down' | 'none';
  readonly leaderEpoch: number;
  /** Whom it follows; -1: nobody. */
  readonly leader: number;
}

export interface DecisionBand {
  readonly from: number;
  readonly to: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
}

export interface FaultBand {
  readonly strike: number;
  readonly from: number;
  readonly to: number;
  readonly targets: readonly number[];
}

export interface PauseBand {
  readonly machine: number;
  readonly from: number;
  readonly to: number;
}

/** A member of a group to which its coordinator had given the partition. */
export interface OwnershipBand {
  readonly machine: number;
  readonly from: number;
  readonly to: number;
  /** With KIP-848 the member's epoch. */
  readonly generation: number;
}

export interface PhaseBand {
  readonly phase: number;
  readonly from: number;
  readonly to: number;
}

export interface Bands {
  readonly end: number;
  readonly roles: readonly RoleBand[];
  readonly decisions: readonly DecisionBand[];
  readonly faults: readonly FaultBand[];
  readonly pauses: readonly PauseBand[];
  readonly ownerships: readonly OwnershipBand[];
  readonly phases: readonly PhaseBand[];
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export function bandsOf(reader: TraceReader, key: number): Bands {
  const end = reader.length === 0 ? 1 : reader.trace.time[reader.length - 1]!;
  return {
    end,
    roles: roleBands(reader, key, end),
    decisions: decisionBands(reader, key, end),
    faults: faultBands(reader, end),
    pauses: pauseBands(reader, end),
    ownerships: ownershipBands(reader, key, end),
    phases: phaseBands(reader, end),
  };
}

function roleBands(reader: TraceReader, key: number, end: number): readonly RoleBand[] {
  const bands: Mutable<RoleBand>[] = [];
  const open = new Map<number, Mutable<RoleBand>>();
  const turn = (machine: number, at: number, change: Pick<RoleBand, 'role' | 'leaderEpoch' | 'leader'>): void => {
    const before = open.get(machine);
    if (before?.role === change.role && before.leaderEpoch === change.leaderEpoch && before.leader === change.leader)
      return;
    if (before !== undefined) before.to = at;
    const band = { machine, from: at, to: end, ...change };
    bands.push(band);
    open.set(machine, band);
  };
  const process = ['process-started', 'process-killed', 'power-lost'] as const;
  for (const record of reader.scan([...process, 'become-leader', 'become-follower'], -1)) {
    const { machine, time } = record;
    if (record.event === 'become-leader' || record.event === 'become-follower') {
      if (record.key !== key) continue;
      const role = record.event === 'become-leader' ? 'leader' : 'follower';
      const leader = record.event === 'become-leader' ? machine : record.leader;
      turn(machine, time, { role, leaderEpoch: record.leaderEpoch, leader });
    } else {
      const role = record.event === 'process-started' ? 'none' : 'down';
      turn(machine, time, { role, leaderEpoch: -1, leader: -1 });
    }
  }
  return bands;
}

function decisionBands(reader: TraceReader, key: number, end: number): readonly DecisionBand[] {
  const bands: Mutable<DecisionBand>[] = [];
  for (const record of reader.scan(['partition-changed'], key)) {
    const before = bands.at(-1);
    if (before !== undefined) before.to = record.time;
    const { leader, leaderEpoch, time } = record;
    bands.push({ from: time, to: end, leader, leaderEpoch, isr: membersOf(record.isr) });
  }
  return bands;
}

function faultBands(reader: TraceReader, end: number): readonly FaultBand[] {
  const bands: Mutable<FaultBand>[] = [];
  for (const record of reader.scan(['fault-began', 'fault-ended'], -1)) {
    if (record.event === 'fault-began') {
      bands.push({ strike: record.strike, from: record.time, to: end, targets: membersOf(record.targets) });
    } else {
      const band = bands.findLast((candidate) => candidate.strike === record.strike);
      if (band !== undefined) band.to = record.time;
    }
  }
  return bands;
}

function pauseBands(reader: TraceReader, end: number): readonly PauseBand[] {
  const bands: Mutable<PauseBand>[] = [];
  for (const record of reader.scan(['paused', 'resumed', 'process-killed', 'power-lost'], -1)) {
    if (record.event === 'paused') bands.push({ machine: record.machine, from: record.time, to: end });
    else {
      const band = bands.findLast((candidate) => candidate.machine === record.machine && candidate.to === end);
      if (band !== undefined) band.to = record.time;
    }
  }
  return bands;
}

/** A member owns from its assignment to the next one, unless it is out of the group, or has given up, before that. */
function ownershipBands(reader: TraceReader, key: number, end: number): readonly OwnershipBand[] {
  const bands: Mutable<OwnershipBand>[] = [];
  const owners = new Map<number, Map<number, Mutable<OwnershipBand>>>();
  const close = (group: number, at: number, member: number | null): void => {
    const open = owners.get(group);
    for (const [owner, band] of open ?? []) {
      if (member !== null && owner !== member) continue;
      band.to = at;
      open!.delete(owner);
    }
  };
  for (const record of reader.scan(['partition-assigned', 'partition-released', 'member-left'], -1)) {
    const { group, member, time } = record;
    if (record.event === 'member-left') close(group, time, member);
    else if (record.key !== key) continue;
    else if (record.event === 'partition-released') close(group, time, member);
    else {
      close(group, time, null);
      const band = { machine: record.client, from: time, to: end, generation: record.generation };
      bands.push(band);
      owners.set(group, (owners.get(group) ?? new Map()).set(member, band));
    }
  }
  return bands;
}

function phaseBands(reader: TraceReader, end: number): readonly PhaseBand[] {
  const bands: Mutable<PhaseBand>[] = [];
  for (const record of reader.scan(['phase'], -1)) {
    const before = bands.at(-1);
    if (before !== undefined) before.to = record.time;
    bands.push({ phase: record.phase, from: record.time, to: end });
  }
  return bands;
}
