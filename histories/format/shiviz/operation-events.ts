/**
 * What can be known without a trace: clients invoke and complete; a topic-partition's log gets its records in the order
 * of their offsets, each after its send was invoked; who completes knows of the records that the answer names, and so of
 * all before them.
 */
import { describeOperation } from '../../describe.js';
import type { History, MicroOp, Operation } from '../../operation.js';
import type { HostEvent } from './shiviz.js';
import { type Clock, VectorClocks } from './vector-clocks.js';

export function* operationEvents(history: History): Generator<HostEvent> {
  const clocks = new VectorClocks();
  const logs = new Logs(history, clocks);
  for (const { operation, completes } of moments(history.operations)) {
    const { client, invokedAt, completedAt } = operation;
    if (!completes) {
      const clock = clocks.tick(client);
      logs.invoked(operation, clock);
      yield {
        host: client,
        clock,
        time: invokedAt,
        text: `invoke ${describeOperation(operation, history).split(' → ')[0]}`,
      };
      continue;
    }
    const learnt: Clock[] = [];
    for (const microOp of operation.value) {
      const last = lastOffset(microOp);
      if (last < 0) continue;
      yield* logs.upTo(microOp.key, last, completedAt);
      learnt.push(logs.clockOf(microOp.key));
    }
    const clock = clocks.tick(client, learnt);
    yield { host: client, clock, time: completedAt, text: describeOperation(operation, history) };
  }
}

interface Moment {
  readonly operation: Operation;
  readonly completes: boolean;
  readonly time: number;
}

/** Invocations before completions of the same time: that claims no order which the history does not know. */
function moments(operations: readonly Operation[]): readonly Moment[] {
  const all = operations.flatMap((operation): Moment[] => [
    { operation, completes: false, time: operation.invokedAt },
    ...(operation.completedAt < 0 ? [] : [{ operation, completes: true, time: operation.completedAt }]),
  ]);
  return all.sort(
    (x, y) =>
      x.time - y.time ||
      Number(isLater(x, y)) - Number(isLater(y, x)) ||
      Number(x.completes) - Number(y.completes) ||
      x.operation.index - y.operation.index,
  );
}

/** A client that completes and invokes at one time does so in that order. */
function isLater(x: Moment, y: Moment): boolean {
  return x.operation.process === y.operation.process && x.operation.index > y.operation.index;
}

interface LogRecord {
  readonly offset: number;
  readonly value: number;
}

/** The topic-partitions' logs, as far as offsets are known. */
class Logs {
  private readonly history: History;
  private readonly clocks: VectorClocks;
  /** By key, in order of offsets. */
  private readonly records: LogRecord[][];
  /** By key: how many have been shown, and the log's clock then. */
  private readonly shown: number[];
  private readonly clockOfKey: Clock[];
  /** By key and value: the clock of the invocation that sent it. */
  private readonly sentAt = new Map<string, Clock>();

  constructor(history: History, clocks: VectorClocks) {
    this.history = history;
    this.clocks = clocks;
    this.records = history.keys.map((_, key) => recordsOf(history, key));
    this.shown = history.keys.map(() => 0);
    this.clockOfKey = history.keys.map(() => new Map());
  }

  invoked({ value }: Operation, clock: Clock): void {
    for (const microOp of value) {
      if (microOp.kind === 'send') this.sentAt.set(`${microOp.key}/${microOp.value}`, clock);
    }
  }

  clockOf(key: number): Clock {
    return this.clockOfKey[key]!;
  }

  /** The log gets its records up to an offset, at the latest now. */
  *upTo(key: number, offset: number, time: number): Generator<HostEvent> {
    const records = this.records[key]!;
    for (; this.shown[key]! < records.length && records[this.shown[key]!]!.offset <= offset; this.shown[key]!++) {
      const record = records[this.shown[key]!]!;
      const host = this.history.keys[key]!;
      const clock = this.clocks.tick(host, [this.sentAt.get(`${key}/${record.value}`)]);
      this.clockOfKey[key] = clock;
      yield { host, clock, time, text: `${record.offset}=${this.history.valueName(record.value)}` };
    }
  }
}

/** Every value known at every offset: an offset with two of them has two events. */
function recordsOf({ operations }: History, key: number): LogRecord[] {
  const found = new Map<string, LogRecord>();
  const add = (offset: number, value: number): void => {
    if (offset >= 0) found.set(`${offset}/${value}`, { offset, value });
  };
  for (const { value } of operations) {
    for (const microOp of value) {
      if (microOp.key !== key) continue;
      if (microOp.kind === 'send') add(microOp.offset, microOp.value);
      if (microOp.kind === 'poll') microOp.offsets.forEach((offset, i) => add(offset, microOp.values[i]!));
    }
  }
  return [...found.values()].sort((x, y) => x.offset - y.offset);
}

/** The last record that a completion speaks of; -1: none. */
function lastOffset(microOp: MicroOp): number {
  if (microOp.key < 0) return -1;
  if (microOp.kind === 'send') return microOp.offset;
  return microOp.kind === 'poll' ? microOp.offsets.reduce((last, offset) => Math.max(last, offset), -1) : -1;
}
