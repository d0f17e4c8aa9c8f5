/** Trials told step by step, each with the anomaly that it ends in, as a checker would report and judge it. */
import type { Anomaly, JudgedAnomaly } from '../../anomaly.js';
import type { History } from '../../operation.js';
import type { Trace } from '../../trace.js';
import { ScriptedCluster, type Sending } from './scripted-cluster.js';

export interface Scenario {
  readonly cluster: ScriptedCluster;
  readonly history: History;
  readonly trace: Trace;
  readonly judged: JudgedAnomaly;
}

export function judge(anomaly: Partial<Anomaly> & Pick<Anomaly, 'type' | 'story'>, licence: string): JudgedAnomaly {
  const requirement: Readonly<Record<string, string>> = { duplicate: 'no-duplicates', 'key-order': 'key-order' };
  return {
    anomaly: { key: 0, offsets: [], operations: [], values: [], events: [], at: 0, preventedBy: null, ...anomaly },
    judgement: 'unsafe',
    licence: { row: 'row', words: licence, event: -1 },
    requirement: requirement[anomaly.type] ?? 'no-lost-writes',
    guarantee: null,
  };
}

function lost(cluster: ScriptedCluster, sending: Sending, licence: string): Scenario {
  const { operation, value, offset } = sending;
  cluster.at(60).readAll('final', 0, 2);
  const found: Partial<Anomaly> = { offsets: [offset], operations: [operation], values: [value], at: cluster.now };
  const judged = judge({ type: 'lost-write', story: 'lost', ...found }, licence);
  return { cluster, history: cluster.history, trace: cluster.trace, judged };
}

/** acks=1: the leader is cut off and acknowledges a record that nobody else will ever have. */
export function cutOffLeader(background = 0): Scenario {
  const cluster = new ScriptedCluster({ partitions: background > 0 ? 2 : 1, producers: 2, acks: 1 });
  cluster.boot();
  trickle(cluster, 0.2, 4.1, background * 0.2);
  cluster.at(4.18);
  const strike = cluster.fault('b1 is cut off from b2, b3 and the controller; the producer still reaches it', [1]);
  cluster.at(4.205);
  const doomed = cluster.send('p0', 0, 5000, 'acct-8');
  cluster.transmit(doomed, 1).append(doomed).acknowledge(doomed);
  cluster.at(12.9).fence(1).decide(0, 2, [2, 3], 0, [2, 3]);
  trickle(cluster, 13.1, 19.3, background * 0.25, [2, 3]);
  cluster.at(19.4).heal(strike, 40).tick().hear(0, 1).at(19.611).truncate(0, 1);
  if (background > 0) {
    cluster.replicate(0, 1).at(20.1).decide(0, 2, [1, 2, 3], 0);
    trickle(cluster, 20.4, 55, background * 0.55);
  }
  return lost(cluster, doomed, 'acks=1 and a change of leader');
}

/** acks=1: the leader dies between the answer and the follower's fetch. */
export function killedLeader(): Scenario {
  const cluster = new ScriptedCluster({ acks: 1 }).boot();
  cluster.at(7);
  const doomed = cluster.send('p0', 0, 7);
  cluster.transmit(doomed, 1).append(doomed).acknowledge(doomed);
  const strike = cluster.tick().fault('broker-killed', [1]);
  cluster.kill(1).at(16).fence(1).decide(0, 3, [2, 3], 0, [2, 3]);
  cluster.at(20).heal(strike).start(1).unfence(1).hear(0, 1).tick().truncate(0, 1);
  return lost(cluster, doomed, 'acks=1 and a change of leader');
}

/** acks=1: the leader was cut off and deposed, has not heard of it, and acknowledges a record after the heal. */
export function deposedLeader(): Scenario {
  const cluster = new ScriptedCluster({ acks: 1 }).boot();
  const strike = cluster.at(4).fault('b1 is cut off from the other brokers and the controllers', [1]);
  cluster.at(13).fence(1).decide(0, 2, [2, 3], 0, [2, 3]).at(14).heal(strike);
  const doomed = cluster.at(15).send('p0', 0, 7);
  cluster.transmit(doomed, 1).append(doomed).acknowledge(doomed);
  cluster.at(16).unfence(1).hear(0, 1).tick().truncate(0, 1);
  return lost(cluster, doomed, 'acks=1 and a change of leader');
}

