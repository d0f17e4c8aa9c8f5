/** What Kafka promises one producer session about copies and order of its records. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { History, HistoryHeader } from '../../../histories/operation.js';
import type { Guarantee } from '../../checker.js';
import { historyIndex } from '../history/history-index.js';
import { allProducers, isTransactionalClient, type ProducerGuarantees } from '../settings.js';
import { everyReaderReadsCommitted } from './transactions.js';

const disorder = ['nonmonotonic-send', 'int-nonmonotonic-send', 'key-order'];

const sendsOnce = 'The application sends each record once: what it sends again is another record to Kafka.';
const oneSession = 'The producer lives: a restarted one is another session, which knows nothing of the first.';
const windowKnown =
  'The leader knows the last five batches: after a restart or a truncation it knows only the newest until more are written, and none of a producer that expired.';
const logsKept = 'No leader loses records that it acknowledged, or recognises batches by.';

/**
 * A broker that restarts, or cuts its log, reloads the producers' state from a snapshot, which keeps the newest batch of
 * each: leading after that, it recognises no older one (licence producer-window).
 */
export const idempotenceNoDuplicates: Guarantee = {
  id: 'idempotence-no-duplicates',
  sentence: 'An idempotent producer session puts each record into the log at most once, however often it retries.',
  source:
    'KIP-98; ProducerStateEntry.findDuplicateBatch (the last five batches of a producer), ProducerStateManager.writeSnapshot (the newest)',
  assumptions: [oneSession, sendsOnce, logsKept, windowKnown],
  covers: (header) => (someProducer(header, ({ idempotent }) => idempotent) ? ['duplicate'] : []),
};

export const idempotenceOrder: Guarantee = {
  id: 'idempotence-order',
  sentence:
    "An idempotent producer session's records of a partition stand in the order of its sends, with up to five requests in flight.",
  source: 'KIP-98, KAFKA-5494; ProducerAppendInfo.checkSequence',
  assumptions: [oneSession, logsKept, windowKnown],
  covers: (header) => (someProducer(header, ({ idempotent }) => idempotent) ? disorder : []),
};

export const producerState: Guarantee = {
  id: 'producer-state',
  sentence:
    "A leader appends an idempotent producer's batches without gap and repetition in their sequence, unless it has forgotten the producer.",
  source: 'KIP-98; ProducerAppendInfo.checkSequence, KIP-360',
  assumptions: [],
  covers: () => ['W13'],
};

export const oneInFlightOrder: Guarantee = {
  id: 'one-in-flight-order',
  sentence:
    "Without idempotence and with max.in.flight.requests.per.connection=1 the first copies of a session's records stand in the order of its sends; a batch that is retried may stand again, as a whole, further on.",
  source:
    'Kafka documentation, producer configuration: max.in.flight.requests.per.connection; KAFKA-3197 (a partition is muted until its batch is answered)',
  assumptions: [
    "No request outlives its client's wait: bytes that are still under way when the client gives up may be appended later.",
    logsKept,
  ],
  covers: (header) => (someProducer(header, (one) => isPlain(one) && one.maxInFlight === 1) ? disorder : []),
};

export const inFlightOrder: Guarantee = {
  id: 'in-flight-order',
  sentence:
    "Without idempotence and with several requests in flight (acks=0 waits for none) a session's records stand in the order of its sends as long as none of their batches is retried.",
  source:
    'Kafka documentation, producer configuration: max.in.flight.requests.per.connection, retries; SocketServer (a channel is muted until its request was handled)',
  assumptions: [
    'Batches of a partition are not in flight to two leaders at once.',
    "No request outlives its client's wait.",
    logsKept,
  ],
  covers: (header) => (someProducer(header, isPipelined) ? disorder : []),
};

export const noRetriesNoDuplicates: Guarantee = {
  id: 'no-retries-no-duplicates',
  sentence: 'A producer that retries nothing puts each record into the log at most once.',
  source: 'Kafka documentation, producer configuration: retries',
  assumptions: [sendsOnce],
  covers: (header) => (someProducer(header, ({ retries }) => retries === 0) ? ['duplicate'] : []),
};

export const oneCopyAnAttempt: Guarantee = {
  id: 'one-copy-an-attempt',
  sentence: 'Without idempotence each attempt to send a batch puts its records into the log at most once.',
  source:
    'Sender.sendProduceRequest: an attempt is one request on one connection, which TCP delivers once or not at all',
  assumptions: [sendsOnce, logsKept],
  covers: (header) => (someProducer(header, ({ idempotent }) => !idempotent) ? ['duplicate'] : []),
};

export const failedMeansAbsent: Guarantee = {
  id: 'failed-means-absent',
  sentence: 'A record whose send failed for certain is in no log; that of an aborted transaction may be, uncommitted.',
  source: 'Sender.completeBatch: errors that brokers answer before they append',
  assumptions: [],
  covers: ({ workload }) => (workload === 'list-append' ? [] : ['G1a', 'G1a-failed-reader']),
  holdsFor: (anomaly, history) =>
    !writerIsTransactional(anomaly, history) || everyReaderReadsCommitted(anomaly, history),
};

function isPipelined(producer: ProducerGuarantees): boolean {
  return !producer.idempotent && (producer.acks === 0 || producer.maxInFlight > 1);
}

function writerIsTransactional({ key, values }: Anomaly, history: History): boolean {
  const index = historyIndex(history);
  const record = index.recordOf(key, values[0]!);
  const writer = record < 0 ? undefined : index.writer(record);
  return writer !== undefined && isTransactionalClient(history.header, writer.client);
}

/** Neither idempotent nor without any answer. */
function isPlain(producer: ProducerGuarantees): boolean {
  return !producer.idempotent && producer.acks !== 0;
}

function someProducer(header: HistoryHeader, is: (producer: ProducerGuarantees) => boolean): boolean {
  return allProducers(header).some(is);
}
