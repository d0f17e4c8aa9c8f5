/** What Kafka promises one producer session about copies and order of its records. */
import type { Guarantee } from '../../checker.js';
import { allProducers, type ProducerGuarantees } from '../settings.js';

const disorder = ['nonmonotonic-send', 'int-nonmonotonic-send', 'key-order'];

/**
 * Brokers rebuild the producers' state by replaying the log, so that a leader knows every batch that it holds. With
 * snapshots of that state, its expiry and reloads (segments, later) a leader may know less than its log: the window of
 * five then begins with one batch, and this row gets licences for it.
 */
export const idempotenceNoDuplicates: Guarantee = {
  id: 'idempotence-no-duplicates',
  sentence: 'An idempotent producer session puts each record into the log at most once, however often it retries.',
  source: 'KIP-98; ProducerStateEntry.findDuplicateBatch (the last five batches of a producer)',
  covers: (header) => (allProducers(header).some((one) => one.idempotent) ? ['duplicate'] : []),
};

export const idempotenceOrder: Guarantee = {
  id: 'idempotence-order',
  sentence:
    "An idempotent producer session's records of a partition stand in the order of its sends, with up to five requests in flight.",
  source: 'KIP-98, KAFKA-5494; ProducerAppendInfo.checkSequence',
  covers: (header) => (allProducers(header).some((one) => one.idempotent) ? disorder : []),
};

export const inFlightOrder: Guarantee = {
  id: 'in-flight-order',
  sentence:
    "Without idempotence the first copies of a session's records stand in the order of its sends if one request is in flight at a time, or none is retried; a request that outlives its client's wait may still arrive later.",
  source: 'Kafka documentation, producer configuration: max.in.flight.requests.per.connection',
  covers: (header) => (allProducers(header).some(keepsOrder) ? disorder : []),
};

export const noRetriesNoDuplicates: Guarantee = {
  id: 'no-retries-no-duplicates',
  sentence: 'A producer that retries nothing puts each record into the log at most once.',
  source: 'Kafka documentation, producer configuration: retries',
  covers: (header) => (allProducers(header).some((one) => one.retries === 0) ? ['duplicate'] : []),
};

export const failedMeansAbsent: Guarantee = {
  id: 'failed-means-absent',
  sentence: 'A record whose send failed for certain is in no log.',
  source: 'Sender.completeBatch: errors that brokers answer before they append',
  covers: () => ['G1a'],
};

function keepsOrder(producer: ProducerGuarantees): boolean {
  return !producer.idempotent && producer.acks !== 0 && (producer.maxInFlight === 1 || producer.retries === 0);
}