/** acks=all, min.insync.replicas 2: the ISR shrinks to b2 and freezes; b2 loses power and leads again without the record. */
export function lastReplicaStanding(): Scenario {
  const cluster = new ScriptedCluster({ acks: -1, settings: { 'enable.idempotence': true } }).boot();
  cluster.at(5).decide(0, 2, [1, 2, 3], 0);
  const doomed = cluster.at(6).send('p0', 0, 9);
  cluster.transmit(doomed, 2).append(doomed).replicate(0, 1).replicate(0, 3).acknowledge(doomed);
  const first = cluster.at(8).fault('b1 is cut off from everybody', [1]);
  cluster.at(17).fence(1).decide(0, 2, [2, 3], 0, [2, 3]);
  const second = cluster.at(18).fault('b3 is cut off from everybody', [3]);
  cluster.at(27).fence(3).decide(0, 2, [2], 0, [2]);
  cluster.at(28);
  const third = cluster.fault('power-loss', [2]);
  cluster.losePower(2, 0).at(37).fence(2).decide(0, -1, [2], 3, []);
  cluster.at(38).heal(first).unfence(1).at(39).heal(second).unfence(3);
  cluster.at(45).heal(third).start(2).unfence(2).decide(0, 2, [2], 0).tick();
  cluster.truncate(0, 1).tick().truncate(0, 3).tick().decide(0, 2, [1, 2, 3], 0);
  return lost(cluster, doomed, 'a clean election of an impaired replica');
}

/** The same, but that the disk of b2's log directory fails and is put back. */
export function lastReplicaDiskReturned(): Scenario {
  const cluster = new ScriptedCluster({ acks: -1, settings: { 'enable.idempotence': true } }).boot();
  cluster.at(5).decide(0, 2, [1, 2, 3], 0);
  const doomed = cluster.at(6).send('p0', 0, 9);
  cluster.transmit(doomed, 2).append(doomed).replicate(0, 1).replicate(0, 3).acknowledge(doomed);
  const first = cluster.at(8).fault('b1 and b3 are cut off from everybody', [1, 3]);
  cluster.at(17).fence(1).fence(3).decide(0, 2, [2], 0, [2]).at(28);
  const second = cluster.fault('b2 loses one of its disks, gets it back and is started again', [2]);
  cluster.failDisk(2).decide(0, -1, [2], 3, []).at(38).heal(first).unfence(1).unfence(3);
  cluster.at(45).returnDisk(2, 0).heal(second).start(2).unfence(2).decide(0, 2, [2], 0).tick();
  cluster.truncate(0, 1).tick().truncate(0, 3).tick().decide(0, 2, [1, 2, 3], 0);
  return lost(cluster, doomed, 'a clean election of an impaired replica');
}

/** Both leaders write at one offset, and the one that becomes a follower copies what comes behind it without cutting its log. */
export function replicasDiffer(): Scenario {
  const cluster = new ScriptedCluster({ producers: 2, acks: -1, settings: { 'min.insync.replicas': 1 } }).boot();
  const strike = cluster.at(4).fault('b1 is cut off from the controllers', [1]);
  const first = cluster.at(5).decide(0, 2, [1, 2], 2, [2]).send('p0', 0, 6);
  cluster.transmit(first, 1).append(first);
  const second = cluster.at(6).send('p1', 0, 7);
  cluster.transmit(second, 2).append(second).at(12).decide(0, 2, [2], 0, [2]);
  const third = cluster.send('p1', 0, 8);
  cluster.transmit(third, 2).append(third).acknowledge(third);
  cluster.at(20).heal(strike).hear(0, 1).tick().replicate(0, 1).decide(0, 2, [1, 2], 0);
  cluster.at(60).readAll('final', 0, 1).readAll('final', 0, 2);
  const judged = judge(
    {
      type: 'inconsistent-offsets',
      story: 'differ',
      offsets: [0],
      operations: [first.operation, second.operation],
      values: [6, 7],
      at: cluster.now,
    },
    'none',
  );
  return { cluster, history: cluster.history, trace: cluster.trace, judged };
}

/** Everybody in the ISR dies, and a replica from outside of it is elected. */
export function uncleanElection(): Scenario {
  const settings = { 'unclean.leader.election.enable': true, 'min.insync.replicas': 1 };
  const cluster = new ScriptedCluster({ acks: -1, settings }).boot();
  cluster.at(3).fence(2).fence(3).decide(0, 1, [1], 0, [1]);
  const doomed = cluster.at(4).send('p0', 0, 4);
  cluster.transmit(doomed, 1).append(doomed).acknowledge(doomed);
  const strike = cluster.at(5).fault('broker-killed', [1]);
  cluster.kill(1).at(6).unfence(2).at(14).fence(1).decide(0, 2, [2], 1, [2, 3]);
  cluster.at(20).heal(strike).start(1).unfence(1).hear(0, 1).tick().truncate(0, 1);
  return lost(cluster, doomed, 'an unclean election');
}

