/**
 * `harrow/history` version 1: JSON Lines, the header first, then a line for each invocation and each completion in
 * real-time order. Fields stand in a fixed order, so that equal histories are equal byte for byte.
 *
 * {"index":0,"process":0,"type":"invoke","f":"send","value":[["send","orders-0",5]],"time":4200000,...}
 * {"index":1,"process":0,"type":"ok","f":"send","value":[["send","orders-0",[0,5]]],"time":4213000,...}
 */
import type { History, HistoryHeader, Operation, PollMicroOp, SendMicroOp } from '../operation.js';
import { kindOf, writeAlone, writeDerived, writeInTransaction, type Names } from './special-micro-ops.js';

/** The whole file as one text. */
export function writeHistory(history: History): string {
  let text = '';
  for (const line of historyLines(history)) text += line + '\n';
  return text;
}

/** Line by line, without line ends. */
function* historyLines(history: History): Generator<string> {
  yield JSON.stringify(headerLine(history));
  let index = 0;
  for (const { operation, completes } of inRealTimeOrder(history.operations)) {
    yield JSON.stringify(operationLine(history, operation, completes, index++));
  }
}

function headerLine({ header, keys }: History): object {
  const { format, version, workload, name, seed, timeUnit, nodes, kafka, control } = header;
  const { settings, rules, defects = [], topology, resend } = header;
  return {
    format,
    version,
    workload,
    name,
    seed,
    timeUnit,
    nodes,
    // `index` because JSON objects do not keep the order of names that look like numbers.
    keys: Object.fromEntries(keys.map((key, index) => [key, { index, ...placeOf(key, index, header) }])),
    kafka,
    control,
    settings,
    rules,
    ...(defects.length === 0 ? {} : { defects }),
    topology,
    resend,
  };
}

function placeOf(key: string, index: number, header: HistoryHeader): { topic: string; partition: number } | null {
  const known = header.topology?.partitions[index];
  if (known !== undefined) return { topic: known.topic, partition: known.partition };
  const parts = /^(.+)-(\d+)$/.exec(key);
  return parts === null ? null : { topic: parts[1]!, partition: Number(parts[2]) };
}

interface Moment {
  readonly operation: Operation;
  readonly completes: boolean;
}

/**
 * Invocations and completions by time. Of those at one time invocations come first (that claims no order which the
 * history does not know), except that a process completes what is open before it begins the next.
 */
function inRealTimeOrder(operations: readonly Operation[]): readonly Moment[] {
  const completed = operations.filter((operation) => operation.completedAt >= 0);
  completed.sort((x, y) => x.completedAt - y.completedAt || x.index - y.index);
  const moments: Moment[] = [];
  const open = new Map<number, Operation>();
  const written = new Set<Operation>();
  const complete = (operation: Operation): void => {
    if (written.has(operation)) return;
    written.add(operation);
    open.delete(operation.process);
    moments.push({ operation, completes: true });
  };
  let next = 0;
  for (const operation of operations) {
    while (next < completed.length && completed[next]!.completedAt < operation.invokedAt) complete(completed[next++]!);
    const before = open.get(operation.process);
    if (before !== undefined) {
      if (before.completedAt !== operation.invokedAt) {
        throw new Error(`Process ${operation.process} invokes ${operation.index} while ${before.index} is open`);
      }
      complete(before);
    }
    open.set(operation.process, operation);
    moments.push({ operation, completes: false });
  }
  while (next < completed.length) complete(completed[next++]!);
  return moments;
}

function operationLine(history: History, operation: Operation, completes: boolean, index: number): object {
  const { process, f, value, outcome, invokedAt, completedAt, client, session, error, finalReadOf } = operation;
  const { rebalanced = [] } = operation;
  const recordKeys = value.flatMap((microOp) => (microOp.kind === 'send' ? [microOp.recordKey] : []));
  const sends = value.filter((microOp) => microOp.kind === 'send');
  const tombstones = sends.flatMap(({ tombstone }, index) => (tombstone === true ? [index] : []));
  const invokedOnly = completedAt < 0;
  const names = namesOf(history);
  const derived = completes || invokedOnly ? writeDerived(value, names) : undefined;
  return {
    index,
    process,
    type: completes ? outcome : 'invoke',
    f,
    value: writtenMicroOps(history, operation, completes, names),
    time: completes ? completedAt : invokedAt,
    ...((completes || invokedOnly) && error !== null ? { error } : {}),
    client,
    session,
    ...(recordKeys.some((recordKey) => recordKey !== null) ? { recordKeys } : {}),
    ...(tombstones.length > 0 ? { tombstones } : {}),
    ...(finalReadOf >= 0 ? { finalReadOf } : {}),
    ...(derived === undefined ? {} : { derived }),
    ...(completes && rebalanced.length > 0
      ? { rebalanceLog: [{ keys: rebalanced.map((key) => keyName(history, key)) }] }
      : {}),
  };
}

function writtenMicroOps(history: History, operation: Operation, completes: boolean, names: Names): unknown {
  const { f, value, completedAt } = operation;
  const invokedOnly = completedAt < 0;
  const microOps = value.filter((microOp) => microOp.kind !== 'derive');
  const alone = kindOf[f];
  if (alone !== undefined && microOps.length > 0) {
    // What is fetched, and what a rebalance gives, is not known before it ends.
    const isAnswer = alone === 'committed' || alone === 'end-offset' || alone === 'own';
    return isAnswer && !completes && !invokedOnly ? null : writeAlone(microOps, names);
  }
  return microOps.map((microOp) => {
    if (microOp.kind === 'read' && !completes && !invokedOnly) return ['r', names.key(microOp.key), null];
    if (microOp.kind !== 'send' && microOp.kind !== 'poll') return writeInTransaction(microOp, names);
    return completes ? completedMicroOp(history, microOp) : invokedMicroOp(history, microOp, invokedOnly);
  });
}

function namesOf(history: History): Names {
  return { key: (key) => keyName(history, key), value: (value) => writtenValue(history, value) };
}

type SendOrPoll = SendMicroOp | PollMicroOp;

function invokedMicroOp(history: History, microOp: SendOrPoll, invokedOnly: boolean): unknown {
  if (microOp.kind === 'send') return ['send', keyName(history, microOp.key), writtenValue(history, microOp.value)];
  return invokedOnly ? completedMicroOp(history, microOp) : ['poll'];
}

function completedMicroOp(history: History, microOp: SendOrPoll): unknown {
  const key = keyName(history, microOp.key);
  if (microOp.kind === 'send') {
    return ['send', key, [writtenOffset(microOp.offset), writtenValue(history, microOp.value)]];
  }
  if (key === null) return ['poll'];
  const pairs = microOp.offsets.map((offset, i) => [writtenOffset(offset), writtenValue(history, microOp.values[i]!)]);
  return ['poll', { [key]: pairs }];
}

function keyName(history: History, key: number): string | null {
  return history.keys[key] ?? null;
}

function writtenOffset(offset: number): number | null {
  return offset < 0 ? null : offset;
}

/** Harrow's own values are integers; the reader numbers the strings of other tools from -2 down. */
function writtenValue(history: History, value: number): number | string {
  return value < 0 ? history.valueName(value) : value;
}
