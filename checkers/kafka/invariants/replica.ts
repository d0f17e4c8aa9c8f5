/** One replica as probes tell of it, and how they change it. */
import { RecordLog } from './record-log.js';

/** What one broker holds of a partition, and what it believes of it. Sets of brokers are bit masks. */
export interface Replica {
  readonly machine: number;
  readonly log: RecordLog;
  /** What lies below was deleted by policy or on request. */
  logStart: number;
  highWatermark: number;
  /** Before it moved last. */
  oldHighWatermark: number;
  isLeader: boolean;
  /** -1: this incarnation has not heard of any. */
  leaderEpoch: number;
  /** Leader: the ISR that the controller confirmed to it, and the one that it has proposed (0: none). */
  isr: number;
  proposed: number;
  /** min.insync.replicas, once the broker has said what it goes by; -1: as the topic was created with it. */
  minInsyncReplicas: number;
  /** Leader: the log end that each follower's fetches showed in this epoch; undefined: none yet. */
  readonly fetched: (number | undefined)[];
  /** What was cut off, by offset: power loss may undo a truncation that was not synced, and bring it back. */
  readonly cutOff: (CutOff | undefined)[];
  /** A loaded log that ends above what is known of it: where. -1: it does not. */
  restoredEnd: number;
  /** Where it ended when its broker began to load it last, with all that its disk had kept. */
  endBeforeLoad: number;
}

interface CutOff {
  readonly leaderEpoch: number;
  readonly value: number;
}

export function newReplica(machine: number): Replica {
  return {
    machine,
    log: new RecordLog(),
    logStart: 0,
    highWatermark: 0,
    oldHighWatermark: 0,
    isLeader: false,
    leaderEpoch: -1,
    isr: 0,
    proposed: 0,
    minInsyncReplicas: -1,
    fetched: [],
    cutOff: [],
    restoredEnd: -1,
    endBeforeLoad: 0,
  };
}

/** @param truncated the broker cut its log itself: an undone truncation brings that back, not what was written later */
export function cutLog(replica: Replica, end: number, truncated: boolean): void {
  const { log, cutOff } = replica;
  for (let offset = end; offset < log.end; offset++) {
    if (truncated || cutOff[offset] === undefined) {
      cutOff[offset] = { leaderEpoch: log.epochAt(offset), value: log.valueAt(offset) };
    }
  }
  log.cut(end);
  if (end < replica.highWatermark) moveHighWatermark(replica, end);
}

export function moveHighWatermark(replica: Replica, highWatermark: number): void {
  replica.oldHighWatermark = replica.highWatermark;
  replica.highWatermark = highWatermark;
}

/**
 * Followers' log ends are unknown to a new leader. One that is elected again without having followed in between keeps
 * what it knows of them (Replica.resetReplicaState): nobody else can have led and cut them back.
 */
export function becomeLeader(replica: Replica, leaderEpoch: number, isr: number): void {
  if (!replica.isLeader) replica.fetched.length = 0;
  replica.isLeader = true;
  replica.leaderEpoch = leaderEpoch;
  adoptIsr(replica, isr);
}

export function becomeFollower(replica: Replica, leaderEpoch: number): void {
  replica.isLeader = false;
  replica.leaderEpoch = leaderEpoch;
  adoptIsr(replica, 0);
}

export function adoptIsr(replica: Replica, isr: number): void {
  replica.isr = isr;
  replica.proposed = 0;
}

/** The broker has deleted its replica: another of the partition begins with nothing. */
export function forgetLog(replica: Replica): void {
  replica.log.cut(0);
  replica.cutOff.length = 0;
  replica.logStart = 0;
  replica.highWatermark = 0;
  replica.oldHighWatermark = 0;
  forgetRole(replica);
}

/** The process is gone, and with it all that it believed. */
export function forgetRole(replica: Replica): void {
  replica.isLeader = false;
  replica.leaderEpoch = -1;
  adoptIsr(replica, 0);
  replica.fetched.length = 0;
}
