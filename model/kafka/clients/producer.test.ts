import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type ProduceRequest } from '../protocol/messages.js';
import type { ProducerClient } from './producer.js';
import { Lab } from './testing/lab.js';
import { answer, drop, hold, lose, refuse, type Act, type Script } from './testing/scripted-broker.js';

const plain = { 'enable.idempotence': false } as const;
const SECOND = 1000;

/** Plays these acts for the first produce requests, one each; the rest are answered. */
function produceActs(...acts: Act[]): Script {
  return ({ kind }) => (kind === Api.produce ? (acts.shift() ?? answer) : answer);
}

/** A producer that has its metadata, its producer id and a connection to every leader, and a log that is empty. */
function ready(
  settings: Parameters<Lab['producer']>[0],
  options: ConstructorParameters<typeof Lab>[0] = {},
): { lab: Lab; p: number } {
  const lab = new Lab(options);
  const p = lab.producer(settings);
  lab.pass(100);
  lab.sendToPartition(p, 0, [-1]);
  lab.pass(1 * SECOND);
  lab.log.operations.length = 0;
  lab.probes.length = 0;
  lab.cluster.partition(0).log.length = 0;
  return { lab, p };
}

describe('what a producer is told', () => {
  it('is the offset of each record of a batch', () => {
    const { lab, p } = ready(plain);
    lab.send(p, [1, 2, 3]);
    lab.pass(1 * SECOND);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@1', 'ok@2']);
    expect(lab.cluster.partition(0).log).toHaveLength(1);
  });

  it('is ok at once with acks=0, without an offset, when the request was written', () => {
    const { lab, p } = ready({ ...plain, acks: 0 });
    lab.script = produceActs(drop);
    lab.send(p, [1]);
    lab.pass(1);
    expect(lab.log.sends()).toEqual(['ok@-1']);
    lab.pass(1 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([]);
  });

  it('is fail, with nothing sent, for a record larger than max.request.size', () => {
    const { lab, p } = ready({ ...plain, 'max.request.size': 1000 }, { recordBytes: 2000 });
    lab.send(p, [1]);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'fail', error: 'RecordTooLargeException' });
  });

  it('is told to a listener too', () => {
    const { lab, p } = ready(plain);
    const { told } = lab;
    told.length = 0;
    const producer = lab.process(p) as ProducerClient;
    lab.send(p, [7]);
    expect(producer.openSends).toBe(1);
    lab.pass(1 * SECOND);
    expect(told).toEqual([[7, 0, 'ok', 0]]);
    expect(producer.openSends).toBe(0);
  });
});

