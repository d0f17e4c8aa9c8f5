import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type ProduceRequest } from '../protocol/messages.js';
import { Lab } from './testing/lab.js';
import { answer, hold, lose, refuse, type Act, type Script } from './testing/scripted-broker.js';

const SECOND = 1000;

function produceActs(...acts: Act[]): Script {
  return ({ kind }) => (kind === Api.produce ? (acts.shift() ?? answer) : answer);
}

/** An idempotent producer with id 1000 that has sent and forgotten nothing; a leader that knows nothing of it yet. */
function ready(
  settings: Parameters<Lab['producer']>[0] = {},
  options: ConstructorParameters<typeof Lab>[0] = {},
): { lab: Lab; p: number } {
  const lab = new Lab(options);
  const p = lab.producer(settings);
  // Metadata, producer id and connection are there, no sequence was used yet.
  lab.script = ({ kind }) => (kind === Api.produce ? refuse(KafkaError.INVALID_RECORD) : answer);
  lab.pass(1 * SECOND);
  lab.script = () => answer;
  return { lab, p };
}

function sent(lab: Lab, broker = 1): string[] {
  return lab
    .broker(broker)
    .requestsOf<ProduceRequest>(Api.produce)
    .flatMap(({ partitions }) =>
      partitions.map(
        ({ batch }) =>
          `${batch.producerId}/${batch.producerEpoch} seq ${batch.baseSequence}: ${batch.records.map(({ value }) => value).join(' ')}`,
      ),
    );
}

describe('an idempotent producer', () => {
  it('asks for an id before its first batch, and numbers its records by partition', () => {
    const { lab, p } = ready({}, { topics: [2] });
    lab.sendToPartition(p, 0, [1, 2]);
    lab.pass(100);
    lab.sendToPartition(p, 0, [3]);
    lab.sendToPartition(p, 1, [4]);
    lab.pass(100);
    expect(sent(lab).toSorted()).toEqual(['1000/0 seq 0: 1 2', '1000/0 seq 0: 4', '1000/0 seq 2: 3']);
    expect(lab.probed('producer-id-learnt')).toEqual(['-1 1000 0 0 0']);
  });

  it('asks again, after a backoff, when the broker cannot give an id yet', () => {
    const lab = new Lab();
    const acts: Act[] = [refuse(14), { kind: 'drop' }];
    lab.script = ({ kind }) => (kind === Api.initProducerId ? (acts.shift() ?? answer) : answer);
    const p = lab.producer();
    lab.send(p, [1]);
    lab.pass(3 * SECOND);
    expect(lab.broker(1).requestsOf(Api.initProducerId)).toHaveLength(3);
    expect(lab.log.sends()).toEqual(['ok@0']);
  });

  it('lets nothing expire while it waits for an id; then it sends what is too old, and gives it up in the same moment', () => {
    const lab = new Lab();
    lab.script = ({ kind }) => (kind === Api.initProducerId ? refuse(14) : answer);
    const p = lab.producer({ 'delivery.timeout.ms': 2000, 'request.timeout.ms': 1000 });
    lab.send(p, [1]);
    lab.pass(5 * SECOND);
    expect(lab.log.sends()).toEqual(['open']);
    lab.script = () => answer;
    lab.pass(1 * SECOND);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'info', error: 'TimeoutException: delivery.timeout.ms' });
    expect(lab.cluster.partition(0).values).toEqual([1]);
  });

  it('fails everything after an error that says that it has been fenced', () => {
    const { lab, p } = ready();
    lab.script = produceActs(refuse(90));
    lab.send(p, [1]);
    lab.pass(100);
    lab.send(p, [2]);
    lab.pass(100);
    expect(lab.log.sends()).toEqual(['fail', 'fail']);
  });
});

