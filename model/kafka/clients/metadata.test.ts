import { describe, expect, it } from 'vitest';
import { createStream } from '../../kernel/random.js';
import { KafkaError } from '../protocol/errors.js';
import { Api, RESPONSE, type MetadataResponse } from '../protocol/messages.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import type { PartitionTable } from './api.js';
import { Metadata, type MetadataRules } from './metadata.js';
import { Lab } from './testing/lab.js';
import { answer, drop, refuse } from './testing/scripted-broker.js';

const SECOND = 1000;
const MILLI = 1000;
const table = { topicOf: [0, 0], indexOf: [0, 1], partitionsOf: [[0, 1]], initialCounts: [2] };
const settings = { 'metadata.max.age.ms': 300_000, 'retry.backoff.ms': 100, 'retry.backoff.max.ms': 1000 };

type Row = readonly [leader: number, leaderEpoch: number, error?: number];

function response(brokers: number[], rows: readonly Row[]): MetadataResponse {
  const partitions = rows.map(([leader, leaderEpoch, error = 0], partition) => ({
    partition,
    error,
    leader,
    leaderEpoch,
    replicas: brokers,
    isr: brokers,
  }));
  return { kind: Api.metadata + RESPONSE, bytes: 100, correlationId: 1, brokers, partitions };
}

function cache(
  rules: MetadataRules = resolveRules('3.9'),
  partitions: PartitionTable = table,
): {
  metadata: Metadata;
  learnt: string[];
  update: (rows: readonly Row[], now: number, brokers?: number[]) => void;
} {
  const learnt: string[] = [];
  const metadata = new Metadata(partitions, [1, 2, 3], settings, rules, createStream('seed', 'metadata'), {
    onLeaderLearnt: (partition, leader, leaderEpoch) => learnt.push(`${partition}: ${leader} in ${leaderEpoch}`),
  });
  metadata.addTopic(0);
  const update = (rows: readonly Row[], now: number, brokers = [1, 2, 3]) =>
    metadata.update(metadata.ask(now), response(brokers, rows), now);
  return { metadata, learnt, update };
}