describe('without idempotence', () => {
  it('a batch that is refused and retried is appended behind one that was sent after it', () => {
    const { lab, p } = ready(plain);
    lab.script = produceActs(hold);
    lab.send(p, [1]);
    lab.pass(20);
    lab.send(p, [2]);
    lab.pass(20);
    lab.broker(1).release(KafkaError.NOT_ENOUGH_REPLICAS);
    lab.pass(1 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([2, 1]);
    expect(lab.log.sends()).toEqual(['ok@1', 'ok@0']);
  });

  it('a batch whose answer is lost is appended twice', () => {
    const { lab, p } = ready(plain);
    lab.script = produceActs(lose);
    lab.send(p, [1]);
    lab.pass(2 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([1, 1]);
    expect(lab.log.sends()).toEqual(['ok@1']);
  });

  it.each([KafkaError.REQUEST_TIMED_OUT, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND])(
    'a batch that was appended and answered with error %i is appended again',
    (error) => {
      const { lab, p } = ready(plain);
      lab.script = produceActs({ kind: 'append-then-error', error });
      lab.send(p, [1]);
      lab.pass(2 * SECOND);
      expect(lab.cluster.partition(0).values).toEqual([1, 1]);
    },
  );

  it('one request in flight keeps the order: the partition is muted until its batch is answered', () => {
    const { lab, p } = ready({ ...plain, 'max.in.flight.requests.per.connection': 1 });
    lab.script = produceActs(refuse(KafkaError.NOT_ENOUGH_REPLICAS), refuse(KafkaError.NOT_ENOUGH_REPLICAS));
    for (const value of [1, 2, 3]) {
      lab.send(p, [value]);
      lab.pass(20);
    }
    lab.pass(2 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([1, 2, 3]);
    expect(lab.probed('batch-retried')).toHaveLength(2);
  });

  it('a retry names the first and the last record of its batch', () => {
    const { lab, p } = ready({ ...plain, 'linger.ms': 50 });
    lab.script = produceActs(refuse(KafkaError.NOT_ENOUGH_REPLICAS));
    lab.send(p, [4, 5, 9]);
    lab.pass(2 * SECOND);
    const retried = lab.probed('batch-retried').map((line) => line.split(' ').slice(1, 5).join(' '));
    expect(retried).toEqual([`${KafkaError.NOT_ENOUGH_REPLICAS} 4 9 1`]);
    expect(lab.cluster.partition(0).values).toEqual([4, 5, 9]);
  });

  it('a batch that the old leader does not answer is overtaken by a later one to the new leader', () => {
    const { lab, p } = ready(
      { ...plain, 'request.timeout.ms': 5000, 'metadata.max.age.ms': 2000 },
      { brokers: 2, topics: [2] },
    );
    // A connection to broker 2 as well: metadata goes to the least loaded of those that are connected.
    lab.sendToPartition(p, 1, [0]);
    lab.pass(100);
    lab.script = ({ kind }, broker) => (kind === Api.produce && broker.host.id === 1 ? hold : answer);
    lab.sendToPartition(p, 0, [1]);
    lab.pass(20);
    lab.cluster.moveLeader(0, 2);
    lab.pass(3 * SECOND);
    lab.sendToPartition(p, 0, [2]);
    lab.pass(1 * SECOND);
    expect([lab.log.send(1).outcome, lab.log.send(2).outcome]).toEqual(['open', 'ok']);
    lab.pass(5 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([2, 1]);
  });
});

describe('retries', () => {
  it('stop after `retries` of them', () => {
    const { lab, p } = ready({ ...plain, retries: 2 });
    lab.script = ({ kind }) => (kind === Api.produce ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer);
    lab.send(p, [1]);
    lab.pass(5 * SECOND);
    expect(lab.probed('batch-sent')).toHaveLength(3);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'fail', error: 'NOT_ENOUGH_REPLICAS' });
  });

  it('back off by retry.backoff.ms, doubling', () => {
    const { lab, p } = ready(plain);
    const sentAt: number[] = [];
    lab.script = ({ kind }) => {
      if (kind !== Api.produce) return answer;
      sentAt.push(lab.world.now / 1000);
      return sentAt.length < 5 ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer;
    };
    lab.send(p, [1]);
    lab.pass(5 * SECOND);
    const waits = sentAt.slice(1).map((at, i) => at - sentAt[i]!);
    for (const [i, expected] of [100, 200, 400, 800].entries()) {
      expect(waits[i]).toBeGreaterThan(expected * 0.8);
      expect(waits[i]).toBeLessThan(expected * 1.2 + 50);
    }
  });

  it('do not back off once a newer leader is known, which the refusal itself may name (KIP-951)', () => {
    const { lab, p } = ready({ ...plain, 'retry.backoff.ms': 5000, 'retry.backoff.max.ms': 5000 }, { brokers: 2 });
    lab.sendToPartition(p, 0, [9]);
    lab.pass(100);
    lab.cluster.moveLeader(0, 2);
    lab.script = produceActs({ kind: 'error', error: KafkaError.NOT_LEADER_OR_FOLLOWER, hint: true });
    lab.send(p, [1]);
    lab.pass(300);
    expect(lab.log.send(1).outcome).toBe('ok');
    expect(lab.probed('leader-learnt')).toEqual(['0 2 1 0 0']);
  });

  it('back off all the same before KIP-951 (3.7), and by the same time each before KIP-580 (3.7)', () => {
    const rules = { leaderHints: false, retryBackoff: 'fixed' } as const;
    const { lab, p } = ready({ ...plain, 'retry.backoff.ms': 500 }, { brokers: 2, rules });
    const sentAt: number[] = [];
    lab.script = ({ kind }) => {
      if (kind !== Api.produce) return answer;
      sentAt.push(lab.world.now / 1000);
      return sentAt.length < 4 ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer;
    };
    lab.send(p, [1]);
    lab.pass(100);
    lab.cluster.moveLeader(0, 2);
    lab.pass(5 * SECOND);
    for (const [i, at] of sentAt.slice(1).entries()) {
      expect(at - sentAt[i]!).toBeGreaterThanOrEqual(500);
      expect(at - sentAt[i]!).toBeLessThan(550);
    }
    expect(lab.log.send(1).outcome).toBe('ok');
  });

  it('are not made for errors that a retry cannot mend', () => {
    const { lab, p } = ready(plain);
    lab.script = produceActs(refuse(KafkaError.INVALID_RECORD));
    lab.send(p, [1]);
    lab.pass(1 * SECOND);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'fail', error: 'INVALID_RECORD' });
  });

  it('split a batch that is too large for the broker, in order, without counting an attempt', () => {
    const { lab, p } = ready({ ...plain, retries: 0, 'linger.ms': 50, 'batch.size': 500 });
    const tooLarge: Script = ({ kind, ...request }) =>
      kind === Api.produce && (request as ProduceRequest).partitions[0]!.batch.records.length > 4
        ? refuse(KafkaError.MESSAGE_TOO_LARGE)
        : answer;
    lab.script = tooLarge;
    lab.send(p, [1, 2, 3, 4, 5, 6]);
    lab.pass(1 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([1, 2, 3, 4, 5, 6]);
    expect(lab.probed('batch-retried')).toEqual([]);
  });
});

describe('a send that ends without an answer that says ok', () => {
  const short = { ...plain, 'delivery.timeout.ms': 3000, 'request.timeout.ms': 1000 } as const;

  it('is fail if the batch was never written to a socket', () => {
    const lab = new Lab();
    const p = lab.producer(short);
    lab.send(p, [0]);
    lab.pass(500);
    lab.world.kill(1);
    lab.pass(10);
    lab.send(p, [1]);
    lab.pass(4 * SECOND);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'fail', error: 'TimeoutException: delivery.timeout.ms' });
    expect(lab.probed('batch-expired')).toEqual(['0 1 -1 0 0']);
  });

  it('is fail if every attempt was refused by name before the append', () => {
    const { lab, p } = ready(short);
    lab.script = ({ kind }) => (kind === Api.produce ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer);
    lab.send(p, [1]);
    lab.pass(4 * SECOND);
    expect(lab.log.send(1).outcome).toBe('fail');
  });

  it('is info if one attempt among refusals got no answer', () => {
    const { lab, p } = ready(short);
    const acts: Act[] = [refuse(KafkaError.NOT_ENOUGH_REPLICAS), lose];
    lab.script = ({ kind }) =>
      kind === Api.produce ? (acts.shift() ?? refuse(KafkaError.NOT_ENOUGH_REPLICAS)) : answer;
    lab.send(p, [1]);
    lab.pass(4 * SECOND);
    expect(lab.log.send(1).outcome).toBe('info');
    expect(lab.cluster.partition(0).values).toEqual([1]);
  });

  it('is info if the batch expires in flight: it may yet be appended', () => {
    const { lab, p } = ready({ ...short, 'request.timeout.ms': 3000 });
    lab.script = produceActs(hold);
    lab.send(p, [1]);
    lab.pass(2999);
    expect(lab.log.sends()).toEqual(['open']);
    lab.pass(2);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'info', error: 'TimeoutException: delivery.timeout.ms' });
    expect(lab.probed('batch-expired')).toEqual(['0 1 -1 1 0']);
    lab.broker(1).release();
    expect(lab.cluster.partition(0).values).toEqual([1]);
  });

  it('is info after NOT_LEADER_OR_FOLLOWER with acks=all, which may come after the append; fail with acks=1', () => {
    for (const [acks, outcome] of [
      [-1, 'info'],
      [1, 'fail'],
    ] as const) {
      const { lab, p } = ready({ ...plain, acks, retries: 0 });
      lab.script = produceActs(refuse(KafkaError.NOT_LEADER_OR_FOLLOWER));
      lab.send(p, [1]);
      lab.pass(1 * SECOND);
      expect(lab.log.send(1).outcome).toBe(outcome);
    }
  });

  it('stays open when the process dies, and the process that follows begins another session', () => {
    const { lab, p } = ready({});
    lab.script = produceActs(hold);
    lab.send(p, [1]);
    lab.pass(100);
    lab.world.kill(p);
    lab.world.start(p);
    lab.script = () => answer;
    lab.pass(100);
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    expect(lab.log.sends()).toEqual(['open', 'ok@0']);
    expect(lab.log.send(2).session).toBe(lab.log.send(1).session + 1);
    expect(lab.probed('producer-id-learnt')).toEqual(['-1 1001 0 0 0']);
  });
});