/** The first request is held up, sent again, and then both arrive. */
export function lateRequest(): Scenario {
  const cluster = new ScriptedCluster({ acks: 1 }).boot();
  const sending = cluster.at(2).send('p0', 0, 6);
  cluster.transmit(sending, 1).at(32).retry(sending, 7).transmit(sending, 1).append(sending);
  const first = sending.offset;
  cluster.append(sending).acknowledge(sending);
  const { operation, value, offset } = sending;
  const found: Partial<Anomaly> = {
    offsets: [first, offset],
    operations: [operation],
    values: [value],
    at: cluster.now,
  };
  const judged = judge({ type: 'duplicate', story: 'twice', ...found }, 'retries without idempotence');
  return { cluster, history: cluster.history, trace: cluster.trace, judged };
}

/** acks=all without idempotence: the answer is lost and the second attempt is appended too. */
export function lostResponse(): Scenario {
  const cluster = new ScriptedCluster({ acks: -1 }).boot();
  const strike = cluster.at(2).fault('p0 is cut off from b1', [1, 5]);
  cluster.at(2.001);
  const sending = cluster.send('p0', 0, 3, 'acct-3');
  cluster.transmit(sending, 1).append(sending).replicate(0, 2).replicate(0, 3);
  cluster.emit('acknowledged', 1, 0, sending.offset, sending.offset, 1, -1);
  const first = sending.offset;
  cluster.at(32).retry(sending, 7).heal(strike).transmit(sending, 1).append(sending).replicate(0, 2).replicate(0, 3);
  cluster.acknowledge(sending).at(60).readAll('final', 0, 1);
  const { operation, value, offset } = sending;
  const found: Partial<Anomaly> = {
    offsets: [first, offset],
    operations: [operation],
    values: [value],
    at: cluster.now,
  };
  const judged = judge({ type: 'duplicate', story: 'twice', ...found }, 'retries without idempotence');
  return { cluster, history: cluster.history, trace: cluster.trace, judged };
}

/** Two in flight: the first is refused, the second is appended, the first is sent again. */
export function overtaken(): Scenario {
  const cluster = new ScriptedCluster({ acks: -1 }).boot();
  cluster.at(3);
  const first = cluster.send('p0', 0, 10, 'acct-1');
  const second = cluster.send('p0', 0, 11, 'acct-1');
  cluster.transmit(first, 1).transmit(second, 1).tick();
  cluster.emit('refused', 1, 0, 19, -1, -1);
  cluster.tick().retry(first, 19).append(second).replicate(0, 2).replicate(0, 3).acknowledge(second);
  cluster.transmit(first, 1).append(first).replicate(0, 2).replicate(0, 3).acknowledge(first);
  cluster.at(60).readAll('final', 0, 1);
  const found: Partial<Anomaly> = {
    offsets: [first.offset, second.offset],
    operations: [first.operation, second.operation],
    values: [10, 11],
    at: cluster.now,
  };
  const judged = judge({ type: 'key-order', story: 'order', ...found }, 'several in flight without idempotence');
  return { cluster, history: cluster.history, trace: cluster.trace, judged };
}

/** Everyday traffic: `count` sends spread over the time, replicated to the brokers named, acknowledged. */
function trickle(
  cluster: ScriptedCluster,
  from: number,
  to: number,
  count: number,
  reached: readonly number[] = cluster.brokers,
): void {
  const first = cluster.history.operations.length;
  for (let i = 0; i < count; i++) {
    const at = from + ((to - from) * i) / count;
    cluster.at(at);
    const key = i % cluster.partitions.length;
    const partition = cluster.partitions[key]!;
    if (!reached.includes(partition.leader)) continue;
    const sending = cluster.send(i % 3 === 0 ? 'p1' : 'p0', key, first + i, `acct-${(i * 7) % 13}`);
    cluster.transmit(sending, partition.leader).append(sending);
    if (cluster.acks === 1) cluster.acknowledge(sending);
    for (const follower of reached) if (follower !== partition.leader) cluster.replicate(key, follower);
    if (cluster.acks === -1) cluster.acknowledge(sending);
  }
}
