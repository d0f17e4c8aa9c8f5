import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import type { ProduceResponse } from '../protocol/messages.js';
import { Lab, labWithLeader, SECOND } from './testing/lab.js';

/** Both followers have everything, and say so. */
function replicate(lab: Lab, end: number): void {
  for (const follower of [2, 3]) lab.fetched(follower, 1, end);
}

describe('a compacted topic', () => {
  it('takes no record without a key (LogValidator.validateKey)', () => {
    const lab = labWithLeader({ brokers: 1, topic: { 'cleanup.policy': 'compact' } });
    const keyed = lab.batch(1, { records: [{ key: 'a', value: 1, timestamp: 0, bytes: 100 }] });
    expect(lab.produceError(lab.produce(1, 1))).toBe(KafkaError.INVALID_RECORD);
    expect(lab.produceError(lab.produce(1, 1, keyed))).toBe(KafkaError.NONE);
  });
});

describe('a produce request', () => {
  it('with acks=1 is answered by the leader alone', () => {
    const lab = labWithLeader();
    const response = lab.awaitReply<ProduceResponse>(lab.produce(1, 1, lab.batch(3)));
    expect(response.partitions).toEqual([
      { partition: 0, error: 0, baseOffset: 0, logStartOffset: 0, currentLeader: -1, currentLeaderEpoch: -1 },
    ]);
    expect(lab.log(1)).toEqual([1, 2, 3]);
    expect(lab.replica(1).highWatermark).toBe(0);
    expect(lab.all('acknowledged')).toEqual([{ baseOffset: 0, lastOffset: 2, leaderEpoch: 0, acks: 1 }]);
  });

  it('with acks=all is answered when every member of the ISR has fetched past it', () => {
    const lab = labWithLeader();
    const id = lab.produce(1, -1);
    lab.pass(SECOND);
    lab.fetched(2, 1, 1);
    lab.pass(SECOND);
    expect(lab.reply(id)).toBeUndefined();
    lab.fetched(3, 1, 1);
    expect(lab.produceError(id)).toBe(KafkaError.NONE);
    expect(lab.replica(1).highWatermark).toBe(1);
  });

  it('with acks=0 is answered by nothing, and the next one is read', () => {
    const lab = labWithLeader();
    const ids = [lab.produce(1, 0), lab.produce(1, 0)];
    lab.pass(SECOND);
    expect(lab.log(1)).toEqual([1, 2]);
    expect(ids.map((id) => lab.reply(id))).toEqual([undefined, undefined]);
    expect(lab.all('acknowledged').map(({ acks }) => acks)).toEqual([0, 0]);
  });

  it('with acks=0 that fails has its connection closed', () => {
    const lab = labWithLeader();
    lab.decide({ leader: 2 });
    lab.awaitMetadata(1);
    lab.produce(1, 0);
    lab.pass(SECOND);
    expect(lab.client.broken).toEqual([{ peer: 1, why: 'closed' }]);
    expect(lab.all('refused')).toEqual([
      { error: KafkaError.NOT_LEADER_OR_FOLLOWER, producer: lab.clientMachine, acks: 0 },
    ]);
  });

  it('is refused with NOT_ENOUGH_REPLICAS by acks=all alone, and then nothing is appended', () => {
    const lab = labWithLeader({ topic: { 'min.insync.replicas': 2 } }, [1]);
    expect(lab.produceError(lab.produce(1, -1))).toBe(KafkaError.NOT_ENOUGH_REPLICAS);
    expect(lab.log(1)).toEqual([]);
    expect(lab.produceError(lab.produce(1, 1))).toBe(KafkaError.NONE);
  });

  it('counts min.insync.replicas no higher than there are replicas (3.7)', () => {
    const lab = labWithLeader({ brokers: 2, topic: { 'min.insync.replicas': 3 } });
    const id = lab.produce(1, -1);
    lab.pass(SECOND);
    lab.fetched(2, 1, 1);
    expect(lab.produceError(id)).toBe(KafkaError.NONE);
  });

  it('is refused by a broker that does not lead, which names the leader that it knows (KIP-951)', () => {
    const lab = labWithLeader();
    lab.decide({ leader: 3 });
    lab.awaitMetadata(1);
    const { partitions } = lab.awaitReply<ProduceResponse>(lab.produce(1, 1));
    expect(partitions[0]).toMatchObject({
      error: KafkaError.NOT_LEADER_OR_FOLLOWER,
      currentLeader: 3,
      currentLeaderEpoch: 1,
    });
  });

  it('is taken by a deposed leader until the metadata tells it', () => {
    const lab = labWithLeader();
    lab.script.withheld.add(1);
    lab.decide({ leader: 2 });
    lab.pass(SECOND);
    expect(lab.produceError(lab.produce(1, 1))).toBe(KafkaError.NONE);
    expect(lab.epochs(1)).toEqual([0]);
  });

  it('is refused if the batch is larger than max.message.bytes', () => {
    const lab = labWithLeader({ topic: { 'max.message.bytes': 300 } });
    expect(lab.produceError(lab.produce(1, 1, lab.batch(2)))).toBe(KafkaError.NONE);
    expect(lab.produceError(lab.produce(1, 1, lab.batch(3)))).toBe(KafkaError.MESSAGE_TOO_LARGE);
    expect(lab.log(1)).toHaveLength(2);
  });

  it('for an unknown partition says so', () => {
    const lab = new Lab();
    lab.awaitBrokers();
    expect(lab.produceError(lab.produce(1, 1))).toBe(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it('waits its turn on its connection: the next is not read before the last is answered', () => {
    const lab = labWithLeader();
    const first = lab.produce(1, -1);
    const second = lab.produce(1, -1);
    lab.pass(SECOND);
    expect(lab.log(1)).toEqual([1]);
    replicate(lab, 1);
    expect(lab.produceError(first)).toBe(KafkaError.NONE);
    lab.pass(SECOND);
    expect(lab.log(1)).toEqual([1, 2]);
    expect(lab.reply(second)).toBeUndefined();
  });

  it('is handled though its sender has closed the connection', () => {
    const lab = labWithLeader();
    lab.awaitReply(lab.produce(1, 1));
    lab.produce(1, 1);
    lab.produce(1, 1);
    lab.client.closeLane(1, 0);
    lab.pass(SECOND);
    expect(lab.log(1)).toEqual([1, 2, 3]);
    expect(lab.all('acknowledged')).toHaveLength(3);
  });
});

describe('a batch of an idempotent producer', () => {
  const first = { producerId: 7, producerEpoch: 0, baseSequence: 0 };

  it('that was appended before is answered with its offsets, and not appended again', () => {
    const lab = labWithLeader();
    const batch = lab.batch(2, first);
    const original = lab.awaitReply<ProduceResponse>(lab.produce(1, 1, batch));
    const again = lab.awaitReply<ProduceResponse>(lab.produce(1, 1, batch));
    expect(again.partitions[0]).toEqual(original.partitions[0]);
    expect(lab.log(1)).toEqual([1, 2]);
    expect(lab.all('deduplicated')).toEqual([{ baseOffset: 0, producerId: 7, baseSequence: 0 }]);
  });

  it('that repeats one which is not replicated yet is acknowledged only when that is (acks=all)', () => {
    const lab = labWithLeader();
    const batch = lab.batch(1, first);
    lab.produce(1, -1, batch);
    lab.pass(SECOND);
    const again = lab.produce(1, -1, batch, { lane: 5 });
    lab.pass(SECOND);
    expect(lab.reply(again)).toBeUndefined();
    replicate(lab, 1);
    expect(lab.produceError(again)).toBe(KafkaError.NONE);
  });

  it('that leaves a gap is refused, and one of an older epoch too', () => {
    const lab = labWithLeader();
    expect(lab.produceError(lab.produce(1, 1, lab.batch(1, { ...first, producerEpoch: 1 })))).toBe(KafkaError.NONE);
    const gap = lab.batch(1, { producerId: 7, producerEpoch: 1, baseSequence: 2 });
    expect(lab.produceError(lab.produce(1, 1, gap))).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    const old = lab.batch(1, { producerId: 7, producerEpoch: 0, baseSequence: 1 });
    expect(lab.produceError(lab.produce(1, 1, old))).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
    expect(lab.log(1)).toHaveLength(1);
  });
});
