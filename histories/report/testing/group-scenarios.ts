/** Trials in which a consumer group processes a record twice, or not at all, told step by step. */
import type { MicroOp } from '../../operation.js';
import { judge, type Scenario } from './scenarios.js';
import { ScriptedCluster } from './scripted-cluster.js';

const GROUP = 'ledger';
const NOT_PROMISED = 'nothing in Kafka promises otherwise under these settings';

/** Of group 0, on the first broker; a member is known by its machine and how often it has joined. */
class ScriptedGroup {
  readonly cluster: ScriptedCluster;

  constructor(commit: string, more: Readonly<Record<string, string>>) {
    const settings = {
      ...more,
      commit,
      'auto.offset.reset': 'earliest',
      'max.poll.interval.ms': 6000,
      'max.poll.records': 50,
      'session.timeout.ms': 6000,
    };
    this.cluster = new ScriptedCluster({ acks: -1, consumers: 2, settings }).boot();
    const sending = this.cluster.at(1).send('p0', 0, 7, 'acct-8');
    this.cluster.transmit(sending, 1).append(sending).acknowledge(sending);
  }

  /** @param member 1: as it joined first; 2: as it came back */
  joins(client: string, member = 1): void {
    this.cluster.emit('member-joined', 1, -1, 0, this.id(client, member), this.cluster.machine(client), 0);
  }

  leaves(client: string, generation: number, reason: number): void {
    this.cluster.emit('member-left', 1, -1, 0, this.id(client, 1), generation, reason);
  }

  /** The partition is given to a member, which asks where to begin. */
  gives(client: string, generation: number, committed: number, member = 1): void {
    const id = this.id(client, member);
    this.cluster.emit('partition-assigned', 1, 0, 0, generation, id, this.cluster.machine(client));
    this.cluster.does(client, 'rebalance', [{ kind: 'own', key: 0, group: GROUP, member: String(id), generation }]);
    this.cluster.tick().does(client, 'committed', [this.offset('committed', committed)]);
  }

  polls(client: string): void {
    this.cluster.tick().does(client, 'poll', [{ kind: 'poll', key: 0, offsets: [0], values: [7] }]);
  }

  offset(kind: 'commit' | 'committed' | 'process', offset: number): MicroOp {
    return { kind, key: 0, group: GROUP, offset };
  }

  /** A Kafka Streams application sends the count that it has for the record's key. */
  counts(client: string, value: number, count: number): number {
    return this.cluster.does(client, 'send', [
      { kind: 'send', key: 1, offset: value - 100, value, recordKey: 'acct-8' },
      { kind: 'derive', key: 0, offset: 0, outputKey: 1, outputValue: value, count },
    ]);
  }

  ended(type: string, offsets: readonly number[], operations: readonly number[]): Scenario {
    const { cluster } = this;
    const found = { offsets, operations, values: [7], at: cluster.now };
    const judged = judge({ type, story: type, ...found }, NOT_PROMISED);
    const licence = { row: 'not-promised', words: NOT_PROMISED, event: -1 };
    return { cluster, history: cluster.history, trace: cluster.trace, judged: { ...judged, licence } };
  }

  private id(client: string, member: number): number {
    return this.cluster.machine(client) * 10 + member;
  }
}

/** Both members have joined; c0 is given the partition, and polls the record. It has neither processed nor committed it. */
function polledGroup(commit: string, more: Readonly<Record<string, string>> = {}): ScriptedGroup {
  const group = new ScriptedGroup(commit, more);
  group.joins('c0');
  group.joins('c1');
  group.cluster.at(2);
  group.gives('c0', 1, -1);
  group.cluster.at(3);
  group.polls('c0');
  return group;
}

/** c0 is busy for longer than max.poll.interval.ms; its partition goes to c1, and its commit comes too late. */
export function slowMember(): Scenario {
  const group = polledGroup('after-processing');
  const { cluster } = group;
  const first = cluster.begin('c0', 'process', [group.offset('process', 0)]);
  cluster.at(9);
  group.leaves('c0', 1, 0);
  cluster.at(9.1);
  group.gives('c1', 2, -1);
  cluster.at(9.3).complete(first, 'ok', -1);
  const late = cluster.begin('c0', 'commit', [group.offset('commit', 1)]);
  cluster.complete(late, 'fail', -1, 'CommitFailedException').at(9.4);
  group.polls('c1');
  const second = cluster.does('c1', 'process', [group.offset('process', 0)]);
  return group.ended('reprocessed', [0], [first, second]);
}

