/** Small segments are cleaned into one: Cleaner.groupSegmentsBySize. (Sizes of indexes and offset distances never bind here.) */
import type { LogSegment } from '../segment.js';

/** @param maxBytes segment.bytes */
export function groupSegments(segments: readonly LogSegment[], maxBytes: number): readonly (readonly LogSegment[])[] {
  const groups: LogSegment[][] = [];
  let bytes = Infinity;
  for (const segment of segments) {
    if (bytes + segment.bytes > maxBytes) {
      groups.push([segment]);
      bytes = segment.bytes;
    } else {
      groups[groups.length - 1].push(segment);
      bytes += segment.bytes;
    }
  }
  return groups;
}
