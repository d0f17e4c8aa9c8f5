/**
 * The story of a partition behind a transaction that nobody ends: opened by a write that came late (KAFKA-14402). Whoever
 * reads committed records gets no further than its first offset, and records behind that are never read.
 */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { Operation } from '../../operation.js';
import { lastIndexAt, type RecordOf } from '../../trace-record.js';
import { seconds } from '../words.js';
import { baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { lossOf, type Loss } from './loss.js';
import { NEVER_READ } from './loss-cause.js';
import { faultsInForce } from './reasons.js';
import { draft, type Draft, type Teller } from './teller.js';
import { endLine, markerLines } from './transaction-lines.js';
import type { Cause, Story } from './types.js';

const CAUSE: Cause = {
  id: 'hanging-transaction',
  sentence: 'a write of a transaction that was over came late, and opened one that nobody ends',
};

interface Hanging {
  readonly key: number;
  readonly producerId: number;
  readonly offset: number;
  /** The late write, as its leader appended it. */
  readonly append: RecordOf<'append'>;
  /** The transaction that it was sent in. */
  readonly operation: Operation;
}

/** Of what is stuck. null: it is for another reason. */
export function hangingCause(teller: Teller, judged: JudgedAnomaly): Cause | null {
  return hangingOf(teller, judged) === null ? null : CAUSE;
}

/** Of what is stuck. null: it is for another reason. */
export function hangingStory(teller: Teller, judged: JudgedAnomaly): Story | null {
  const hanging = hangingOf(teller, judged);
  return hanging === null ? null : storyBehind(teller, judged, hanging, null);
}

/** Of a record that a replica has and nobody was given. null: it does not stand behind such a transaction. */
export function withheldCause(teller: Teller, judged: JudgedAnomaly, loss: Loss): Cause | null {
  return withheldBy(teller, judged, loss) === null ? null : CAUSE;
}

/** Of a record that a replica has and nobody was given. null: it does not stand behind such a transaction. */
export function withheldStory(teller: Teller, judged: JudgedAnomaly): Story | null {
  const loss = lossOf(teller.reader, teller.key(judged.anomaly.key), judged.anomaly.values[0]!);
  const hanging = withheldBy(teller, judged, loss);
  return hanging === null ? null : storyBehind(teller, judged, hanging, loss);
}

function withheldBy(teller: Teller, { anomaly }: JudgedAnomaly, { cause, copy }: Loss): Hanging | null {
  if (cause.id !== NEVER_READ || copy === null) return null;
  const hanging = hangingIn(teller, teller.key(anomaly.key), lastIndexAt(teller.reader, anomaly.at) + 1);
  return hanging !== null && hanging.offset <= copy.offset ? hanging : null;
}

/** @param withheld a record behind it, where the anomaly is that nobody read it */
function storyBehind(teller: Teller, judged: JudgedAnomaly, hanging: Hanging, withheld: Loss | null): Story {
  const { key, append, operation, producerId, offset } = hanging;
  const { names, reader } = teller;
  const { machine } = teller.clientOf(operation);
  const from = Math.max(0, lastIndexAt(reader, operation.invokedAt));
  const note = `← ${operation.client}'s transaction is over; nobody will end this one`;
  const text = `${names.machine(append.machine)} appends ${names.record(key, offset)} = ${teller.history.valueName(append.value)}`;
  const stuckAt = Math.max(append.index, lastIndexAt(reader, judged.anomaly.at));
  const standing = `${names.key(key)} can be read up to offset ${offset} alone (last stable offset)`;
  const drafts: Draft[] = [
    ...clusterLines(teller, { key, from, to: append.index, heroes: [machine] }),
    ...faultsInForce(teller, key, from, [machine]),
    ...markerLines(teller, { appends: [append], producerId }, from, append.index),
    endLine(teller, operation),
    draft({ index: append.index, machine: append.machine, text, note, offset, role: 'late-request', weight: 10 }),
    draft({
      index: stuckAt,
      at: judged.anomaly.at,
      text: standing,
      note: 'and so it stays',
      role: 'read',
      weight: 10,
    }),
    ...(withheld === null ? [] : withheldLines(teller, judged, withheld)),
  ];
  const baseline = baselineLine(teller, key, from);
  if (baseline !== null) drafts.push(baseline);
  const { lines, graph } = compose(teller, drafts, [], 'nobody who reads committed records gets on');
  return {
    headline: headlineOf(teller, judged, hanging, withheld),
    cause: `${operation.client} gave a transaction up at ${seconds(operation.completedAt)} s; one of its writes was still under way, was appended at ${seconds(append.time)} s, and opened a transaction that no coordinator knows of.`,
    lines,
    why: 'A leader took the write without asking whether its transaction was open. Since Kafka 3.6 it asks the coordinator first (KIP-890, transaction.partition.verification.enable).',
    graph,
    focus: {
      key,
      offsets: [offset, ...(withheld?.copy === undefined || withheld.copy === null ? [] : [withheld.copy.offset])],
      values: [append.value],
    },
  };
}

function headlineOf(teller: Teller, judged: JudgedAnomaly, { key, offset }: Hanging, withheld: Loss | null): string {
  const stuck = `obody who reads committed records gets past offset ${offset} of ${teller.names.key(key)}`;
  if (withheld === null) return `N${stuck}.`;
  const value = judged.anomaly.values[0]!;
  const record = teller.recordWords(key, withheld.copy!.offset, value, teller.sendOf(judged, value));
  return `The acknowledged record ${record} was never read: n${stuck}.`;
}

/** The record as it was acknowledged. */
function withheldLines(teller: Teller, { anomaly }: JudgedAnomaly, { acknowledgement, copy }: Loss): readonly Draft[] {
  if (acknowledgement === null || copy === null) return [];
  const { machine } = acknowledgement;
  const text = `${teller.names.machine(machine)} acknowledges ${teller.names.record(teller.key(anomaly.key), copy.offset)}`;
  const note = '← nobody will read it';
  return [draft({ index: acknowledgement.index, machine, text, note, offset: copy.offset, role: 'ack', weight: 9 })];
}

/** In the partition that is stuck, else in any: who waits for one may hold up others. */
function hangingOf(teller: Teller, { anomaly }: JudgedAnomaly): Hanging | null {
  const to = lastIndexAt(teller.reader, anomaly.at) + 1;
  const own = teller.key(anomaly.key);
  const keys = [own, ...teller.reader.header.keys.keys()].filter((key) => key >= 0);
  for (const key of keys) {
    const found = hangingIn(teller, key, to);
    if (found !== null) return found;
  }
  return null;
}

/** The first batch of each producer behind its last marker: the lowest of those that came late. */
function hangingIn(teller: Teller, key: number, to: number): Hanging | null {
  const { reader } = teller;
  const open = new Map<number, RecordOf<'batch-appended'>>();
  for (const record of reader.scan(['batch-appended', 'transaction-marker'], key, 0, to)) {
    if (record.event === 'transaction-marker') open.delete(record.producerId);
    else if (record.producerId >= 0 && !open.has(record.producerId)) open.set(record.producerId, record);
  }
  const byOffset = [...open.values()].sort((a, b) => a.baseOffset - b.baseOffset);
  for (const { producerId, baseOffset } of byOffset) {
    const isIt = (one: RecordOf<'append'>): boolean => one.offset === baseOffset && one.asLeader === 1;
    const append = reader.lastBefore(['append'], key, to, isIt);
    const operation = append === null ? undefined : transactionOf(teller, append.value);
    if (append === null || operation === undefined || operation.completedAt < 0) continue;
    if (append.time > operation.completedAt) return { key, producerId, offset: baseOffset, append, operation };
  }
  return null;
}

function transactionOf(teller: Teller, value: number): Operation | undefined {
  return teller.history.operations.find(
    ({ f, value: microOps }) =>
      f === 'txn' && microOps.some((microOp) => microOp.kind === 'send' && microOp.value === value),
  );
}
