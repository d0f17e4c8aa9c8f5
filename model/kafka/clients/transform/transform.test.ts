import { describe, expect, it } from 'vitest';
import type { Fencing, KafkaClusterSpec } from '../../cluster-spec.js';
import { groupDefaults, withGroups } from '../../coordinator/group/group-topic.js';
import { stateTopicDefaults, withTransactions } from '../../coordinator/transaction/state-topic.js';
import { Probe } from '../../probes.js';
import { Api } from '../../protocol/messages.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { RuleValues } from '../../protocol/versions/rules.js';
import { producerDefaults, smallCluster, topicDefaults } from '../../testing/cluster-spec.js';
import { Run, type RecordedOperation } from '../../testing/run.js';
import { memberDefaults } from '../testing/settings.js';

const SECOND = 1_000_000;
const INPUT = 0;
const OUTPUT = 1;
/** The partition of the input; that of the output is behind it. */
const ORDERS = 0;
const INVOICES = 1;

interface Wanted {
  readonly members?: number;
  readonly fencing?: Fencing;
  readonly rules?: Partial<RuleValues>;
  readonly transactionTimeoutMs?: number;
}

/** One producer of orders, and applications that make an invoice of each. */
function cluster({ members = 1, fencing = 'group-metadata', rules = {}, transactionTimeoutMs = 60_000 }: Wanted) {
  const spec = smallCluster({ consumers: 0, rules: resolveRules('3.9', rules) });
  const [orders] = spec.topics;
  const settings = {
    ...memberDefaults,
    'group.id': 'billing',
    'auto.offset.reset': 'earliest' as const,
    'isolation.level': 'read_committed' as const,
    'session.timeout.ms': 6000,
    'heartbeat.interval.ms': 2000,
    'max.poll.interval.ms': 20_000,
    'enable.auto.commit': false,
  };
  const consumers = Array.from({ length: members }, (_, index) => {
    const producer = {
      ...producerDefaults,
      'transactional.id': fencing === 'partition' ? 'billing' : `billing-${index}`,
      'transaction.timeout.ms': transactionTimeoutMs,
      'delivery.timeout.ms': 5000,
      'request.timeout.ms': 3000,
    };
    const transform = { producer, topic: OUTPUT, fencing };
    const member = { settings, topics: [INPUT], commit: 'in-transaction' as const, transform };
    return { name: `c${index}`, settings, partitions: [], member };
  });
  const both: KafkaClusterSpec = { ...spec, topics: [orders!, { ...orders!, name: 'invoices' }], consumers };
  return withGroups(withTransactions(both, stateTopicDefaults, topicDefaults), groupDefaults, topicDefaults);
}

interface Derive {
  readonly kind: string;
  readonly offset: number;
  readonly outputValue: number;
}

class Billing extends Run {
  /** Client numbers as steps have them: the producer is 0. */
  readonly #members: readonly number[];

  constructor(wanted: Wanted = {}) {
    super(cluster(wanted));
    this.#members = this.kafka.clients.slice(1);
    this.up();
  }

  get transactions(): readonly RecordedOperation[] {
    return this.operations.filter(({ f }) => f === 'txn');
  }

  get outcomes(): (string | null)[] {
    return this.transactions.map(({ outcome }) => outcome);
  }

  /** Who owns the input: its machine. */
  get owner(): number {
    const index = this.#members.findIndex((_, i) => this.kafka.position(i + 1, ORDERS) >= 0);
    return this.#members[index]!;
  }

  positionOfOther(owner: number): number {
    const other = this.#members.findIndex((machine) => machine !== owner);
    return this.kafka.position(other + 1, ORDERS);
  }

  /** The next record takes this member so long. */
  slowDown(machine: number, micros: number): void {
    const client = this.kafka.clients.indexOf(machine);
    this.kafka.invoke({ at: 0, client, f: 'process-slowly', micros });
  }

  /** At the moment at which the coordinator writes that its next transaction is open. */
  pauseWhenOngoing(machine: number): void {
    const { world } = this;
    let isPaused = false;
    world.probes.listen([Probe.transactionPending], {
      onProbe: (_kind: number, _machine: number, _key: number, _a: number, _b: number, state: number) => {
        if (isPaused || state !== ONGOING) return;
        isPaused = true;
        world.schedule(world.now, { onEvent: () => world.pause(machine) }, 0, 0);
      },
    });
  }

  /** Runs until every input is the input of a committed output, and nothing moves. */
  done(): this {
    this.until(120, () => this.kafka.settled());
    return this;
  }

  /** Offsets of the inputs of what a read_committed consumer reads in the output. */
  inputsOfOutputs(): number[] {
    const inputOf = new Map<number, number>();
    for (const { value } of this.transactions) {
      for (const one of (value as { microOps: readonly Derive[] }).microOps) {
        if (one.kind === 'derive') inputOf.set(one.outputValue, one.offset);
      }
    }
    return this.finalRead()[INVOICES]!.map((value) => inputOf.get(value)!);
  }
}

const ONGOING = 1;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, offset) => offset);

