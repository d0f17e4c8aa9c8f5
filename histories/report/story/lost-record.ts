/** The story of an acknowledged record that is gone: lost-write, unseen, and an offset that holds another record now. */
import type { JudgedAnomaly } from '../../anomaly.js';
import { membersOf } from '../../replay-state.js';
import type { Operation } from '../../operation.js';
import { firstIndexFrom, lastIndexAt, type RecordOf } from '../../trace-record.js';
import { acksWord, capital, listed, seconds } from '../words.js';
import { antecedentLines, baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { lossOf, type Loss } from './loss.js';
import { holdersAt } from './record-fate.js';
import { draft, type Draft, type Teller } from './teller.js';
import type { Story, StoryLine } from './types.js';

/** As in the trace: TruncateReason.recovery. */
const RECOVERY = 2;

/** data-lost: the disk is another, an empty one. */
const WIPED = 1;

export function lostRecordStory(teller: Teller, judged: JudgedAnomaly): Story {
  const { anomaly } = judged;
  const key = teller.key(anomaly.key);
  const subject = lostOne(teller, judged, key);
  const { loss, operation, value } = subject;
  const { from, to } = sceneOf(teller, loss, operation);
  const heroes = heroesOf(loss);
  const drafts: Draft[] = [
    ...sendLines(teller, loss, operation, value),
    ...clusterLines(teller, { key, from, to, heroes }),
    ...antecedentLines(teller, { key, from, to, heroes }),
    ...dataLostLines(teller, loss),
    ...damageLines(teller, loss),
    ...removalLines(teller, loss),
    ...missedReads(teller, judged, key, loss),
  ];
  const baseline = baselineLine(teller, key, Math.min(from, ...drafts.map((line) => line.index)));
  if (baseline !== null) drafts.push(baseline);
  const offset = loss.copy?.offset ?? anomaly.offsets[0] ?? -1;
  const { lines, graph } = compose(teller, drafts, settingsOf(teller, loss), endWords(teller, loss));
  return {
    headline: headlineOf(teller, judged, loss, operation, value, offset),
    cause: causeSentence(teller, loss, operation),
    lines: lines.map((line) => withHolders(teller, loss, line)),
    why: whyOf(teller, loss),
    graph,
    focus: { key, offsets: offset >= 0 ? [offset] : [], values: anomaly.values.length > 0 ? anomaly.values : [value] },
  };
}

interface Subject {
  readonly loss: Loss;
  readonly operation: Operation | null;
  readonly value: number;
}

/** Of the values that an anomaly names, the one that was acknowledged and is gone (of two at one offset: the loser). */
function lostOne(teller: Teller, judged: JudgedAnomaly, key: number): Subject {
  const last = teller.reader.length - 1;
  let chosen: Subject | null = null;
  for (const value of judged.anomaly.values) {
    const operation = teller.sendOf(judged, value);
    const completedAt = operation !== null && operation.completedAt >= 0 ? operation.completedAt : Infinity;
    const loss = lossOf(teller.reader, key, value, completedAt);
    const gone = holdersAt(loss.fate, last).length === 0;
    if (chosen === null || (gone && operation?.outcome === 'ok')) chosen = { loss, operation, value };
    if (gone && operation?.outcome === 'ok') break;
  }
  return chosen ?? { loss: lossOf(teller.reader, key, -1), operation: null, value: -1 };
}

/** From the last thing that mattered before the record was sent, to its last copy's end. */
function sceneOf(teller: Teller, loss: Loss, operation: Operation | null): { from: number; to: number } {
  const { reader } = teller;
  const sentAt = loss.copy?.appended ?? firstIndexFrom(teller.reader, operation?.invokedAt ?? 0);
  const before = loss.departureIndex >= 0 ? Math.min(sentAt, loss.departureIndex) : sentAt;
  const end = Math.max(loss.goneIndex, loss.takeover?.index ?? -1, sentAt);
  return { from: Math.max(0, before), to: Math.min(end, reader.length - 1) };
}

function heroesOf(loss: Loss): readonly number[] {
  const heroes = [loss.acknowledgement?.machine ?? loss.copy?.machine, loss.takeover?.leader];
  return heroes.filter((machine) => machine !== undefined);
}

function sendLines(teller: Teller, loss: Loss, operation: Operation | null, value: number): readonly Draft[] {
  const { names, reader } = teller;
  const client = teller.clientOf(operation);
  const { copy, acknowledgement, fate } = loss;
  if (copy === null) return neverAppended(teller, operation, value);
  const until = acknowledgement?.index ?? reader.length - 1;
  const holders = holdersAt(fate, until, copy);
  const leader = names.machine(copy.machine);
  const lines = [
    draft({
      index: copy.appended,
      text: `${client.name} → ${leader}   offset ${copy.offset}`,
      note: holders.length === 1 ? `on ${leader} only` : `on ${names.machines(holders)} by the time of the answer`,
      role: 'send',
      machine: copy.machine,
      operation: operation?.index ?? null,
      weight: 10,
    }),
  ];
  if (acknowledgement !== null) {
    lines.push(
      draft({
        index: acknowledgement.index,
        text: `${client.name} ← ${names.machine(acknowledgement.machine)}   acknowledged`,
        lane: client.machine,
        at: operation?.completedAt ?? -1,
        note: acknowledgementNote(teller, acknowledgement, holders),
        role: 'ack',
        machine: acknowledgement.machine,
        operation: operation?.index ?? null,
        weight: 10,
      }),
    );
  }
  return lines;
}

function neverAppended(teller: Teller, operation: Operation | null, value: number): readonly Draft[] {
  if (operation === null) return [];
  const { reader, names } = teller;
  const client = teller.clientOf(operation);
  const line = { role: 'ack', operation: operation.index, weight: 10 } as const;
  const sent = reader.firstFrom(
    ['batch-sent'],
    -1,
    firstIndexFrom(teller.reader, operation.invokedAt),
    (record) => record.machine === client.machine && record.firstValue <= value,
  );
  if (sent !== null && (operation.completedAt < 0 || sent.time <= operation.completedAt)) {
    const text = `${client.name} → ${names.machine(sent.broker)}   written to the socket`;
    return [draft({ ...line, index: sent.index, text, note: 'acks=0: done for the producer' })];
  }
  const index = firstIndexFrom(teller.reader, operation.completedAt >= 0 ? operation.completedAt : operation.invokedAt);
  const text = `${client.name} takes value ${teller.history.valueName(value)} as sent`;
  return [draft({ ...line, index, text, note: 'no broker ever appended it' })];
}

/** What the acknowledgement did not wait for. */
function acknowledgementNote(
  teller: Teller,
  acknowledgement: RecordOf<'acknowledged'>,
  holders: readonly number[],
): string {
  const { reader, names } = teller;
  if (acknowledgement.acks === 1) return 'acks=1 asks no follower';
  if (acknowledgement.acks === 0) return 'acks=0 waits for nobody';
  const key = acknowledgement.key;
  const adopted = reader.lastBefore(
    ['become-leader', 'isr-adopted'],
    key,
    acknowledgement.index,
    (record) => record.machine === acknowledgement.machine,
  );
  const isr = adopted === null ? holders : membersOf(adopted.isr);
  if (isr.length === 1) return `ISR {${isr.join()}}: acks=all asks nobody else`;
  return `acks=all: ${names.machines(isr)} have it, in the page cache`;
}

function dataLostLines(teller: Teller, loss: Loss): readonly Draft[] {
  const { reader, names } = teller;
  const lines: Draft[] = [];
  for (const copy of loss.fate.copies) {
    if (copy.removed?.how !== 'data-lost') continue;
    const record = reader.at(copy.removed.index) as RecordOf<'data-lost'>;
    lines.push(
      draft({
        index: record.index,
        text:
          record.reason === WIPED
            ? `${names.machine(record.machine)} has an empty disk where ${record.oldLogEnd} records lay`
            : `${names.machine(record.machine)} keeps ${record.firstOffset} of ${record.oldLogEnd} records: the rest was never synced`,
        note: copy.offset === loss.copy?.offset ? `← ${names.machine(record.machine)} no longer has the record` : null,
        role: 'data-lost',
        machine: record.machine,
        weight: record.index === loss.dataLost?.index ? 10 : 6,
      }),
    );
  }
  return lines;
}

function damageLines(teller: Teller, { damage }: Loss): readonly Draft[] {
  if (damage === null) return [];
  const { names } = teller;
  const where = `offset ${damage.firstOffset} of ${names.key(damage.key)}`;
  return [
    draft({
      index: damage.index,
      text: `the disk of ${names.machine(damage.machine)} damages the batch at ${where}`,
      note: 'its CRC is wrong from now on',
      role: 'data-lost',
      machine: damage.machine,
      weight: 10,
    }),
  ];
}

function removalLines(teller: Teller, loss: Loss): readonly Draft[] {
  const { reader, names } = teller;
  const lines: Draft[] = [];
  for (const copy of loss.fate.copies) {
    if (copy.removed === null || copy.removed.how === 'data-lost') continue;
    const record = reader.at(copy.removed.index);
    const name = names.machine(copy.machine);
    const leader = leaderFollowed(teller, loss.fate.key, copy.machine, record.index);
    const follows = leader === null || leader === copy.machine ? name : `${name} follows ${names.machine(leader)}`;
    let text = `${follows}, loads its log without the record`;
    if (record.event === 'truncate') {
      const cut = `${record.oldLogEnd} → ${record.logEnd}`;
      text = record.reason === RECOVERY ? `${name} recovers, cuts its log ${cut}` : `${follows}, truncates ${cut}`;
    }
    if (record.event === 'log-start') text = `${name} deletes what lies below offset ${record.logStart}`;
    else if (record.event === 'append') text = `${follows}, writes another record at offset ${copy.offset}`;
    const last = record.index === loss.goneIndex && holdersAt(loss.fate, record.index).length === 0;
    lines.push(
      draft({
        index: record.index,
        text,
        note: last ? '← the record is gone' : null,
        role: 'truncate',
        machine: copy.machine,
        weight: last ? 10 : 7,
      }),
    );
  }
  return lines;
}

/** Where replicas still have the record: the reads that should have shown it and did not. */
function missedReads(teller: Teller, judged: JudgedAnomaly, key: number, loss: Loss): readonly Draft[] {
  const { reader, names, history } = teller;
  const { copy, fate } = loss;
  if (copy === null || holdersAt(fate, reader.length - 1).length === 0) return [];
  const lines: Draft[] = [];
  for (const index of judged.anomaly.operations) {
    const operation = history.operations[index];
    for (const microOp of operation?.value ?? []) {
      if (microOp.kind !== 'poll' || teller.key(microOp.key) !== key || microOp.values.includes(fate.value)) continue;
      const { completedAt, client, finalReadOf } = operation!;
      const from = finalReadOf >= 0 ? ` from ${names.machine(finalReadOf)}` : '';
      const range = microOp.offsets.length === 0 ? 'nothing' : `${microOp.offsets[0]}–${microOp.offsets.at(-1)}`;
      lines.push(
        draft({
          index: lastIndexAt(reader, completedAt),
          at: completedAt,
          text: `${client} reads ${names.key(key)}${from}: ${range}`,
          note: isDamagedOn(loss, finalReadOf)
            ? `← offset ${copy.offset} fails the CRC check of whoever reads it`
            : `← without offset ${copy.offset}`,
          role: 'read',
          machine: finalReadOf,
          lane: finalReadOf,
          operation: index,
          weight: 10,
        }),
      );
    }
  }
  return lines;
}

function isDamagedOn({ damage }: Loss, machine: number): boolean {
  return damage !== null && damage.machine === machine;
}

function leaderFollowed(teller: Teller, key: number, machine: number, index: number): number | null {
  const following = teller.reader.lastBefore(
    ['become-follower', 'become-leader'],
    key,
    index,
    (record) => record.machine === machine,
  );
  return following?.event === 'become-follower' && following.leader >= 0 ? following.leader : null;
}

/** Elections and frozen ISRs are worth a line only with what they mean to the record: who led without, who could have helped. */
function withHolders(teller: Teller, loss: Loss, line: StoryLine): StoryLine {
  const { copy } = loss;
  if (copy === null) return line;
  if (line.role === 'elect' && line.note === null && loss.takeover !== null) {
    const takes = line.traceIndex >= loss.takeover.index && line.atMicros - loss.takeover.time < 100_000;
    return takes ? { ...line, note: 'without the record' } : line;
  }
  if (line.role !== 'frozen') return line;
  const decision = teller.reader.lastBefore(['partition-changed'], loss.fate.key, line.traceIndex + 1);
  const isr = decision === null ? [] : membersOf(decision.isr);
  const outside = holdersAt(loss.fate, line.traceIndex, copy).filter((machine) => !isr.includes(machine));
  if (outside.length === 0) return line;
  const names = listed(outside.map((machine) => teller.names.machine(machine)));
  return { ...line, note: `${names} ${outside.length === 1 ? 'has' : 'have'} the record and may not lead` };
}

function headlineOf(
  teller: Teller,
  judged: JudgedAnomaly,
  loss: Loss,
  operation: Operation | null,
  value: number,
  offset: number,
): string {
  const { names, reader, history } = teller;
  const key = teller.key(judged.anomaly.key);
  const words = teller.recordWords(key, offset, value, operation);
  const holders = holdersAt(loss.fate, reader.length - 1);
  const acknowledged = operation?.outcome === 'ok' || loss.acknowledgement !== null ? 'acknowledged ' : '';
  if (judged.anomaly.type === 'inconsistent-offsets') {
    const others = judged.anomaly.values.filter((other) => other !== value);
    return `${names.record(key, offset)} held two records: value ${history.valueName(value)}, ${acknowledged === '' ? 'once readable' : 'acknowledged'}, and now value ${others.map((other) => history.valueName(other)).join(', ')}.`;
  }
  if (loss.copy === null) return `The ${acknowledged}record ${words} was never appended by any broker.`;
  if (holders.length === 0) return `The ${acknowledged}record ${words} is on no replica.`;
  return `The ${acknowledged}record ${words} was never read; it is on ${names.machines(holders)}.`;
}

function causeSentence(teller: Teller, loss: Loss, operation: Operation | null): string {
  const { names } = teller;
  const { copy, acknowledgement, takeover } = loss;
  if (copy === null || acknowledgement === null) return `${capital(loss.cause.sentence)}.`;
  const acknowledger = names.machine(acknowledgement.machine);
  const heardAt = operation !== null && operation.completedAt >= 0 ? operation.completedAt : acknowledgement.time;
  const at = `at ${seconds(heardAt)} s`;
  const holders = holdersAt(loss.fate, acknowledgement.index, copy);
  const from = holders.length <= 1 ? `from ${acknowledger} alone` : `from ${names.machines(holders)}`;
  const opening = `acks=${acksWord(acknowledgement.acks)} acknowledged it ${at} ${from}`;
  if (takeover === null) return `${opening}; ${loss.cause.sentence}.`;
  const successor = names.machine(takeover.leader);
  if (loss.cause.id === 'unclean-election') {
    return `${opening}; ${successor}, outside the ISR, was elected uncleanly without it, and the others truncated.`;
  }
  if (loss.dataLost !== null) {
    const others = holders.filter((machine) => machine !== takeover.leader);
    const rest = others.length === 0 ? '' : `, and ${names.machines(others)} truncated to match`;
    return `${opening}; ${successor}, the last in the ISR, lost power, came back without it and led${rest}.`;
  }
  const went: Readonly<Record<string, string>> = {
    'cut-off': 'was cut off',
    killed: 'was killed',
    'lost-power': 'lost power',
    paused: 'was paused',
    'stepped-down': 'gave up the lead',
  };
  const end = loss.goneIndex >= 0 && loss.departure !== 'lost-power' ? `, ${acknowledger} truncated` : '';
  return `${opening}; ${acknowledger} ${went[loss.departure ?? 'stepped-down']}, ${successor} took over without it${end}.`;
}

function whyOf(teller: Teller, loss: Loss): string {
  const acks =
    loss.acknowledgement?.acks ?? (teller.setting('acks') === 'all' ? -1 : Number(teller.setting('acks') ?? -1));
  if (acks === 0) {
    return 'acks=0 takes a write as done once it is handed to the socket: nobody is asked, and nothing lost is sent again.';
  }
  switch (loss.cause.id) {
    case 'never-read':
      return 'The record is where it should be; a read that should have shown it did not.';
    case 'deleted-by-policy':
      return 'retention.ms and retention.bytes delete whole segments, read or not; DeleteRecords deletes what an administrator names.';
    case 'damaged-replica':
      return 'A broker checks its log above the recovery point only, and only after a crash. Below it a damaged batch shows when it is read (CORRUPT_MESSAGE); the other replicas still have the record.';
    case 'damaged-log':
      return 'Recovery drops everything from the first batch with a wrong CRC on. An ISR never becomes empty: its last member may lead again with what is left, and the others follow it; eligible leader replicas (KIP-966) close this hole.';
    case 'unclean-election':
      return 'unclean.leader.election.enable=true lets a replica outside the ISR lead; what it lacks is gone, acknowledged or not.';
    case 'last-known-leader':
      return 'Whoever comes back from a stop that was not in order, a kill or power loss, is no eligible leader any more, whether or not it lost anything (KIP-966). Once none is left the last leader is elected, with whatever its disk has kept; flush.messages=1 would have kept all.';
    case 'last-replica-lost-power':
      return 'An ISR never becomes empty: its last member stays in it even while it is down, and only it may lead again. Brokers do not sync on the produce path (flush.messages), so power loss takes what only the page cache held; eligible leader replicas (KIP-966) close this hole.';
    case 'last-replica-lost-disk':
      return 'An ISR never becomes empty: its last member stays in it even while it is down, and only it may lead again, with an empty disk too; eligible leader replicas (KIP-966) close this hole.';
    case 'alone-lost-power':
      if (acks === 1) break;
      return `min.insync.replicas=${teller.setting('min.insync.replicas') ?? 1} lets one broker satisfy acks=all once the ISR has shrunk to it; what only its page cache held went with its power.`;
  }
  if (acks === 1) {
    return 'acks=1 acknowledges before replication; min.insync.replicas is checked only for acks=all.';
  }
  return 'acks=all waits for every member of the ISR, and only its members may lead: this should not have happened.';
}

function endWords(teller: Teller, loss: Loss): string {
  const held = holdersAt(loss.fate, teller.reader.length - 1).length > 0;
  return held ? 'the record was not read' : 'the record is on no replica';
}

/** Settings that the graph shows as roots. */
function settingsOf(teller: Teller, loss: Loss): readonly string[] {
  const acks = loss.acknowledgement?.acks;
  if (loss.cause.id === 'unclean-election') return ['unclean.leader.election.enable=true'];
  if (loss.cause.id === 'last-replica-lost-power' || loss.cause.id === 'last-known-leader')
    return [`flush.messages: never synced`];
  const settings = [`acks=${acks === undefined ? teller.setting('acks') : acksWord(acks)}`];
  if (acks === -1) settings.push(`min.insync.replicas=${teller.setting('min.insync.replicas') ?? 1}`);
  return settings;
}
