/**
 * What servers of an ensemble say to each other, and clients to servers. Immutable: sent by reference.
 *
 * Three kinds of connections: votes (one a direction and pair of servers), a follower's to its leader, a client's to its server.
 */
import type { Message } from '../../../../kernel/process.js';
import type { ClientOp, OpResult, Transaction, TransactionOp, ZnodeEvent } from './operations.js';

export const ZkPurpose = { election: 20, quorum: 21, client: 22 } as const;

/** Message.kind. */
export const ZkMessage = {
  // election
  notification: 2000,
  // follower and leader
  followerInfo: 2001,
  leaderInfo: 2002,
  ackEpoch: 2003,
  synchronise: 2004,
  ackNewLeader: 2005,
  upToDate: 2006,
  proposal: 2007,
  ack: 2008,
  commit: 2009,
  ping: 2010,
  pong: 2011,
  forward: 2012,
  syncForward: 2013,
  syncAnswer: 2014,
  revalidate: 2015,
  revalidated: 2016,
  // client and server
  connect: 2020,
  connected: 2021,
  request: 2022,
  reply: 2023,
  event: 2024,
  clientPing: 2025,
  clientPong: 2026,
} as const;

const HEAD_BYTES = 24;
const TRANSACTION_BYTES = 120;

export interface Vote {
  readonly leader: number;
  /** Last in the proposed leader's log, and the epoch in which it last followed or led. */
  readonly zxid: number;
  readonly epoch: number;
}

export type ServerState = 'looking' | 'following' | 'leading';

export interface Notification extends Message {
  readonly sender: number;
  readonly state: ServerState;
  /** Number of the election: logicalclock. */
  readonly round: number;
  readonly vote: Vote;
}

export interface FollowerInfo extends Message {
  readonly server: number;
  readonly acceptedEpoch: number;
}
export interface LeaderInfo extends Message {
  readonly epoch: number;
}
export interface AckEpoch extends Message {
  readonly currentEpoch: number;
  readonly lastZxid: number;
}
/** TRUNC, DIFF and NEWLEADER in one. */
export interface Synchronise extends Message {
  /** Everything later in the follower's log goes first. */
  readonly truncateTo: number;
  readonly transactions: readonly Transaction[];
  readonly epoch: number;
}
/** ackNewLeader, ack, commit and upToDate. */
export interface ZxidMessage extends Message {
  readonly zxid: number;
}
export interface Proposal extends Message {
  readonly transaction: Transaction;
}
/** Sessions that the follower has heard of since the last. */
export interface Pong extends Message {
  readonly sessions: readonly number[];
}
export interface Forward extends Message {
  readonly session: number;
  readonly cxid: number;
  readonly op: TransactionOp;
}
/** syncForward, syncAnswer. */
export interface SyncMessage extends Message {
  readonly session: number;
  readonly cxid: number;
}
export interface SessionMessage extends Message {
  readonly session: number;
  /** In the answer: whether it lives. */
  readonly valid: boolean;
}

export interface ConnectRequest extends Message {
  /** 0: a new one. */
  readonly session: number;
  readonly timeoutMicros: number;
  readonly lastZxidSeen: number;
}
export interface ConnectResponse extends Message {
  readonly session: number;
  /** As negotiated; 0: the session is over. */
  readonly timeoutMicros: number;
}
export interface ClientRequest extends Message {
  readonly xid: number;
  readonly op: ClientOp;
}
export interface ClientReply extends Message {
  readonly xid: number;
  /** The last transaction that this server had applied. */
  readonly zxid: number;
  readonly result: OpResult;
}
export interface WatchMessage extends Message {
  readonly event: ZnodeEvent;
  readonly zxid: number;
}

export function head(kind: number): Message {
  return { kind, bytes: HEAD_BYTES };
}

export function zxidMessage(kind: number, zxid: number): ZxidMessage {
  return { kind, bytes: HEAD_BYTES, zxid };
}

export function proposal(transaction: Transaction): Proposal {
  return { kind: ZkMessage.proposal, bytes: HEAD_BYTES + TRANSACTION_BYTES, transaction };
}

export function synchronise(truncateTo: number, transactions: readonly Transaction[], epoch: number): Synchronise {
  const bytes = HEAD_BYTES + TRANSACTION_BYTES * transactions.length;
  return { kind: ZkMessage.synchronise, bytes, truncateTo, transactions, epoch };
}

export function forward(session: number, cxid: number, op: TransactionOp): Forward {
  return { kind: ZkMessage.forward, bytes: HEAD_BYTES + TRANSACTION_BYTES, session, cxid, op };
}

export function reply(xid: number, zxid: number, result: OpResult): ClientReply {
  return { kind: ZkMessage.reply, bytes: HEAD_BYTES + TRANSACTION_BYTES, xid, zxid, result };
}
