/**
 * What exactly-once processing promises of an application that consumes, transforms and produces:
 *
 *   ctp-duplicate   an input went into the outputs of two operations: it was processed twice
 *   ctp-missing     an input stands below the group's committed offset, and went into no output: it was skipped
 *   ctp-phantom     an output was made from an input that was aborted, or that nobody ever read
 *   ctp-torn        outputs are there and the offsets of their transaction are not, or disagree with what it consumed
 *   ctp-order       of one record key, outputs stand in another order than their inputs
 *
 * Only what is committed counts: an output of an operation that succeeded, or that was read. An operation may make
 * several outputs of an input. A group that began above the start of a partition skipped nothing by that.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, INFO, OK, POLL } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import type { HistoryIndex } from '../history/history-index.js';
import { keyWords, recordWords } from '../history/words.js';
import { isOutputCommitted, lineageOf, recordAt, type Derivation, type Lineage } from './lineage.js';

export const consumeTransformProduce: Checker = {
  name: 'consume-transform-produce',
  check(history) {
    const lineage = lineageOf(history);
    if (lineage.derivations.length === 0) return findings(lineage.index, []);
    const committed = lineage.derivations.filter((one) => isOutputCommitted(lineage.index, one));
    const skipped = missing(lineage, committed);
    const open = new Set(unknownInputs(lineage).map(inputName));
    const isOpen = ({ input }: Missing): boolean => open.has(inputName(input));
    const anomalies = [
      ...duplicates(lineage, committed),
      ...skipped.filter((one) => !isOpen(one)).map((one) => one.anomaly),
      ...phantoms(lineage, committed),
      ...torn(lineage, committed),
      ...disorder(lineage, committed),
    ];
    return findings(lineage.index, anomalies, skipped.some(isOpen) ? UNREAD_OUTPUTS : undefined);
  },
};

const UNREAD_OUTPUTS =
  'outputs of operations whose end nobody knows may stand in partitions that were never read to their end';

const inputName = ({ group, inputKey, inputOffset }: Derivation): string => `${group}|${inputKey}|${inputOffset}`;
const partitionName = (group: string, key: number): string => `${group}|${key}`;

function duplicates({ index }: Lineage, committed: readonly Derivation[]): readonly Anomaly[] {
  const processedBy = new Map<string, Derivation>();
  return committed.flatMap((one) => {
    const name = inputName(one);
    const other = processedBy.get(name);
    if (other === undefined) processedBy.set(name, one);
    if (other === undefined || other.operation === one.operation) return [];
    const story = `${inputWords(index, one)} was processed twice, by operations ${other.operation} and ${one.operation}`;
    return [anomaly(index, 'ctp-duplicate', one, [other.operation, one.operation], story)];
  });
}

interface Missing {
  readonly input: Derivation;
  readonly anomaly: Anomaly;
}

/** Inputs of operations of which nobody knows how they ended, and whose output may stand where nobody has read. */
function unknownInputs({ index, derivations }: Lineage): readonly Derivation[] {
  const { outcome, invokedAt } = index.operations;
  return derivations.filter((one) => {
    if (outcome[one.operation] !== INFO || isOutputCommitted(index, one)) return false;
    const key = one.output < 0 ? -1 : index.records.key[one.output]!;
    const since = invokedAt[one.operation]!;
    return !index.finalReads.some((read) => read.key === key && read.complete && read.invokedAt >= since);
  });
}

function missing({ index, commits }: Lineage, committed: readonly Derivation[]): readonly Missing[] {
  const processed = new Set(committed.map(inputName));
  const lowest = lowestConsumed(index, committed);
  const last = new Map<string, (typeof commits)[number]>();
  for (const commit of commits) {
    const name = partitionName(commit.group, commit.key);
    const isHigher = commit.offset > (last.get(name)?.offset ?? -1);
    if (index.operations.outcome[commit.operation] === OK && isHigher) last.set(name, commit);
  }
  const found: Missing[] = [];
  for (const [name, { operation, group, key, offset }] of last) {
    // A group that says of nothing what it became is one that only reads.
    const from = lowest.get(name);
    if (from === undefined) continue;
    for (let i = index.logStart[key]!; i < index.logStart[key + 1]!; i++) {
      const position = index.log[i]!;
      const inputOffset = index.positions.offset[position]!;
      const reader = index.positions.reader[position]!;
      if (inputOffset < from || inputOffset >= offset || reader < 0) continue;
      const input = { operation, group, inputKey: key, inputOffset, output: -1, count: 0 };
      if (processed.has(inputName(input))) continue;
      const story = `${inputWords(index, input)} went into no output, and the group's offset ${offset} is above it`;
      found.push({ input, anomaly: anomaly(index, 'ctp-missing', input, [reader, operation], story) });
    }
  }
  return found;
}

