/**
 * lost-write: a committed record that a read went past without returning it.
 *
 *   p0  |-- send orders-0 value 7 --| ok, offset 4
 *   c0                                |-- poll --|  offset 5 read, offset 4 never → lost
 *
 * Committed is what was acknowledged, and what a poll returned (it was below the high watermark then). An operation of
 * several sends may have ended unknown: the offsets that it names were acknowledged, if any of its records was read
 * (Jepsen's Kafka workload). Two rules:
 *
 * - Jepsen's, on any history: of all records that polls returned, take the one whose lowest offset is the highest; every
 *   acknowledged record that stands at or below it must be in some poll.
 * - Final reads return a partition in full with each replica in turn as leader: every record committed before such a
 *   read began must be in it. A record that only some replicas hold is lost at the fail-over that reads without it.
 *   One that is in no read at all and above all of them is `unseen`, not here.
 *
 * What was committed later must be in it if the read went further, and another replica returned it when it led. One that
 * ended below it may have come too early: another tool's reads need not wait for the last append.
 * In a compacted topic nothing is lost that a later record of its key supersedes, or that was deleted (history/compaction.ts).
 *
 * A final read that did not reach the end proves nothing: undecided, unless a later one with that leader did.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { INFO, OK } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { isCommitted } from './history/committed.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import type { FinalRead } from './history/final-reads.js';
import { columnOf, Compaction, type ShownKeys } from './history/compaction.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, machineWords, recordWords, secondsWords } from './history/words.js';

export const lostWrite: Checker = {
  name: 'lost-write',
  check(history) {
    const index = historyIndex(history);
    const losses = new Losses(index);
    losses.belowOtherReads();
    for (const read of index.finalReads) if (read.complete) losses.missingFrom(read);
    return findings(index, losses.anomalies, incompleteFinalRead(index));
  },
};

/** Why final reads leave something open; undefined: they do not. */
export function incompleteFinalRead(index: HistoryIndex): string | undefined {
  const { history, finalReads, unnamedFinalReads } = index;
  const isRead = ({ key, machine }: FinalRead): boolean =>
    finalReads.some((read) => read.complete && read.key === key && read.machine === machine);
  const incomplete = finalReads.find((read) => !read.complete && !isRead(read));
  if (incomplete !== undefined) {
    const { key, machine } = incomplete;
    return `the final read of ${keyWords(history, key)} with ${machineWords(history, machine)} as leader did not reach its end`;
  }
  return unnamedFinalReads > 0 ? 'a final read ended without saying which partition it read' : undefined;
}

class Losses {
  readonly anomalies: Anomaly[] = [];
  private readonly index: HistoryIndex;
  private readonly reported: Uint8Array;
  /** By record: the last final read that returned it. */
  private readonly returnedBy: Int32Array;
  /** By key: the record whose lowest offset bounds what must have been read; -1: nothing was read. */
  private readonly bounds: Int32Array;
  private readonly reaches = new Map<FinalRead, number>();
  private readonly compaction: Compaction;
  private readonly shownByAll: (ShownKeys | undefined)[] = [];
  private finalReadsSeen = 0;

  constructor(index: HistoryIndex) {
    this.index = index;
    this.compaction = new Compaction(index);
    this.reported = new Uint8Array(index.records.length);
    this.returnedBy = new Int32Array(index.records.length);
    this.bounds = index.readBounds();
  }

  belowOtherReads(): void {
    const { index } = this;
    for (let record = 0; record < index.records.length; record++) {
      if (index.records.reader[record]! >= 0 || !wasAcknowledged(index, record)) continue;
      const key = index.records.key[record]!;
      if (this.compaction.isCompacted(key) && this.compaction.isSuperseded(record, this.readAnywhere(key))) continue;
      const bound = key < 0 ? -1 : this.bounds[key]!;
      const offset = index.lastOffset(record);
      if (bound < 0 || offset < 0 || offset > index.firstOffset(bound)) continue;
      const reader = index.records.reader[bound]!;
      const gone = `in no read, though reads went on to offset ${index.firstOffset(bound)}`;
      this.report(record, offset, gone, reader, endOf(index, reader));
    }
  }

