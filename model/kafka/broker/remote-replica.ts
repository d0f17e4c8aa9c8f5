/** What a leader knows of one follower: Replica.ReplicaState. Times are the leader's wall clock in microseconds. */

const UNKNOWN_OFFSET = -1;
/** No fetch has told it yet; -1 would mean that the fetch carried none (KIP-903). */
export const UNKNOWN_BROKER_EPOCH = -2;
/** Longer ago than any lag. */
const NEVER = Number.NEGATIVE_INFINITY;

export class RemoteReplica {
  readonly brokerId: number;
  /** The offset of its last fetch: the replication ack. */
  logEndOffset = UNKNOWN_OFFSET;
  /** Where its log begins, as its last fetch said. */
  logStartOffset = UNKNOWN_OFFSET;
  brokerEpoch = UNKNOWN_BROKER_EPOCH;
  /** In the last answer to it. */
  lastSentHighWatermark = UNKNOWN_OFFSET;
  /** The last time at which it had everything that the leader had. */
  lastCaughtUpTime = NEVER;
  /** When the leader last set its log end, be it to the same, or to unknown (up to 0.8.2: logEndOffsetUpdateTimeMs). */
  logEndOffsetUpdateTime = NEVER;
  /** The leader's log end when it fetched last, and when that was: the second step of the clock. */
  #lastFetchLeaderLogEndOffset = UNKNOWN_OFFSET;
  #lastFetchTime = NEVER;

  constructor(brokerId: number) {
    this.brokerId = brokerId;
  }

  /**
   * A fetch arrived (Replica.updateFetchStateOrThrow). Two steps make a follower caught up: it asks from the leader's
   * log end of now, or from what that was at its previous fetch, and then it counts as caught up at that fetch. Under
   * steady writes only the second ever holds.
   */
  fetched(
    fetchOffset: number,
    logStartOffset: number,
    time: number,
    leaderLogEndOffset: number,
    brokerEpoch: number,
  ): void {
    if (fetchOffset >= leaderLogEndOffset) {
      this.lastCaughtUpTime = Math.max(this.lastCaughtUpTime, time);
    } else if (fetchOffset >= this.#lastFetchLeaderLogEndOffset) {
      this.lastCaughtUpTime = Math.max(this.lastCaughtUpTime, this.#lastFetchTime);
    }
    this.logEndOffset = fetchOffset;
    this.logEndOffsetUpdateTime = time;
    this.logStartOffset = logStartOffset;
    this.#lastFetchLeaderLogEndOffset = Math.max(this.#lastFetchLeaderLogEndOffset, leaderLogEndOffset);
    this.#lastFetchTime = time;
    this.brokerEpoch = brokerEpoch;
  }

  /**
   * The leader adopted a new epoch (Replica.resetReplicaState). Members of the ISR get the full lag time as grace. A
   * broker that did not lead before knows nothing of its followers' logs.
   */
  reset(time: number, leaderEpochStartOffset: number, isNewLeader: boolean, inIsr: boolean): void {
    this.lastCaughtUpTime = inIsr ? time : NEVER;
    this.logEndOffsetUpdateTime = time;
    if (isNewLeader) {
      this.logEndOffset = UNKNOWN_OFFSET;
      this.logStartOffset = UNKNOWN_OFFSET;
      this.brokerEpoch = UNKNOWN_BROKER_EPOCH;
      this.#lastFetchLeaderLogEndOffset = UNKNOWN_OFFSET;
      this.#lastFetchTime = NEVER;
    } else {
      this.#lastFetchLeaderLogEndOffset = leaderEpochStartOffset;
      this.#lastFetchTime = inIsr ? time : NEVER;
    }
  }

  /** At the leader's end, however long silent, or caught up within the lag time (Replica.isCaughtUp). */
  isCaughtUp(leaderLogEndOffset: number, time: number, lagMicros: number): boolean {
    return this.logEndOffset === leaderLogEndOffset || time - this.lastCaughtUpTime <= lagMicros;
  }
}
