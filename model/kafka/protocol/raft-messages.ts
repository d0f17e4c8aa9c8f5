/**
 * Requests and responses of the metadata quorum, with the field names of Kafka's message schemas (KIP-595, KIP-630,
 * KIP-853, KIP-996). Nodes are named by the number of their machine.
 */
import { RESPONSE, type Request, type Response } from './messages.js';
import type { ErrorCode } from './errors.js';
import type { MetadataRecord, VoterKey } from './metadata-records.js';

/** Kafka's API keys; Fetch of __cluster_metadata, and ApiVersions, have numbers of their own: others are asked them too. */
export const RaftApi = {
  vote: 52,
  beginQuorumEpoch: 53,
  endQuorumEpoch: 54,
  fetch: 1 + 500,
  apiVersions: 18 + 500,
  fetchSnapshot: 59,
  addVoter: 80,
  removeVoter: 81,
} as const;

/** "Nobody": no leader is known, no vote was cast. */
export const NOBODY = -1;
/** "Nowhere": of offsets and epochs that are not said. */
export const NOWHERE = -1;

/** Records that were appended together, in one epoch: they survive together or not at all. Immutable, shared by all logs. */
export interface MetadataBatch {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly records: readonly MetadataRecord[];
}

/** The state at a committed offset, in place of the log below it (KIP-630). */
export interface MetadataSnapshot {
  /** Exclusive. */
  readonly endOffset: number;
  /** Of the last record below endOffset. */
  readonly epoch: number;
  readonly voters: readonly VoterKey[];
  /** What the state machine made of the records; for it to know. Immutable. */
  readonly state: object;
}

/** Every answer of the quorum says who leads, as far as the sender knows. */
export interface QuorumResponse extends Response {
  readonly error: ErrorCode;
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

export interface VoteRequest extends Request {
  readonly candidateId: number;
  /** The epoch that it stands for; in a pre-vote the one it is in. */
  readonly candidateEpoch: number;
  readonly lastOffset: number;
  readonly lastOffsetEpoch: number;
  readonly preVote: boolean;
  /** Of the voter that is meant; NO_DIRECTORY: whichever it has. */
  readonly voterDirectoryId: number;
}
export interface VoteResponse extends QuorumResponse {
  readonly voteGranted: boolean;
  readonly preVote: boolean;
}

export interface BeginQuorumEpochRequest extends Request {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** Of the voter that is meant; NO_DIRECTORY: whichever it has. */
  readonly voterDirectoryId: number;
}
export interface EndQuorumEpochRequest extends Request {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** Those that have most of the log first. */
  readonly preferredSuccessors: readonly number[];
}

export interface QuorumFetchRequest extends Request {
  readonly replicaId: number;
  readonly replicaDirectoryId: number;
  /** The epoch that the sender is in. */
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** Of the record before fetchOffset; 0: there is none. */
  readonly lastFetchedEpoch: number;
  readonly maxWaitMs: number;
  /** What the sender knows of it (KIP-1166); NOWHERE before 4.1. */
  readonly highWatermark: number;
}
export interface QuorumFetchResponse extends QuorumResponse {
  /** NOWHERE: the leader does not know it yet. */
  readonly highWatermark: number;
  /** NOWHERE and NOWHERE: the logs agree up to fetchOffset. */
  readonly divergingEpoch: number;
  readonly divergingEndOffset: number;
  /** NOWHERE and NOWHERE: the records from fetchOffset on are there. */
  readonly snapshotEndOffset: number;
  readonly snapshotEpoch: number;
  readonly fetchOffset: number;
  readonly batches: readonly MetadataBatch[];
}

export interface FetchSnapshotRequest extends Request {
  readonly replicaId: number;
  readonly replicaDirectoryId: number;
  readonly currentLeaderEpoch: number;
  readonly snapshotEndOffset: number;
  readonly snapshotEpoch: number;
}
export interface FetchSnapshotResponse extends QuorumResponse {
  /** In one piece: the simulated snapshots are smaller than MAX_FETCH_SIZE_BYTES. */
  readonly snapshot: MetadataSnapshot | null;
}

/** AddRaftVoter or RemoveRaftVoter, by kind. */
export interface VoterChangeRequest extends Request {
  readonly voterId: number;
  readonly voterDirectoryId: number;
}
export type VoterChangeResponse = QuorumResponse;

/** Does the quorum serve this request? */
export function isQuorumRequest(kind: number): boolean {
  return (
    kind === RaftApi.fetch ||
    (kind >= RaftApi.vote && kind <= RaftApi.endQuorumEpoch) ||
    kind === RaftApi.fetchSnapshot ||
    kind === RaftApi.apiVersions ||
    kind === RaftApi.addVoter ||
    kind === RaftApi.removeVoter
  );
}

export function isQuorumResponse(kind: number): boolean {
  return isQuorumRequest(kind - RESPONSE);
}
