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
  let sent = 0;
  let acknowledged = 0;
  let refused = 0;
  const acknowledgedAt: number[] = [];
  let firstInvoked = to;
  let lastInvoked = from;
  const operations = columnsOf(history);
  for (let i = 0; i < operations.length; i++) {
    const invokedAt = operations.invokedAt[i]!;
    const f = operations.f.at(i);
    if ((f !== 'send' && f !== 'txn') || invokedAt >= to) continue;
    sent++;
    firstInvoked = Math.min(firstInvoked, invokedAt);
    lastInvoked = Math.max(lastInvoked, invokedAt);
    const completedAt = operations.completedAt[i]!;
    if (completedAt < 0) continue;
    const outcome = operations.outcome[i]!;
    if (outcome === OK) {
      acknowledged++;
      acknowledgedAt.push(completedAt);
    } else if (outcome === FAIL) refused++;
  }
  return {
    sent,
    acknowledged,
    refused,
    unknown: sent - acknowledged - refused,
    longestOutageMicros: sent === 0 ? 0 : longestGap(acknowledgedAt, firstInvoked, lastInvoked),
  };
}

/** The longest stretch of [from, to] in which nothing happened. */
function longestGap(times: number[], from: number, to: number): number {
  times.sort((a, b) => a - b);
  let longest = 0;
  let last = from;
  for (const time of times) {
    if (time > to) break;
    if (time - last > longest) longest = time - last;
    last = Math.max(last, time);
  }
  return Math.max(longest, to - last);
}
