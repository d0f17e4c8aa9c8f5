import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type FetchRequest } from '../protocol/messages.js';
import type { RecordBatch } from '../protocol/records.js';
import type { ConsumerClient } from './consumer.js';
import { Lab, type LabOptions } from './testing/lab.js';
import { answer, drop, refuse, type Script } from './testing/scripted-broker.js';

const SECOND = 1000;
const earliest = { 'auto.offset.reset': 'earliest' } as const;

function withRecords(values: readonly number[], options: LabOptions = {}): { lab: Lab; p: number } {
  const lab = new Lab(options);
  const p = lab.producer({ 'enable.idempotence': false });
  lab.sendToPartition(p, 0, values);
  lab.pass(1 * SECOND);
  return { lab, p };
}

function consumerOf(lab: Lab, machine: number): ConsumerClient {
  return lab.process(machine) as ConsumerClient;
}

/** Of a producer without idempotence. */
function batchOf(value: number): RecordBatch {
  return {
    baseOffset: -1,
    partitionLeaderEpoch: -1,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    records: [{ key: null, value, timestamp: 0, bytes: 100 }],
    bytes: 161,
  };
}

/** Errors for the first requests of a kind, one each. */
function errorsFor(kind: number, ...errors: number[]): Script {
  return (request) => {
    const error = request.kind === kind ? errors.shift() : undefined;
    return error === undefined ? answer : refuse(error);
  };
}

