/**
 * Records that go by policy: retention, or DeleteRecords. A replica whose log begins above such a record lacks it by right,
 * whether it deleted the record itself or begins there after its leader. One that begins below has no such excuse, nor has
 * anybody if whoever deleted did not hold the record any more.
 */
import type { PartitionTimeline, RecordIdentity } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

/** Some replica deleted the record, which it held. */
export function deletionLicence(partition: PartitionTimeline, record: RecordIdentity): Licensed | null {
  const held = (machine: number, at: number): boolean => partition.stands(machine, record, at);
  const event = partition.logStarts.deletionOf(record.offset, held);
  return event < 0 ? null : licensed('deleted-by-policy', event);
}

/** And a machine's log began above it at a moment. */
export function deletionLicenceOf(
  partition: PartitionTimeline,
  record: RecordIdentity,
  machine: number,
  at: number,
): Licensed | null {
  return partition.logStarts.isAbove(machine, record.offset, at) ? deletionLicence(partition, record) : null;
}
