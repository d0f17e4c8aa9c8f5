/** Traces of one record, 7 at offset 0 of orders-0, that is acknowledged; and the history in which it is in no read. */
import { finalRead, send } from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { TraceScript } from './script.js';

export const acksAll: HistoryHeader['settings'] = { acks: 'all', 'unclean.leader.election.enable': true };
export const lost = [send('orders-0', 7).ok(0), finalRead('orders-0', 2)];

export function scriptOf(settings: HistoryHeader['settings'] = acksAll, minInsyncReplicas = 2): TraceScript {
  return new TraceScript({ settings, minInsyncReplicas });
}

/** b1 leads, and 7 is committed on b1 to b3 and acknowledged. */
export function acknowledged(script = scriptOf()): TraceScript {
  return script.lead(1, [1, 2, 3]).append(1, 7).commit(1, 2, 3).acknowledge(1, 0);
}
