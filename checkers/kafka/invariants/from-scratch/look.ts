/** What the views show of a partition when an event is over. */
import type { KafkaView, PartitionView, ReplicaView } from '../../../../model/kafka/views.js';

export interface HeldRecord {
  readonly leaderEpoch: number;
  readonly value: number;
}

/** A replica of a running broker. */
export interface ReplicaNow {
  readonly machine: number;
  readonly view: ReplicaView;
  readonly logStart: number;
  readonly logEnd: number;
  readonly highWatermark: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isLeader: boolean;
  /** Leader only: confirmed, and with what it has proposed to add; bit masks. */
  readonly isr: number;
  readonly maximalIsr: number;
  readonly hash: number;
  /** By offset. */
  readonly records: readonly (HeldRecord | undefined)[];
}

export interface PartitionNow {
  readonly key: number;
  readonly controller: PartitionView;
  readonly replicas: readonly ReplicaNow[];
}

export function lookAt(view: KafkaView, key: number, before: PartitionNow | undefined): PartitionNow {
  const replicas: ReplicaNow[] = [];
  for (const machine of view.brokers) {
    const replica = view.replica(machine, key);
    if (replica !== undefined) replicas.push(lookAtReplica(machine, replica, replicaOf(before, machine)));
  }
  return { key, controller: view.controller(key), replicas };
}

export function replicaOf(partition: PartitionNow | undefined, machine: number): ReplicaNow | undefined {
  return partition?.replicas.find((replica) => replica.machine === machine);
}

function lookAtReplica(machine: number, view: ReplicaView, before: ReplicaNow | undefined): ReplicaNow {
  const { logStart, logEnd, highWatermark, leaderEpoch, partitionEpoch, isLeader, isr, maximalIsr } = view;
  const hash = view.hashBelow(logEnd);
  const numbers = { logStart, logEnd, highWatermark, leaderEpoch, partitionEpoch, isLeader, isr, maximalIsr, hash };
  // A log is read again when it is another; not at each event, of which there are a hundred thousand.
  const isAsBefore =
    before?.view === view && before.hash === hash && before.logStart === logStart && before.logEnd === logEnd;
  return { machine, view, ...numbers, records: isAsBefore ? before.records : readLog(view, logStart, logEnd) };
}

function readLog(view: ReplicaView, logStart: number, logEnd: number): readonly (HeldRecord | undefined)[] {
  const records: (HeldRecord | undefined)[] = [];
  for (let offset = 0; offset < logEnd; offset++) {
    records.push(offset < logStart ? undefined : view.recordAt(offset));
  }
  return records;
}

/** Nothing that a rule asks of the views has changed in between. */
export function isUnchanged(now: PartitionNow, before: PartitionNow): boolean {
  if (now.controller !== before.controller || now.replicas.length !== before.replicas.length) return false;
  return now.replicas.every((replica, i) => isSame(replica, before.replicas[i]!));
}

function isSame(now: ReplicaNow, before: ReplicaNow): boolean {
  return (
    now.view === before.view &&
    now.records === before.records &&
    now.highWatermark === before.highWatermark &&
    now.leaderEpoch === before.leaderEpoch &&
    now.partitionEpoch === before.partitionEpoch &&
    now.isLeader === before.isLeader &&
    now.isr === before.isr &&
    now.maximalIsr === before.maximalIsr
  );
}

export function membersOf(mask: number): readonly number[] {
  const members: number[] = [];
  for (let broker = 0; broker < 31; broker++) if ((mask & (1 << broker)) !== 0) members.push(broker);
  return members;
}
