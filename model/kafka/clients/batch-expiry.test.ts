import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api } from '../protocol/messages.js';
import { Lab } from './testing/lab.js';
import { answer, hold, refuse } from './testing/scripted-broker.js';

const SECOND = 1000;
const settings = {
  'enable.idempotence': false,
  retries: 3,
  'request.timeout.ms': 2000,
  'delivery.timeout.ms': 500,
} as const;

/** A producer that has its metadata and a connection, of a release with this rule. */
function producerWith(batchExpiry: 'retries' | 'request-timeout', own: Parameters<Lab['producer']>[0] = {}) {
  const lab = new Lab({ rules: { batchExpiry } });
  const p = lab.producer({ ...settings, ...own });
  lab.send(p, [0]);
  lab.pass(2 * SECOND);
  return { lab, p };
}

describe('before KIP-91, from 0.9 on', () => {
  it('a batch that cannot be sent is given up request.timeout.ms after its linger', () => {
    const { lab, p } = producerWith('request-timeout', { 'linger.ms': 1000 });
    lab.world.kill(1);
    lab.pass(10);
    lab.send(p, [1]);
    lab.pass(2900);
    expect(lab.log.send(1).outcome).toBe('open');
    lab.pass(200);
    expect(lab.log.send(1)).toMatchObject({
      outcome: 'fail',
      error: 'TimeoutException: request.timeout.ms in the queue',
    });
  });

  it('a batch with another behind it does not get its linger', () => {
    const { lab, p } = producerWith('request-timeout', { 'linger.ms': 60_000, 'batch.size': 100 });
    lab.world.kill(1);
    lab.pass(10);
    lab.send(p, [1, 2]);
    lab.pass(2100);
    expect(lab.log.send(1).outcome).toBe('fail');
  });

  it('a batch in flight is not given up while its request may still be answered, whatever delivery.timeout.ms', () => {
    const { lab, p } = producerWith('request-timeout');
    lab.script = ({ kind }) => (kind === Api.produce ? hold : answer);
    lab.send(p, [1]);
    lab.pass(1900);
    expect(lab.log.send(1).outcome).toBe('open');
    lab.broker(1).release();
    lab.pass(50);
    expect(lab.log.send(1).outcome).toBe('ok');
  });

  it('a batch is tried again until its retries are spent, however long that takes', () => {
    const { lab, p } = producerWith('request-timeout', { 'retry.backoff.ms': 1000, 'retry.backoff.max.ms': 1000 });
    lab.script = ({ kind }) => (kind === Api.produce ? refuse(KafkaError.NOT_ENOUGH_REPLICAS) : answer);
    lab.send(p, [1]);
    lab.pass(2900);
    expect(lab.log.send(1).outcome).toBe('open');
    lab.pass(500);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'fail', error: 'NOT_ENOUGH_REPLICAS' });
  });
});

describe('before 0.9', () => {
  it('a batch that cannot be sent waits for ever', () => {
    const { lab, p } = producerWith('retries');
    lab.world.kill(1);
    lab.pass(10);
    lab.send(p, [1]);
    lab.pass(3600 * SECOND);
    expect(lab.log.send(1).outcome).toBe('open');
    lab.world.start(1);
    lab.pass(10 * SECOND);
    expect(lab.log.send(1).outcome).toBe('ok');
  });
});
