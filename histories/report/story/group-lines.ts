/** Lines about a group and its members between two moments: who got the partition, who was out, what befell their processes. */
import { membersOf } from '../../replay-state.js';
import type { Operation } from '../../operation.js';
import { firstIndexFrom, lastIndexAt, type RecordOf } from '../../trace-record.js';
import { duration } from '../words.js';
import { offsetIn, type GroupScene } from './group-scene.js';
import { draft, type Draft, type Teller } from './teller.js';
import type { LineRole } from './types.js';

/** Why a member is out, as the trace numbers it (MemberLeft), with the setting that decided. */
const LEFT = [
  { words: 'leaves the group', setting: null },
  { words: 'is evicted: no heartbeat came', setting: 'session.timeout.ms' },
  { words: 'is evicted: it did not join the rebalance in time', setting: 'max.poll.interval.ms' },
  { words: 'is evicted: it did not take up its assignment in time', setting: 'max.poll.interval.ms' },
  { words: 'is replaced: another goes on under its instance id', setting: null },
  { words: 'is refused: the group is full', setting: 'group.max.size' },
  { words: 'is fenced: it did not give its partitions up in time', setting: 'max.poll.interval.ms' },
] as const;

/** @param machines members whose coming and going is told */
export function groupLines(
  teller: Teller,
  scene: GroupScene,
  machines: readonly number[],
  from: number,
  to: number,
): readonly Draft[] {
  const { reader } = teller;
  const lines: Draft[] = [];
  const first = firstIndexFrom(reader, from);
  const last = lastIndexAt(reader, to) + 1;
  const clients = new Map<number, number>();
  for (const record of reader.scan(['member-joined', 'partition-assigned'], -1, 0, last)) {
    clients.set(record.member, record.client);
  }
  const before = reader.lastBefore(['partition-assigned'], scene.key, first);
  if (before !== null) lines.push(assignmentLine(teller, scene, before, to));
  for (const record of reader.scan(['partition-assigned'], scene.key, first, last)) {
    lines.push(assignmentLine(teller, scene, record, to));
  }
  for (const record of reader.scan(['member-left'], -1, first, last)) {
    const machine = clients.get(record.member) ?? -1;
    if (machines.includes(machine)) lines.push(leftLine(teller, record, machine));
  }
  const events = ['process-started', 'process-killed', 'power-lost', 'paused', 'resumed'] as const;
  for (const record of reader.scan(events, -1, first, last)) {
    if (machines.includes(record.machine)) lines.push(...processLine(teller, record));
  }
  for (const record of reader.scan(['fault-began'], -1, first, last)) {
    const targets = membersOf(record.targets);
    const target = targets.find((one) => machines.includes(one));
    const text = `fault: ${teller.names.faultOn(record.strike, targets)}`;
    const whom = { machine: target ?? targets[0] ?? -1, strike: record.strike };
    lines.push(draft({ ...whom, index: record.index, text, role: 'fault', weight: target === undefined ? 4 : 9 }));
  }
  return lines;
}

function assignmentLine(teller: Teller, scene: GroupScene, record: RecordOf<'partition-assigned'>, to: number): Draft {
  const { names, reader } = teller;
  const client = names.machine(record.client);
  const next = reader.firstFrom(['partition-assigned'], scene.key, record.index + 1);
  const until = Math.min(to, next?.time ?? Infinity);
  const fetched = scene.fetched.find(
    (one) => one.client === client && one.invokedAt >= record.time && one.invokedAt <= until && one.outcome === 'ok',
  );
  return draft({
    index: record.index,
    text: `generation ${record.generation} of ${scene.group} gives ${names.key(scene.key)} to ${client}`,
    note: fetched === undefined ? null : beginning(teller, scene, offsetIn(scene, fetched)),
    role: 'member',
    machine: record.client,
    lane: record.client,
    weight: 9,
  });
}

function beginning(teller: Teller, scene: GroupScene, committed: number): string {
  if (committed > scene.offset) return `← it begins at the committed offset ${committed}, behind the record`;
  if (committed >= 0) return `it begins at the committed offset ${committed}`;
  const reset = teller.setting('auto.offset.reset');
  return `no offset is committed${reset === null ? '' : `: auto.offset.reset ${reset}`}`;
}

/** The setting that says how long a member may be silent: its own, or with KIP-848 the coordinator's. */
export function sessionSetting(teller: Teller): string {
  const ofCoordinator = 'group.consumer.session.timeout.ms';
  return teller.setting(ofCoordinator) === null ? 'session.timeout.ms' : ofCoordinator;
}

