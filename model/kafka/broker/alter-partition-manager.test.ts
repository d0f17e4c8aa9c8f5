import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/errors.js';
import { Api, type AlterPartitionRequest, type AlterPartitionResponse } from '../protocol/messages.js';
import { labWithLeader, SECOND, type Lab } from './testing/lab.js';

const mask = (...brokers: number[]): number => brokers.reduce((set, broker) => set | (1 << broker), 0);

function requests(lab: Lab): AlterPartitionRequest[] {
  return lab.controller.inbox
    .filter(({ request }) => request.kind === Api.alterPartition)
    .map(({ request }) => request as AlterPartitionRequest);
}

/** Broker 1 leads alone, and has proposed to take broker 2 in. The proposal waits at the controller. */
function labWithProposal(): Lab {
  const lab = labWithLeader({ brokers: 2 }, [1]);
  lab.script.confirmIsr = false;
  lab.fetched(2, 1, 0);
  lab.until('the proposal arrives', () => requests(lab).length === 1);
  return lab;
}

function refuse(lab: Lab, error: number): void {
  lab.controller.answer(Api.alterPartition, (request) =>
    lab.controller.alterPartitionResponse(request as AlterPartitionRequest, error),
  );
  lab.pass(SECOND);
}

describe('a proposal', () => {
  it.each([
    ['FENCED_LEADER_EPOCH', KafkaError.FENCED_LEADER_EPOCH],
    ['INVALID_UPDATE_VERSION', KafkaError.INVALID_UPDATE_VERSION],
    ['INVALID_REQUEST', KafkaError.INVALID_REQUEST],
    ['UNKNOWN_TOPIC_OR_PARTITION', KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ['NEW_LEADER_ELECTED', KafkaError.NEW_LEADER_ELECTED],
  ])('stays pending on %s: its joiner goes on counting until metadata arrives', (_name, error) => {
    const lab = labWithProposal();
    refuse(lab, error);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2));
    expect(requests(lab)).toEqual([]);
    lab.decide({ isr: [1] });
    lab.awaitMetadata(1);
    expect(lab.replica(1).maximalIsr).toBe(mask(1));
  });

  it.each([
    ['INELIGIBLE_REPLICA', KafkaError.INELIGIBLE_REPLICA],
    ['OPERATION_NOT_ATTEMPTED', KafkaError.OPERATION_NOT_ATTEMPTED],
  ])('is rolled back on %s, which proves that it was not applied', (_name, error) => {
    const lab = labWithProposal();
    refuse(lab, error);
    expect(lab.replica(1).maximalIsr).toBe(mask(1));
  });

  it('is sent again, the same, when the connection breaks: it may or may not have been applied', () => {
    const lab = labWithProposal();
    const [first] = requests(lab);
    lab.controller.inbox[0].connection.reset();
    lab.controller.inbox.length = 0;
    lab.until('it comes again', () => requests(lab).length === 1);
    expect(requests(lab)[0]).toEqual(first);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2));
  });

  it.each([
    // The same node is connected to again after reconnect.backoff.ms, 50 ms, of which jitter takes a fifth at the most.
    ['NOT_CONTROLLER', KafkaError.NOT_CONTROLLER, 40_000],
    ['STALE_BROKER_EPOCH', KafkaError.STALE_BROKER_EPOCH, 50_000],
  ])('is sent again some 50 ms after %s for the whole request', (_name, error, afterMicros) => {
    const lab = labWithProposal();
    lab.controller.answer(Api.alterPartition, (request): AlterPartitionResponse => {
      return {
        kind: Api.alterPartition + 1000,
        bytes: 10,
        correlationId: request.correlationId,
        error,
        partitions: [],
      };
    });
    const from = lab.world.now;
    lab.until('it comes again', () => requests(lab).length === 1);
    expect(lab.world.now - from).toBeGreaterThanOrEqual(afterMicros);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2));
  });

  it('is sent again on an error of its partition that says nothing for good', () => {
    const lab = labWithProposal();
    lab.controller.answer(Api.alterPartition, (request) =>
      lab.controller.alterPartitionResponse(request as AlterPartitionRequest, KafkaError.REQUEST_TIMED_OUT),
    );
    lab.until('it comes again', () => requests(lab).length === 1);
  });

  it('that the controller did not speak of is sent again', () => {
    const lab = labWithProposal();
    lab.controller.answer(Api.alterPartition, (request): AlterPartitionResponse => {
      return {
        kind: Api.alterPartition + 1000,
        bytes: 10,
        correlationId: request.correlationId,
        error: 0,
        partitions: [],
      };
    });
    lab.until('it comes again', () => requests(lab).length === 1);
  });

  it('is forgotten when metadata has brought another state, and the late answer is ignored', () => {
    const lab = labWithProposal();
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    expect(lab.replica(1)).toMatchObject({ maximalIsr: mask(1), leaderEpoch: 1 });
    lab.controller.answer(Api.alterPartition, (request) => {
      const response = lab.controller.alterPartitionResponse(request as AlterPartitionRequest, KafkaError.NONE);
      return { ...response, partitions: [{ ...response.partitions[0], isr: [1, 2] }] } as AlterPartitionResponse;
    });
    lab.pass(SECOND);
    expect(lab.replica(1).maximalIsr).toBe(mask(1));
    expect(lab.all('isr-adopted')).toEqual([]);
  });

  it('made while another of the same partition is in flight is taken back', () => {
    const lab = labWithProposal();
    lab.decide({ leader: 1 });
    lab.awaitMetadata(1);
    // The old one is in flight still; the new one cannot be sent, and so was certainly not applied.
    lab.fetched(2, 1, 0);
    lab.pass(SECOND);
    expect(lab.all('isr-pending')).toHaveLength(2);
    expect(lab.replica(1).maximalIsr).toBe(mask(1));
    expect(requests(lab)).toHaveLength(1);
  });

  it('that was confirmed is adopted once more from the metadata, with the same partition epoch', () => {
    const lab = labWithProposal();
    lab.script.withheld.add(1);
    lab.controller.answer(Api.alterPartition, (request) => lab.controller.confirm(request as AlterPartitionRequest));
    lab.until('it is adopted', () => lab.all('isr-adopted').length === 1);
    lab.script.withheld.clear();
    lab.controller.tell();
    lab.awaitMetadata(1);
    expect(lab.all('become-leader').at(-1)).toMatchObject({ isr: mask(1, 2), partitionEpoch: 1, leaderEpoch: 0 });
  });

  it('that was confirmed is not taken back by metadata that is older', () => {
    const lab = labWithLeader({}, [1]);
    lab.script.shownEnd = lab.script.records.length;
    for (const follower of [2, 3]) {
      const adopted = lab.all('isr-adopted').length;
      lab.fetched(follower, 1, 0);
      lab.until('it is adopted', () => lab.all('isr-adopted').length > adopted);
    }
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2, 3));
    // The first of the two changes arrives alone.
    lab.script.shownEnd++;
    lab.controller.tell();
    lab.pass(SECOND);
    expect(lab.metadataOffset(1)).toBe(lab.script.shownEnd - 1);
    expect(lab.replica(1).maximalIsr).toBe(mask(1, 2, 3));
  });
});
