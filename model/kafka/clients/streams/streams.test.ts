import { describe, expect, it } from 'vitest';
import { isExactlyOnce, type KafkaClusterSpec, type ProcessingGuarantee } from '../../cluster-spec.js';
import { groupDefaults, withGroups } from '../../coordinator/group/group-topic.js';
import { stateTopicDefaults, withTransactions } from '../../coordinator/transaction/state-topic.js';
import { Probe } from '../../probes.js';
import { Api } from '../../protocol/messages.js';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import { producerDefaults, smallCluster, topicDefaults } from '../../testing/cluster-spec.js';
import { Run } from '../../testing/run.js';
import type { AssignorName } from '../assignors/assignors.js';
import { memberDefaults } from '../testing/settings.js';

/** Of a transaction, as probes have it. */
const PREPARE_COMMIT = 2;

interface Wanted {
  readonly guarantee: ProcessingGuarantee;
  readonly members?: number;
  /** Of each topic. */
  readonly partitions?: number;
  readonly commitIntervalMs?: number;
  readonly assignor?: AssignorName;
  readonly defects?: readonly DefectId[];
}

/** A producer of orders, and processes of an application that counts them by key. */
function cluster(wanted: Wanted): KafkaClusterSpec {
  const { guarantee, members = 1, partitions = 1, commitIntervalMs = 100 } = wanted;
  const { assignor = 'cooperative-sticky', defects = [] } = wanted;
  const spec = smallCluster({ consumers: 0, rules: resolveRules('3.9', {}, defects) });
  const orders = { ...spec.topics[0]!, partitions };
  const isExact = isExactlyOnce(guarantee);
  const isOfTasks = guarantee === 'exactly_once';
  const settings = {
    ...memberDefaults,
    'group.id': 'counter',
    'auto.offset.reset': 'earliest' as const,
    'isolation.level': isExact ? ('read_committed' as const) : ('read_uncommitted' as const),
    'session.timeout.ms': 6000,
    'heartbeat.interval.ms': 2000,
    'max.poll.interval.ms': 20_000,
    'enable.auto.commit': false,
    'partition.assignment.strategy': [assignor],
  };
  const consumers = Array.from({ length: members }, (_, index) => {
    const own = { 'transactional.id': isOfTasks ? 'counter' : `counter-${index}-1`, 'transaction.timeout.ms': 10_000 };
    const producer = isExact ? { ...producerDefaults, ...own } : producerDefaults;
    const streams = { guarantee, commitIntervalMs, changelog: 1 };
    const fencing = isOfTasks ? ('partition' as const) : ('group-metadata' as const);
    const transform = { producer, topic: 2, fencing, streams };
    const member = { settings, topics: [0], commit: 'in-transaction' as const, transform };
    return { name: `c${index}`, settings, partitions: [], member };
  });
  const changelog = {
    ...orders,
    name: 'counter-changelog',
    settings: { ...orders.settings, 'cleanup.policy': 'compact' },
  };
  const topics = [orders, changelog, { ...orders, name: 'counts' }];
  const all: KafkaClusterSpec = { ...spec, topics, consumers };
  return withGroups(withTransactions(all, stateTopicDefaults, topicDefaults), groupDefaults, topicDefaults);
}

interface Derive {
  readonly kind: string;
  readonly key: number;
  readonly offset: number;
  readonly outputValue: number;
  readonly count: number;
}

class Counting extends Run {
  readonly #partitions: number;

  constructor(wanted: Wanted) {
    super(cluster(wanted));
    this.#partitions = wanted.partitions ?? 1;
    this.up();
  }

  /** Machines of the processes. */
  get members(): readonly number[] {
    return this.kafka.clients.slice(1);
  }

  /** Of the first partition of the input. */
  get owner(): number {
    return this.members[this.members.findIndex((_, i) => this.kafka.position(i + 1, 0) >= 0)]!;
  }

  done(): this {
    this.until(120, () => this.kafka.settled());
    return this;
  }

  checkpointOf(machine: number, partition = 0): object | null {
    const disk = this.world.disk(machine);
    const path = `streams/0_${partition}/.checkpoint`;
    return disk.exists(path) ? disk.open(path).read(0) : null;
  }

  storeLength(machine: number, partition = 0): number {
    return this.world.disk(machine).open(`streams/0_${partition}/store`).length;
  }

  /** Of transactions whose end nobody heard: how many records they sent, and what they would commit. */
  openTransactions(): readonly { readonly records: number; readonly commits: readonly object[] }[] {
    return this.operations
      .filter(({ f, outcome }) => f === 'txn' && outcome === null)
      .map(({ value }) => {
        const { microOps } = value as { microOps: readonly { kind: string }[] };
        const ofKind = (kind: string) => microOps.filter((one) => one.kind === kind);
        return { records: ofKind('send').length, commits: ofKind('commit') };
      });
  }