function leftLine(teller: Teller, record: RecordOf<'member-left'>, machine: number): Draft {
  const why = LEFT[record.reason] ?? { words: 'is out of the group', setting: null };
  const setting = why.setting === 'session.timeout.ms' ? sessionSetting(teller) : why.setting;
  const limit = setting === null ? null : teller.setting(setting);
  return draft({
    index: record.index,
    text: `${teller.names.machine(machine)} ${why.words}${limit === null ? '' : ` (${setting} ${limit})`}`,
    note: `it was in generation ${record.generation}`,
    role: 'member',
    machine,
    lane: machine,
    weight: 9,
  });
}

function processLine(
  teller: Teller,
  record: RecordOf<'process-started' | 'process-killed' | 'power-lost' | 'paused' | 'resumed'>,
): readonly Draft[] {
  const { index, machine } = record;
  const name = teller.names.machine(machine);
  const tell = (text: string, role: LineRole, weight: number): readonly Draft[] => [
    draft({ index, machine, text: `${name} ${text}`, role, weight }),
  ];
  switch (record.event) {
    case 'process-started':
      return record.incarnation > 1 ? tell('starts again', 'start', 4) : [];
    case 'process-killed':
      return tell(record.why === 0 ? 'is killed' : 'ends', 'down', 9);
    case 'power-lost':
      return tell('loses power', 'down', 9);
    case 'paused':
      return tell('is paused', 'down', 9);
    case 'resumed':
      return tell('runs again', 'start', 5);
  }
}

/** A poll that returned the record, with what else of its partition. */
export function pollLine(teller: Teller, scene: GroupScene, operation: Operation): Draft {
  const offsets = operation.value.flatMap((microOp) =>
    microOp.kind === 'poll' && microOp.key === scene.historyKey ? microOp.offsets : [],
  );
  const [first, last] = [offsets[0] ?? -1, offsets.at(-1) ?? -1];
  const which = first === last ? `offset ${first}` : `offsets ${first} to ${last}`;
  const text = `${operation.client} polls ${which} of ${teller.names.key(scene.key)}`;
  return clientLine(teller, operation, operation.completedAt, { text, role: 'process', weight: 6 });
}

/** @param note what there is to say of it at this place of the story */
export function processedLine(teller: Teller, scene: GroupScene, operation: Operation, note: string | null): Draft {
  const record = teller.names.record(scene.key, scene.offset);
  const text = `${operation.client} has processed ${record}`;
  return clientLine(teller, operation, operation.completedAt, { text, note, role: 'process', weight: 10 });
}

export function commitLine(teller: Teller, scene: GroupScene, operation: Operation, note: string | null): Draft {
  const { client, outcome, error, completedAt, invokedAt } = operation;
  const offset = offsetIn(scene, operation);
  const what = `offset ${offset} of ${teller.names.key(scene.key)}`;
  const unheard = `${client} tries to commit ${what}, and hears no answer`;
  const refused = `${client} may not commit ${what}${error === null ? '' : `: ${error}`}`;
  const text = outcome === 'ok' ? `${client} commits ${what}` : outcome === 'fail' ? refused : unheard;
  const at = completedAt < 0 ? invokedAt : completedAt;
  return clientLine(teller, operation, at, { text, note, role: 'commit', weight: 9 });
}

/** The longest that the client was busy with one record in a span, if that is what kept it from polling; null: no record did. */
export function busyLine(teller: Teller, client: string, from: number, to: number): Draft | null {
  let longest: Operation | null = null;
  const lasted = (one: Operation): number => (one.completedAt < 0 ? to : one.completedAt) - one.invokedAt;
  for (const operation of teller.history.operations) {
    if (operation.f !== 'process' || operation.client !== client) continue;
    if (operation.invokedAt < from || operation.invokedAt > to) continue;
    if (longest === null || lasted(operation) > lasted(longest)) longest = operation;
  }
  if (longest === null) return null;
  const [microOp] = longest.value;
  if (microOp?.kind !== 'process') return null;
  const record = teller.names.record(teller.key(microOp.key), microOp.offset);
  const limit = Number(teller.setting('max.poll.interval.ms') ?? Infinity);
  const isLonger = lasted(longest) > limit * 1000;
  const isOpen = longest.completedAt < 0;
  const line = {
    text: `${client} is busy with ${record}${isOpen ? '' : ` for ${duration(lasted(longest))}`}`,
    note: isLonger ? `longer than max.poll.interval.ms ${limit}` : isOpen ? 'and never done with it' : null,
    role: 'process',
    weight: isLonger ? 10 : 5,
  } as const;
  return clientLine(teller, longest, longest.invokedAt, line);
}

/** What a member did, at a moment of its own. */
export function clientLine(
  teller: Teller,
  operation: Operation,
  at: number,
  line: Pick<Draft, 'text' | 'role' | 'weight'> & Partial<Draft>,
): Draft {
  const { machine } = teller.clientOf(operation);
  const index = Math.max(0, lastIndexAt(teller.reader, at));
  return draft({ ...line, index, at, operation: operation.index, machine, lane: machine });
}
