import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type DeleteRecordsRequest, type DeleteRecordsResponse } from '../protocol/messages.js';
import { labWithLeader, SECOND, type Lab } from './testing/lab.js';

/** Broker 1 leads with 4 records, all of them committed. */
function labWithRecords(brokers: number, topic = {}): Lab {
  const lab = labWithLeader({ brokers, topic });
  for (let i = 0; i < 4; i++) {
    const record = { key: 'a', value: i, timestamp: 0, bytes: 100 };
    lab.produce(1, 1, lab.batch(1, { records: [record] }));
  }
  lab.pass(SECOND);
  for (let follower = 2; follower <= brokers; follower++) lab.fetched(follower, 1, 4);
  expect(lab.replica(1).highWatermark).toBe(4);
  return lab;
}

function ask(lab: Lab, offset: number, timeoutMs = 5000): number {
  const request: Omit<DeleteRecordsRequest, 'correlationId' | 'bytes'> = {
    kind: Api.deleteRecords,
    timeoutMs,
    partitions: [{ partition: 0, offset }],
  };
  return lab.send(lab.clientMachine, 1, request);
}

const answer = (lab: Lab, asked: number) => lab.awaitReply<DeleteRecordsResponse>(asked).partitions[0];

describe('records that are deleted on request', () => {
  it('are gone at once for a leader alone', () => {
    const lab = labWithRecords(1);
    expect(answer(lab, ask(lab, 3))).toEqual({ partition: 0, lowWatermark: 3, error: KafkaError.NONE });
    expect(lab.replica(1).logStart).toBe(3);
    expect(lab.consumed(1, 2).error).toBe(KafkaError.OFFSET_OUT_OF_RANGE);
    expect(lab.all('log-start')).toHaveLength(1);
  });

  it('are those below the high watermark where the offset is -1', () => {
    const lab = labWithRecords(1);
    expect(answer(lab, ask(lab, -1)).lowWatermark).toBe(4);
  });

  it('are deleted everywhere before the answer: it waits for the log starts that followers name', () => {
    const lab = labWithRecords(2);
    const asked = ask(lab, 3);
    lab.pass(SECOND);
    expect(lab.replica(1).logStart).toBe(3);
    expect(lab.reply(asked)).toBeUndefined();
    lab.fetched(2, 1, 4, { logStartOffset: 3 });
    expect(answer(lab, asked)).toMatchObject({ lowWatermark: 3, error: KafkaError.NONE });
  });

  it('stay deleted when the wait is too long', () => {
    const lab = labWithRecords(2);
    expect(answer(lab, ask(lab, 3, 500))).toMatchObject({ lowWatermark: 0, error: KafkaError.REQUEST_TIMED_OUT });
    expect(lab.replica(1).logStart).toBe(3);
  });

  it.each([
    ['above the high watermark', 5, {}, KafkaError.OFFSET_OUT_OF_RANGE],
    ['of a log that is only compacted', 3, { 'cleanup.policy': 'compact' }, KafkaError.POLICY_VIOLATION],
  ])('are refused %s', (_name, offset, topic, error) => {
    const lab = labWithRecords(1, topic);
    expect(answer(lab, ask(lab, offset))).toEqual({ partition: 0, lowWatermark: -1, error });
    expect(lab.replica(1).logStart).toBe(0);
  });
});
