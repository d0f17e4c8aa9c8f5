import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { History, HistoryHeader, MicroOp, Operation, Outcome } from '../operation.js';
import { writeHistory } from './history-format.js';
import { readHistory } from './read-history.js';

const header: HistoryHeader = {
  format: 'harrow/history',
  version: 1,
  name: 'orders',
  seed: '0.10',
  timeUnit: 'us',
  workload: 'append',
  nodes: ['b1', 'b2'],
  kafka: '3.9',
  control: 'kraft',
  settings: { acks: 'all', 'enable.idempotence': true, 'producer:retries': 3 },
  rules: { truncation: 'on-fetch' },
  topology: {
    brokers: [1, 2],
    controllers: [3],
    partitions: [{ topic: 'orders', partition: 0, replicas: [1, 2], minInsyncReplicas: 2 }],
  },
  resend: false,
};

const outcome = fc.constantFrom<Outcome>('ok', 'fail', 'info');
const keyNames = fc.uniqueArray(fc.oneof(fc.stringMatching(/^[a-z]{1,6}-[0-9]$/), fc.constantFrom('7', '10', '2')), {
  minLength: 1,
  maxLength: 3,
});

/** A history whose processes have at most one open operation, and none after an unknown outcome. */
const histories: fc.Arbitrary<History> = keyNames.chain((keys) => {
  const key = fc.nat(keys.length - 1);
  const send = fc
    .record({ key, offset: fc.integer({ min: -1, max: 9 }), value: fc.nat(99), recordKey: fc.option(fc.string()) })
    .map((fields): MicroOp => ({ kind: 'send', ...fields }));
  const pairs = fc.array(fc.tuple(fc.integer({ min: -1, max: 99 }), fc.nat(99)), { maxLength: 4 });
  const poll = fc.tuple(key, pairs).map(([of, read]): MicroOp => ({
    kind: 'poll',
    key: of,
    offsets: read.map(([offset]) => offset),
    values: read.map(([, value]) => value),
  }));
  const operation = fc.record({
    lane: fc.nat(2),
    gap: fc.nat(3),
    lasts: fc.nat(5),
    completes: fc.boolean(),
    outcome,
    value: fc.oneof(fc.array(send, { maxLength: 3 }), fc.array(poll, { maxLength: 2 })),
    error: fc.option(fc.string()),
    finalReadOf: fc.integer({ min: -1, max: 3 }),
  });
  return fc.array(operation, { maxLength: 12, size: 'max' }).map((drawn) => ({
    header,
    keys,
    valueName: String,
    operations: scheduled(drawn),
  }));
});

interface Drawn {
  readonly lane: number;
  readonly gap: number;
  readonly lasts: number;
  readonly completes: boolean;
  readonly outcome: Outcome;
  readonly value: readonly MicroOp[];
  readonly error: string | null;
  readonly finalReadOf: number;
}

function scheduled(drawn: readonly Drawn[]): readonly Operation[] {
  const process = [0, 1, 2];
  const freeAt = [0, 0, 0];
  let next = 3;
  let now = 0;
  return drawn.map(({ lane, gap, lasts, completes, ...rest }, index): Operation => {
    now = Math.max(now + gap, freeAt[lane]!);
    const completedAt = completes ? now + lasts : -1;
    const ended = completes ? rest.outcome : 'info';
    const operation = {
      index,
      process: process[lane]!,
      session: lane,
      client: `p${lane}`,
      f: 'send',
      invokedAt: now,
      completedAt,
      ...rest,
      outcome: ended,
      value: completes ? rest.value : rest.value.map(asInvoked),
    };
    freeAt[lane] = Math.max(now, completedAt);
    if (ended === 'info') process[lane] = next++;
    return operation;
  });
}

function asInvoked(microOp: MicroOp): MicroOp {
  return microOp.kind === 'send' ? { ...microOp, offset: -1 } : microOp;
}