/** By group and key: the lowest offset that its clients polled or processed. */
function lowestConsumed(index: HistoryIndex, committed: readonly Derivation[]): ReadonlyMap<string, number> {
  const { length, client, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, offset } =
    index.operations;
  const lowest = new Map<string, number>();
  const groupOf = new Map<number, string>();
  const lower = (name: string, to: number): void => {
    lowest.set(name, Math.min(lowest.get(name) ?? Infinity, to));
  };
  for (const { operation, group, inputKey, inputOffset } of committed) {
    lower(partitionName(group, inputKey), inputOffset);
    groupOf.set(client.number(operation), group);
  }
  for (let operation = 0; operation < length; operation++) {
    const group = groupOf.get(client.number(operation));
    if (group === undefined) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== POLL || recordCount[microOp] === 0) continue;
      const from = offset[firstRecord[microOp]!]!;
      const name = partitionName(group, key[microOp]!);
      if (from >= 0 && lowest.has(name)) lower(name, from);
    }
  }
  return lowest;
}

function phantoms({ index }: Lineage, committed: readonly Derivation[]): readonly Anomaly[] {
  return committed.flatMap((one) => {
    const record = recordAt(index, one.inputKey, one.inputOffset);
    const failed = record >= 0 && index.records.outcome[record] === FAIL;
    if (record >= 0 && !failed) return [];
    const why = failed ? 'whose send failed' : 'where nobody read a record';
    const story = `operation ${one.operation} made an output from ${inputWords(index, one)}, ${why}`;
    return [anomaly(index, 'ctp-phantom', one, [one.operation], story)];
  });
}

function torn({ index, commits }: Lineage, committed: readonly Derivation[]): readonly Anomaly[] {
  const commitOf = new Map<string, number>();
  const groupsOf = new Set<number>();
  for (const { operation, group, key, offset } of commits) {
    commitOf.set(`${operation}|${partitionName(group, key)}`, offset);
    groupsOf.add(operation);
  }
  return committed.flatMap((one) => {
    if (!groupsOf.has(one.operation)) return [];
    const offset = commitOf.get(`${one.operation}|${partitionName(one.group, one.inputKey)}`);
    if (offset !== undefined && one.inputOffset < offset) return [];
    const what = offset === undefined ? 'no offset of that partition' : `offset ${offset}`;
    const story = `operation ${one.operation} made an output from ${inputWords(index, one)} and committed ${what} with it`;
    return [anomaly(index, 'ctp-torn', one, [one.operation], story)];
  });
}

/** In the order of the outputs' logs, the first outputs of each input must not go back. */
function disorder({ index }: Lineage, committed: readonly Derivation[]): readonly Anomaly[] {
  const { records, operations } = index;
  const placed = committed
    .map((one) => ({ one, at: index.firstOffset(one.output), key: records.key[one.output]! }))
    .filter(({ at, key }) => at >= 0 && key >= 0)
    .sort((x, y) => x.key - y.key || x.at - y.at);
  const last = new Map<string, Derivation>();
  const seen = new Set<string>();
  const anomalies: Anomaly[] = [];
  for (const { one, key } of placed) {
    const recordKey = operations.recordKey.at(records.send[one.output]!);
    const isAgain = seen.has(inputName(one));
    seen.add(inputName(one));
    if (recordKey === null || isAgain) continue;
    const name = `${partitionName(one.group, one.inputKey)}|${key}|${recordKey}`;
    const before = last.get(name);
    if (before === undefined || before.inputOffset <= one.inputOffset) {
      last.set(name, one);
      continue;
    }
    const story = `of key ${recordKey}, the output of offset ${before.inputOffset} stands before that of ${inputWords(index, one)}`;
    anomalies.push(anomaly(index, 'ctp-order', one, [before.operation, one.operation], story));
  }
  return anomalies;
}

function inputWords(index: HistoryIndex, { inputKey, inputOffset }: Derivation): string {
  const record = recordAt(index, inputKey, inputOffset);
  if (record < 0) return `${keyWords(index.history, inputKey)}@${inputOffset}`;
  return recordWords(index, record, inputOffset);
}

function anomaly(
  index: HistoryIndex,
  type: string,
  { inputKey, inputOffset }: Derivation,
  operations: readonly number[],
  story: string,
): Anomaly {
  const record = recordAt(index, inputKey, inputOffset);
  return {
    type,
    key: inputKey,
    offsets: [inputOffset],
    operations: operationsOf(...operations),
    values: record < 0 ? [] : [index.records.value[record]!],
    events: [],
    at: Math.max(...operations.map((one) => endOf(index, one))),
    story,
    preventedBy: null,
  };
}
