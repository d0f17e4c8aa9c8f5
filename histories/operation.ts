/**
 * Operations: what clients did, as they saw it. The unit of every history, Harrow's or another tool's.
 *
 * `fail` means that it certainly did not happen; `info` that nobody knows.
 */

export type Outcome = 'ok' | 'fail' | 'info';

/** A send: offset -1 while it is unknown. `key` indexes History.keys (a topic-partition); -1 while unknown. */
export interface SendMicroOp {
  readonly kind: 'send';
  readonly key: number;
  readonly offset: number;
  readonly value: number;
  /** The record key (what decides the partition); null: none. */
  readonly recordKey: string | null;
  /** The record deletes its key (Kafka's null), and `value` is only how it is called here. Left out: it does not. */
  readonly tombstone?: true;
}
/** A range read of one key: offsets and values side by side. */
export interface PollMicroOp {
  readonly kind: 'poll';
  readonly key: number;
  readonly offsets: readonly number[];
  readonly values: readonly number[];
}
/** Appends a value to the list under a key (histories of the shape that Elle calls list-append). */
export interface AppendMicroOp {
  readonly kind: 'append';
  readonly key: number;
  readonly value: number;
}
/** Reads the list under a key. null: nothing was ever appended (of an ok operation), or nobody knows (of all others). */
export interface ReadMicroOp {
  readonly kind: 'read';
  readonly key: number;
  readonly values: readonly number[] | null;
}
/**
 * A group's offset of one key. commit, committed: the next to be read, which is committed (alone or in a transaction) or was
 * fetched; -1: none. process: a member did with the record at this offset what the group is there for.
 */
export interface GroupOffsetMicroOp {
  readonly kind: 'commit' | 'committed' | 'process';
  readonly key: number;
  readonly group: string;
  readonly offset: number;
}
/** The offset after the last record of a key, as its leader answered under this isolation level; -1: unknown. */
export interface EndOffsetMicroOp {
  readonly kind: 'end-offset';
  readonly key: number;
  readonly isolation: string;
  readonly offset: number;
}
/** From here on this member of the group owns the keys of its `own` micro-operations and no others. */
export interface OwnMicroOp {
  readonly kind: 'own';
  /** -1: none, all were revoked. */
  readonly key: number;
  readonly group: string;
  readonly member: string;
  readonly generation: number;
}
/** A key that the consumer reads by itself, without a group's doing. */
export interface AssignMicroOp {
  readonly kind: 'assign';
  readonly key: number;
}
/** Lineage: the record that stands at this key and offset went into an output that the same operation sends. */
export interface DeriveMicroOp {
  readonly kind: 'derive';
  readonly key: number;
  readonly offset: number;
  readonly outputKey: number;
  readonly outputValue: number;
  /** Of an application that counts the records of each key: what the output says, from 1. */
  readonly count?: number;
}
export type MicroOp =
  | SendMicroOp
  | PollMicroOp
  | AppendMicroOp
  | ReadMicroOp
  | GroupOffsetMicroOp
  | EndOffsetMicroOp
  | OwnMicroOp
  | AssignMicroOp
  | DeriveMicroOp;

/** One operation from invocation to completion. */
export interface Operation {
  /** Order of invocation, dense from 0. */
  readonly index: number;
  /** One logical thread with at most one open operation: sends that overlap have different processes. */
  readonly process: number;
  /** The client session behind it: producers' order is judged by session. */
  readonly session: number;
  /** Name of the client: p0, c0, final. */
  readonly client: string;
  /** send, poll, txn (one transaction: ok committed, fail aborted), commit, committed, process, end-offsets, rebalance, assign, ... */
  readonly f: string;
  /** Virtual microseconds. */
  readonly invokedAt: number;
  /** -1: never completed (then the outcome is info). */
  readonly completedAt: number;
  readonly outcome: Outcome;
  /** As completed where it completed, else as invoked. */
  readonly value: readonly MicroOp[];
  readonly error: string | null;
  /** Part of the final read: a fresh consumer reading from the first offset to the end of this replica as leader; -1 otherwise. */
  readonly finalReadOf: number;
  /** Keys of which a group's rebalance gave or took some while it ran; left out: none is known. */
  readonly rebalanced?: readonly number[];
}

export interface HistoryHeader {
  readonly format: 'harrow/history';
  readonly version: 1;
  readonly name: string;
  readonly seed: string;
  readonly timeUnit: 'us';
  readonly workload: string;
  readonly nodes: readonly string[];
  readonly kafka: string | null;
  readonly control: string | null;
  /** Under Kafka's own names, the settings that guarantees read: 'acks', 'enable.idempotence', 'min.insync.replicas', ... with their scope where several have them ('producer:retries'). */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly rules: Readonly<Record<string, string | number | boolean>>;
  /** Bugs of the release that the system ran with, by JIRA id; left out: none. */
  readonly defects?: readonly string[];
  readonly topology: {
    readonly brokers: readonly number[];
    readonly controllers: readonly number[];
    /** By key (topic-partition). */
    readonly partitions: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly replicas: readonly number[];
      readonly minInsyncReplicas: number;
    }[];
  } | null;
  /** resend: the workload resends values whose outcome is unknown. */
  readonly resend: boolean;
}

/** What black-box checkers judge. */
export interface History {
  readonly header: HistoryHeader;
  /** Names of the topic-partitions: 'orders-0'. */
  readonly keys: readonly string[];
  /** In order of invocation. */
  readonly operations: readonly Operation[];
  /** How a value is written for people; Harrow's own values are the integers themselves. */
  valueName(value: number): string;
}
