/**
 * The stories of a transaction that was read in part (torn-transaction), or though it had failed (G1a): a request that came
 * late, and that a coordinator or a leader took for one of the transaction under way (KAFKA-17754, KIP-890).
 */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { RecordOf } from '../../trace-record.js';
import { seconds } from '../words.js';
import { baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { faultsInForce } from './reasons.js';
import type { Draft, Teller } from './teller.js';
import { appendLines, coordinatorLines, endLine, markerLines } from './transaction-lines.js';
import { foreignCommit, lateAppend, transactionSceneOf, type TransactionScene } from './transaction-scene.js';
import type { Cause, Story } from './types.js';

const LATE_WRITE: Cause = {
  id: 'late-write',
  sentence: 'a write of a transaction that was over came late, and became part of the next',
};
const LATE_END: Cause = {
  id: 'late-end-of-transaction',
  sentence: 'a request to end a transaction came late, and ended the one after it',
};

interface Finding {
  readonly scene: TransactionScene;
  /** One of the two is not null. */
  readonly late: RecordOf<'append'> | null;
  readonly foreign: RecordOf<'transaction-pending'> | null;
}

/** null: it came about in another way. */
export function transactionCause(teller: Teller, judged: JudgedAnomaly): Cause | null {
  const finding = findingOf(teller, judged);
  return finding === null ? null : causeOfFinding(finding);
}

/** null: it came about in another way. */
export function transactionStory(teller: Teller, judged: JudgedAnomaly): Story | null {
  const finding = findingOf(teller, judged);
  if (finding === null) return null;
  const { scene, late, foreign } = finding;
  const { anomaly } = judged;
  const { operation, appends, changes } = scene;
  const turning = late ?? foreign!;
  const key = late?.key ?? appends[0]!.key;
  const from = changes[0]?.index ?? appends[0]!.index;
  const end = endLine(teller, operation);
  const to = Math.max(end.index, turning.index, markerAfter(teller, finding)?.index ?? 0);
  const drafts: Draft[] = [
    ...clusterLines(teller, { key, from, to, heroes: [teller.clientOf(operation).machine] }),
    ...faultsInForce(teller, key, from, [teller.clientOf(operation).machine]),
    ...coordinatorLines(teller, scene, foreign),
    ...appendLines(teller, scene, from, to).map((line) =>
      line.index === late?.index
        ? { ...line, note: '← its transaction is over', role: 'late-request' as const, weight: 10 }
        : line,
    ),
    ...markerLines(teller, scene, from, to),
    end,
  ];
  const baseline = baselineLine(teller, key, from);
  if (baseline !== null) drafts.push(baseline);
  const { lines, graph } = compose(teller, drafts, [], headlines[anomaly.type]!.end);
  return {
    headline: headlineOf(teller, judged, scene),
    cause: causeSentence(teller, finding),
    lines,
    why: late === null ? WHY_LATE_END : WHY_LATE_WRITE,
    graph,
    focus: { key, offsets: anomaly.offsets, values: anomaly.values },
  };
}

function findingOf(teller: Teller, judged: JudgedAnomaly): Finding | null {
  const operation = teller.sendOf(judged, judged.anomaly.values[0] ?? -1);
  const scene = operation === null ? null : transactionSceneOf(teller, operation);
  if (scene === null) return null;
  const late = lateAppend(scene);
  const foreign = late === null ? foreignCommit(scene) : null;
  return late === null && foreign === null ? null : { scene, late, foreign };
}

function causeOfFinding({ late }: Finding): Cause {
  return late === null ? LATE_END : LATE_WRITE;
}

/** With which a late write became part of what was committed. */
function markerAfter(teller: Teller, { scene, late }: Finding): RecordOf<'transaction-marker'> | null {
  if (late === null) return null;
  const isOfProducer = ({ producerId }: RecordOf<'transaction-marker'>): boolean => producerId === scene.producerId;
  return teller.reader.firstFrom(['transaction-marker'], late.key, late.index, isOfProducer);
}

const headlines: Readonly<Record<string, { readonly end: string }>> = {
  'torn-transaction': { end: 'half of a transaction was read' },
  G1a: { end: 'a failed transaction was read' },
};

function headlineOf(teller: Teller, { anomaly }: JudgedAnomaly, { operation }: TransactionScene): string {
  const [read, missing] = anomaly.values.map((value, i) => {
    const key = teller.key(keyOf(operation.value, value));
    const words = teller.valueWords(value, operation);
    return key < 0 ? `a record ${words}` : teller.recordWords(key, anomaly.offsets[i] ?? -1, value, operation);
  });
  return missing === undefined
    ? `${read} was read, and the transaction of ${operation.client} that it belongs to had failed.`
    : `Of one transaction of ${operation.client}, ${read} was read and ${missing} was not.`;
}

function keyOf(microOps: TransactionScene['operation']['value'], value: number): number {
  const send = microOps.find((microOp) => microOp.kind === 'send' && microOp.value === value);
  return send?.kind === 'send' ? send.key : -1;
}

function causeSentence(teller: Teller, { scene, late, foreign }: Finding): string {
  const { client, completedAt } = scene.operation;
  const { trace } = teller.reader;
  if (late !== null) {
    return `${client} gave the transaction up at ${seconds(completedAt)} s; one of its writes was still under way, and was appended at ${seconds(trace.time[late.index]!)} s as if it belonged to the next.`;
  }
  return `A request to end the previous transaction, which ${client} had long repeated over another connection, arrived at ${seconds(trace.time[foreign!.index]!)} s and ended this one.`;
}

const WHY_LATE_END =
  'Before transaction.version 2 (Kafka 4.0, KIP-890) all transactions of a producer have one epoch: its coordinator cannot tell a late request to end one of them from a request to end the one that is open (KAFKA-17754). With an epoch for each the late one is fenced.';
const WHY_LATE_WRITE =
  'Before transaction.version 2 (Kafka 4.0, KIP-890) all transactions of a producer have one epoch: a leader cannot tell a late write from one of the transaction that is open. With an epoch for each the late one is refused.';
