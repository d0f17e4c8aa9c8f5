import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyOf, poll, send } from '../../builders.js';
import type { History } from '../../operation.js';
import { TraceColumns } from '../../trace-columns.js';
import type { Trace } from '../../trace.js';
import { histories } from '../testing/history-arbitraries.js';
import { shivizLines } from './shiviz.js';

interface Parsed {
  readonly host: string;
  readonly event: string;
  readonly clock: Readonly<Record<string, number>>;
}

/** As ShiViz parses a file: the expression from its first line, over what follows the second. */
function parsed(history: History, trace: Trace | null = null): Parsed[] {
  const text = [...shivizLines(history, trace)].join('');
  const [expression, delimiter, ...rest] = text.split('\n');
  expect(delimiter).toBe('');
  const log = rest.join('\n');
  const matches = [...log.matchAll(new RegExp(expression!, 'gu'))];
  expect(matches.map(([whole]) => `${whole}\n`).join('')).toBe(log);
  return matches.map(({ groups }) => ({
    host: groups!['host']!,
    event: groups!['event']!,
    clock: JSON.parse(groups!['clock']!) as Record<string, number>,
  }));
}

function happenedBefore(x: Parsed, y: Parsed): boolean {
  return (y.clock[x.host] ?? 0) >= x.clock[x.host]!;
}

describe('a log for ShiViz', () => {
  it('counts every event of a host, from one on, and never unlearns', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const last = new Map<string, Parsed>();
        for (const event of parsed(history)) {
          const before = last.get(event.host);
          expect(event.clock[event.host]).toBe((before?.clock[event.host] ?? 0) + 1);
          for (const [host, count] of Object.entries(before?.clock ?? {})) {
            expect(event.clock[host]).toBeGreaterThanOrEqual(count);
          }
          last.set(event.host, event);
        }
      }),
    );
  });

  it('shows without a trace that a read knows of the send, and that overlapping sends know nothing of each other', () => {
    const history = historyOf([
      send('x', 7).from(10).to(50).ok(0),
      send('y', 8).by('p1').from(20).to(40).ok(0),
      poll('x', [0, 7]).from(60).to(70),
    ]);
    const events = parsed(history);
    const find = (start: string): Parsed => events.find(({ event }) => event.startsWith(start))!;
    expect(events.map(({ host }) => host)).toEqual(['p0', 'p1', 'y', 'p1', 'x', 'p0', 'c0', 'c0']);
    expect(happenedBefore(find('invoke send(x'), find('poll'))).toBe(true);
    expect(happenedBefore(find('invoke send(y'), find('poll'))).toBe(false);
    expect(happenedBefore(find('send(x'), find('send(y'))).toBe(false);
  });

  it('shows by a trace what a leader learnt from its follower, and the follower from it', () => {
    const trace = new TraceColumns();
    trace.header = {
      probes: [
        { kind: 0, name: 'append', fields: ['offset', 'leaderEpoch', 'value', 'asLeader'] },
        { kind: 1, name: 'follower-fetched', fields: ['follower', 'fetchOffset', 'leaderEpoch'] },
        { kind: 2, name: 'process-killed', fields: ['incarnation', 'why'] },
      ],
      machines: [
        { name: '', roles: [] },
        { name: 'b1', roles: ['broker'] },
        { name: 'b2', roles: ['broker'] },
      ],
      keys: ['x-0'],
      faults: [],
    };
    trace.append(10, 0, 1, 0, 0, 4, 7, 1);
    trace.append(20, 1, 1, 0, 2, 0, 4, 0);
    trace.append(30, 0, 2, 0, 0, 4, 7, 0);
    trace.append(40, 1, 1, 0, 2, 1, 4, 0);
    trace.append(50, 1, 1, 0, 2, 1, 4, 0);
    trace.append(60, 2, 2, -1, 1, 0, 0, 0);
    const events = parsed(historyOf([]), trace);
    expect(events.map(({ host, clock }) => [host, clock])).toEqual([
      ['b1', { b1: 1 }],
      ['b1', { b1: 2 }],
      ['b2', { b1: 1, b2: 1 }],
      ['b1', { b1: 3, b2: 1 }],
      ['b2', { b1: 1, b2: 2 }],
    ]);
  });
});