describe('batches', () => {
  it('wait for linger.ms, unless they are full', () => {
    const { lab, p } = ready({ ...plain, 'linger.ms': 100, 'batch.size': 61 + 300 });
    lab.send(p, [1, 2]);
    lab.pass(90);
    expect(lab.probed('batch-sent')).toEqual([]);
    lab.pass(20);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@1']);
    lab.send(p, [3, 4, 5]);
    lab.pass(50);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@1', 'ok@2', 'ok@3', 'ok@4']);
  });

  it('of several partitions go to their leader in one request, at most one of each', () => {
    const { lab, p } = ready({ ...plain, 'linger.ms': 20 }, { brokers: 2, topics: [4] });
    for (let partition = 0; partition < 4; partition++) lab.sendToPartition(p, partition, [partition]);
    lab.pass(1 * SECOND);
    lab.broker(1).requests.length = 0;
    for (let partition = 0; partition < 4; partition++) lab.sendToPartition(p, partition, [10 + partition]);
    lab.pass(1 * SECOND);
    const [request, ...more] = lab.broker(1).requestsOf<ProduceRequest>(Api.produce);
    expect(request!.partitions.map(({ partition }) => partition)).toEqual([0, 2]);
    expect(more).toEqual([]);
  });

  it('fill a request only up to max.request.size', () => {
    const { lab, p } = ready({ ...plain, 'linger.ms': 20, 'max.request.size': 400 }, { topics: [4] });
    for (let partition = 0; partition < 4; partition++) lab.sendToPartition(p, partition, [partition]);
    lab.pass(1 * SECOND);
    const sizes = lab
      .broker(1)
      .requestsOf<ProduceRequest>(Api.produce)
      .map(({ partitions }) => partitions.length);
    expect(sizes.slice(1)).toEqual([2, 2]);
  });
});