/** c0 has processed and is killed before it commits; its session expires, and c1 begins where nothing was committed. */
export function diedBeforeCommit(): Scenario {
  return evictedBeforeCommit((cluster) => die(cluster, 'c0'));
}

/** c0 is paused past its session time-out between processing and committing. */
export function pausedBeforeCommit(): Scenario {
  return evictedBeforeCommit((cluster) => cluster.tick().emit('paused', cluster.machine('c0'), -1));
}

function evictedBeforeCommit(befalls: (cluster: ScriptedCluster) => void): Scenario {
  const group = polledGroup('after-processing');
  const { cluster } = group;
  const first = cluster.does('c0', 'process', [group.offset('process', 0)]);
  befalls(cluster);
  cluster.at(9);
  group.leaves('c0', 1, 1);
  cluster.tick();
  group.gives('c1', 2, -1);
  group.polls('c1');
  const second = cluster.does('c1', 'process', [group.offset('process', 0)]);
  return group.ended('reprocessed', [0], [first, second]);
}

/** c0 commits what it has polled, and is killed before it processes it. */
export function committedThenDied(): Scenario {
  const group = polledGroup('before-processing');
  const { cluster } = group;
  const commit = cluster.tick().does('c0', 'commit', [group.offset('commit', 1)]);
  die(cluster, 'c0');
  cluster.at(9);
  group.leaves('c0', 1, 1);
  cluster.tick();
  group.gives('c1', 2, 1);
  cluster.at(20).readAll('final', 0, 1);
  return group.ended('skipped', [0, 1], [commit]);
}

/** c0 commits a record before it processes it, and takes too long; c1 has the next of its key done before c0 comes to it. */
export function overtakenBySuccessor(): Scenario {
  const group = polledGroup('before-processing');
  const { cluster } = group;
  const sending = cluster.send('p0', 0, 8, 'acct-8');
  cluster.transmit(sending, 1).append(sending).acknowledge(sending);
  cluster.tick().does('c0', 'commit', [group.offset('commit', 1)]);
  cluster.at(9);
  group.leaves('c0', 1, 0);
  cluster.at(9.1);
  group.gives('c1', 2, 1);
  cluster.tick().does('c1', 'poll', [{ kind: 'poll', key: 0, offsets: [1], values: [8] }]);
  const early = cluster.does('c1', 'process', [group.offset('process', 1)]);
  cluster.at(9.5);
  const late = cluster.does('c0', 'process', [group.offset('process', 0)]);
  return group.ended('processed-out-of-order', [0, 1], [early, late]);
}

/** An application with at_least_once counts a record, and is killed before it commits; c1 goes on from a changelog that has it. */
export function countedTwice(): Scenario {
  const group = polledGroup('after-processing', { 'processing.guarantee': 'at_least_once' });
  const { cluster } = group;
  group.counts('c0', 100, 1);
  die(cluster, 'c0');
  cluster.at(9);
  group.leaves('c0', 1, 1);
  cluster.tick();
  group.gives('c1', 2, -1);
  group.polls('c1');
  return group.ended('count-too-high', [0], [group.counts('c1', 101, 2)]);
}

/** c0 is put out of the group with a record that it has not counted yet; c1 counts it, and c0 does so after all. */
export function countedLate(): Scenario {
  const group = polledGroup('after-processing', { 'processing.guarantee': 'at_least_once' });
  const { cluster } = group;
  cluster.at(9.1);
  group.leaves('c0', 1, 0);
  cluster.tick();
  group.gives('c1', 2, -1);
  group.polls('c1');
  const inTime = group.counts('c1', 100, 1);
  cluster.at(11);
  return group.ended('ctp-duplicate', [0], [inTime, group.counts('c0', 101, 1)]);
}

function die(cluster: ScriptedCluster, client: string): void {
  cluster.at(3.5);
  cluster.fault(`${client} is killed`, [cluster.machine(client)]);
  cluster.emit('process-killed', cluster.machine(client), -1, 1, 0);
}
