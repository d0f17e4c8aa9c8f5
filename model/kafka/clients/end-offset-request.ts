/** ListOffsets for the end of one partition. */
import { Api, LATEST_TIMESTAMP, type ListOffsetsRequest } from '../protocol/messages.js';

const REQUEST_BYTES = 68;

/** @param readCommitted the last stable offset instead of the high watermark */
export function endOffsetRequest(
  correlationId: number,
  partition: number,
  currentLeaderEpoch: number,
  readCommitted: boolean,
): ListOffsetsRequest {
  return {
    kind: Api.listOffsets,
    bytes: REQUEST_BYTES,
    correlationId,
    replicaId: -1,
    readCommitted,
    partitions: [{ partition, currentLeaderEpoch, timestamp: LATEST_TIMESTAMP }],
  };
}
