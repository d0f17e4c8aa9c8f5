/** The lines of a lost record's own story: sent, acknowledged, lost from a disk, cut off, missed by readers. */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { Operation } from '../../operation.js';
import { membersOf } from '../../replay-state.js';
import { firstIndexFrom, lastIndexAt, type RecordOf, type TraceReader } from '../../trace-record.js';
import type { Loss } from './loss.js';
import { hasLostPower } from './loss-cause.js';
import { holdersAt } from './record-fate.js';
import { draft, type Draft, type Teller } from './teller.js';

/** As in the trace: TruncateReason.recovery. */
const RECOVERY = 2;

/** data-lost: the disk is another, an empty one. */
const WIPED = 1;

export function sendLines(teller: Teller, loss: Loss, operation: Operation | null, value: number): readonly Draft[] {
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

export function dataLostLines(teller: Teller, loss: Loss): readonly Draft[] {
  const { reader, names } = teller;
  const lines: Draft[] = [];
  for (const copy of loss.fate.copies) {
    if (copy.removed?.how !== 'data-lost') continue;
    const record = reader.at(copy.removed.index) as RecordOf<'data-lost'>;
    lines.push(
      draft({
        index: record.index,
        text: `${names.machine(record.machine)} ${dataLostWords(reader, record)}`,
        note: copy.offset === loss.copy?.offset ? `← ${names.machine(record.machine)} no longer has the record` : null,
        role: 'data-lost',
        machine: record.machine,
        weight: record.index === loss.dataLost?.index ? 10 : 6,
      }),
    );
  }
  return lines;
}

function dataLostWords(reader: TraceReader, record: RecordOf<'data-lost'>): string {
  if (record.reason === WIPED) return `has an empty disk where ${record.oldLogEnd} records lay`;
  const kept = `${record.firstOffset} of ${record.oldLogEnd} records: the rest was never synced`;
  return hasLostPower(reader, record) ? `keeps ${kept}` : `gets the disk back that had failed, with ${kept}`;
}

export function damageLines(teller: Teller, { damage }: Loss): readonly Draft[] {
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

export function removalLines(teller: Teller, loss: Loss): readonly Draft[] {
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

/** When a replica with one of two records at an offset followed one with the other, and copied what comes after it. */
export function metAt({ reader }: Teller, { rival, copy, fate }: Loss): RecordOf<'become-follower'> | null {
  if (rival === null || copy === null) return null;
  const holders = holdersAt(fate, reader.length - 1, copy);
  const copied = reader.firstFrom(
    ['append'],
    rival.key,
    Math.max(rival.index, copy.appended),
    ({ machine, asLeader, offset }) =>
      asLeader === 0 && offset > rival.offset && (machine === rival.machine || holders.includes(machine)),
  );
  if (copied === null) return null;
  return reader.lastBefore(['become-follower'], rival.key, copied.index, ({ machine }) => machine === copied.machine);
}

/** The other record at the offset, which nothing cuts off. */
export function rivalLines(teller: Teller, loss: Loss): readonly Draft[] {
  const { names } = teller;
  const { rival } = loss;
  if (rival === null) return [];
  const met = metAt(teller, loss);
  const does = rival.asLeader === 1 ? 'appends' : 'copies';
  const record = `${names.record(rival.key, rival.offset)} = ${names.value(rival.value)}`;
  return [
    draft({
      index: rival.index,
      text: `${names.machine(rival.machine)} ${does} ${record} (epoch ${rival.leaderEpoch})`,
      note: '← another record at that offset',
      role: 'append',
      machine: rival.machine,
      weight: 10,
    }),
    ...(met === null
      ? []
      : [
          draft({
            index: met.index,
            text: `${names.machine(met.machine)} follows ${names.machine(met.leader)} in epoch ${met.leaderEpoch}`,
            note: `← and keeps what it has at offset ${rival.offset}`,
            role: 'read',
            machine: met.machine,
            weight: 10,
          }),
        ]),
  ];
}

/** Where replicas still have the record: the reads that should have shown it and did not. */
export function missedReads(teller: Teller, judged: JudgedAnomaly, key: number, loss: Loss): readonly Draft[] {
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