describe('a call of send that blocks', () => {
  it('for metadata fails after max.block.ms, and nothing was sent', () => {
    const lab = new Lab();
    lab.world.net.refuse(1, true);
    const p = lab.producer({ 'max.block.ms': 2000 });
    lab.send(p, [1]);
    lab.pass(1990);
    expect(lab.log.sends()).toEqual(['open']);
    lab.pass(20);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'fail', error: 'TimeoutException: max.block.ms' });
  });

  it('for memory fails after max.block.ms when buffer.memory stays exhausted', () => {
    const { lab, p } = ready({ ...plain, 'buffer.memory': 400, 'batch.size': 100, 'max.block.ms': 500 });
    lab.script = ({ kind }) => (kind === Api.produce ? hold : answer);
    lab.send(p, [1, 2]);
    lab.pass(10);
    lab.send(p, [3]);
    lab.pass(600);
    expect(lab.log.sends()).toEqual(['open', 'open', 'fail']);
    expect(lab.log.send(3).error).toBe('BufferExhaustedException');
  });

  it('proceeds in the order of calls when memory is released', () => {
    const { lab, p } = ready({ ...plain, 'buffer.memory': 400, 'batch.size': 100 });
    lab.script = produceActs(hold);
    lab.send(p, [1, 2, 3, 4, 5]);
    lab.pass(100);
    expect(lab.log.sends()).toEqual(['open', 'open', 'open', 'open', 'open']);
    lab.broker(1).release();
    lab.pass(1 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([1, 2, 3, 4, 5]);
  });

  it('for metadata proceeds when a broker answers', () => {
    const lab = new Lab();
    lab.world.net.refuse(1, true);
    const p = lab.producer({});
    lab.send(p, [1, 2]);
    lab.pass(5 * SECOND);
    lab.world.net.refuse(1, false);
    lab.pass(3 * SECOND);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@1']);
  });
});