  /** What is read in the output, as 'key=count', by key and in the order of the log. */
  counts(): Record<string, number[]> {
    const said = new Map<number, { key: string; count: number }>();
    for (const { value } of this.operations) {
      const { microOps = [] } = value as { microOps?: readonly (Derive & { recordKey: string; value: number })[] };
      for (const one of microOps) {
        if (one.kind !== 'derive') continue;
        const { recordKey } = microOps.find((send) => send.kind === 'send' && send.value === one.outputValue)!;
        said.set(one.outputValue, { key: recordKey, count: one.count });
      }
    }
    const counts: Record<string, number[]> = {};
    for (const values of this.finalRead().slice(2 * this.#partitions, 3 * this.#partitions)) {
      for (const value of values) {
        const { key, count } = said.get(value)!;
        (counts[key] ??= []).push(count);
      }
    }
    return counts;
  }
}

/** Records 0..count-1 have keys k0..k6 in turn. */
function each(count: number): Record<string, number[]> {
  const counts: Record<string, number[]> = {};
  for (let value = 0; value < count; value++) {
    const ofKey = (counts[`k${value % 7}`] ??= []);
    ofKey.push(ofKey.length + 1);
  }
  return counts;
}

const guarantees: readonly ProcessingGuarantee[] = ['at_least_once', 'exactly_once', 'exactly_once_v2'];
const exactly = ['exactly_once', 'exactly_once_v2'] as const;

describe.each(guarantees)('a Kafka Streams application that counts, %s', (guarantee) => {
  it('sends 1, 2, 3, ... of every key', () => {
    const run = new Counting({ guarantee, partitions: 3 });
    run.send(40);
    run.done();
    expect(run.counts()).toEqual(each(40));
  });

  it('closes cleanly with a checkpoint, and goes on from there', () => {
    const run = new Counting({ guarantee });
    const { owner } = run;
    run.send(20);
    run.done();
    run.kafka.requestShutdown(owner);
    run.until(10, () => run.world.process(owner) === undefined || 'is still running');
    const entries = run.storeLength(owner);
    expect(entries).toBe(20);
    expect(run.checkpointOf(owner)).toEqual({ offset: expect.any(Number) as number });
    run.world.start(owner);
    run.done();
    // Nothing was restored: the store had it all.
    expect(run.storeLength(owner)).toBe(entries);
    run.send(20);
    run.done();
    expect(run.counts()).toEqual(each(40));
  });

  it('that dies after a commit is restored from its changelog on another machine', () => {
    const run = new Counting({ guarantee, members: 2 });
    const { owner } = run;
    run.send(20);
    run.done();
    run.run(1);
    run.world.kill(owner);
    run.until(30, () => (run.owner !== owner && run.owner > 0) || 'nobody has taken over');
    run.send(20);
    run.run(10);
    run.world.start(owner);
    run.done();
    expect(run.counts()).toEqual(each(40));
  });

  it.each(['cooperative-sticky', 'range'] as const)('commits what it gives up in a rebalance, %s', (assignor) => {
    const run = new Counting({ guarantee, members: 2, partitions: 4, commitIntervalMs: 8000, assignor });
    const [, second] = run.members as [number, number];
    run.world.kill(second);
    run.until(30, () => run.kafka.position(1, 3) >= 0 || 'has not taken over all');
    run.send(30);
    run.run(1);
    run.world.start(second);
    run.until(30, () => run.kafka.position(2, 0) >= 0 || run.kafka.position(2, 3) >= 0 || 'nothing was handed over');
    run.send(30);
    run.run(10);
    run.done();
    expect(run.counts()).toEqual(each(60));
  });
});

/** It dies when it has counted 5 records more, of which it has committed nothing. */
function diesUncommitted(guarantee: ProcessingGuarantee): Counting {
  const run = new Counting({ guarantee, commitIntervalMs: 3000 });
  const { owner } = run;
  run.send(14);
  run.run(4);
  run.done();
  run.send(5);
  run.run(1);
  expect(run.storeLength(owner)).toBe(19);
  run.world.kill(owner);
  run.run(1);
  run.world.start(owner);
  run.run(15);
  run.done();
  return run;
}

describe('a process that dies with counts that are not committed', () => {
  it('counts those records again, on top of what it had: at least once', () => {
    const counts = diesUncommitted('at_least_once').counts();
    expect(counts['k0']).toEqual([1, 2, 3, 4]);
    expect(counts['k6']).toEqual([1, 2]);
  });

  it.each(exactly)('wipes its store, and counts them once: %s', (guarantee) => {
    expect(diesUncommitted(guarantee).counts()).toEqual(each(19));
  });

  it('has no checkpoint while it runs exactly-once, and would have kept it at least once', () => {
    const exact = new Counting({ guarantee: 'exactly_once_v2' });
    exact.send(5);
    exact.done();
    expect(exact.checkpointOf(exact.owner)).toBeNull();
    const least = new Counting({ guarantee: 'at_least_once' });
    least.send(5);
    least.done();
    expect(least.checkpointOf(least.owner)).toEqual({ offset: -1 });
  });
});

describe('a process that was paused with a transaction open, and replaced', () => {
  it.each(exactly)('is fenced, and everything counts once: %s', (guarantee) => {
    const run = new Counting({ guarantee, members: 2, commitIntervalMs: 2000 });
    const { owner } = run;
    run.send(10);
    run.run(0.5);
    run.world.pause(owner);
    run.run(30);
    run.send(10);
    run.run(5);
    run.world.resume(owner);
    run.run(10);
    run.done();
    expect(run.counts()).toEqual(each(20));
  });
});

/** The coordinator decides to commit, and what it writes to the leader of the changelog is held up. The process dies. */
class Undecided extends Counting {
  readonly #held: number;
  readonly #dead: number;

