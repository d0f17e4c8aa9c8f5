/** A step of an exchange as a request of the model, and the model's response in the words in which Kafka's was noted. */
import { WALL_EPOCH_MICROS } from '../../../model/kernel/clock.js';
import { errorName } from '../../../model/kafka/protocol/errors.js';
import {
  Api,
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  type DeleteRecordsResponse,
  type ElectLeadersResponse,
  type FetchResponse,
  type ListOffsetsResponse,
  type MetadataResponse,
  type OffsetForLeaderEpochResponse,
  type ProduceResponse,
  type Response,
} from '../../../model/kafka/protocol/messages.js';
import {
  BATCH_OVERHEAD_BYTES,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  type RecordBatch,
} from '../../../model/kafka/protocol/records.js';
import { batchAnswer } from './batch-answer.js';
import { coordinatorAnswer, coordinatorRequest } from './coordinator-requests.js';
import type { Answer, FetchStep, ProduceStep } from './exchange.js';
import type { Names } from './names.js';

/** The fields of a step, whichever it is. */
export type Asked = Readonly<Record<string, unknown>>;

/** CreateTime of every record: what wall clocks show when a world begins. */
const NOW_MS = WALL_EPOCH_MICROS / 1000;
/** What a record of one digit takes in a batch of version 2. */
const RECORD_BYTES = 8;
const MAX_BYTES = 10_485_760;
const PARTITION_MAX_BYTES = 1_048_576;

export function requestOf(kind: string, asked: Asked, names: Names): object {
  const { currentLeaderEpoch = -1 } = asked;
  const partition = names.partition(0);
  switch (kind) {
    case 'produce':
      return produceRequest(asked as unknown as ProduceStep, names);
    case 'fetch':
      return fetchRequest(asked as unknown as FetchStep, names);
    case 'metadata':
      return { kind: Api.metadata, topics: null };
    case 'list-offsets': {
      const timestamp = asked.at === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP;
      const partitions = [{ partition, currentLeaderEpoch, timestamp }];
      return { kind: Api.listOffsets, replicaId: -1, ...isolationOf(asked), partitions };
    }
    case 'offset-for-leader-epoch': {
      const partitions = [{ partition, currentLeaderEpoch, leaderEpoch: asked.leaderEpoch }];
      return { kind: Api.offsetForLeaderEpoch, replicaId: -1, namesEpoch: true, partitions };
    }
    case 'delete-records':
      return { kind: Api.deleteRecords, timeoutMs: 15_000, partitions: [{ partition, offset: asked.offset }] };
    case 'elect':
      return { kind: Api.electLeaders, electionType: asked.type === 'unclean' ? 1 : 0, target: -1, partitions: [0] };
    default: {
      const request = coordinatorRequest(kind, asked, names);
      if (request === undefined) throw new Error(`no such step: ${kind}`);
      return request;
    }
  }
}

/** isolation.level of the consumer that asks; read_uncommitted if the step does not say it. */
function isolationOf({ isolation }: { readonly isolation?: unknown }): { readonly readCommitted?: true } {
  return isolation === 'read_committed' ? { readCommitted: true } : {};
}

function produceRequest(step: ProduceStep, names: Names): object {
  const known = step.producer === undefined ? undefined : names.producers.get(step.producer)!;
  const transactionalId = step.transactional === undefined ? known?.transactional : (step.transactional ?? undefined);
  const batch: RecordBatch = {
    baseOffset: -1,
    partitionLeaderEpoch: -1,
    producerId: step.producerId ?? known?.producerId ?? NO_PRODUCER_ID,
    producerEpoch: step.producerEpoch ?? known?.producerEpoch ?? NO_PRODUCER_EPOCH,
    baseSequence: step.baseSequence ?? NO_SEQUENCE,
    records: step.values.map((value) => ({ key: null, value, timestamp: NOW_MS, bytes: RECORD_BYTES })),
    bytes: BATCH_OVERHEAD_BYTES + RECORD_BYTES * step.values.length,
    ...(transactionalId === undefined ? {} : { isTransactional: true }),
  };
  const transaction = transactionalId === undefined ? {} : { transactionalId };
  const acks = step.acks === 'all' ? -1 : step.acks;
  const partitions = [{ partition: names.partition(0), batch }];
  return { kind: Api.produce, ...transaction, acks, timeoutMs: step.timeoutMs ?? 10_000, partitions };
}

