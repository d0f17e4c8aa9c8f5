import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type ProduceRequest } from '../protocol/messages.js';
import { Lab } from './testing/lab.js';
import { answer, hold, refuse, type Act, type Script } from './testing/scripted-broker.js';

const SECOND = 1000;

/** As in 2.1, with one acknowledged record behind it. */
function ready(): { lab: Lab; p: number } {
  const lab = new Lab({ rules: { producerEpochRecovery: false } });
  const p = lab.producer();
  lab.send(p, [0]);
  lab.pass(1 * SECOND);
  return { lab, p };
}

function produceActs(...acts: Act[]): Script {
  return ({ kind }) => (kind === Api.produce ? (acts.shift() ?? answer) : answer);
}

/** What was sent after the first record. */
function sent(lab: Lab): string[] {
  return lab
    .broker(1)
    .requestsOf<ProduceRequest>(Api.produce)
    .slice(1)
    .flatMap(({ partitions }) =>
      partitions.map(({ batch }) => {
        const values = batch.records.map(({ value }) => value).join(' ');
        return `${batch.producerId}/${batch.producerEpoch} seq ${batch.baseSequence}: ${values}`;
      }),
    );
}

describe('before KIP-360 an idempotent producer', () => {
  it('fails the batch whose turn it is and that is out of order, and goes on under a new producer id', () => {
    const { lab, p } = ready();
    // The new leader lost the acknowledged record 0 (acks=1, say).
    lab.send(p, [1]);
    lab.pass(100);
    lab.cluster.partition(0).truncate(1);
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    lab.send(p, [3]);
    lab.pass(1 * SECOND);
    expect(lab.log.send(2)).toMatchObject({ outcome: 'fail', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
    expect(sent(lab)).toEqual(['1000/0 seq 1: 1', '1000/0 seq 2: 2', '1001/0 seq 0: 3']);
    expect(lab.cluster.partition(0).values).toEqual([0, 3]);
  });

  it('tries nothing again that was in flight under the old id: under the new one it would be appended twice', () => {
    const { lab, p } = ready();
    lab.script = produceActs(
      hold,
      refuse(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER),
      refuse(KafkaError.NOT_ENOUGH_REPLICAS),
    );
    lab.send(p, [1]);
    lab.pass(10);
    lab.send(p, [2]);
    lab.pass(10);
    lab.broker(1).release(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    lab.pass(2 * SECOND);
    lab.send(p, [3]);
    lab.pass(1 * SECOND);
    expect(lab.log.sends().slice(1)).toEqual(['fail', 'fail', 'ok@1']);
    expect(sent(lab).at(-1)).toBe('1001/0 seq 0: 3');
  });

  it('begins at 0 under the same id where all that it wrote was deleted, and the leader has forgotten it', () => {
    const { lab, p } = ready();
    lab.script = produceActs({ kind: 'error', error: KafkaError.UNKNOWN_PRODUCER_ID, logStartOffset: 1 });
    lab.send(p, [1]);
    lab.pass(1 * SECOND);
    expect(sent(lab)).toEqual(['1000/0 seq 1: 1', '1000/0 seq 0: 1']);
  });

  it('takes it for lost records where the log still begins below what was acknowledged', () => {
    const { lab, p } = ready();
    lab.script = produceActs({ kind: 'error', error: KafkaError.UNKNOWN_PRODUCER_ID, logStartOffset: 0 });
    lab.send(p, [1]);
    lab.pass(1 * SECOND);
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    expect(lab.log.send(1).error).toBe('UNKNOWN_PRODUCER_ID');
    expect(sent(lab)).toEqual(['1000/0 seq 1: 1', '1001/0 seq 0: 2']);
  });

  it('gives the sequence of a batch that was refused for good to the next', () => {
    const { lab, p } = ready();
    lab.script = produceActs(refuse(KafkaError.INVALID_RECORD));
    lab.send(p, [1]);
    lab.pass(100);
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    expect(lab.log.sends().slice(1)).toEqual(['fail', 'ok@1']);
    expect(sent(lab)).toEqual(['1000/0 seq 1: 1', '1000/0 seq 1: 2']);
  });

  it('asks for a new id when a batch expired after it had been sent, and nothing is in flight any more', () => {
    const lab = new Lab({ rules: { producerEpochRecovery: false } });
    const p = lab.producer({ 'delivery.timeout.ms': 2000, 'request.timeout.ms': 500 });
    lab.send(p, [0]);
    lab.pass(1 * SECOND);
    lab.script = ({ kind }) => (kind === Api.produce ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer);
    lab.send(p, [1]);
    lab.pass(3 * SECOND);
    lab.script = () => answer;
    lab.send(p, [2]);
    lab.pass(1 * SECOND);
    expect(sent(lab).at(-1)).toBe('1001/0 seq 0: 2');
  });
});
