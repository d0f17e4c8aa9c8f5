/**
 * Requests that arrive when their producer has long gone on: what KIP-890 closes. A client that speaks the protocol by hand
 * sends them over connections of their own.
 */
import { describe, expect, it } from 'vitest';
import { WALL_EPOCH_MICROS } from '../../../kernel/clock.js';
import { Puppet } from '../../broker/testing/puppet.js';
import { errorName, KafkaError } from '../../protocol/errors.js';
import {
  Api,
  Purpose,
  type FetchResponse,
  type InitProducerIdResponse,
  type ProduceResponse,
  type Request,
  type Response,
} from '../../protocol/messages.js';
import type { RecordBatch } from '../../protocol/records.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { RuleValues } from '../../protocol/versions/rules.js';
import type { AddPartitionsToTxnResponse, EndTxnResponse } from '../../protocol/transaction-messages.js';
import { smallCluster, topicDefaults } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';
import { stateTopicDefaults, withTransactions } from './state-topic.js';

const ID = 'txn-1';
const ORDERS = 0;
const STATE = 1;

/** One partition, its coordinator, and a client with the same transactional.id as a producer that does nothing. */
class ByHand extends Run {
  readonly #client: number;
  #correlationId = 0;
  producerId = -1;
  epoch = -1;

  /** @param brokers which release each runs; left out: 3.9 */
  constructor(rules: Partial<RuleValues>, brokers?: readonly string[]) {
    const agreed = { controllers: '3.9', agreed: '3.5', clients: resolveRules('3.9', rules), own: rules, defects: [] };
    const spec = {
      ...smallCluster({ producer: { 'transactional.id': ID } }),
      ...(brokers === undefined ? {} : { releases: { brokers, ...agreed } }),
    };
    super(
      withTransactions({ ...spec, rules: resolveRules('3.9', rules) }, stateTopicDefaults, topicDefaults),
      'by hand',
    );
    this.up();
    this.#client = this.world.addMachine({ name: 'by-hand', program: (host) => new Puppet(host) });
    this.world.start(this.#client);
  }

  ask(broker: number, request: Omit<Request, 'bytes' | 'correlationId'>): Response {
    const correlationId = ++this.#correlationId;
    const client = this.world.process(this.#client) as Puppet;
    client.send(broker, correlationId, Purpose.clientData, { bytes: 100, correlationId, ...request } as Request);
    this.until(60, () => client.replies.has(correlationId) || `request ${request.kind} is not answered`);
    return client.replies.get(correlationId)!;
  }

  #retried<R extends Response>(ask: () => R, errorOf: (response: R) => number): R {
    for (;;) {
      const response = ask();
      if (errorOf(response) !== KafkaError.CONCURRENT_TRANSACTIONS) return response;
      this.run(0.05);
    }
  }

  /** As often as it takes until the abort that it brings about is through. */
  init(): void {
    const request = { kind: Api.initProducerId, transactionalId: ID, transactionTimeoutMs: 60_000 };
    const response = this.#retried(
      () => this.ask(this.leader(STATE), request) as InitProducerIdResponse,
      ({ error }) => error,
    );
    this.producerId = response.producerId;
    this.epoch = response.producerEpoch;
  }

  get identity() {
    return { transactionalId: ID, producerId: this.producerId, producerEpoch: this.epoch };
  }

  add(): number {
    const request = { kind: Api.addPartitionsToTxn, ...this.identity, verifyOnly: false, partitions: [ORDERS] };
    const response = this.#retried(
      () => this.ask(this.leader(STATE), request) as AddPartitionsToTxnResponse,
      ({ partitions }) => partitions[0].error,
    );
    return response.partitions[0].error;
  }

  produce(value: number, baseSequence: number, identity = this.identity): string {
    const records = [
      { key: null, value, timestamp: Math.trunc((WALL_EPOCH_MICROS + this.world.now) / 1000), bytes: 10 },
    ];
    const batch: RecordBatch = {
      baseOffset: -1,
      partitionLeaderEpoch: -1,
      producerId: identity.producerId,
      producerEpoch: identity.producerEpoch,
      baseSequence,
      records,
      bytes: 71,
      isTransactional: true,
    };
    const partitions = [{ partition: ORDERS, batch }];
    const request = { kind: Api.produce, transactionalId: ID, acks: -1, timeoutMs: 30_000, partitions };
    return errorName((this.ask(this.leader(ORDERS), request) as ProduceResponse).partitions[0].error);
  }

  /** Of the transaction under way, or of one that was: then only once. Takes over the epoch that the answer brings. */
  end(committed: boolean, identity = this.identity): string {
    const response = this.ask(this.leader(STATE), {
      kind: Api.endTxn,
      ...identity,
      committed,
    } as never) as EndTxnResponse;
    if (response.producerId >= 0) this.epoch = response.producerEpoch;
    return errorName(response.error);
  }

  /** How far a read_committed consumer may read, and how far another. */
  get ends(): { stable: number; highWatermark: number } {
    const asked = {
      partition: ORDERS,
      currentLeaderEpoch: -1,
      fetchOffset: 0,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
    };
    const limits = { maxWaitMs: 0, minBytes: 0, maxBytes: 1e6, partitionMaxBytes: 1e6, rackId: '' };
    const request = {
      kind: Api.fetch,
      replicaId: -1,
      replicaEpoch: -1,
      readCommitted: true,
      ...limits,
      partitions: [asked],
    };
    const [found] = (this.ask(this.leader(ORDERS), request) as FetchResponse).partitions;
    return { stable: found.lastStableOffset, highWatermark: found.highWatermark };
  }
}