function fetchRequest(step: FetchStep, names: Names): object {
  const { offset: fetchOffset, currentLeaderEpoch = -1, lastFetchedEpoch = -1, replicaId, maxWaitMs = 0 } = step;
  return {
    kind: Api.fetch,
    replicaId: replicaId === undefined ? -1 : names.machine(replicaId),
    replicaEpoch: -1,
    maxWaitMs,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    partitionMaxBytes: PARTITION_MAX_BYTES,
    ...isolationOf(step),
    partitions: [
      { partition: names.partition(0), currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset: -1 },
    ],
  };
}

/** What the step names is remembered. */
export function answered(kind: string, asked: Asked, response: Response, names: Names): Answer {
  switch (kind) {
    case 'produce': {
      const { error, baseOffset, logStartOffset } = (response as ProduceResponse).partitions[0];
      return { error: errorName(error), baseOffset, logStartOffset };
    }
    case 'fetch':
      return fetchAnswer(response as FetchResponse, asked as unknown as FetchStep, names);
    case 'metadata':
      return metadataAnswer(response as MetadataResponse, names);
    case 'list-offsets': {
      const { error, offset, leaderEpoch } = (response as ListOffsetsResponse).partitions[0];
      return { error: errorName(error), offset, leaderEpoch };
    }
    case 'offset-for-leader-epoch': {
      const { error, leaderEpoch, endOffset } = (response as OffsetForLeaderEpochResponse).partitions[0];
      return { error: errorName(error), leaderEpoch, endOffset };
    }
    case 'delete-records': {
      const { error, lowWatermark } = (response as DeleteRecordsResponse).partitions[0];
      return { error: errorName(error), lowWatermark };
    }
    case 'elect':
      return { error: errorName((response as ElectLeadersResponse).partitions[0].error) };
    default: {
      const answer = coordinatorAnswer(asked, response, names);
      if (answer === undefined) throw new Error(`no such step: ${kind}`);
      return answer;
    }
  }
}

function fetchAnswer(response: FetchResponse, { offset: from, isolation }: FetchStep, names: Names): Answer {
  if (response.error !== 0) return { requestError: errorName(response.error) };
  const fetched = response.partitions[0];
  const { error, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, divergingEndOffset } = fetched;
  const answer: Record<string, unknown> = { error: errorName(error), highWatermark, lastStableOffset, logStartOffset };
  if (divergingEpoch >= 0) Object.assign(answer, { divergingEpoch, divergingEndOffset });
  if (isolation !== undefined) {
    answer.aborted = (fetched.abortedTransactions ?? []).map(({ producerId, firstOffset }) => {
      return { producerId: names.producerName(producerId), firstOffset };
    });
  }
  answer.batches = fetched.batches
    .filter((batch) => batch.baseOffset + batch.records.length > from)
    .map((batch) => batchAnswer(batch));
  return answer;
}

function metadataAnswer(response: MetadataResponse, names: Names): Answer {
  const known = response.partitions.find((one) => one.partition === names.partition(0));
  if (known === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  const numbers = (machines: readonly number[]) => machines.map((one) => names.broker(one)).sort((a, b) => a - b);
  return {
    error: 'NONE',
    brokers: numbers(response.brokers),
    partitionError: errorName(known.error),
    leader: names.broker(known.leader),
    leaderEpoch: known.leaderEpoch,
    isr: numbers(known.isr),
  };
}