describe('harrow/history', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const read = readHistory(writeHistory(history));
        expect(read.header).toEqual(history.header);
        expect(read.keys).toEqual(history.keys);
        expect(read.operations).toEqual(history.operations);
      }),
    );
  });

  it('writes equal histories as equal bytes, whatever went between', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const text = writeHistory(history);
        expect(writeHistory(readHistory(text))).toBe(text);
      }),
    );
  });

  it('puts an invocation before completions of the same time, but ends a process before it goes on', () => {
    const at = (index: number, process: number, invokedAt: number, completedAt: number): Operation => ({
      ...operationOf([{ kind: 'send', key: 0, offset: index, value: index, recordKey: null }]),
      index,
      process,
      invokedAt,
      completedAt,
    });
    const operations = [at(0, 0, 0, 5), at(1, 1, 0, 5), at(2, 0, 5, 9)];
    const lines = writeHistory({ header, keys: ['orders-0'], operations, valueName: String })
      .split('\n')
      .slice(1, -1);
    const order = lines.map((line) => JSON.parse(line) as { process: number; type: string; time: number });
    expect(order.map(({ process, type, time }) => `${time} ${process} ${type}`)).toEqual([
      '0 0 invoke',
      '0 1 invoke',
      '5 0 ok',
      '5 0 invoke',
      '5 1 ok',
      '9 0 ok',
    ]);
  });

  it('names the values of other tools as they were written', () => {
    const lines = [
      '{"format":"harrow/history","version":1,"workload":"kafka","keys":{"x":{"topic":"t0","partition":0}}}',
      '{"index":0,"process":3,"type":"invoke","f":"send","value":[["send","x","a"]],"time":1}',
      '{"index":1,"process":"nemesis","type":"info","f":"kill","value":["b1"],"time":2}',
      '{"index":2,"process":3,"type":"ok","f":"send","value":[["send","x",[4,"a"]]],"time":3}',
    ];
    const history = readHistory(lines.join('\n'));
    const [microOp] = history.operations[0]!.value;
    expect(history.operations).toHaveLength(1);
    expect(microOp).toMatchObject({ kind: 'send', key: 0, offset: 4, recordKey: null });
    expect(history.valueName(microOp!.kind === 'send' ? microOp.value : 0)).toBe('a');
  });

  it.each([
    ['', 'line 1: the file is empty'],
    ['{"a":', 'line 1: it is no JSON: "{\\"a\\":"'],
    ['[]', 'line 1: expected an object, got []'],
    ['{"format":"jepsen"}', 'line 1: this is no harrow/history: "format" is "jepsen"'],
    ['{"format":"harrow/history","version":2}', 'line 1: version 2 is not supported; version 1 is'],
    ['{"format":"harrow/history","version":1}', 'line 1: "workload" should be a string; it is missing'],
    [one(''), 'line 2: it is empty'],
    [one('{"index":1}'), 'line 2: "index" should be 0: lines are numbered from 0 on'],
    [one('{"index":0,"time":1.5}'), 'line 2: "time" should be a whole number of at least 0; got 1.5'],
    [one(send({ type: 'done' })), 'line 2: "type" is none of invoke, ok, fail, info: "done"'],
    [one(send({ type: 'ok' })), 'line 2: process 0 completes what it never invoked'],
    [one(send({ value: [['send', 'y', 1]] })), 'line 2: the header names no key "y"'],
    [one(send({ value: [['send', 'x', [-1, 1]]] })), 'line 2: no offset: -1'],
    [
      one(send({ value: [['send', 'x', 1.5]] })),
      'line 2: a value is a string or a whole number of at least 0; got 1.5',
    ],
    [one(send({ value: [['cas', 'x', 1]] })), 'line 2: a micro-operation is none of send, poll: "cas"'],
    [one(send({ colour: 'red' })), 'line 2: unknown field "colour"'],
    [one(send({}), send({ index: 1 })), 'line 3: process 0 has an open operation already'],
    [one(send({ time: 9 }), send({ index: 1, time: 8, process: 1 })), 'line 3: "time" goes back from 9 to 8'],
    [
      one(send({}), send({ index: 1, type: 'info' }), send({ index: 2 })),
      'line 4: process 0 ended with an unknown outcome and may not go on',
    ],
    [one(send({ recordKeys: ['a', 'b'] })), 'line 2: "recordKeys" names 2 keys for 1 sends'],
  ])('refuses %j', (text, message) => {
    expect(() => readHistory(text)).toThrow(message);
  });

  it('never fails in any other way, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 4 }), (lines) => {
        try {
          readHistory(lines.join('\n'));
        } catch (error) {
          expect((error as Error).name).toBe('FormatError');
        }
      }),
    );
  });
});

function operationOf(value: readonly MicroOp[]): Operation {
  return {
    index: 0,
    process: 0,
    session: 0,
    client: 'p0',
    f: 'send',
    invokedAt: 0,
    completedAt: 1,
    outcome: 'ok',
    value,
    error: null,
    finalReadOf: -1,
  };
}

function one(...lines: readonly string[]): string {
  return ['{"format":"harrow/history","version":1,"workload":"kafka","keys":{"x":{}}}', ...lines, ''].join('\n');
}

function send(change: Record<string, unknown>): string {
  return JSON.stringify({
    index: 0,
    process: 0,
    type: 'invoke',
    f: 'send',
    value: [['send', 'x', 1]],
    time: 0,
    ...change,
  });
}
