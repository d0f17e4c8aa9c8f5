/**
 * What a client may ask of ZooKeeper, what it is answered, and what the ensemble agrees on. Immutable: shared by reference
 * between messages, logs and trees.
 */
import type { ResultCode } from './codes.js';

/** Matches every version of a znode. */
export const ANY_VERSION = -1;

export interface CreateOp {
  readonly kind: 'create';
  readonly path: string;
  readonly data: unknown;
  /** Lives as long as the session that made it. */
  readonly ephemeral: boolean;
  /** Ten digits are appended to the path, one more at each creation below the same parent. */
  readonly sequential: boolean;
}
export interface DeleteOp {
  readonly kind: 'delete';
  readonly path: string;
  readonly version: number;
}
export interface SetDataOp {
  readonly kind: 'set-data';
  readonly path: string;
  readonly data: unknown;
  readonly version: number;
}
/** Only within a multi: fails it unless the znode has this version. */
export interface CheckOp {
  readonly kind: 'check';
  readonly path: string;
  readonly version: number;
}
export type SingleWrite = CreateOp | DeleteOp | SetDataOp | CheckOp;
/** All or none, in one transaction. */
export interface MultiOp {
  readonly kind: 'multi';
  readonly ops: readonly SingleWrite[];
}
export type WriteOp = SingleWrite | MultiOp;

export interface ReadOp {
  readonly kind: 'get-data' | 'exists' | 'get-children';
  readonly path: string;
  /** Leave a one-shot watch. */
  readonly watch: boolean;
}
/** The server catches up with the leader before it answers. */
export interface SyncOp {
  readonly kind: 'sync';
}
/** Watches that a client left with another server, and what it has seen: what fired meanwhile is told at once. */
export interface SetWatchesOp {
  readonly kind: 'set-watches';
  readonly relativeZxid: number;
  readonly data: readonly string[];
  readonly exists: readonly string[];
  readonly children: readonly string[];
}
export type ClientOp = WriteOp | ReadOp | SyncOp | SetWatchesOp | { readonly kind: 'close-session' };

/** What a transaction does: a client's write, or one of the leader's own. */
export type TransactionOp =
  | WriteOp
  | { readonly kind: 'create-session'; readonly timeoutMicros: number }
  | { readonly kind: 'close-session' }
  /** The leader refused the request; the transaction carries the answer in its order (PrepRequestProcessor). */
  | { readonly kind: 'error'; readonly code: ResultCode };

/** One entry of the replicated log. */
export interface Transaction {
  /** epoch × 2^32 + counter: grows from each transaction to the next. */
  readonly zxid: number;
  /** Whose request it was; 0 for the creation of a session, whose id is this zxid. */
  readonly session: number;
  /** With `origin`, finds the request that waits for it: the client's xid, or the connection that wants a session. */
  readonly cxid: number;
  /** Server through which the request came. */
  readonly origin: number;
  readonly op: TransactionOp;
}

export interface Stat {
  /** Transactions that created the znode, changed its data last, and its children last. */
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  /** Changes of its data, and of its children. */
  readonly version: number;
  readonly cversion: number;
  /** Session; 0: not ephemeral. */
  readonly ephemeralOwner: number;
}

/** Only what the operation calls for is filled in. */
export interface OpResult {
  readonly code: ResultCode;
  /** Of the znode created. */
  readonly path: string;
  readonly data: unknown;
  readonly stat: Stat | null;
  readonly children: readonly string[];
  /** Of each part of a multi. */
  readonly results: readonly OpResult[];
}

const NOTHING: readonly never[] = [];

export function result(code: ResultCode, stat: Stat | null = null, path = '', data: unknown = null): OpResult {
  return { code, path, data, stat, children: NOTHING, results: NOTHING };
}

export function childrenResult(children: readonly string[], stat: Stat): OpResult {
  return { code: 0, path: '', data: null, stat, children, results: NOTHING };
}

export function multiResult(code: ResultCode, results: readonly OpResult[]): OpResult {
  return { code, path: '', data: null, stat: null, children: NOTHING, results };
}

/** What a watch tells: that, not what, changed. */
export interface ZnodeEvent {
  readonly type: 'created' | 'deleted' | 'data-changed' | 'children-changed';
  readonly path: string;
}

const EPOCH = 0x100000000;

/** The first transaction of an epoch has counter 1. */
export function firstZxid(epoch: number): number {
  return epoch * EPOCH + 1;
}