describe.each([0, 2] as const)('transaction version %i: an application that transforms', (transactionVersion) => {
  const rules = { transactionVersion };

  it('makes one output of each input, in order, and commits their offsets with them', () => {
    const run = new Billing({ rules });
    run.send(20);
    run.done();
    expect(new Set(run.outcomes)).toEqual(new Set(['ok']));
    expect(run.inputsOfOutputs()).toEqual(upTo(20));
  });

  it('gives an output the key of its input', () => {
    const run = new Billing({ rules });
    run.send(3);
    run.done();
    const keys = run.transactions.flatMap(({ value }) =>
      (value as { microOps: readonly { kind: string; recordKey: string }[] }).microOps
        .filter(({ kind }) => kind === 'send')
        .map(({ recordKey }) => recordKey),
    );
    expect(keys).toEqual(['k0', 'k1', 'k2']);
  });

  it('that dies in a transaction leaves nothing of it, and begins again where it has committed', () => {
    const run = new Billing({ rules });
    run.send(5);
    run.done();
    const { owner } = run;
    run.slowDown(owner, 3 * SECOND);
    run.send(5);
    run.run(1);
    expect(run.outcomes.at(-1)).toBe(null);
    run.world.kill(owner);
    run.world.start(owner);
    run.until(60, () => run.kafka.position(1, ORDERS) === 10 || 'not read again');
    run.done();
    expect(run.inputsOfOutputs()).toEqual(upTo(10));
  });

  it('is fenced when the coordinator has given its transaction up, and begins anew', () => {
    const run = new Billing({ rules, transactionTimeoutMs: 4000 });
    run.send(5);
    run.done();
    const { owner } = run;
    run.pauseWhenOngoing(owner);
    run.send(5, 0);
    run.run(20);
    run.world.resume(owner);
    run.done();
    expect(run.transactions.map(({ error }) => error)).toContain('PRODUCER_FENCED');
    expect(run.inputsOfOutputs()).toEqual(upTo(10));
  });
});

/** Before KIP-447: OffsetFetch does not wait for the offsets of transactions that are ending. */
const EARLIER = { stableOffsetFetch: false };

describe('an application with a transactional.id for each partition', () => {
  it('makes one output of each input, in order, and commits their offsets with them', () => {
    const run = new Billing({ fencing: 'partition', rules: EARLIER });
    run.send(20);
    run.done();
    expect(new Set(run.outcomes)).toEqual(new Set(['ok']));
    expect(run.inputsOfOutputs()).toEqual(upTo(20));
  });

  it('opens the producer of a partition before it asks for its committed offset', () => {
    const run = new Billing({ fencing: 'partition', rules: EARLIER });
    const { world, kafka } = run;
    const [, machine] = kafka.clients as [number, number];
    const held = world.net.rule({ from: machine, kind: Api.initProducerId }, 'hold', 0);
    const asked = (): number => run.operations.filter(({ f }) => f === 'committed').length;
    const before = asked();
    world.kill(machine);
    world.start(machine);
    run.run(10);
    expect(asked()).toBe(before);
    world.net.dropRule(held);
    run.send(5);
    run.done();
    expect(asked()).toBeGreaterThan(before);
  });

  it('that dies with a transaction undecided reads on behind what it has committed', () => {
    const run = new Billing({ members: 2, fencing: 'partition', rules: EARLIER });
    run.send(5);
    run.done();
    const { owner } = run;
    run.send(5);
    run.until(10, () => run.outcomes.at(-1) === null || 'no transaction is open');
    run.world.kill(owner);
    run.until(60, () => run.positionOfOther(owner) === 10 || 'the other has not read them');
    run.world.start(owner);
    run.done();
    expect(run.inputsOfOutputs()).toEqual(upTo(10));
  });

  it('polls again what it could not commit, from where it began', () => {
    const run = new Billing({ fencing: 'partition', rules: EARLIER });
    run.send(5);
    run.done();
    const { world, owner } = run;
    const cut = world.net.rule({ from: owner, kind: Api.produce }, 'reset-before', 0);
    run.send(5);
    run.until(60, () => run.outcomes.includes('fail') || 'no transaction was aborted');
    world.net.dropRule(cut);
    run.done();
    expect(run.outcomes).toContain('fail');
    expect(run.inputsOfOutputs()).toEqual(upTo(10));
  });
});

describe('a member that was paused in its transaction, and replaced', () => {
  /** It has begun with records 5 to 9, and wakes up when the other has processed them. */
  function zombie(fencing: Fencing): Billing {
    const run = new Billing({ members: 2, fencing });
    run.send(5);
    run.done();
    const { owner } = run;
    run.slowDown(owner, 1 * SECOND);
    run.send(5);
    run.run(0.5);
    run.world.pause(owner);
    run.until(60, () => run.positionOfOther(owner) === 10 || 'the other has not read them');
    run.until(60, () => run.outcomes.at(-1) === 'ok' || 'the other has not committed');
    run.world.resume(owner);
    return run.done();
  }

  it('is refused by its generation (KIP-447), and aborts', () => {
    const run = zombie('group-metadata');
    expect(run.transactions.map(({ error }) => error)).toContain('UNKNOWN_MEMBER_ID');
    expect(run.inputsOfOutputs()).toEqual(upTo(10));
  });

  it('is fenced by whoever got its partition, if the transactional.id is that of the partition', () => {
    const run = zombie('partition');
    expect(run.transactions.map(({ error }) => error)).toContain('PRODUCER_FENCED');
    expect(run.inputsOfOutputs()).toEqual(upTo(10));
  });

  it('commits all the same if it sends the name of the group alone', () => {
    const run = zombie('none');
    expect(new Set(run.outcomes)).toEqual(new Set(['ok']));
    expect(run.inputsOfOutputs()).toEqual([...upTo(10), 5, 6, 7, 8, 9]);
  });
});
