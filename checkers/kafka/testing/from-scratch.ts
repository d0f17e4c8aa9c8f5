/**
 * Both formulations of the invariants over one trace: they must say the same after each record. A log that is emptied to
 * begin elsewhere says so, and then where its high watermark is, within one event; so do a new log, and the role for which
 * a running broker makes it. Between the two nobody looks.
 */
import type { HistoryHeader } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { createInvariants, optionsOf } from '../invariants/create.js';
import { Recheck } from '../invariants/from-scratch/recheck.js';
import { probeKinds, StartedBy } from '../probe-kinds.js';
import { ReplayedView } from './replayed-view.js';

/** @throws where the invariants and the check from scratch differ: says the record, the invariant and both answers */
export function checkFromScratch(trace: Trace, header: HistoryHeader): void {
  const { probes, keys } = trace.header;
  const options = optionsOf(trace, header);
  const view = new ReplayedView(keys, header, probes);
  const recheck = new Recheck(view, probes, options);
  const running = createInvariants(view, probes, () => undefined, { now: 0, record: -1 }, { ...options, recheck });
  const kinds = probeKinds(probes);
  const { kind, machine, key, a, b, c, d } = trace;
  for (let i = 0; i < trace.length; i++) {
    for (const listener of [view, running, recheck]) {
      listener.onProbe(kind[i]!, machine[i]!, key[i]!, a[i]!, b[i]!, c[i]!, d[i]!);
    }
    const next = kind[i + 1];
    const isEmptied = kind[i] === kinds.logStart && c[i] === StartedBy.restarted && next === kinds.highWatermark;
    const isMade = kind[i] === kinds.logLoaded && (next === kinds.becomeFollower || next === kinds.becomeLeader);
    if (isEmptied || isMade) continue;
    const [disagreement] = recheck.afterEvent();
    if (disagreement !== undefined) throw new Error(`record ${i}: ${JSON.stringify(disagreement)}`);
  }
}
