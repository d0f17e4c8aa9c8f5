import { describe, expect, it } from 'vitest';
import { TraceReader } from '../../trace-record.js';
import { cutOffLeader, lostResponse, overtaken, type Scenario } from '../testing/scenarios.js';
import { Names } from '../words.js';
import { messagesOf } from './messages.js';

function told({ trace, history }: Scenario, value: number): readonly string[] {
  const reader = new TraceReader(trace);
  const names = new Names(trace.header);
  return messagesOf(reader, history, 0, { values: [value] })
    .filter((message) => message.focus)
    .map(({ kind, from, to, receivedAt, error }) => {
      const end = receivedAt < 0 ? ' (lost)' : error === 0 ? '' : ` (error ${error})`;
      return `${kind} ${names.machine(from)}→${names.machine(to)}${end}`;
    });
}

describe('messages pieced together from both ends', () => {
  it('a send and its answer', () => {
    expect(told(cutOffLeader(), 5000)).toEqual(['produce p0→b1', 'ack b1→p0']);
  });

  it('an answer that its client never heard, and the second attempt', () => {
    const messages = told(lostResponse(), 3);
    expect(messages.filter((message) => /produce|ack/.test(message))).toEqual([
      'produce p0→b1',
      'ack b1→p0 (lost)',
      'produce p0→b1',
      'ack b1→p0',
    ]);
    expect(messages).toContain('replicate b1→b2');
    expect(messages).toContain('fetch b3→b1');
  });

  it('a request that was refused does not take the append of the next for its own', () => {
    expect(told(overtaken(), 10).filter((message) => /produce|ack/.test(message))).toEqual([
      'produce p0→b1 (error 19)',
      'ack b1→p0 (error 19)',
      'produce p0→b1',
      'ack b1→p0',
    ]);
  });
});
