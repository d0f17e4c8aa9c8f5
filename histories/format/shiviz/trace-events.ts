/**
 * A trace's events with vector clocks. What one host learns from another is taken from recorded messages where the trace
 * has them, and else from what events have in common: a follower appends what its leader appended in the same epoch, a
 * fetch shows the leader what the follower holds, a broker leads in the epoch that the controller gave it.
 */
import { describe } from '../../report/describe.js';
import { Names } from '../../report/words.js';
import { TraceReader, type TraceRecord } from '../../trace-record.js';
import type { Trace } from '../../trace.js';
import type { HostEvent } from './shiviz.js';
import { type Clock, VectorClocks } from './vector-clocks.js';

export function* traceEvents(trace: Trace): Generator<HostEvent> {
  const reader = new TraceReader(trace);
  const names = new Names(reader.header);
  const clocks = new VectorClocks();
  const lessons = new Lessons();
  for (let index = 0; index < reader.length; index++) {
    const record = reader.at(index);
    const machine = reader.header.machines[record.machine];
    if (record.machine <= 0 || machine === undefined || record.event === 'other') continue;
    const { teaches, learns } = lessons.of(record);
    if (teaches.length === 0 && learns.length === 0 && !alwaysShown.has(record.event)) continue;
    const clock = clocks.tick(
      machine.name,
      learns.map((lesson) => lessons.clockOf(lesson)),
    );
    for (const lesson of teaches) lessons.teach(lesson, clock);
    yield { host: machine.name, clock, time: record.time, text: describe(record, names) };
  }
}

/** What a host does by itself, and shows. */
const alwaysShown: ReadonlySet<TraceRecord['event']> = new Set([
  'process-started',
  'process-killed',
  'power-lost',
  'paused',
  'resumed',
  'truncate',
  'data-lost',
  'acknowledged',
]);

interface Exchange {
  /** Whoever learns one of these later knows what happened up to this event. */
  readonly teaches: readonly string[];
  readonly learns: readonly string[];
}
const nothing: Exchange = { teaches: [], learns: [] };

class Lessons {
  private readonly clocks = new Map<string, Clock>();
  /** Messages sent and delivered so far, by connection and sender: a connection keeps their order. */
  private readonly messages = new Map<string, number>();
  /** By leader, follower and key: the offset that the follower fetched from last. */
  private readonly fetchedFrom = new Map<string, number>();

  teach(lesson: string, clock: Clock): void {
    this.clocks.set(lesson, clock);
  }

  clockOf(lesson: string): Clock | undefined {
    return this.clocks.get(lesson);
  }

  of(record: TraceRecord): Exchange {
    switch (record.event) {
      case 'message-sent':
        return { teaches: [this.nextMessage('sent', record.connection, record.machine)], learns: [] };
      case 'message-delivered':
        return { teaches: [], learns: [this.nextMessage('delivered', record.connection, record.from)] };
      case 'batch-sent':
        return { teaches: [`value ${record.key} ${record.firstValue}`], learns: [] };
      case 'append': {
        const { key, offset, leaderEpoch, machine, value } = record;
        const leaders = `appended ${key} ${offset} ${leaderEpoch}`;
        const own = `held ${machine} ${key} ${offset}`;
        if (record.asLeader === 1) return { teaches: [leaders, own], learns: [`value ${key} ${value}`] };
        return { teaches: [own], learns: [leaders] };
      }
      case 'follower-fetched':
        return this.fetched(record.machine, record.follower, record.key, record.fetchOffset);
      case 'elected':
      case 'partition-changed':
        return { teaches: [`epoch ${record.key} ${record.leaderEpoch}`], learns: [] };
      case 'become-leader':
      case 'become-follower':
        return { teaches: [], learns: [`epoch ${record.key} ${record.leaderEpoch}`] };
      case 'isr-pending':
      case 'isr-adopted':
        return { teaches: [], learns: [`epoch ${record.key} ${record.leaderEpoch}`] };
      default:
        return nothing;
    }
  }

  /** The n-th message that a side of a connection sends is the n-th that the other side gets, or is lost with it. */
  private nextMessage(end: 'sent' | 'delivered', connection: number, sender: number): string {
    const link = `${end} ${connection} ${sender}`;
    const count = (this.messages.get(link) ?? 0) + 1;
    this.messages.set(link, count);
    return `message ${connection} ${sender} ${count}`;
  }

  /** Shown only if the follower has come further: fetches that wait for records come by the hundred. */
  private fetched(leader: number, follower: number, key: number, offset: number): Exchange {
    const fetcher = `${leader} ${follower} ${key}`;
    if (this.fetchedFrom.get(fetcher) === offset) return nothing;
    this.fetchedFrom.set(fetcher, offset);
    return { teaches: [], learns: [`held ${follower} ${key} ${offset - 1}`] };
  }
}
