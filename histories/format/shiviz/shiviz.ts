/**
 * Logs for ShiViz (bestchai.bitbucket.io/shiviz): space-time diagrams of hosts, drawn from vector clocks. As its page
 * describes a file: the regular expression that parses an event, a line for what delimits executions (none), the events.
 */
import type { History } from '../../operation.js';
import type { Trace } from '../../trace.js';
import { operationEvents } from './operation-events.js';
import { traceEvents } from './trace-events.js';
import type { Clock } from './vector-clocks.js';

export interface HostEvent {
  readonly host: string;
  readonly clock: Clock;
  /** Microseconds. */
  readonly time: number;
  readonly text: string;
}

const EVENT = '(?<time>\\S+) (?<event>.*)\\n(?<host>\\S+) (?<clock>\\{.*\\})';

/** Brokers, controllers and clients as the trace shows them; without a trace, clients and the logs that they share. */
export function* shivizLines(history: History, trace: Trace | null): Generator<string> {
  yield `${EVENT}\n\n`;
  for (const { host, clock, time, text } of trace === null ? operationEvents(history) : traceEvents(trace)) {
    const name = hostName(host);
    const known = Object.fromEntries([...clock].map(([other, count]) => [hostName(other), count]));
    yield `${(time / 1e6).toFixed(6)} ${text.replaceAll(/\s+/g, ' ')}\n${name} ${JSON.stringify(known)}\n`;
  }
}

/** Hosts are told apart by what stands before the first space. */
function hostName(name: string): string {
  return name.replaceAll(/\s/g, '_') || '_';
}
