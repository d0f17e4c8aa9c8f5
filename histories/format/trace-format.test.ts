import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TraceColumns } from '../trace-columns.js';
import type { Trace, TraceHeader } from '../trace.js';
import { readTrace, writeTrace } from './trace-format.js';

const header: TraceHeader = {
  probes: [
    { kind: 3, name: 'paused', fields: [], sentence: 'A process stopped running.' },
    { kind: 64, name: 'append', fields: ['offset', 'leaderEpoch', 'value', 'asLeader'] },
  ],
  machines: [
    { name: '', roles: [] },
    { name: 'b1', roles: ['broker'] },
    { name: 'b1', roles: ['controller'] },
  ],
  keys: ['orders-0', 'orders-1'],
  faults: ['b1 is paused'],
  faultBands: [{ label: 'paused', hue: 46 }],
};

const traces: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      time: fc.nat(),
      kind: fc.constantFrom(3, 64),
      machine: fc.integer({ min: 0, max: 4 }),
      key: fc.integer({ min: -1, max: 2 }),
      values: fc.array(fc.maxSafeInteger(), { minLength: 4, maxLength: 4 }),
    }),
  )
  .map((records) => {
    const trace = new TraceColumns();
    trace.header = header;
    for (const { time, kind, machine, key, values } of records) {
      const [a, b, c, d] = kind === 64 ? values : [0, 0, 0, 0];
      trace.append(time, kind, machine, key, a!, b!, c!, d!);
    }
    return trace;
  });

function columns(trace: Trace): readonly unknown[] {
  const { length, time, kind, machine, key, a, b, c, d } = trace;
  return [time, kind, machine, key, a, b, c, d].map((column) => [...column.subarray(0, length)]);
}

describe('harrow/trace', () => {
  it('reads back what it wrote, machines without a name of their own included', () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const read = readTrace(writeTrace(trace));
        expect(read.header).toEqual(trace.header);
        expect(columns(read)).toEqual(columns(trace));
      }),
    );
  });

  it('names machine, key and fields', () => {
    const trace = new TraceColumns();
    trace.header = header;
    trace.append(4_205_113, 64, 1, 0, 0, 4, 5, 1);
    expect(writeTrace(trace).split('\n')[1]).toBe(
      '{"index":0,"time":4205113,"event":"append","machine":"b1","key":"orders-0","offset":0,"leaderEpoch":4,"value":5,"asLeader":1}',
    );
  });

  it.each([
    ['', 'line 1: the file is empty'],
    ['{"format":"harrow/history"}', 'line 1: this is no harrow/trace: "format" is "harrow/history"'],
    [lines('{"index":0,"time":0,"event":"elected"}'), 'line 2: unknown event "elected"'],
    [lines('{"index":1}'), 'line 2: "index" should be 0'],
    [
      lines('{"index":0,"time":0,"event":"append","machine":"b1","key":null,"offset":"x"}'),
      'line 2: "offset" should be a number; got "x"',
    ],
    [
      lines('{"index":0,"time":0,"event":"paused","machine":"b9","key":null}'),
      'line 2: the header names no machine "b9"',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => readTrace(text)).toThrow(message);
  });
});

function lines(record: string): string {
  const trace = new TraceColumns();
  trace.header = header;
  return `${writeTrace(trace)}${record}\n`;
}
