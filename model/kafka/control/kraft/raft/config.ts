/** What a member of the quorum is built from: read once, when its process is. */
import type { Rules } from '../../../protocol/versions/rules.js';

/** Settings under Kafka's own names, in Kafka's units. (QuorumConfig, MetadataLogConfig) */
export interface QuorumSettings {
  /** How long who is unattached or stands for election waits; each wait is drawn from [this, twice this). */
  readonly 'controller.quorum.election.timeout.ms': number;
  /** Without a fetch answered for so long a follower stands for election; without fetches of a majority for 1.5 times as long a leader resigns. */
  readonly 'controller.quorum.fetch.timeout.ms': number;
  readonly 'controller.quorum.election.backoff.max.ms': number;
  /** How long the leader collects records before it writes them. */
  readonly 'controller.quorum.append.linger.ms': number;
  readonly 'controller.quorum.request.timeout.ms': number;
  readonly 'controller.quorum.retry.backoff.ms': number;
  readonly 'metadata.log.segment.bytes': number;
  /** The log below the latest snapshot is kept until it and the older snapshots are larger than this. */
  readonly 'metadata.max.retention.bytes': number;
}

/** KafkaRaftClient.MAX_FETCH_SIZE_BYTES: of the records in one answer, but for the first batch. */
export const MAX_FETCH_BYTES = 8_388_608;

/** Protocol rules and defects that a node of the quorum reads. */
export type QuorumRules = Pick<
  Rules,
  'checkQuorum' | 'preVote' | 'periodicBeginQuorumEpoch' | 'highWatermarkInQuorumFetch' | 'voterIdentity' | 'defects'
>;

export interface QuorumConfig {
  /** The number of this node's machine. */
  readonly nodeId: number;
  /** The first voters: controller.quorum.voters, or those that the quorum was formatted with. */
  readonly voters: readonly number[];
  /** Whom to ask who leads: controller.quorum.bootstrap.servers; the voters, where it is not set. */
  readonly bootstrapServers: readonly number[];
  /** MAX_FETCH_BYTES; less, so that a small log takes several fetches. */
  readonly maxFetchBytes: number;
  readonly settings: QuorumSettings;
  readonly rules: QuorumRules;
}

/** Kafka's defaults, 2.8 and later. */
export const quorumDefaults: QuorumSettings = {
  'controller.quorum.election.timeout.ms': 1000,
  'controller.quorum.fetch.timeout.ms': 2000,
  'controller.quorum.election.backoff.max.ms': 1000,
  'controller.quorum.append.linger.ms': 25,
  'controller.quorum.request.timeout.ms': 2000,
  'controller.quorum.retry.backoff.ms': 20,
  'metadata.log.segment.bytes': 1_073_741_824,
  'metadata.max.retention.bytes': 104_857_600,
};

/** kraft.version=1: voters are known by id and directory, and are added and removed by records in the log (KIP-853). */
export function hasDynamicVoters({ rules }: QuorumConfig): boolean {
  return rules.voterIdentity === 'id-and-directory';
}
