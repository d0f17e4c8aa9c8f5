/** Lines about the cluster between two records: faults, processes, fencing, ISR changes, elections, truncations. */
import { membersOf } from '../../replay-state.js';
import type { RecordOf } from '../../trace-record.js';
import { settingWords } from '../describe.js';
import { brokerSet } from '../words.js';
import { draft, type Draft, type Teller } from './teller.js';

export interface Scene {
  readonly key: number;
  /** Trace indexes, both included. */
  readonly from: number;
  readonly to: number;
  /** Brokers whose coming and going matters most. */
  readonly heroes: readonly number[];
}

const ELECTION_NOTES: readonly (string | null)[] = [
  null,
  'unclean: it was not in the ISR',
  'preferred leader',
  null,
  null,
  'it was eligible: it had left the ISR below min.insync.replicas',
  'it led last, and nobody is known to be complete',
];
const PREFERRED = 2;
const TRANSFERRED = 4;

/** In order of the trace. */
export function clusterLines(teller: Teller, scene: Scene): readonly Draft[] {
  const { reader } = teller;
  const lines: Draft[] = [];
  const hosts = teller.hosts(scene.key);
  const machineEvents = ['process-started', 'process-killed', 'power-lost', 'paused', 'resumed'] as const;
  const faultEvents = ['fault-began', 'fault-ended'] as const;
  const fenceEvents = ['broker-fenced', 'broker-unfenced'] as const;
  for (const record of reader.scan([...machineEvents, ...faultEvents, ...fenceEvents], -1, scene.from, scene.to + 1)) {
    if (record.event === 'fault-began' || record.event === 'fault-ended') {
      const line = faultLine(teller, scene, hosts, record);
      if (line !== null) lines.push(line);
    } else if (record.event === 'broker-fenced' || record.event === 'broker-unfenced') {
      if (record.event === 'broker-fenced' && hosts.includes(record.broker))
        lines.push(fenceLine(teller, scene, record));
    } else if (hosts.includes(record.machine) && !isFirstStart(record)) lines.push(machineLine(teller, scene, record));
  }
  lines.push(...decisionLines(teller, scene));
  return lines.sort((a, b) => a.index - b.index);
}

/** A fencing follows what silenced the broker by the session time-out; what is older than this is another story. */
export const ANTECEDENT_MICROS = 60_000_000;

/**
 * What befell, before the scene began, the brokers that are fenced, leave the ISR or start again in it: else they would for no
 * reason. Likewise of a broker that the scene is about and that had been deposed without hearing of it, with its deposition.
 */
export function antecedentLines(teller: Teller, scene: Scene): readonly Draft[] {
  const { reader } = teller;
  const gone = new Set<number>();
  for (const record of reader.scan(['broker-fenced'], -1, scene.from, scene.to + 1)) gone.add(record.broker);
  const hosts = teller.hosts(scene.key);
  for (const record of reader.scan(['process-started', 'resumed'], -1, scene.from, scene.to + 1)) {
    if (hosts.includes(record.machine)) gone.add(record.machine);
  }
  let isr: readonly number[] = membersOf(reader.lastBefore(['partition-changed'], scene.key, scene.from)?.isr ?? 0);
  for (const record of reader.scan(['partition-changed'], scene.key, scene.from, scene.to + 1)) {
    const members = membersOf(record.isr);
    for (const member of isr) if (!members.includes(member)) gone.add(member);
    isr = members;
  }
  const deposed = deposedHeroes(teller, scene).filter((machine) => !gone.has(machine));
  const start = reader.trace.time[scene.from] ?? 0;
  const events = ['fault-began', 'process-killed', 'power-lost', 'paused'] as const;
  const lines: Draft[] = [];
  for (const machine of [...gone, ...deposed]) {
    const last = reader.lastBefore(events, -1, scene.from, (record) =>
      record.event === 'fault-began' ? membersOf(record.targets).includes(machine) : record.machine === machine,
    );
    if (last === null || start - last.time > ANTECEDENT_MICROS) continue;
    const within = { ...scene, from: Math.max(0, last.index - 2), to: last.index };
    lines.push(...clusterLines(teller, within).filter((line) => line.index === last.index || line.role === 'fault'));
    if (!deposed.includes(machine)) continue;
    const since = clusterLines(teller, { ...scene, from: last.index, to: scene.from });
    lines.push(...since.filter(({ role }) => role === 'heal' || role === 'fence' || role === 'elect'));
  }
  return lines;
}

