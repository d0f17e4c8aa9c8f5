import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MicroOp, Operation } from '../operation.js';
import { writeHistory } from './history-format.js';
import { readHistory } from './read-history.js';
import { header, histories } from './testing/history-arbitraries.js';

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
    [one(send({ type: 'done' })), 'line 2: "type" should be one of invoke, ok, fail, info; got "done"'],
    [one(send({ type: 'ok' })), 'line 2: process 0 completes what it never invoked'],
    [one(send({ value: [['send', 'y', 1]] })), 'line 2: the header names no key "y"'],
    [one(send({ value: [['send', 'x', [-1, 1]]] })), 'line 2: no offset: -1'],
    [
      one(send({ value: [['send', 'x', { a: 1 }]] })),
      'line 2: a value that is an object is written {"$v":{…}}; got {"a":1}',
    ],
    [
      one(send({ value: [['cas', 'x', 1]] })),
      'line 2: a micro-operation is none of send, poll, append, r, commit: "cas"',
    ],
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
