/** What became of one transaction: where its records were appended, and what its coordinator decided meanwhile. */
import type { Operation } from '../../operation.js';
import type { RecordOf, TraceReader } from '../../trace-record.js';
import type { Teller } from './teller.js';

/** `transaction-pending`, states. */
export const ONGOING = 1;
export const PREPARE_COMMIT = 2;
export const PREPARE_ABORT = 3;

export interface TransactionScene {
  readonly operation: Operation;
  readonly producerId: number;
  /** By leaders, of its records; in order. */
  readonly appends: readonly RecordOf<'append'>[];
  /** What coordinators began to write of its producer from the end of the transaction before on; in order. */
  readonly changes: readonly RecordOf<'transaction-pending'>[];
}

/** null: no leader appended any of it, or the trace does not tell for which producer. */
export function transactionSceneOf(teller: Teller, operation: Operation): TransactionScene | null {
  const { reader } = teller;
  const values = new Set(operation.value.flatMap((microOp) => (microOp.kind === 'send' ? [microOp.value] : [])));
  const appends = [...reader.scan(['append'], -1)].filter((one) => one.asLeader === 1 && values.has(one.value));
  const first = appends[0];
  const producerId = first === undefined ? -1 : producerOf(reader, first);
  if (producerId < 0) return null;
  const ofProducer = [...reader.scan(['transaction-pending'], -1)].filter((one) => one.producerId === producerId);
  const begun = begunAt(operation, first!);
  const before = ofProducer.findLastIndex((one) => isDecision(one) && one.time <= begun);
  const end = operation.completedAt < 0 ? Infinity : operation.completedAt;
  const changes = ofProducer.slice(Math.max(0, before)).filter((one) => one.time <= end);
  return { operation, producerId, appends, changes };
}

/** Its application may have asked for it long before its turn came. */
export function begunAt({ invokedAt, completedAt }: Operation, first: RecordOf<'append'>): number {
  return completedAt >= 0 && first.time > completedAt ? invokedAt : first.time;
}

export function isDecision({ state }: RecordOf<'transaction-pending'>): boolean {
  return state === PREPARE_COMMIT || state === PREPARE_ABORT;
}

/** The batch in which a leader appended a record is announced beside it. */
function producerOf(reader: TraceReader, { key, offset, machine, index }: RecordOf<'append'>): number {
  const holds = (batch: RecordOf<'batch-appended'>): boolean =>
    batch.machine === machine && batch.baseOffset <= offset && offset <= batch.lastOffset;
  const batch =
    reader.firstFrom(['batch-appended'], key, index, holds) ?? reader.lastBefore(['batch-appended'], key, index, holds);
  return batch?.producerId ?? -1;
}

/** The first of its records that was appended when it had long been over for its client; null: none was. */
export function lateAppend({ operation, appends }: TransactionScene): RecordOf<'append'> | null {
  const { completedAt } = operation;
  return completedAt < 0 ? null : (appends.find(({ time }) => time > completedAt) ?? null);
}

/** A commit that its client, which had it fail, did not ask for; null: there was none. */
export function foreignCommit(scene: TransactionScene): RecordOf<'transaction-pending'> | null {
  const { operation, appends, changes } = scene;
  if (operation.outcome !== 'fail') return null;
  return changes.find(({ state, time }) => state === PREPARE_COMMIT && time > appends[0]!.time) ?? null;
}