/** Of whom the scene is about: those that the controller no longer has for a leader when it begins. */
function deposedHeroes({ reader }: Teller, scene: Scene): readonly number[] {
  const decision = reader.lastBefore(['partition-changed'], scene.key, scene.from);
  if (decision === null) return [];
  const led = (machine: number): boolean =>
    reader.lastBefore(['become-leader'], scene.key, scene.from, (record) => record.machine === machine) !== null;
  return scene.heroes.filter((machine) => machine !== decision.leader && led(machine));
}

/** The state of affairs right before `index`: who leads, in which epoch, with which ISR. */
export function baselineLine(teller: Teller, key: number, index: number): Draft | null {
  const decision = teller.reader.lastBefore(['partition-changed'], key, index);
  if (decision === null) return null;
  return draft({
    index: decision.index,
    text: decisionWords(teller, decision),
    role: 'baseline',
    machine: decision.leader,
    weight: 10,
  });
}

function decisionWords(teller: Teller, decision: RecordOf<'partition-changed'>): string {
  const isr = membersOf(decision.isr);
  const key = teller.names.key(decision.key);
  if (decision.leader < 0) return `nobody leads ${key}, ISR ${brokerSet(isr)}`;
  return `${teller.names.machine(decision.leader)} leads ${key} in epoch ${decision.leaderEpoch}, ISR ${brokerSet(isr)}`;
}

function faultLine(
  teller: Teller,
  scene: Scene,
  hosts: readonly number[],
  record: RecordOf<'fault-began' | 'fault-ended'>,
): Draft | null {
  const { names, reader } = teller;
  const began =
    record.event === 'fault-began'
      ? record
      : reader.lastBefore(['fault-began'], -1, record.index, (other) => other.strike === record.strike);
  const targets = began === null ? [] : membersOf(began.targets);
  const touches = targets.some((target) => hosts.includes(target) || !names.hasRole(target, 'broker'));
  if (!touches && targets.length > 0) return null;
  const hero = targets.some((target) => scene.heroes.includes(target));
  const words = names.faultOn(record.strike, targets);
  const text = record.event === 'fault-began' ? `fault: ${words}` : `the fault ends: ${words}`;
  return draft({
    index: record.index,
    text,
    role: record.event === 'fault-began' ? 'fault' : 'heal',
    machine: targets[0] ?? -1,
    strike: record.strike,
    weight: record.event === 'fault-began' ? (hero ? 9 : 6) : hero ? 5 : 2,
  });
}

/** Everything starts once, before anything can happen to it. */
function isFirstStart(record: RecordOf<'process-started' | 'process-killed' | 'power-lost' | 'paused' | 'resumed'>) {
  return record.event === 'process-started' && record.incarnation <= 1;
}

function machineLine(
  teller: Teller,
  scene: Scene,
  record: RecordOf<'process-started' | 'process-killed' | 'power-lost' | 'paused' | 'resumed'>,
): Draft {
  const name = teller.names.machine(record.machine);
  const hero = scene.heroes.includes(record.machine);
  const line = { index: record.index, machine: record.machine };
  switch (record.event) {
    case 'process-started':
      return draft({ ...line, text: `${name} starts again`, role: 'start', weight: hero ? 6 : 3 });
    case 'process-killed':
      return draft({
        ...line,
        text: record.why === 0 ? `${name} is killed` : `${name} exits`,
        note: 'its page cache survives',
        role: 'down',
        weight: hero ? 8 : 5,
      });
    case 'power-lost':
      return draft({ ...line, text: `${name} loses power`, role: 'down', weight: hero ? 9 : 6 });
    case 'paused':
      return draft({ ...line, text: `${name} is paused`, role: 'down', weight: hero ? 8 : 5 });
    case 'resumed':
      return draft({ ...line, text: `${name} runs again`, role: 'start', weight: hero ? 6 : 3 });
  }
}

function fenceLine(teller: Teller, scene: Scene, record: RecordOf<'broker-fenced'>): Draft {
  const timeout = teller.setting('broker.session.timeout.ms');
  const because = timeout === null ? '' : ` (broker.session.timeout.ms ${timeout})`;
  return draft({
    index: record.index,
    text: `${teller.names.machine(record.machine)} fences ${teller.names.machine(record.broker)}${because}`,
    role: 'fence',
    machine: record.broker,
    weight: scene.heroes.includes(record.broker) ? 6 : 3,
  });
}