  constructor(guarantee: ProcessingGuarantee, defects: readonly DefectId[] = []) {
    super({ guarantee, members: 2, commitIntervalMs: 3000, defects });
    const { world, kafka, owner } = this;
    this.#dead = owner;
    const [coordinator, apart] = [1, 2] as const;
    for (let key = 0; key < kafka.keys().length; key++) {
      const to = kafka.keys()[key] === 'counter-changelog-0' ? apart : coordinator;
      kafka.transferLeadership(key, to);
      this.until(30, () => kafka.leads(key, to) || `${to} does not lead ${kafka.keys()[key]}`);
    }
    this.done();
    this.#held = world.net.rule({ from: coordinator, to: apart, kind: Api.writeTxnMarkers }, 'hold', 0);
    let isDecided = false;
    world.probes.listen([Probe.transactionChanged], {
      onProbe: (_kind, _machine, _key, _producerId, _epoch, state) => {
        if (isDecided || state !== PREPARE_COMMIT) return;
        isDecided = true;
        world.schedule(world.now, { onEvent: () => world.kill(owner) }, 0, 0);
      },
    });
    this.send(10);
    this.until(10, () => isDecided || 'nothing was committed');
  }

  /** Of the process that lives. */
  get position(): number {
    const other = this.members.find((machine) => machine !== this.#dead)!;
    return this.kafka.position(this.kafka.clients.indexOf(other), 0);
  }

  /** The markers come, and the process is started again. */
  goesOn(): Record<string, number[]> {
    this.world.net.dropRule(this.#held);
    this.world.start(this.#dead);
    this.send(10);
    this.run(10);
    return this.done().counts();
  }
}

describe('the history of a transaction whose process dies', () => {
  // Its successor is answered the offset: without it in the history, one that nobody committed (committed-phantom).
  it.each(exactly)('has the offsets, if they were sent: they may have been committed (%s)', (guarantee) => {
    const run = new Undecided(guarantee);
    const commit = { kind: 'commit', key: 0, group: 'counter', offset: 10 };
    expect(run.openTransactions()).toEqual([{ records: 20, commits: [commit] }]);
    run.goesOn();
    const answered = run.operations.filter(({ f, outcome }) => f === 'committed' && outcome === 'ok');
    expect(answered.map(({ value }) => value)).toContainEqual({ microOps: [{ ...commit, kind: 'committed' }] });
  });

  it.each(exactly)('has none, if it died before: no offset of it can ever be committed (%s)', (guarantee) => {
    expect(diesUncommitted(guarantee).openTransactions()).toEqual([{ records: 10, commits: [] }]);
  });
});

/** The other process takes over meanwhile. */
function takesOver(defects: readonly DefectId[]): Record<string, number[]> {
  const run = new Undecided('exactly_once_v2', defects);
  run.until(20, () => run.position === 10 || 'nobody has taken over');
  run.run(2);
  return run.goesOn();
}

describe('state that is restored while the last transaction is decided, and its changelog does not know', () => {
  it('waits for it: the end of the changelog is its high watermark', () => {
    expect(takesOver([])).toEqual(each(20));
  });

  it('is not restored before it has ended, if the task has a producer: initTransactions waits (exactly_once)', () => {
    const run = new Undecided('exactly_once', ['KAFKA-10167']);
    run.run(20);
    expect(run.position).toBe(-1);
    expect(run.goesOn()).toEqual(each(20));
  });

  it('lacked it, when the end was the last stable offset (KAFKA-10167)', () => {
    const { k3 } = takesOver(['KAFKA-10167']);
    // Counted from 0 again, by whoever did not know that there was one.
    expect(k3).toEqual([1, 1, 2]);
  });
});