describe('what a client believes', () => {
  it('is what the last answer said', () => {
    const { metadata, learnt, update } = cache();
    update(
      [
        [1, 4],
        [2, 0],
      ],
      0,
    );
    expect([metadata.leaderOf(0), metadata.leaderEpochOf(0), metadata.leaderOf(1)]).toEqual([1, 4, 2]);
    expect(learnt).toEqual(['0: 1 in 4', '1: 2 in 0']);
  });

  it('before 2.2 is what the last answer said, whatever its leader epoch', () => {
    const { metadata, update } = cache({ ...resolveRules('3.9'), metadataEpochs: false });
    update(
      [
        [1, 4],
        [2, 0],
      ],
      0,
    );
    metadata.sawEpoch(0, 9);
    expect(metadata.currentLeaderOf(0)).toBe(1);
    update(
      [
        [3, 2],
        [2, 0],
      ],
      SECOND,
    );
    expect([metadata.leaderOf(0), metadata.currentLeaderOf(0)]).toEqual([3, 3]);
  });

  it('is not shaken by an answer with an older leader epoch', () => {
    const { metadata, learnt, update } = cache();
    update(
      [
        [1, 4],
        [2, 1],
      ],
      0,
    );
    update(
      [
        [3, 3],
        [2, 1],
      ],
      1_000_000,
    );
    expect([metadata.leaderOf(0), metadata.leaderEpochOf(0)]).toEqual([1, 4]);
    expect(learnt).toHaveLength(2);
  });

  it('has no leader for a partition whose leader is not alive, and asks again', () => {
    const { metadata, update } = cache();
    update(
      [
        [-1, 5, KafkaError.LEADER_NOT_AVAILABLE],
        [2, 0],
      ],
      0,
      [2, 3],
    );
    expect(metadata.leaderOf(0)).toBe(-1);
    expect(metadata.leaderEpochOf(0)).toBe(5);
    expect(metadata.nextUpdateAt(10_000_000)).toBeLessThanOrEqual(10_000_000);
  });

  it('adopts a leader named in a produce or fetch response if its epoch is newer (KIP-951)', () => {
    const { metadata, update } = cache();
    update(
      [
        [1, 4],
        [2, 1],
      ],
      0,
    );
    expect(metadata.adoptLeader(0, 2, 4)).toBe(false);
    expect(metadata.adoptLeader(0, -1, -1)).toBe(false);
    expect(metadata.adoptLeader(0, 3, 5)).toBe(true);
    expect([metadata.leaderOf(0), metadata.leaderEpochOf(0)]).toEqual([3, 5]);
  });

  it('has no current leader while a newer epoch than the leader’s was seen', () => {
    const { metadata, update } = cache();
    update(
      [
        [1, 4],
        [2, 1],
      ],
      0,
    );
    metadata.sawEpoch(0, 6);
    expect([metadata.leaderOf(0), metadata.currentLeaderOf(0)]).toEqual([1, -1]);
    update(
      [
        [2, 6],
        [2, 1],
      ],
      1_000_000,
    );
    expect(metadata.currentLeaderOf(0)).toBe(2);
  });

  it('forgets a topic that an answer does not know any more', () => {
    const { metadata, update } = cache();
    update(
      [
        [1, 4],
        [2, 1],
      ],
      0,
    );
    expect(metadata.knowsTopic(0)).toBe(true);
    metadata.requestUpdate();
    update(
      [
        [-1, -1, KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
        [-1, -1, KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
      ],
      1_000_000,
    );
    expect([metadata.knowsTopic(0), metadata.leaderOf(0)]).toEqual([false, -1]);
  });
});

describe('metadata is asked for again', () => {
  it('after metadata.max.age.ms, and not before', () => {
    const { metadata, update } = cache();
    metadata.requestUpdate();
    update(
      [
        [1, 0],
        [2, 0],
      ],
      5_000_000,
    );
    expect(metadata.nextUpdateAt(6_000_000)).toBe(5_000_000 + 300_000 * MILLI);
  });

  it('not sooner than retry.backoff.ms after the last answer', () => {
    const { metadata, update } = cache();
    update(
      [
        [1, 0],
        [2, 0],
      ],
      1_000_000,
    );
    metadata.requestUpdate();
    const wait = metadata.nextUpdateAt(1_000_001) - 1_000_000;
    expect(wait).toBeGreaterThanOrEqual(80 * MILLI);
    expect(wait).toBeLessThanOrEqual(120 * MILLI);
  });

  it('with growing backoff while requests fail, and while answers bring nothing new', () => {
    const { metadata, update } = cache();
    metadata.failedUpdate(0);
    metadata.failedUpdate(0);
    metadata.failedUpdate(0);
    expect(metadata.nextUpdateAt(0)).toBeGreaterThanOrEqual(320 * MILLI);
    update(
      [
        [1, 0],
        [2, 0],
      ],
      0,
    );
    for (let i = 0; i < 4; i++) {
      metadata.requestUpdate();
      update(
        [
          [1, 0],
          [2, 0],
        ],
        0,
      );
    }
    metadata.requestUpdate();
    expect(metadata.nextUpdateAt(0)).toBeGreaterThanOrEqual(640 * MILLI);
    update(
      [
        [1, 1],
        [2, 0],
      ],
      0,
    );
    metadata.requestUpdate();
    expect(metadata.nextUpdateAt(0)).toBeLessThanOrEqual(120 * MILLI);
  });

  it('at once for a new topic, and only for that', () => {
    const lab = new Lab({ topics: [1, 1] });
    const p = lab.producer();
    lab.send(p, [1]);
    lab.pass(1 * SECOND);
    lab.broker(1).requests.length = 0;
    lab.send(p, [2], 'k', 1);
    lab.pass(10);
    expect(lab.broker(1).requestsOf(Api.metadata)).toMatchObject([{ topics: [1] }]);
    lab.pass(100);
    expect(lab.log.send(2).outcome).toBe('ok');
  });
});

describe('a producer whose metadata is stale', () => {
  function moved(settings: Parameters<Lab['producer']>[0] = {}): { lab: Lab; p: number; asked: () => number } {
    const lab = new Lab({ brokers: 2 });
    const p = lab.producer({ 'enable.idempotence': false, ...settings });
    lab.pass(100);
    lab.send(p, [0]);
    lab.pass(1 * SECOND);
    lab.cluster.moveLeader(0, 2);
    lab.broker(1).requests.length = 0;
    lab.broker(2).requests.length = 0;
    const asked = () => lab.broker(1).requestsOf(Api.metadata).length + lab.broker(2).requestsOf(Api.metadata).length;
    return { lab, p, asked };
  }

  it('does not learn of a new leader by itself', () => {
    const { lab, asked } = moved();
    lab.pass(30 * SECOND);
    expect(asked()).toBe(0);
  });

  it('learns of it when the old one says NOT_LEADER_OR_FOLLOWER', () => {
    const { lab, p, asked } = moved();
    lab.send(p, [1]);
    lab.pass(2 * SECOND);
    expect(asked()).toBeGreaterThan(0);
    expect(lab.log.send(1).outcome).toBe('ok');
    expect(lab.broker(2).requestsOf(Api.produce)).toHaveLength(1);
  });

  it('keeps writing to the old one as long as that one takes it', () => {
    const { lab, p, asked } = moved();
    // Deposed, and it does not know: it still acknowledges (acks=1 behaviour of a leader that is cut off).
    lab.script = ({ kind }, { host }) => (kind === Api.produce && host.id === 1 ? refuse(KafkaError.NONE) : answer);
    for (let value = 1; value <= 3; value++) {
      lab.send(p, [value]);
      lab.pass(1 * SECOND);
    }
    expect(asked()).toBe(0);
    expect(lab.broker(1).requestsOf(Api.produce)).toHaveLength(3);
  });

  it('asks after a broken connection', () => {
    const { lab, asked } = moved();
    lab.broker(1).reset();
    lab.pass(1 * SECOND);
    expect(asked()).toBe(1);
    expect(lab.probed('leader-learnt').at(-1)).toBe('0 2 1 0 0');
  });

  it('asks when metadata.max.age.ms has passed', () => {
    const { lab, asked } = moved({ 'metadata.max.age.ms': 3000 });
    lab.pass(4 * SECOND);
    expect(asked()).toBe(1);
  });

  it('asks on and on while there is data for a partition without leader', () => {
    const { lab, p, asked } = moved();
    lab.cluster.alive = [1];
    lab.send(p, [1]);
    lab.pass(5 * SECOND);
    expect(asked()).toBeGreaterThan(3);
    expect(asked()).toBeLessThan(15);
    lab.cluster.alive = [1, 2];
    lab.pass(2 * SECOND);
    expect(lab.log.send(1).outcome).toBe('ok');
  });

  it('has one request under way at a time, and asks another broker when one fails', () => {
    const { lab, asked } = moved();
    let first = true;
    lab.script = ({ kind }) => {
      if (kind !== Api.metadata || !first) return answer;
      first = false;
      return drop;
    };
    lab.broker(1).reset();
    lab.pass(2 * SECOND);
    expect(asked()).toBe(2);
  });
});

describe('a client all of whose brokers are down', () => {
  function trapped(settings: Parameters<Lab['producer']>[0]): Lab {
    const lab = new Lab({ brokers: 2, topics: [2] });
    const p = lab.producer({ 'enable.idempotence': false, ...settings });
    lab.sendToPartition(p, 1, [0]);
    lab.pass(1 * SECOND);
    // Broker 1 is fenced when metadata is asked for; then it is back, and broker 2 is gone.
    lab.cluster.alive = [2];
    lab.broker(1).reset();
    lab.pass(1 * SECOND);
    lab.cluster.alive = [1];
    lab.cluster.moveLeader(1, 1);
    lab.world.kill(2);
    lab.sendToPartition(p, 1, [1]);
    lab.pass(60 * SECOND);
    return lab;
  }

  it('does not find the others by itself (metadata.recovery.strategy=none), until one that it knows is back', () => {
    const lab = trapped({});
    expect(lab.log.send(1).outcome).toBe('open');
    lab.world.start(2);
    lab.pass(5 * SECOND);
    expect(lab.log.send(1).outcome).toBe('ok');
  });

  it('begins again with bootstrap.servers if it is told to (KIP-899)', () => {
    const lab = trapped({ 'metadata.recovery.strategy': 'rebootstrap' });
    expect(lab.log.send(1).outcome).toBe('ok');
  });
});

describe('partitions that were added', () => {
  /** metadata.max.age.ms has passed. */
  const AGED = 300_000 * MILLI;
  const growing: PartitionTable = { ...table, initialCounts: [1] };

  it('are known once an answer names them', () => {
    const { metadata, update } = cache(resolveRules('3.9'), growing);
    update([[1, 0]], 0);
    expect(metadata.partitionsOf(0)).toEqual([0]);
    expect([metadata.knowsPartition(0, 0), metadata.knowsPartition(0, 1)]).toEqual([true, false]);
    update(
      [
        [1, 0],
        [2, 0],
      ],
      AGED,
    );
    expect(metadata.partitionsOf(0)).toEqual([0, 1]);
    expect([metadata.knowsPartition(0, 1), metadata.leaderOf(1)]).toEqual([true, 2]);
  });

  it('are known no longer after the answer of a broker that has not heard of them', () => {
    const { metadata, update } = cache(resolveRules('3.9'), growing);
    update(
      [
        [1, 0],
        [2, 0],
      ],
      0,
    );
    update([[1, 0]], AGED);
    expect(metadata.partitionsOf(0)).toEqual([0]);
    expect([metadata.knowsPartition(0, 1), metadata.leaderOf(1)]).toEqual([false, -1]);
  });
});
