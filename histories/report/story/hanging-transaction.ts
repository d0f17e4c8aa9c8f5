/** The story of a partition behind a transaction that nobody ends: opened by a write that came late (KAFKA-14402). */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { Operation } from '../../operation.js';
import { lastIndexAt, type RecordOf } from '../../trace-record.js';
import { seconds } from '../words.js';
import { baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { faultsInForce } from './duplicate.js';
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

/** null: it is stuck for another reason. */
export function hangingCause(teller: Teller, judged: JudgedAnomaly): Cause | null {
  return hangingOf(teller, judged) === null ? null : CAUSE;
}

/** null: it is stuck for another reason. */
export function hangingStory(teller: Teller, judged: JudgedAnomaly): Story | null {
  const hanging = hangingOf(teller, judged);
  if (hanging === null) return null;
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
    draft({ index: append.index, machine: append.machine, text, note, offset, role: 'append', weight: 10 }),
    draft({
      index: stuckAt,
      at: judged.anomaly.at,
      text: standing,
      note: 'and so it stays',
      role: 'other',
      weight: 10,
    }),
  ];
  const baseline = baselineLine(teller, key, from);
  if (baseline !== null) drafts.push(baseline);
  const { lines, graph } = compose(teller, drafts, [], 'nobody who reads committed records gets on');
  return {
    headline: `Nobody who reads committed records gets past offset ${offset} of ${names.key(key)}.`,
    cause: `${operation.client} gave a transaction up at ${seconds(operation.completedAt)} s; one of its writes was still under way, was appended at ${seconds(append.time)} s, and opened a transaction that no coordinator knows of.`,
    lines,
    why: 'A leader took the write without asking whether its transaction was open. Since Kafka 3.6 it asks the coordinator first (KIP-890, transaction.partition.verification.enable).',
    graph,
    focus: { key, offsets: [offset], values: [append.value] },
  };
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
