import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, RESPONSE, type Request, type Response } from '../protocol/messages.js';
import { withoutAbsentPartitions } from './absent-partitions.js';
import type { MetadataImageView } from './components.js';
import type { RequestChannel } from './request-channel.js';

/** What is left of a request for these partitions, of which 0 and 1 exist, and what the broker answered itself. */
function checked(kind: number, partitions: readonly number[]) {
  const answers: Response[] = [];
  const channel = { respond: (response: Response) => answers.push(response) } as unknown as RequestChannel;
  const image = { partition: (number: number) => (number < 2 ? {} : undefined) } as unknown as MetadataImageView;
  const offsets = partitions.map((partition) => ({ partition, committedOffset: 1, committedLeaderEpoch: 0 }));
  const request = { kind, bytes: 0, correlationId: 5, offsets, partitions } as Request;
  return { request, left: withoutAbsentPartitions(channel, request, image), answers };
}

describe('partitions that the broker does not know', () => {
  it('are sorted out of a commit, and the others are committed', () => {
    const { left, answers } = checked(Api.offsetCommit, [0, 7, 1]);
    expect(left).toMatchObject({ offsets: [{ partition: 0 }, { partition: 1 }], absent: [7] });
    expect(answers).toEqual([]);
  });

  it('are answered at once if a commit names no other', () => {
    const { left, answers } = checked(Api.txnOffsetCommit, [7]);
    const partitions = [{ partition: 7, error: KafkaError.UNKNOWN_TOPIC_OR_PARTITION }];
    expect(left).toBeNull();
    expect(answers).toMatchObject([{ kind: Api.txnOffsetCommit + RESPONSE, correlationId: 5, partitions }]);
  });

  it('keep the others out of the transaction', () => {
    const { left, answers } = checked(Api.addPartitionsToTxn, [0, 7]);
    const partitions = [
      { partition: 0, error: KafkaError.OPERATION_NOT_ATTEMPTED },
      { partition: 7, error: KafkaError.UNKNOWN_TOPIC_OR_PARTITION },
    ];
    expect(left).toBeNull();
    expect(answers).toMatchObject([{ partitions }]);
  });

  it('let a request pass as it is if there are none', () => {
    for (const kind of [Api.offsetCommit, Api.txnOffsetCommit, Api.addPartitionsToTxn, Api.produce]) {
      const { request, left } = checked(kind, [0, 1]);
      expect(left).toBe(request);
    }
  });
});