describe('an EndTxn that arrives in the middle of the next transaction (KAFKA-17754)', () => {
  function lateAbort(transactionVersion: 0 | 2) {
    const cluster = new ByHand({ transactionVersion });
    cluster.init();
    cluster.add();
    cluster.produce(1, 0);
    const first = cluster.identity;
    expect(cluster.end(false)).toBe('NONE');
    cluster.run(1);
    cluster.add();
    cluster.produce(2, transactionVersion === 2 ? 0 : 1);
    return { cluster, late: cluster.end(false, first) };
  }

  it('ends that one, as long as both have the same epoch', () => {
    const { cluster, late } = lateAbort(0);
    expect(late).toBe('NONE');
    cluster.run(1);
    // What the application does next is refused: its transaction was aborted under its feet.
    expect(cluster.end(true)).toBe('INVALID_TXN_STATE');
  });

  it('is refused when each transaction has an epoch of its own (transaction version 2)', () => {
    const { cluster, late } = lateAbort(2);
    expect(late).toBe('PRODUCER_FENCED');
    expect(cluster.end(true)).toBe('NONE');
  });
});

describe('a produce request that arrives after its transaction was aborted (KAFKA-14402)', () => {
  function lateProduce(rules: Partial<RuleValues>) {
    const cluster = new ByHand(rules);
    cluster.init();
    cluster.add();
    cluster.produce(1, 0);
    const first = cluster.identity;
    cluster.end(false);
    cluster.run(1);
    return { cluster, late: cluster.produce(2, 1, first) };
  }

  it('opens a transaction that nobody will ever end, without verification', () => {
    const { cluster, late } = lateProduce({ transactionVerification: false });
    expect(late).toBe('NONE');
    cluster.run(120);
    expect(cluster.ends).toEqual({ stable: 2, highWatermark: 3 });
  });

  it('is refused since leaders ask the coordinator first (KIP-890)', () => {
    const { cluster, late } = lateProduce({ transactionVerification: true });
    expect(late).toBe('TRANSACTION_ABORTABLE');
    expect(cluster.ends).toEqual({ stable: 2, highWatermark: 2 });
  });
});

describe('the same while the coordinator runs a release that cannot verify', () => {
  function lateProduce(coordinator: string, leader: string): string {
    const cluster = new ByHand({}, [coordinator, leader, '3.9']);
    const { kafka } = cluster;
    for (const [key, broker] of [
      [STATE, 1],
      [ORDERS, 2],
    ]) {
      kafka.transferLeadership(key, broker);
      cluster.until(60, () => kafka.leads(key, broker) || 'it does not lead yet');
    }
    cluster.init();
    cluster.add();
    cluster.produce(1, 0);
    const first = cluster.identity;
    cluster.end(false);
    cluster.run(1);
    return cluster.produce(2, 1, first);
  }

  it('is appended: the leader goes on without an answer to its question', () =>
    expect(lateProduce('3.5', '3.9')).toBe('NONE'));

  it('is appended by a leader that does not ask, whatever the coordinator runs', () =>
    expect(lateProduce('3.9', '3.5')).toBe('NONE'));

  it('is refused once both run one that can', () => expect(lateProduce('3.9', '3.9')).toBe('TRANSACTION_ABORTABLE'));
});

describe('a new session', () => {
  it('aborts what the last one left open, and fences it', () => {
    const cluster = new ByHand({});
    cluster.init();
    cluster.add();
    cluster.produce(1, 0);
    const former = cluster.identity;
    cluster.init();
    expect(cluster.epoch).toBeGreaterThan(former.producerEpoch);
    cluster.run(1);
    expect(cluster.ends).toEqual({ stable: 2, highWatermark: 2 });
    expect(cluster.produce(2, 1, former)).toBe('INVALID_PRODUCER_EPOCH');
    expect(cluster.end(true, former)).toBe('PRODUCER_FENCED');
  });
});

it('a transaction that is open for too long is aborted, and its producer fenced', () => {
  const cluster = new ByHand({});
  cluster.init();
  cluster.add();
  cluster.produce(1, 0);
  expect(cluster.ends.stable).toBe(0);
  cluster.run(75);
  expect(cluster.ends).toEqual({ stable: 2, highWatermark: 2 });
  expect(cluster.end(true)).toBe('PRODUCER_FENCED');
});