/** What the controller decided about the partition: elections, a frozen ISR, members that left or came back. */
function decisionLines(teller: Teller, scene: Scene): readonly Draft[] {
  const { reader } = teller;
  const lines: Draft[] = [];
  let before = reader.lastBefore(['partition-changed'], scene.key, scene.from);
  let election: RecordOf<'elected'> | null = null;
  const events = ['partition-changed', 'elected', 'topic-settings-altered'] as const;
  for (const record of reader.scan(events, scene.key, scene.from, scene.to + 1)) {
    if (record.event === 'elected') {
      election = record;
      continue;
    }
    if (record.event === 'topic-settings-altered') {
      lines.push(settingsLine(teller, record, before));
      continue;
    }
    if (before === null || record.leaderEpoch !== before.leaderEpoch || record.leader !== before.leader) {
      const line = record.leader < 0 ? leaderlessLine(teller, record) : electionLine(teller, scene, record, election);
      lines.push(before === null ? { ...line, text: decisionWords(teller, record) } : line);
    } else if (record.isr !== before.isr) lines.push(isrLine(teller, before, record));
    before = record;
  }
  return lines;
}

function electionLine(
  teller: Teller,
  scene: Scene,
  record: RecordOf<'partition-changed'>,
  election: RecordOf<'elected'> | null,
): Draft {
  const reason = election !== null && election.leaderEpoch === record.leaderEpoch ? election.reason : 0;
  return draft({
    index: record.index,
    text: `${teller.names.machine(record.leader)} leads in epoch ${record.leaderEpoch}, ISR ${brokerSet(membersOf(record.isr))}`,
    note: ELECTION_NOTES[reason] ?? null,
    role: 'elect',
    machine: record.leader,
    weight: scene.heroes.includes(record.leader) ? 9 : reason === TRANSFERRED || reason === PREFERRED ? 4 : 7,
  });
}

function leaderlessLine(teller: Teller, record: RecordOf<'partition-changed'>): Draft {
  const isr = membersOf(record.isr);
  if (isr.length === 0) return emptyIsrLine(teller, record);
  const only = isr.length === 1 ? teller.names.machine(isr[0]!) : null;
  return draft({
    index: record.index,
    text:
      only === null
        ? `nobody leads, ISR ${brokerSet(isr)}`
        : `ISR ${brokerSet(isr)} frozen: ${only} was the last in it; nobody leads`,
    note: only === null ? null : `only ${only} may lead again`,
    role: 'frozen',
    machine: isr[0] ?? -1,
    weight: 10,
  });
}

/** Whoever was eligible to lead is forgotten with it, where there are eligible leader replicas (KIP-966). */
function settingsLine(
  teller: Teller,
  record: RecordOf<'topic-settings-altered'>,
  before: RecordOf<'partition-changed'> | null,
): Draft {
  const text = `${teller.names.key(record.key)} has ${settingWords(record)}`;
  const last = teller.minInsyncReplicas(record.key, record.index);
  const leavesNobody = before?.isr === 0 && Number(last) !== record.minInsyncReplicas;
  const note = leavesNobody ? 'nobody is eligible to lead any more, and the ISR is empty' : null;
  return draft({ index: record.index, text, note, role: 'isr', weight: leavesNobody ? 10 : 6 });
}

/** Only with eligible leader replicas (KIP-966). */
function emptyIsrLine(teller: Teller, record: RecordOf<'partition-changed'>): Draft {
  const decided = teller.reader.lastBefore(['elr-changed'], record.key, record.index);
  const eligible = membersOf(decided?.elr ?? 0);
  const last = decided?.lastKnownLeader ?? -1;
  const whoever = last < 0 ? null : `only ${teller.names.machine(last)}, which led last, may lead again`;
  return draft({
    index: record.index,
    text: `nobody leads, ISR empty, eligible leader replicas ${brokerSet(eligible)}`,
    note: eligible.length > 0 ? 'one of these may lead once it is back in order' : whoever,
    role: 'frozen',
    machine: -1,
    weight: 10,
  });
}

function isrLine(teller: Teller, before: RecordOf<'partition-changed'>, record: RecordOf<'partition-changed'>): Draft {
  const old = membersOf(before.isr);
  const isr = membersOf(record.isr);
  const least = Number(teller.minInsyncReplicas(record.key, record.index) ?? 1);
  const shrank = isr.length < old.length;
  const gone = old.filter((member) => !isr.includes(member));
  let note: string | null = null;
  if (shrank && isr.length < least) note = `below min.insync.replicas ${least}: acks=all is refused`;
  else if (shrank && isr.length === 1) note = `${teller.names.machine(isr[0]!)} is the last in it`;
  return draft({
    index: record.index,
    text: `ISR ${brokerSet(old)} → ${brokerSet(isr)}`,
    note,
    role: 'isr',
    machine: shrank ? (gone[0] ?? -1) : record.leader,
    weight: shrank ? 7 : 3,
  });
}
