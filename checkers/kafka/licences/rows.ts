/** The licences there are: a name, the words in which people read it, and what would have prevented the anomaly. */
import type { Anomaly, Licence } from '../../../histories/anomaly.js';

type PreventedBy = Anomaly['preventedBy'];

/** A licence, and the setting that would have kept the anomaly from happening. */
export interface Licensed {
  readonly licence: Licence;
  readonly preventedBy: PreventedBy;
}

interface Row {
  readonly words: string;
  readonly preventedBy: PreventedBy;
}

const rows = {
  'at-least-once': {
    words:
      'processing.guarantee at_least_once: what was done since the last commit may be done again, by two at once too',
    preventedBy: { setting: 'processing.guarantee', value: 'exactly_once_v2' },
  },
  'unclean-election': {
    words: 'an unclean election of a replica that lacked the record',
    preventedBy: { setting: 'unclean.leader.election.enable', value: 'false' },
  },
  'last-known-leader': {
    words:
      'no replica was left that had stopped in order, and whoever led last was elected as it was, without the record',
    preventedBy: { setting: 'flush.messages', value: '1' },
  },
  'impaired-leader': {
    words: 'a clean election of a replica whose disk had lost the record, without eligible leader replicas',
    preventedBy: { setting: 'flush.messages', value: '1' },
  },
  'stale-coordinator': {
    words: 'a group coordinator that was deposed, has not heard of it, and answers from what it has',
    preventedBy: null,
  },
  'damaged-replica': {
    words: 'bit rot on a replica of the ISR, which nobody sees before the record is read there',
    preventedBy: null,
  },
  'damaged-leader': {
    words: 'bit rot on the log of the leader, which its followers and readers cannot pass',
    preventedBy: null,
  },
  'eligible-replicas-cleared': {
    words:
      'min.insync.replicas was altered while nobody led and the ISR was empty: whoever was eligible to lead was forgotten',
    preventedBy: null,
  },
  'hole-in-log': {
    words: 'a hole in a log: power loss took the end of a segment and left the next, which recovery does not notice',
    preventedBy: { setting: 'flush.messages', value: '1' },
  },
  'too-many-impaired': {
    words: 'more than min.insync.replicas - 1 replicas impaired at once, the elected one among them',
    preventedBy: { setting: 'flush.messages', value: '1' },
  },
  'acks-1-leader-change': {
    words: 'acks=1 and a change of leader',
    preventedBy: { setting: 'acks', value: 'all' },
  },
  'acks-1-impairment': {
    words: 'acks=1 and the loss of the record on the disk of the leader that acknowledged it',
    preventedBy: { setting: 'acks', value: 'all' },
  },
  'acks-0': {
    words: 'acks=0: nobody is asked whether the record arrived',
    preventedBy: { setting: 'acks', value: 'all' },
  },
  'retries-without-idempotence': {
    words: 'a retry of the batch, without idempotence',
    preventedBy: { setting: 'enable.idempotence', value: 'true' },
  },
  'in-flight-without-idempotence': {
    words: 'a retry of the batch while others were in flight, without idempotence',
    preventedBy: { setting: 'enable.idempotence', value: 'true' },
  },
  'in-flight-to-two-leaders': {
    words: 'batches in flight to two leaders at once, without idempotence',
    preventedBy: { setting: 'enable.idempotence', value: 'true' },
  },
  'late-request': {
    words: "a request that outlived its client's wait, without idempotence",
    preventedBy: { setting: 'enable.idempotence', value: 'true' },
  },
  'producer-window': {
    words: 'a leader that had forgotten batches of the producer: its state came from a snapshot, or had expired',
    preventedBy: { setting: 'max.in.flight.requests.per.connection', value: '1' },
  },
  'deleted-by-policy': {
    words: 'the record was deleted by retention, or on request',
    preventedBy: { setting: 'retention.ms', value: '-1' },
  },
  'tombstone-removed': {
    words: 'compaction dropped the tombstone after delete.retention.ms, before a replica that was away had read it',
    preventedBy: { setting: 'delete.retention.ms', value: '86400000' },
  },
  'read-uncommitted': {
    words: 'isolation.level=read_uncommitted: the consumer reads what a transaction wrote before that is decided',
    preventedBy: { setting: 'isolation.level', value: 'read_committed' },
  },
  'reset-to-latest': {
    words:
      'auto.offset.reset=latest: where a group has committed nothing it begins at the end, and leaves out what stood there before it looked',
    preventedBy: { setting: 'auto.offset.reset', value: 'earliest' },
  },
  resend: { words: 'the application sent the record again', preventedBy: null },
  'required-bound': { words: "the bound is shorter than the one that Kafka's time-outs give", preventedBy: null },
  'not-promised': { words: 'nothing in Kafka promises otherwise under these settings', preventedBy: null },
} as const satisfies Record<string, Row>;

/** Every licence by name, in words. */
export const licenceWords: ReadonlyMap<string, string> = new Map(
  Object.entries(rows).map(([name, { words }]) => [name, words]),
);

export type LicenceRow = keyof typeof rows;

/** @param event index of the licensing trace record; -1: a setting alone */
export function licensed(row: LicenceRow, event: number, preventedBy: PreventedBy = rows[row].preventedBy): Licensed {
  return { licence: { row, words: rows[row].words, event }, preventedBy };
}
