import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  type InitProducerIdResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type MetadataRequest,
  type MetadataResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../protocol/messages.js';
import { Lab, labWithLeader, MILLI } from './testing/lab.js';

function offsets(lab: Lab, timestamp: number, currentLeaderEpoch = -1, replicaId = -1) {
  const partitions = [{ partition: 0, currentLeaderEpoch, timestamp }];
  const request: Omit<ListOffsetsRequest, 'correlationId' | 'bytes'> = { kind: Api.listOffsets, replicaId, partitions };
  return lab.awaitReply<ListOffsetsResponse>(lab.send(lab.clientMachine, 1, request)).partitions[0];
}

function metadata(lab: Lab): MetadataResponse {
  const request: Omit<MetadataRequest, 'correlationId' | 'bytes'> = { kind: Api.metadata, topics: null };
  return lab.awaitReply<MetadataResponse>(lab.send(lab.clientMachine, 1, request));
}

describe('metadata', () => {
  it('names the living brokers, and each partition with its leader and epoch', () => {
    const lab = labWithLeader();
    lab.fence(3);
    lab.awaitMetadata(1);
    expect(metadata(lab)).toMatchObject({
      brokers: [1, 2],
      partitions: [{ partition: 0, error: 0, leader: 1, leaderEpoch: 0, replicas: [1, 2, 3], isr: [1, 2, 3] }],
    });
  });

  it('says LEADER_NOT_AVAILABLE where there is none, and does not know what was not created', () => {
    const lab = new Lab();
    lab.awaitBrokers();
    expect(metadata(lab).partitions[0]).toMatchObject({ error: KafkaError.UNKNOWN_TOPIC_OR_PARTITION, leader: -1 });
    lab.createOrders(1);
    lab.decide({ leader: -1 });
    lab.awaitMetadata(1);
    expect(metadata(lab).partitions[0]).toMatchObject({ error: KafkaError.LEADER_NOT_AVAILABLE, leaderEpoch: 1 });
  });

  it('is as old as the cache of the broker that answers', () => {
    const lab = labWithLeader();
    lab.script.withheld.add(1);
    lab.decide({ leader: 2 });
    lab.pass(500 * MILLI);
    expect(metadata(lab).partitions[0]).toMatchObject({ leader: 1, leaderEpoch: 0 });
  });
});

describe('the latest offset', () => {
  it('is the high watermark for a client, and the log end for a follower', () => {
    const lab = labWithLeader({ brokers: 2 });
    for (let i = 0; i < 3; i++) lab.awaitReply(lab.produce(1, 1));
    lab.fetched(2, 1, 2);
    expect(offsets(lab, LATEST_TIMESTAMP)).toEqual({ partition: 0, error: 0, offset: 2, leaderEpoch: 0 });
    expect(offsets(lab, LATEST_TIMESTAMP, 0, 2)).toMatchObject({ offset: 3 });
    expect(offsets(lab, EARLIEST_TIMESTAMP)).toEqual({ partition: 0, error: 0, offset: 0, leaderEpoch: 0 });
  });

  it('is not available until a new leader has committed up to the start of its epoch (KIP-207)', () => {
    const lab = labWithLeader({ brokers: 2 });
    lab.awaitReply(lab.produce(1, 1));
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(offsets(lab, LATEST_TIMESTAMP).error).toBe(KafkaError.OFFSET_NOT_AVAILABLE);
    expect(offsets(lab, LATEST_TIMESTAMP, 1, 2)).toMatchObject({ error: 0, offset: 1 });
    lab.fetched(2, 1, 1);
    expect(offsets(lab, LATEST_TIMESTAMP)).toMatchObject({ error: 0, offset: 1, leaderEpoch: 1 });
  });

  it('is refused by leader epoch, and by who does not lead', () => {
    const lab = labWithLeader();
    expect(offsets(lab, LATEST_TIMESTAMP, 3).error).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
    lab.decide({ leader: 2 });
    lab.awaitMetadata(1);
    expect(offsets(lab, LATEST_TIMESTAMP, 0).error).toBe(KafkaError.FENCED_LEADER_EPOCH);
    expect(offsets(lab, LATEST_TIMESTAMP, 1).error).toBe(KafkaError.NOT_LEADER_OR_FOLLOWER);
  });
});

describe('the end of a leader epoch', () => {
  function endOf(lab: Lab, leaderEpoch: number, currentLeaderEpoch = -1) {
    const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }];
    const request: Omit<OffsetForLeaderEpochRequest, 'correlationId' | 'bytes'> = {
      kind: Api.offsetForLeaderEpoch,
      namesEpoch: true,
      replicaId: -1,
      partitions,
    };
    return lab.awaitReply<OffsetForLeaderEpochResponse>(lab.send(lab.clientMachine, 1, request)).partitions[0];
  }

  it('is told by the leader, in its own epoch alone (KIP-320)', () => {
    const lab = labWithLeader();
    for (let i = 0; i < 2; i++) lab.awaitReply(lab.produce(1, 1));
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    lab.awaitReply(lab.produce(1, 1));
    expect(endOf(lab, 0, 1)).toEqual({ partition: 0, error: 0, leaderEpoch: 0, endOffset: 2 });
    expect(endOf(lab, 1, 1)).toEqual({ partition: 0, error: 0, leaderEpoch: 1, endOffset: 3 });
    expect(endOf(lab, 5, 1)).toEqual({ partition: 0, error: 0, leaderEpoch: -1, endOffset: -1 });
    expect(endOf(lab, 0, 0).error).toBe(KafkaError.FENCED_LEADER_EPOCH);
    expect(endOf(lab, 0, 2).error).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
  });
});

describe('a producer id', () => {
  const ask = (lab: Lab): InitProducerIdResponse =>
    lab.awaitReply(lab.send(lab.clientMachine, 1, { kind: Api.initProducerId }));

  it('comes from a block of the controller; before that producers are told to ask again', () => {
    const lab = labWithLeader();
    expect(ask(lab)).toMatchObject({ error: KafkaError.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 });
    lab.pass(100 * MILLI);
    expect(ask(lab)).toMatchObject({ error: 0, producerId: 0, producerEpoch: 0 });
    expect(ask(lab)).toMatchObject({ error: 0, producerId: 1 });
  });

  it('is never given twice, also where one block ends and the next begins', () => {
    const lab = labWithLeader();
    ask(lab);
    lab.pass(100 * MILLI);
    const ids = Array.from({ length: 2500 }, () => ask(lab)).filter(({ error }) => error === 0);
    expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(ids.length);
    // The next block is asked for before the last is used up.
    expect(ids).toHaveLength(2500);
  });

  it('is asked for again when the controller does not answer', () => {
    const lab = labWithLeader();
    lab.script.giveProducerIds = false;
    ask(lab);
    lab.until('the block is asked for', () => lab.controller.inbox.length === 1);
    lab.controller.inbox[0].connection.reset();
    lab.script.giveProducerIds = true;
    lab.pass(500 * MILLI);
    expect(ask(lab).error).toBe(KafkaError.NONE);
  });
});