  missingFrom(read: FinalRead): void {
    const { index } = this;
    const stamp = ++this.finalReadsSeen;
    if (this.stampReturned(read, stamp) === index.recordCount(read.key)) return; // all of them
    const last = read.operations[read.operations.length - 1]!;
    const leader = machineWords(index.history, read.machine);
    const shown = this.compaction.isCompacted(read.key) ? this.compaction.shown(columnOf(read.records)) : null;
    for (const record of index.recordsOf(read.key)) {
      if (this.returnedBy[record] === stamp) continue;
      const elsewhere = index.records.reader[record]!;
      // In no read at all: lost if it stands below one (the other rule has it), else unseen.
      if (elsewhere < 0 || this.reported[record] === 1 || !this.committedBefore(record, read)) continue;
      if (shown !== null && this.compaction.isSuperseded(record, shown)) continue;
      const gone = `missing from the full read with ${leader} as leader`;
      this.report(record, index.firstOffset(record), gone, elsewhere, endOf(index, last), last);
    }
  }

  /** What reads returned of a compacted partition, all of them together. */
  private readAnywhere(key: number): ShownKeys {
    return (this.shownByAll[key] ??= this.compaction.shown(
      this.index.recordsOf(key).filter((record) => this.isRead(record)),
    ));
  }

  private isRead(record: number): boolean {
    return this.index.records.reader[record]! >= 0;
  }

  /** Marks what a final read returned, which is of its partition. @returns how many different records that is */
  private stampReturned({ records }: FinalRead, stamp: number): number {
    const { returnedBy } = this;
    let distinct = 0;
    for (let i = 0; i < records.length; i++) {
      const record = records.at(i);
      if (returnedBy[record] === stamp) continue;
      returnedBy[record] = stamp;
      distinct++;
    }
    return distinct;
  }

  /** Sent by somebody, and acknowledged or read before the final read began. */
  private committedBefore(record: number, read: FinalRead): boolean {
    const { index } = this;
    const writer = index.records.writer[record]!;
    if (writer < 0) return false;
    const { outcome, completedAt } = index.operations;
    if (outcome[writer]! === OK && completedAt[writer]! <= read.invokedAt) return true;
    if (endOf(index, index.records.reader[record]!) <= read.invokedAt) return true;
    return readByFinal(index, record) && index.lastOffset(record) < this.reachOf(read);
  }

  /** The highest offset that a final read returned for certain; -1: it returned nothing, or no offset is known. */
  private reachOf(read: FinalRead): number {
    let reach = this.reaches.get(read);
    if (reach !== undefined) return reach;
    reach = -1;
    const { records } = read;
    for (let i = 0; i < records.length; i++) reach = Math.max(reach, this.index.firstOffset(records.at(i)));
    this.reaches.set(read, reach);
    return reach;
  }

  private report(record: number, offset: number, gone: string, reader: number, at: number, finalRead = -1): void {
    const { index } = this;
    this.reported[record] = 1;
    const writer = index.writer(record)!;
    const committed =
      writer.outcome === 'ok' || finalRead < 0
        ? `acknowledged at ${secondsWords(writer.completedAt)}`
        : `read at ${secondsWords(endOf(index, reader))}`;
    this.anomalies.push({
      type: 'lost-write',
      key: index.records.key[record]!,
      offsets: offset < 0 ? [] : [offset],
      operations: operationsOf(writer.index, reader, finalRead),
      values: [index.records.value[record]!],
      events: [],
      at,
      story: `${recordWords(index, record, offset)}: ${committed}, ${gone}`,
      preventedBy: null,
    });
  }
}

/** Its send succeeded; or that is unknown, and what else the same operation sent was read. Who names no offset says less. */
function wasAcknowledged(index: HistoryIndex, record: number): boolean {
  const outcome = index.records.outcome[record]!;
  return outcome === OK || (outcome === INFO && isCommitted(index, index.records.writer[record]!));
}

/** Another replica returned it when it led. */
function readByFinal(index: HistoryIndex, record: number): boolean {
  return index.operations.finalReadOf[index.records.reader[record]!]! >= 0;
}