describe('a consumer with assigned partitions', () => {
  it('reads from the first offset if the reset policy says earliest', () => {
    const { lab, p } = withRecords([1, 2, 3]);
    const c = lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.sendToPartition(p, 0, [4]);
    lab.pass(1 * SECOND);
    expect(lab.log.polled(0)).toEqual([1, 2, 3, 4]);
    expect(consumerOf(lab, c).position(0)).toBe(4);
    expect(consumerOf(lab, c).caughtUp()).toBe(true);
  });

  it('reads from the end by default', () => {
    const { lab, p } = withRecords([1, 2, 3]);
    lab.consumer([0]);
    lab.pass(1 * SECOND);
    lab.sendToPartition(p, 0, [4]);
    lab.pass(1 * SECOND);
    expect(lab.log.polled(0)).toEqual([4]);
  });

  it('ends with an exception if there is no reset policy, and its process with it', () => {
    const { lab } = withRecords([1]);
    const c = lab.consumer([0], { 'auto.offset.reset': 'none' });
    lab.pass(1 * SECOND);
    expect(lab.log.operations.at(-1)).toMatchObject({
      f: 'poll',
      outcome: 'fail',
      error: 'NoOffsetForPartitionException',
    });
    expect(lab.world.isRunning(c)).toBe(false);
  });

  it('records its assignment, and one poll at a time: those that returned, and the one it waits in', () => {
    const { lab } = withRecords([1, 2]);
    lab.log.operations.length = 0;
    lab.consumer([0], earliest);
    lab.pass(2 * SECOND);
    expect(lab.log.operations.map(({ f, outcome }) => `${f} ${outcome}`)).toEqual([
      'assign ok',
      'poll ok',
      'poll open',
    ]);
    expect(lab.log.operations[0]!.microOps).toEqual([{ kind: 'assign', key: 0 }]);
    expect(lab.log.operations[1]!.microOps).toEqual([{ kind: 'poll', key: 0, offsets: [0, 1], values: [1, 2] }]);
  });

  it('returns at most max.poll.records in a poll', () => {
    const { lab } = withRecords([1, 2, 3, 4, 5]);
    lab.log.operations.length = 0;
    lab.consumer([0], { ...earliest, 'max.poll.records': 2 });
    lab.pass(1 * SECOND);
    const polls = lab.log.operations.filter(({ f, outcome }) => f === 'poll' && outcome === 'ok');
    expect(polls.map(({ microOps }) => microOps[0]!.values)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('reads all its partitions from their leaders, each in order', () => {
    const lab = new Lab({ brokers: 3, topics: [5] });
    const p = lab.producer({ 'enable.idempotence': false });
    lab.consumer([0, 1, 2, 3, 4], earliest);
    for (let value = 0; value < 100; value++) {
      lab.sendToPartition(p, value % 5, [value]);
      lab.pass(7);
    }
    lab.pass(1 * SECOND);
    for (let partition = 0; partition < 5; partition++)
      expect(lab.log.polled(partition)).toEqual(lab.cluster.partition(partition).values);
  });

  it('has one fetch in flight to a broker, whose answer waits up to fetch.max.wait.ms for data', () => {
    const { lab } = withRecords([1]);
    lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.broker(1).requests.length = 0;
    lab.pass(5 * SECOND);
    const fetches = lab.broker(1).requestsOf<FetchRequest>(Api.fetch);
    expect(fetches.length).toBeGreaterThanOrEqual(9);
    expect(fetches.length).toBeLessThanOrEqual(11);
    expect(fetches[0]).toMatchObject({ replicaId: -1, maxWaitMs: 500, minBytes: 1 });
  });
});

describe('a fetch that is refused', () => {
  it.each([
    KafkaError.NOT_LEADER_OR_FOLLOWER,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
  ])('with error %i is tried again after the metadata was asked for', (error) => {
    const { lab, p } = withRecords([1]);
    lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.broker(1).requests.length = 0;
    lab.script = errorsFor(Api.fetch, error);
    lab.sendToPartition(p, 0, [2]);
    lab.pass(2 * SECOND);
    expect(lab.broker(1).requestsOf(Api.metadata)).toHaveLength(1);
    expect(lab.log.polled(0)).toEqual([1, 2]);
  });

  it('with UNKNOWN_LEADER_EPOCH is tried again', () => {
    const { lab, p } = withRecords([1]);
    lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.broker(1).requests.length = 0;
    lab.script = errorsFor(Api.fetch, KafkaError.UNKNOWN_LEADER_EPOCH);
    lab.sendToPartition(p, 0, [2]);
    lab.pass(2 * SECOND);
    expect(lab.broker(1).requestsOf(Api.metadata)).toEqual([]);
    expect(lab.log.polled(0)).toEqual([1, 2]);
  });

  it('with OFFSET_OUT_OF_RANGE resets the position by policy: earliest reads again', () => {
    const { lab, p } = withRecords([1, 2]);
    lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.script = errorsFor(Api.fetch, KafkaError.OFFSET_OUT_OF_RANGE);
    lab.sendToPartition(p, 0, [3]);
    lab.pass(2 * SECOND);
    const polls = lab.log.operations.filter(({ f, outcome }) => f === 'poll' && outcome === 'ok');
    expect(polls.map(({ microOps, error }) => [microOps[0]!.values, error])).toEqual([
      [[1, 2], undefined],
      [[3], undefined],
      [[1, 2, 3], 'OFFSET_OUT_OF_RANGE: reset'],
    ]);
  });

  it('with OFFSET_OUT_OF_RANGE resets the position by policy: latest skips', () => {
    const { lab, p } = withRecords([1]);
    lab.consumer([0], { 'auto.offset.reset': 'latest' });
    lab.pass(1 * SECOND);
    // Every fetch is refused until three records more were written.
    lab.script = ({ kind }) =>
      kind === Api.fetch ? refuse(KafkaError.OFFSET_OUT_OF_RANGE) : kind === Api.listOffsets ? drop : answer;
    lab.pass(1 * SECOND);
    lab.sendToPartition(p, 0, [2, 3, 4]);
    lab.pass(2 * SECOND);
    lab.script = () => answer;
    lab.pass(5 * SECOND);
    lab.sendToPartition(p, 0, [5]);
    lab.pass(2 * SECOND);
    expect(lab.log.polled(0)).toEqual([5]);
  });

  it('with CORRUPT_MESSAGE is an exception of poll, after which the application polls again', () => {
    const { lab } = withRecords([1]);
    lab.script = errorsFor(Api.fetch, KafkaError.CORRUPT_MESSAGE, KafkaError.CORRUPT_MESSAGE);
    lab.log.operations.length = 0;
    lab.consumer([0], earliest);
    lab.pass(5 * SECOND);
    expect(lab.log.operations.map(({ f, outcome, error }) => [f, outcome, error])).toEqual([
      ['assign', 'ok', undefined],
      ['poll', 'fail', 'KafkaException: CORRUPT_MESSAGE'],
      ['poll', 'ok', undefined],
      ['poll', 'open', undefined],
    ]);
    expect(lab.log.polled(0)).toEqual([1]);
  });

  it('by a broken connection is tried again on another', () => {
    const { lab, p } = withRecords([1]);
    lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.broker(1).reset();
    lab.pass(100);
    lab.sendToPartition(p, 0, [2]);
    lab.pass(2 * SECOND);
    expect(lab.log.polled(0)).toEqual([1, 2]);
  });
});

describe('after a change of leader a consumer', () => {
  function led(values: readonly number[], options: LabOptions = {}): { lab: Lab; p: number; c: number } {
    const { lab, p } = withRecords(values, { brokers: 2, topics: [2], ...options });
    const c = lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    return { lab, p, c };
  }

  it('asks the new leader where the epoch of its last record ended, before it reads on (KIP-320)', () => {
    const { lab, p } = led([1, 2]);
    lab.cluster.moveLeader(0, 2);
    lab.sendToPartition(p, 0, [3]);
    lab.pass(3 * SECOND);
    expect(lab.broker(2).requestsOf(Api.offsetForLeaderEpoch)).toMatchObject([
      { replicaId: -1, partitions: [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 }] },
    ]);
    expect(lab.log.polled(0)).toEqual([1, 2, 3]);
  });

  it('goes back to where its own history ended there, and reads what was written instead', () => {
    const { lab, p } = led([1, 2, 3]);
    lab.cluster.partition(0).log.length = 0;
    lab.cluster.partition(0).append(batchOf(1));
    lab.cluster.moveLeader(0, 2);
    lab.sendToPartition(p, 0, [20]);
    lab.pass(1 * SECOND);
    lab.sendToPartition(p, 0, [30, 40]);
    lab.pass(3 * SECOND);
    expect(lab.log.polled(0)).toEqual([1, 2, 3, 20, 30, 40]);
    expect(lab.log.operations.filter(({ error }) => error === 'truncation detected')).toHaveLength(1);
  });

  it('before 2.3 asks nothing, says no epoch, and reads past what was cut off', () => {
    const { lab } = led([1, 2, 3], { rules: { positionValidation: false } });
    lab.cluster.partition(0).log.length = 0;
    for (const value of [10, 20, 30, 40]) lab.cluster.partition(0).append(batchOf(value));
    lab.cluster.moveLeader(0, 2);
    lab.pass(3 * SECOND);
    expect(lab.broker(2).requestsOf(Api.offsetForLeaderEpoch)).toEqual([]);
    const fetches = lab.broker(2).requestsOf(Api.fetch) as FetchRequest[];
    expect(new Set(fetches.flatMap(({ partitions }) => partitions.map((one) => one.currentLeaderEpoch)))).toEqual(
      new Set([-1]),
    );
    expect(lab.log.polled(0)).toEqual([1, 2, 3, 40]);
  });

  it('asks again when the new leader is not ready to say', () => {
    const { lab, p } = led([1]);
    lab.cluster.moveLeader(0, 2);
    lab.script = errorsFor(
      Api.offsetForLeaderEpoch,
      KafkaError.NOT_LEADER_OR_FOLLOWER,
      KafkaError.UNKNOWN_LEADER_EPOCH,
    );
    lab.sendToPartition(p, 0, [2]);
    lab.pass(3 * SECOND);
    expect(lab.broker(2).requestsOf(Api.offsetForLeaderEpoch)).toHaveLength(3);
    expect(lab.log.polled(0)).toEqual([1, 2]);
  });

  it('needs not ask if it has read nothing', () => {
    const lab = new Lab({ brokers: 2, topics: [2] });
    const p = lab.producer({ 'enable.idempotence': false });
    lab.consumer([0], earliest);
    lab.pass(1 * SECOND);
    lab.cluster.moveLeader(0, 2);
    lab.sendToPartition(p, 0, [1]);
    lab.pass(3 * SECOND);
    expect(lab.broker(2).requestsOf(Api.offsetForLeaderEpoch)).toEqual([]);
    expect(lab.log.polled(0)).toEqual([1]);
  });
});

describe('a final reader', () => {
  it('reads everything up to the end that the leader names, in one poll that says which replica it was', () => {
    const { lab, p } = withRecords([1, 2], { brokers: 2, topics: [2] });
    lab.sendToPartition(p, 0, [3]);
    lab.pass(1 * SECOND);
    const reader = lab.finalReader(0, 1);
    lab.pass(2 * SECOND);
    expect(reader.done()).toBe(true);
    expect(lab.log.operations.at(-1)).toMatchObject({
      f: 'poll',
      outcome: 'ok',
      finalReadOf: 1,
      microOps: [{ kind: 'poll', key: 0, offsets: [0, 1, 2], values: [1, 2, 3] }],
    });
    expect(lab.probed('offsets-ended')).toEqual(['0 3 1 0 0']);
  });

  it('reads an empty partition as nothing', () => {
    const lab = new Lab();
    const reader = lab.finalReader(0, 1);
    lab.pass(2 * SECOND);
    expect(reader.done()).toBe(true);
    expect(lab.log.operations.at(-1)!.microOps).toEqual([{ kind: 'poll', key: 0, offsets: [], values: [] }]);
  });

  it('reads nothing from another leader, and says what it waits for', () => {
    const { lab } = withRecords([1], { brokers: 2, topics: [2] });
    const reader = lab.finalReader(0, 2);
    lab.pass(3 * SECOND);
    expect(reader.done()).toBe('partition 0 is led by machine 1, not 2, as far as the reader knows');
    lab.cluster.moveLeader(0, 2);
    lab.pass(3 * SECOND);
    expect(reader.done()).toBe(true);
    expect(lab.broker(1).requestsOf(Api.fetch)).toEqual([]);
  });

  it('asks other brokers, too, where the one that it is connected to names an earlier leader for good (B32)', () => {
    const firstAsked = new Set<number>();
    for (let seed = 0; seed < 8; seed++) {
      const { lab } = withRecords([1], { brokers: 3, topics: [3], seed: `late update ${seed}` });
      lab.cluster.moveLeader(0, 2);
      lab.broker(1).believes.set(0, { leader: 1, leaderEpoch: 0 });
      lab.pass(1 * SECOND);
      const before = lab.broker(1).requestsOf(Api.metadata).length;
      const reader = lab.finalReader(0, 2);
      lab.pass(5 * SECOND);
      const asked = lab.broker(1).requestsOf(Api.metadata).length - before;
      firstAsked.add(asked > 1 ? 1 : 2);
      expect(reader.done() === true, `seed ${seed}`).toBe(asked <= 1);
      lab.pass(10 * SECOND);
      expect(reader.done(), `seed ${seed}`).toBe(true);
    }
    expect(firstAsked, 'both are among the seeds').toEqual(new Set([1, 2]));
  });

  it('asks again while the leader cannot name the end yet (KIP-207)', () => {
    const { lab } = withRecords([1]);
    lab.script = errorsFor(
      Api.listOffsets,
      KafkaError.OFFSET_NOT_AVAILABLE,
      KafkaError.OFFSET_NOT_AVAILABLE,
      KafkaError.OFFSET_NOT_AVAILABLE,
    );
    const reader = lab.finalReader(0, 1);
    lab.pass(3 * SECOND);
    expect(reader.done()).toBe(true);
  });

  it('passes over what is damaged, and reads the rest', () => {
    const { lab } = withRecords([1, 2, 3]);
    lab.script = errorsFor(Api.fetch, KafkaError.CORRUPT_MESSAGE);
    const reader = lab.finalReader(0, 1);
    lab.pass(2 * SECOND);
    expect(reader.done()).toBe(true);
    expect(lab.log.operations.at(-1)).toMatchObject({
      outcome: 'ok',
      microOps: [{ key: 0, offsets: [1, 2], values: [2, 3] }],
    });
  });

  it('reads a long log in full', () => {
    const values = Array.from({ length: 1200 }, (_, value) => value);
    const { lab } = withRecords(values);
    const reader = lab.finalReader(0, 1);
    lab.pass(3 * SECOND);
    expect(reader.done()).toBe(true);
    expect(lab.log.operations.at(-1)!.microOps[0]!.values).toEqual(values);
  });
});

describe('a consumer with client.rack (KIP-392)', () => {
  const inRack = { ...earliest, 'client.rack': 'b' };

  function fetchesOf(lab: Lab, broker: number): FetchRequest[] {
    return lab.broker(broker).requestsOf<FetchRequest>(Api.fetch);
  }

  function readingFromFollower(options: LabOptions = { brokers: 2 }): { lab: Lab; p: number } {
    const { lab, p } = withRecords([1, 2], options);
    lab.cluster.readReplica = 2;
    lab.consumer([0], inRack);
    lab.pass(1 * SECOND);
    return { lab, p };
  }

  it('names it, and reads from the follower that the leader names', () => {
    const { lab } = readingFromFollower();
    expect(lab.log.polled(0)).toEqual([1, 2]);
    expect(fetchesOf(lab, 1)).toHaveLength(1);
    expect(fetchesOf(lab, 1)[0]!.rackId).toBe('b');
    expect(fetchesOf(lab, 2).length).toBeGreaterThan(0);
  });

  it('asks the leader again after metadata.max.age.ms', () => {
    const { lab } = withRecords([1], { brokers: 2 });
    lab.cluster.readReplica = 2;
    lab.consumer([0], { ...inRack, 'metadata.max.age.ms': 5000 });
    lab.pass(4 * SECOND);
    expect(fetchesOf(lab, 1)).toHaveLength(1);
    lab.pass(3 * SECOND);
    expect(fetchesOf(lab, 1).length).toBeGreaterThan(1);
  });

  it('goes back to the leader, and resets nothing, when the follower calls its position out of range (B54)', () => {
    const refusals = [KafkaError.OFFSET_OUT_OF_RANGE];
    const { lab, p } = readingFromFollower();
    const before = fetchesOf(lab, 1).length;
    lab.script = (request, broker) => {
      if (request.kind !== Api.fetch || broker !== lab.broker(2)) return answer;
      const error = refusals.shift();
      return error === undefined ? answer : refuse(error);
    };
    for (const value of [3, 4]) {
      lab.sendToPartition(p, 0, [value]);
      lab.pass(1 * SECOND);
    }
    expect(refusals).toEqual([]);
    expect(fetchesOf(lab, 1).length).toBeGreaterThan(before);
    expect(lab.log.polled(0)).toEqual([1, 2, 3, 4]);
  });

  it('gives the follower up when the leader changes (KAFKA-14379)', () => {
    const { lab } = readingFromFollower({ brokers: 3 });
    lab.cluster.readReplica = -1;
    lab.cluster.moveLeader(0, 3);
    lab.pass(3 * SECOND);
    expect(fetchesOf(lab, 3).length).toBeGreaterThan(0);
  });
});
