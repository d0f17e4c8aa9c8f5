import { describe, expect, it } from 'vitest';
import type { ProducerClient } from '../../clients/producer.js';
import type { KafkaClusterSpec } from '../../cluster-spec.js';
import { Probe } from '../../probes.js';
import { Api } from '../../protocol/messages.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { RuleValues } from '../../protocol/versions/rules.js';
import { smallCluster, topicDefaults, type SmallCluster } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';
import { stateTopicDefaults, withTransactions } from './state-topic.js';

const PARTITIONS = 3;
const STATE = PARTITIONS;

function transactionalCluster(wanted: SmallCluster = {}, rules: Partial<RuleValues> = {}): KafkaClusterSpec {
  const spec = smallCluster({
    partitions: PARTITIONS,
    ...wanted,
    producer: { 'transactional.id': 'txn-1', ...wanted.producer },
  });
  const consumers = spec.consumers.map((consumer) => ({
    ...consumer,
    settings: { ...consumer.settings, 'isolation.level': 'read_committed' as const },
  }));
  const cluster = { ...spec, consumers, rules: resolveRules('3.9', rules) };
  return withTransactions(cluster, stateTopicDefaults, topicDefaults);
}

/** A cluster with one transactional producer; each transaction writes its number into every partition. */
class Transactions extends Run {
  readonly #producer: number;
  #next = 0;

  constructor(spec: KafkaClusterSpec, seed = 'transactions') {
    super(spec, seed);
    this.#producer = this.kafka.machines().find(({ name }) => name === 'p0')!.id;
  }

  get producer(): ProducerClient {
    return this.world.process(this.#producer) as ProducerClient;
  }

  /** The values of transaction n are 10 n, 10 n + 1, ... */
  transact(commits: boolean): number {
    const transaction = this.#next++;
    const sends = Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: 0,
      partition,
      recordKey: null,
      value: 10 * transaction + partition,
    }));
    this.producer.transact(sends, commits);
    return transaction;
  }

  get coordinator(): number {
    return this.leader(STATE);
  }

  /** Kills whoever announces this, once, right after it; it comes back five seconds later. */
  killAt(kind: keyof typeof Probe, isMeant: (a: number, b: number, c: number) => boolean): { killed: number } {
    const { world } = this;
    const victim = { killed: 0 };
    const onEvent = (_kind: number, machine: number): void => {
      if (world.process(machine) === undefined) world.start(machine);
      else world.kill(machine);
    };
    world.probes.listen([Probe[kind]], {
      onProbe: (_kind: number, machine: number, _key: number, a: number, b: number, c: number) => {
        if (victim.killed !== 0 || !isMeant(a, b, c)) return;
        victim.killed = machine;
        world.schedule(world.now, { onEvent }, 0, machine);
        world.schedule(world.now + 5_000_000, { onEvent }, 0, machine);
      },
    });
    return victim;
  }

  /** Outcomes of the transactions, in order. */
  get outcomes(): (string | null)[] {
    return this.operations.filter(({ f }) => f === 'txn').map(({ outcome }) => outcome);
  }

  /** Runs until each transaction has its outcome. */
  ended(seconds = 120): this {
    this.until(seconds, () => this.outcomes.every((outcome) => outcome !== null) || 'a transaction is under way');
    return this;
  }

  /** By partition: the transactions that a read_committed consumer reads. */
  read(): number[][] {
    return this.finalRead()
      .slice(0, PARTITIONS)
      .map((values) => values.map((value) => Math.trunc(value / 10)));
  }

  /** Everything that was committed is there in order, and nothing else. */
  expectAllOrNothing(): void {
    const committed = this.outcomes.flatMap((outcome, transaction) => (outcome === 'ok' ? [transaction] : []));
    // The last commit was decided, and its markers are under way: a read until then may end before them.
    this.run(30);
    for (const values of this.read()) expect(values).toEqual(committed);
  }
}

describe('transactions of one producer', () => {
  it('are read whole if they were committed, and not at all if they were aborted', () => {
    const run = new Transactions(transactionalCluster()).up();
    for (const commits of [true, false, true, true, false]) run.transact(commits);
    run.ended();
    expect(run.outcomes).toEqual(['ok', 'fail', 'ok', 'ok', 'fail']);
    run.expectAllOrNothing();
  });
});

describe('a batch that is given up while commitTransaction waits for it', () => {
  it('costs its transaction, and bumps the epoch before the next: its sequence may have been used, or not', () => {
    const producer = { 'request.timeout.ms': 2000, 'delivery.timeout.ms': 2050 };
    const run = new Transactions(transactionalCluster({ producer }));
    const epochs: number[] = [];
    run.world.probes.listen([Probe.producerIdLearnt], {
      onProbe: (_kind: number, _machine: number, _key: number, _id: number, epoch: number) => epochs.push(epoch),
    });
    run.up().transact(true);
    run.ended();
    const held = { from: run.producer.host.id, to: run.leader(0), kind: Api.produce, nth: 1 };
    const rule = run.world.net.rule(held, 'hold', 0);
    run.transact(true);
    run.ended();
    run.transact(true);
    run.ended(1);
    expect(run.outcomes).toEqual(['ok', 'fail', 'ok']);
    expect(epochs).toEqual([0, 1]);
    run.world.net.dropRule(rule);
    run.expectAllOrNothing();
  });
});

const EMPTY = 0;
const ONGOING = 1;
const PREPARE_COMMIT = 2;
const PREPARE_ABORT = 3;
const COMPLETE_COMMIT = 4;
const COMPLETE_ABORT = 5;

describe.each([0, 1, 2] as const)('transaction version %i: a coordinator that dies', (transactionVersion) => {
  it.each([
    ['Empty', EMPTY],
    ['Ongoing', ONGOING],
    ['PrepareCommit', PREPARE_COMMIT],
    ['PrepareAbort', PREPARE_ABORT],
    ['CompleteCommit', COMPLETE_COMMIT],
    ['CompleteAbort', COMPLETE_ABORT],
  ])('while %s is being written, or once it is applied, tears no transaction', (_name, state) => {
    for (const kind of ['transactionPending', 'transactionChanged'] as const) {
      const run = new Transactions(transactionalCluster({}, { transactionVersion }), `${kind} ${state}`);
      const victim = run.killAt(kind, (_producerId, _epoch, changed) => changed === state);
      run.up();
      for (const commits of [true, false, true, false, true]) run.transact(commits);
      run.ended();
      expect(victim.killed).not.toBe(0);
      run.expectAllOrNothing();
      expect(run.outcomes.filter((outcome) => outcome === 'ok').length).toBe(3);
    }
  });

  it('between two markers of a transaction tears it for a while, and not for good', () => {
    const run = new Transactions(transactionalCluster({}, { transactionVersion })).up();
    let markers = 0;
    const { world } = run;
    world.probes.listen([Probe.transactionMarker], {
      onProbe: () => {
        if (++markers !== 1) return;
        const { coordinator } = run;
        world.schedule(world.now, { onEvent: () => world.kill(coordinator) }, 0, 0);
        world.schedule(world.now + 5_000_000, { onEvent: () => world.start(coordinator) }, 0, 0);
      },
    });
    for (const commits of [true, false, true]) run.transact(commits);
    run.ended();
    expect(run.outcomes).toEqual(['ok', 'fail', 'ok']);
    run.expectAllOrNothing();
  });
});
