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
  type InitProducerIdResponse,
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
import type { Answer, FetchStep, ProduceStep } from './exchange.js';

/** The fields of a step, whichever it is. */
export type Asked = Readonly<Record<string, unknown>> & { readonly to: number };

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** CreateTime of every record: what wall clocks show when a world begins. */
const NOW_MS = WALL_EPOCH_MICROS / 1000;
/** What a record of one digit takes in a batch of version 2. */
const RECORD_BYTES = 8;
const MAX_BYTES = 10_485_760;
const PARTITION_MAX_BYTES = 1_048_576;

export function requestOf(
  kind: string,
  asked: Asked,
  partition: number,
  producers: ReadonlyMap<string, ProducerIdentity>,
  machines: readonly number[],
): object {
  const { currentLeaderEpoch = -1 } = asked;
  switch (kind) {
    case 'produce':
      return produceRequest(asked as unknown as ProduceStep, partition, producers);
    case 'fetch':
      return fetchRequest(asked as unknown as FetchStep, partition, machines);
    case 'metadata':
      return { kind: Api.metadata, topics: null };
    case 'list-offsets': {
      const timestamp = asked.at === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP;
      const partitions = [{ partition, currentLeaderEpoch, timestamp }];
      return { kind: Api.listOffsets, replicaId: -1, partitions };
    }
    case 'offset-for-leader-epoch': {
      const partitions = [{ partition, currentLeaderEpoch, leaderEpoch: asked.leaderEpoch }];
      return { kind: Api.offsetForLeaderEpoch, replicaId: -1, partitions };
    }
    case 'init-producer-id':
      return { kind: Api.initProducerId };
    case 'delete-records':
      return { kind: Api.deleteRecords, timeoutMs: 15_000, partitions: [{ partition, offset: asked.offset }] };
    case 'elect':
      return { kind: Api.electLeaders, electionType: asked.type === 'unclean' ? 1 : 0, target: -1, partitions: [0] };
    default:
      throw new Error(`no such step: ${kind}`);
  }
}

function produceRequest(
  step: ProduceStep,
  partition: number,
  producers: ReadonlyMap<string, ProducerIdentity>,
): object {
  const known = step.producer === undefined ? undefined : producers.get(step.producer)!;
  const batch: RecordBatch = {
    baseOffset: -1,
    partitionLeaderEpoch: -1,
    producerId: known?.producerId ?? NO_PRODUCER_ID,
    producerEpoch: step.producerEpoch ?? known?.producerEpoch ?? NO_PRODUCER_EPOCH,
    baseSequence: step.baseSequence ?? NO_SEQUENCE,
    records: step.values.map((value) => ({ key: null, value, timestamp: NOW_MS, bytes: RECORD_BYTES })),
    bytes: BATCH_OVERHEAD_BYTES + RECORD_BYTES * step.values.length,
  };
  const acks = step.acks === 'all' ? -1 : step.acks;
  return { kind: Api.produce, acks, timeoutMs: step.timeoutMs ?? 10_000, partitions: [{ partition, batch }] };
}

function fetchRequest(step: FetchStep, partition: number, machines: readonly number[]): object {
  const { offset: fetchOffset, currentLeaderEpoch = -1, lastFetchedEpoch = -1, replicaId, maxWaitMs = 0 } = step;
  return {
    kind: Api.fetch,
    replicaId: replicaId === undefined ? -1 : machines[replicaId],
    replicaEpoch: -1,
    maxWaitMs,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    partitionMaxBytes: PARTITION_MAX_BYTES,
    partitions: [{ partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset: -1 }],
  };
}

export function answered(
  kind: string,
  asked: Asked,
  response: Response,
  partition: number,
  producers: Map<string, ProducerIdentity>,
  machines: readonly number[],
): Answer {
  switch (kind) {
    case 'produce': {
      const { error, baseOffset, logStartOffset } = (response as ProduceResponse).partitions[0];
      return { error: errorName(error), baseOffset, logStartOffset };
    }
    case 'fetch':
      return fetchAnswer(response as FetchResponse, asked.offset as number);
    case 'metadata':
      return metadataAnswer(response as MetadataResponse, partition, machines);
    case 'list-offsets': {
      const { error, offset, leaderEpoch } = (response as ListOffsetsResponse).partitions[0];
      return { error: errorName(error), offset, leaderEpoch };
    }
    case 'offset-for-leader-epoch': {
      const { error, leaderEpoch, endOffset } = (response as OffsetForLeaderEpochResponse).partitions[0];
      return { error: errorName(error), leaderEpoch, endOffset };
    }
    case 'init-producer-id': {
      const { error, producerId, producerEpoch } = response as InitProducerIdResponse;
      producers.set(asked.as as string, { producerId, producerEpoch });
      return { error: errorName(error), producerEpoch };
    }
    case 'delete-records': {
      const { error, lowWatermark } = (response as DeleteRecordsResponse).partitions[0];
      return { error: errorName(error), lowWatermark };
    }
    case 'elect':
      return { error: errorName((response as ElectLeadersResponse).partitions[0].error) };
    default:
      throw new Error(`no such step: ${kind}`);
  }
}

function fetchAnswer(response: FetchResponse, from: number): Answer {
  if (response.error !== 0) return { requestError: errorName(response.error) };
  const fetched = response.partitions[0];
  const { error, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, divergingEndOffset } = fetched;
  const answer: Record<string, unknown> = { error: errorName(error), highWatermark, lastStableOffset, logStartOffset };
  if (divergingEpoch >= 0) Object.assign(answer, { divergingEpoch, divergingEndOffset });
  answer.batches = fetched.batches
    .filter((batch) => batch.baseOffset + batch.records.length > from)
    .map((batch) => batchAnswer(batch));
  return answer;
}

function metadataAnswer(response: MetadataResponse, partition: number, machines: readonly number[]): Answer {
  const known = response.partitions.find((one) => one.partition === partition);
  if (known === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  const number = (machine: number): number => (machine < 0 ? machine : machines.indexOf(machine));
  return {
    error: 'NONE',
    brokers: response.brokers.map(number).sort((a, b) => a - b),
    partitionError: errorName(known.error),
    leader: number(known.leader),
    leaderEpoch: known.leaderEpoch,
    isr: known.isr.map(number).sort((a, b) => a - b),
  };
}
