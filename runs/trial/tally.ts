/** What the sends of a trial's safety phase add up to: by outcome, and the longest time in which none was acknowledged. */
import { columnsOf, FAIL, OK } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';

export interface Tally {
  readonly sent: number;
  readonly acknowledged: number;
  /** Certainly not written: the client knows. */
  readonly refused: number;
  /** The client does not know. */
  readonly unknown: number;
  /** Longest time without an acknowledged write while writes were asked for, microseconds. */
  readonly longestOutageMicros: number;
}

/** @param from, to the safety phase, in virtual microseconds; what is sent when it ends, liveness sends */
export function tally(history: History, from: number, to: number): Tally {
  let acknowledged = 0;
  let refused = 0;
  const acknowledgedAt: number[] = [];
  const asked: Asked = { from: [], until: [] };
  const operations = columnsOf(history);
  for (let i = 0; i < operations.length; i++) {
    const invokedAt = operations.invokedAt[i]!;
    const f = operations.f.at(i);
    if ((f !== 'send' && f !== 'txn') || invokedAt >= to) continue;
    const completedAt = operations.completedAt[i]!;
    asked.from.push(Math.max(from, invokedAt));
    asked.until.push(completedAt < 0 ? to : Math.min(to, completedAt));
    if (completedAt < 0) continue;
    const outcome = operations.outcome[i]!;
    if (outcome === OK) {
      acknowledged++;
      if (completedAt < to) acknowledgedAt.push(completedAt);
    } else if (outcome === FAIL) refused++;
  }
  const sent = asked.from.length;
  return {
    sent,
    acknowledged,
    refused,
    unknown: sent - acknowledged - refused,
    longestOutageMicros: longestWait(acknowledgedAt, asked),
  };
}

/** When each write was asked for, in that order, and until when its client waited for an answer. */
interface Asked {
  readonly from: number[];
  readonly until: number[];
}

/** Each wait begins with an acknowledgement, or later with the first write that it leaves unanswered: idle clients wait for none. */
function longestWait(acknowledgedAt: number[], asked: Asked): number {
  acknowledgedAt.sort((a, b) => a - b);
  let longest = 0;
  let last = 0;
  let next = 0;
  for (const time of acknowledgedAt) {
    if (time === last) continue;
    while (asked.until[next]! <= last) next++;
    longest = Math.max(longest, time - Math.max(last, asked.from[next]!));
    last = time;
  }
  while (next < asked.from.length && asked.until[next]! <= last) next++;
  let until = last;
  for (let i = next; i < asked.from.length; i++) until = Math.max(until, asked.until[i]!);
  return until === last ? longest : Math.max(longest, until - Math.max(last, asked.from[next]!));
}