describe('a retried batch of an idempotent producer', () => {
  it('keeps its sequence, so that the leader recognises what it has already', () => {
    const { lab, p } = ready();
    lab.script = produceActs(lose);
    lab.send(p, [1]);
    lab.pass(2 * SECOND);
    expect(sent(lab)).toEqual(['1000/0 seq 0: 1', '1000/0 seq 0: 1']);
    expect(lab.cluster.partition(0).values).toEqual([1]);
    expect(lab.log.sends()).toEqual(['ok@0']);
  });

  it('goes before those that were sent after it, one at a time, and order holds', () => {
    const { lab, p } = ready();
    lab.send(p, [0]);
    lab.pass(100);
    lab.script = produceActs(hold);
    for (const value of [1, 2, 3]) {
      lab.send(p, [value]);
      lab.pass(10);
    }
    // The first is refused; the two behind it in flight come out of order at the leader, and are refused for that.
    lab.broker(1).release(KafkaError.NOT_ENOUGH_REPLICAS);
    lab.pass(2 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([0, 1, 2, 3]);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@1', 'ok@2', 'ok@3']);
    expect(sent(lab).every((batch) => batch.startsWith('1000/0'))).toBe(true);
    const retried = lab.probed('batch-retried').map((line) => line.split(' ').slice(1, 3).join(' '));
    expect(retried).toEqual(['19 1', '45 2', '45 3']);
  });

  it('is answered with DUPLICATE_SEQUENCE_NUMBER by a leader that no longer knows its offset: ok, without one', () => {
    const { lab, p } = ready();
    lab.script = produceActs(refuse(KafkaError.DUPLICATE_SEQUENCE_NUMBER));
    lab.send(p, [1]);
    lab.pass(100);
    expect(lab.log.sends()).toEqual(['ok@-1']);
  });
});

describe('the epoch is bumped, and sequences start at 0 again', () => {
  it('when the batch whose turn it is is out of order: there is a gap in the log', () => {
    const { lab, p } = ready();
    lab.send(p, [1]);
    lab.pass(100);
    lab.send(p, [2]);
    lab.pass(100);
    // The new leader lost the acknowledged record 2 (acks=1, say).
    lab.cluster.partition(0).truncate(1);
    lab.send(p, [3]);
    lab.pass(2 * SECOND);
    expect(sent(lab).slice(2)).toEqual(['1000/0 seq 2: 3', '1000/1 seq 0: 3']);
    expect(lab.cluster.partition(0).values).toEqual([1, 3]);
    expect(lab.probed('producer-id-learnt')).toEqual(['-1 1000 0 0 0', '-1 1000 1 0 0']);
  });

  it('but not when an earlier batch is still on its way', () => {
    const { lab, p } = ready();
    lab.send(p, [0]);
    lab.pass(100);
    lab.script = produceActs(refuse(KafkaError.NOT_ENOUGH_REPLICAS), refuse(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER));
    lab.send(p, [1]);
    lab.pass(1);
    lab.send(p, [2]);
    lab.pass(2 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([0, 1, 2]);
    expect(lab.probed('producer-id-learnt')).toEqual(['-1 1000 0 0 0']);
  });

  it('when the leader does not know the producer, and says where its log starts', () => {
    const { lab, p } = ready();
    lab.send(p, [1]);
    lab.pass(100);
    lab.script = produceActs({ kind: 'error', error: KafkaError.UNKNOWN_PRODUCER_ID, logStartOffset: 1 });
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    expect(sent(lab).slice(1)).toEqual(['1000/0 seq 1: 2', '1000/1 seq 0: 2']);
  });

  it('but not while it does not say so: then the batch is only retried', () => {
    const { lab, p } = ready();
    lab.send(p, [1]);
    lab.pass(100);
    lab.script = produceActs(refuse(KafkaError.UNKNOWN_PRODUCER_ID));
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    expect(sent(lab).slice(1)).toEqual(['1000/0 seq 1: 2', '1000/0 seq 1: 2']);
  });

  it('when a batch is refused for good with retries left', () => {
    const { lab, p } = ready();
    lab.script = produceActs(refuse(KafkaError.INVALID_RECORD));
    lab.send(p, [1]);
    lab.pass(100);
    lab.send(p, [2]);
    lab.pass(100);
    expect(sent(lab)).toEqual(['1000/0 seq 0: 1', '1000/1 seq 0: 2']);
    expect(lab.log.sends()).toEqual(['fail', 'ok@0']);
  });

  it('but not before batches whose fate is open are decided: with a new sequence they could be appended twice (KAFKA-14034)', () => {
    for (const [defects, appended] of [
      [[], [1]],
      [['KAFKA-14034'], [1, 1]],
    ] as const) {
      const lab = new Lab();
      const p = lab.producer({ 'batch.size': 0 }, defects);
      lab.pass(1 * SECOND);
      // The first is appended and its answer says time-out; the second is refused for good while the first waits for its retry.
      lab.script = produceActs(
        { kind: 'append-then-error', error: KafkaError.REQUEST_TIMED_OUT },
        refuse(KafkaError.INVALID_RECORD),
      );
      lab.send(p, [1, 2]);
      lab.pass(2 * SECOND);
      expect(lab.cluster.partition(0).values).toEqual(appended);
      lab.send(p, [3]);
      lab.pass(2 * SECOND);
      expect(lab.log.sends().map((outcome) => outcome.slice(0, 2))).toEqual(['ok', 'fa', 'ok']);
      expect(sent(lab).at(-1)).toMatch(/^1000\/1 seq [01]: 3$/);
    }
  });

  it('but not for batches that an old leader appended, however far the new one has moved on', () => {
    for (const [defects, copies] of [
      [[], 1],
      [['KAFKA-14034'], 2],
    ] as const) {
      const lab = new Lab({ brokers: 2, topics: [2] });
      const settings = { 'request.timeout.ms': 5000, 'delivery.timeout.ms': 15_000, 'metadata.max.age.ms': 1000 };
      const p = lab.producer(settings, defects);
      lab.sendToPartition(p, 0, [100]);
      lab.sendToPartition(p, 1, [200]);
      lab.pass(1 * SECOND);
      // Two batches reach the old leader, which appends them and does not answer any more.
      lab.script = ({ kind }, { host }) => (kind === Api.produce && host.id === 1 ? hold : answer);
      for (const value of [1, 2]) {
        lab.sendToPartition(p, 0, [value]);
        lab.pass(1500);
      }
      for (const request of lab.broker(1).requestsOf<ProduceRequest>(Api.produce).slice(-2)) {
        lab.cluster.partition(0).append(request.partitions[0]!.batch);
      }
      lab.cluster.moveLeader(0, 2);
      lab.pass(1500);
      // The producer knows the new leader by now, and sends it more than it remembers of one producer.
      for (let value = 3; value <= 9; value++) {
        lab.sendToPartition(p, 0, [value]);
        lab.pass(20);
      }
      lab.pass(60 * SECOND);
      const { values } = lab.cluster.partition(0);
      expect(values.filter((value) => value === 2)).toHaveLength(copies);
      expect(lab.log.send(9).outcome).toBe('ok');
      lab.sendToPartition(p, 0, [10]);
      lab.pass(1 * SECOND);
      expect(lab.log.send(10).outcome).toBe('ok');
    }
  });

  it('when a batch expired after it had been sent, and nothing of the partition is in flight any more', () => {
    const { lab, p } = ready({ 'delivery.timeout.ms': 2000, 'request.timeout.ms': 500 });
    lab.script = ({ kind }) => (kind === Api.produce ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer);
    lab.send(p, [1]);
    lab.pass(1900);
    lab.send(p, [2]);
    lab.pass(50);
    lab.script = () => answer;
    lab.pass(2 * SECOND);
    expect(lab.log.send(1).outcome).toBe('fail');
    expect(lab.log.send(2).outcome).toBe('ok');
    expect(sent(lab).at(-1)).toBe('1000/1 seq 0: 2');
  });

  it('but not if a later batch of the same epoch was acknowledged: then the sequence of the expired one was used', () => {
    const { lab, p } = ready({ 'delivery.timeout.ms': 3000, 'request.timeout.ms': 2000 });
    // Appended and its answer lost; every later attempt is left without answer. The next batch goes through behind it.
    const acts: Act[] = [{ kind: 'append-then-error', error: KafkaError.REQUEST_TIMED_OUT }, hold];
    lab.script = produceActs(...acts);
    lab.send(p, [1]);
    lab.pass(1);
    lab.send(p, [2]);
    lab.pass(2800);
    lab.script = () => answer;
    lab.pass(5 * SECOND);
    lab.send(p, [3]);
    lab.pass(1 * SECOND);
    expect(lab.cluster.partition(0).values).toEqual([1, 2, 3]);
    expect(sent(lab).at(-1)).toBe('1000/0 seq 2: 3');
  });

  it('for a partition that had no part in it only when nothing of it is in flight (KAFKA-12152)', () => {
    const { lab, p } = ready({}, { brokers: 2, topics: [2] });
    lab.sendToPartition(p, 1, [10]);
    lab.sendToPartition(p, 0, [1]);
    lab.pass(100);
    lab.script = ({ kind }, { host }) => {
      if (kind !== Api.produce) return answer;
      return host.id === 2 ? hold : refuse(KafkaError.INVALID_RECORD);
    };
    lab.sendToPartition(p, 1, [11]);
    lab.pass(10);
    lab.sendToPartition(p, 0, [2]);
    lab.pass(10);
    lab.sendToPartition(p, 1, [12]);
    lab.pass(100);
    // The epoch is 1 now, but a batch of partition 1 is in flight with epoch 0: the next one waits.
    expect(sent(lab, 2)).toEqual(['1000/0 seq 0: 10', '1000/0 seq 1: 11']);
    lab.script = () => answer;
    lab.broker(2).release();
    lab.pass(100);
    expect(sent(lab, 2).slice(2)).toEqual(['1000/1 seq 0: 12']);
  });
});
