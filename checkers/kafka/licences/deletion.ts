/** Records that go by policy: a log that begins above them, because of retention or DeleteRecords, and not after its leader. */
import type { Trace } from '../../../histories/trace.js';
import { probeKinds, StartedBy } from '../probe-kinds.js';
import type { RecordIdentity, Stay } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

/** @param copy the record as a leader appended it, which was deleted after that */
export function deletionLicence(trace: Trace, key: number, copy: RecordIdentity & Pick<Stay, 'from'>): Licensed | null {
  const { logStart } = probeKinds(trace.header.probes);
  for (let i = copy.from; i < trace.length; i++) {
    if (trace.kind[i] !== logStart || trace.key[i] !== key || trace.a[i]! <= copy.offset) continue;
    const reason = trace.c[i]!;
    if (reason === StartedBy.segmentDeletion || reason === StartedBy.clientDeletion) {
      return licensed('deleted-by-policy', i);
    }
  }
  return null;
}
