/** Released bugs of logs, disks, replication and consumers that read from them (known-bugs.md §3, §4, §7, §8). */
import { defect } from '../defect.js';

export const storageDefects = {
  'KAFKA-1647': defect('B26', 'storage', '0.8.0..0.8.2', 'A broker that starts while nobody leads forgets the high watermark of its replica at the next checkpoint.'),
  'KAFKA-3919': defect('B21', 'storage', '0.8.0..0.11.0', 'A follower appends a batch that begins below its own log end, so that offsets go back within its log.'),
  'KAFKA-5634': defect('B50', 'storage', '0.8.0..0.11.0.1,1.0.0', 'Retention deletes records above the high watermark.'),
  'KAFKA-10432': defect('B20', 'storage', '0.11.0..2.6.1,2.7.0', 'Recovery after an unclean shutdown leaves epoch 0 out of the epoch cache.', { modelled: true }),
  'KAFKA-10471': defect('B25', 'storage', '0.8.0..2.8.0', 'A crash while logs are loaded leaves the marker of the last clean shutdown behind: the next start skips recovery.', { modelled: true }),
  'KAFKA-10778': defect('B24', 'storage', '0.8.0..2.8.0', 'After a failed write, more appends are accepted on top of it until the directory is taken offline.'),
  'KAFKA-6683': defect('B66', 'storage', '0.11.0..1.0.2,1.1.0', 'Producer state changes before the append has succeeded, so that a snapshot may know of records that were never written.'),
  'KAFKA-9892': defect('B66', 'storage', '0.11.0..2.8.0', 'A producer-state snapshot is not fsynced: power loss leaves an empty file.', { modelled: true }),
  'KAFKA-13194': defect('B51', 'storage', '0.11.0..3.1.0', 'The log cleaner goes beyond the high watermark.', { modelled: true }),
  'KAFKA-13727': defect('B51', 'storage', '0.11.0..2.8.2,3.0.2,3.1.1,3.2.0', 'The log cleaner forgets aborted transactions of the half of a segment that it did not clean.'),
  'KAFKA-16234': defect('B47', 'storage', '3.7.0..3.7.1,3.8.0', "A replica on a failed log directory is created anew, and empty, in another one.", { control: 'kraft' }),
  'KAFKA-17076': defect(null, 'storage', '0.8.0..3.9.2,4.0.0', 'The log cleaner drops the last batch of what it cleaned when nothing is left of it: a replica that reads the log afresh ends below the high watermark.', { modelled: true }),
  B49: defect('B49', 'storage', '0.8.0..', 'Compaction drops tombstones and transaction markers although a replica that was away has not read them yet.', { follows: 'tombstoneRetention' }),
} as const; // prettier-ignore

export const replicationDefects = {
  'KAFKA-8400': defect('B17', 'replication', '0.11.0..2.4.0', 'A leader takes the position of a fetch that it could not answer for the follower\'s log end.'),
  'KAFKA-9338': defect('B19', 'replication', '2.1.0..2.5.0', 'The leader checks the epoch only of the first fetch of a fetch session.', { modelled: true }),
  'KAFKA-10706': defect('B81', 'replication', '2.0.0..2.6.1,2.7.0', 'A truncation that cuts nothing leaves conflicting epochs in the cache, and is asked for again and again.'),
  'KAFKA-13091': defect('B81', 'replication', '2.7.0..3.1.0', 'The leader does not look at its high watermark again when a smaller ISR is confirmed.', { modelled: true }),
  'KAFKA-13141': defect('B17', 'replication', '2.7.0..2.7.2,2.8.1,3.0.0', 'The leader counts a diverging fetch: its position becomes the follower\'s log end, and moves the high watermark.', { modelled: true }),
  'KAFKA-14704': defect('B18', 'replication', '2.7.0..3.4.1,3.5.0', 'A follower raises its high watermark from the answer that tells it to truncate, before it does.', { modelled: true }),
  'KAFKA-15221': defect('B36', 'replication', '3.5.0..3.7.0', 'The leader looks twice at a follower that it takes into the ISR: at its log end, then at its broker epoch.', { modelled: true, control: 'kraft' }),
  'KAFKA-15510': defect('B27', 'replication', '3.6.0..3.7.0', 'After an answer without records a follower forgets its last fetched epoch: the leader cannot see that they differ.', { modelled: true }),
  'KAFKA-18723': defect(null, 'replication', '0.11.0..3.9.1,4.0.0', 'A follower appends batches of a later epoch than that of its fetch, read while the leader truncated.', { modelled: true }),
} as const; // prettier-ignore
