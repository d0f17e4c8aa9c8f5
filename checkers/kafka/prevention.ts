/**
 * The setting that would have kept an anomaly from happening, as far as the settings alone say it: for histories without
 * a trace, of which nobody knows what happened to the cluster. Named is what is known to be set so that it lets the
 * anomaly in, and only if there is one such setting: of two open doors nobody knows through which it came. Where settings
 * are not known, nothing is said.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import { historyIndex } from './history/history-index.js';
import {
  processesAtLeastOnce,
  producerGuarantees,
  saysReadUncommitted,
  topicAllowsUnclean,
  topicOf,
  type ProducerGuarantees,
} from './settings.js';

type PreventedBy = Anomaly['preventedBy'];

const acksAll: PreventedBy = { setting: 'acks', value: 'all' };
const cleanElections: PreventedBy = { setting: 'unclean.leader.election.enable', value: 'false' };
const idempotence: PreventedBy = { setting: 'enable.idempotence', value: 'true' };
const committedReads: PreventedBy = { setting: 'isolation.level', value: 'read_committed' };
const exactlyOnce: PreventedBy = { setting: 'processing.guarantee', value: 'exactly_once_v2' };
const commitAfter: PreventedBy = { setting: 'commit', value: 'after-processing' };

/** null: there is none, or nobody knows. */
export function preventingSetting(anomaly: Anomaly, history: History): PreventedBy {
  switch (anomaly.type) {
    case 'lost-write':
    case 'unseen':
    case 'inconsistent-offsets':
    case 'ack-offset-mismatch':
      return ofLoss(anomaly, history);
    case 'duplicate':
      return ofRetries(anomaly, history, ({ retries }) => retries > 0);
    case 'nonmonotonic-send':
    case 'int-nonmonotonic-send':
    case 'key-order':
      return ofOrder(anomaly, history);
    case 'G1a':
    case 'G1a-failed-reader':
    case 'torn-transaction':
    case 'G1c':
    case 'G1c-process':
      return ofIsolation(anomaly, history);
    case 'skipped':
    case 'processed-out-of-order':
      // What nobody polled before it was passed over, no order of commits would have saved.
      if (anomaly.preventedBy !== null) return anomaly.preventedBy;
      return history.header.settings['commit'] === 'before-processing' ? commitAfter : null;
  }
  return isOfProcessing(anomaly) && processesAtLeastOnce(history.header) ? exactlyOnce : anomaly.preventedBy;
}

/** What depends on whether a group commits before it processes. */
export function isOfCommits({ type }: Anomaly): boolean {
  return type === 'skipped' || type === 'processed-out-of-order';
}

export function isOfProcessing({ type }: Anomaly): boolean {
  return type.startsWith('ctp-') || type.startsWith('count-') || type === 'zombie-output';
}

function ofLoss(anomaly: Anomaly, history: History): PreventedBy {
  const doors: PreventedBy[] = [];
  if (writersOf(anomaly, history).some(({ acks }) => acks !== 'all')) doors.push(acksAll);
  if (topicAllowsUnclean(history.header, topicOf(history, anomaly.key))) doors.push(cleanElections);
  return doors.length === 1 ? doors[0]! : null;
}

function ofOrder(anomaly: Anomaly, history: History): PreventedBy {
  const [first, ...others] = sendersOf(anomaly, history);
  // Two sessions are in no order that a producer could keep.
  if (first === undefined || others.some(({ session }) => session !== first.session)) return null;
  return ofRetries(anomaly, history, ({ acks, maxInFlight }) => acks === 0 || maxInFlight > 1);
}

/** What only a producer without idempotence does, and not by sending the record again itself. */
function ofRetries(anomaly: Anomaly, history: History, isOpen: (producer: ProducerGuarantees) => boolean): PreventedBy {
  const { records } = historyIndex(history);
  const senders = sendersOf(anomaly, history);
  if (senders.some(({ record }) => records.resent[record] === 1)) return null;
  return writersOf(anomaly, history).some((one) => !one.idempotent && isOpen(one)) ? idempotence : null;
}

function ofIsolation(anomaly: Anomaly, history: History): PreventedBy {
  const { operations } = historyIndex(history);
  const inTransactions = sendersOf(anomaly, history).every(({ operation }) => operations.f.at(operation) === 'txn');
  const readers = anomaly.operations.map((operation) => operations.client.at(operation)!);
  const areUncommitted = readers.some((client) => saysReadUncommitted(history.header, client));
  return inTransactions && areUncommitted ? committedReads : null;
}

interface Sender {
  readonly record: number;
  readonly operation: number;
  readonly session: number;
  readonly client: string;
}

/** Who sent the records of an anomaly; of those that nobody sent, or of which nobody knows where they went, none. */
function sendersOf({ key, values }: Anomaly, history: History): readonly Sender[] {
  const index = historyIndex(history);
  return values.flatMap((value) => {
    const record = index.recordOf(key, value);
    const operation = record < 0 ? -1 : index.records.writer[record]!;
    if (operation < 0) return [];
    const { session, client } = index.operations;
    return [{ record, operation, session: session[operation]!, client: client.at(operation)! }];
  });
}

function writersOf(anomaly: Anomaly, history: History): readonly ProducerGuarantees[] {
  return sendersOf(anomaly, history).map(({ client }) => producerGuarantees(history.header, client));
}
