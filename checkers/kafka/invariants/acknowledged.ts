/**
 * W2, acknowledged durability: a broker that acknowledges holds the records; under acks=all so does every electable
 * member of the ISR, whoever leads by then. The committed prefix (W1) keeps them from then on.
 *
 * W3, acknowledgement quorum: a success under acks=all comes after the high watermark passed the records, from a leader
 * whose maximal ISR has at least min.insync.replicas members (Partition.checkEnoughReplicasReachOffset).
 */
import { effectiveMinInsyncReplicas, type Breach, type Invariant, type InvariantContext } from './invariant.js';
import { lowestMember, memberCount } from './cluster-fold.js';
import type { RecordLog } from './record-log.js';
import { brokerWords, placeWords } from './words.js';

const ACKS_ALL = -1;

export const acknowledgedDurability: Invariant = {
  id: 'W2',
  sentence: 'What a broker acknowledges is in its log; under acks=all in that of every member of the ISR too.',
  on: ['acknowledged'],
  create(context) {
    const { cluster } = context;
    return {
      onProbe(_kind, machine, key, baseOffset, lastOffset, _epoch, acks) {
        const answering = cluster.replica(machine, key);
        if (answering.log.end <= lastOffset) context.found(notHeld(context, machine, machine, key, baseOffset));
        if (acks !== ACKS_ALL) return;
        const awaited = cluster.partition(key).isr & ~cluster.leaving(key);
        for (let rest = awaited; rest !== 0; rest &= rest - 1) {
          const member = lowestMember(rest);
          if (!cluster.isElectable(member)) continue;
          const lacking = firstLacking(answering.log, cluster.replica(member, key).log, baseOffset, lastOffset);
          if (lacking >= 0) context.found(notHeld(context, machine, member, key, lacking));
        }
      },
    };
  },
};

export const acknowledgementQuorum: Invariant = {
  id: 'W3',
  sentence:
    'A success under acks=all follows the high watermark, and at least min.insync.replicas replicas are in the maximal ISR.',
  on: ['acknowledged'],
  create(context) {
    const { cluster, facts } = context;
    return {
      onProbe(_kind, machine, key, baseOffset, lastOffset, _epoch, acks) {
        if (acks !== ACKS_ALL) return;
        const leader = cluster.replica(machine, key);
        const inSync = memberCount(leader.isr | leader.proposed);
        const needed = effectiveMinInsyncReplicas(facts, key, leader);
        const early = leader.highWatermark <= lastOffset;
        if (!early && inSync >= needed) return;
        const why = early
          ? `with its high watermark at ${leader.highWatermark}`
          : `with ${inSync} of at least ${needed} replicas in sync`;
        context.found(record(context, machine, key, baseOffset, `${brokerWords(machine)} acknowledged`, why));
      },
    };
  },
};

/** The first of these records that the other log does not hold; -1: it holds them all. */
function firstLacking(log: RecordLog, other: RecordLog, from: number, to: number): number {
  for (let offset = from; offset <= to; offset++) {
    const same = log.epochAt(offset) === other.epochAt(offset) && log.valueAt(offset) === other.valueAt(offset);
    if (!same) return offset;
  }
  return -1;
}

function notHeld(context: InvariantContext, answering: number, member: number, key: number, offset: number): Breach {
  const whose = member === answering ? 'its own log does not hold it' : `${brokerWords(member)} in the ISR lacks it`;
  return record(context, answering, key, offset, `${brokerWords(answering)} acknowledged`, `and ${whose}`);
}

function record(
  { cluster, facts }: InvariantContext,
  machine: number,
  key: number,
  offset: number,
  did: string,
  why: string,
): Breach {
  const value = cluster.replica(machine, key).log.valueAt(offset);
  const story = `${did} ${placeWords(facts, key, offset)}, value ${value}, ${why}`;
  return { key, offsets: [offset], values: [value], story };
}
