/**
 * The rules of the high watermark (Partition.maybeIncrementLeaderHW).
 *
 * W4, eligibility: a leader's high watermark passes only what every other member of its maximal ISR (confirmed members
 * and proposed additions, KIP-497) has fetched in this epoch, and stands still while the confirmed ISR is below
 * min.insync.replicas (KAFKA-15583).
 * W10, monotony: it never goes back while a broker leads in one epoch. A new leader begins with its stale one.
 * W11, bounds: it never lies below the log's start, never passes the log's end, and a follower's never the one that its
 * leader had in that epoch. A follower's may go back, a restart restores an older checkpoint, and a log that is emptied to
 * begin where its leader's does takes it along (UnifiedLog.truncateFullyAndStartAt). While fetches said no
 * epoch (KIP-320, 2.1), a follower may have been answered in an epoch that it had not heard of yet: then its bound is what
 * any leader has had.
 */
import { StartedBy } from '../probe-kinds.js';
import { lowestMember, memberCount } from './cluster-fold.js';
import { effectiveMinInsyncReplicas, type Invariant, type InvariantContext } from './invariant.js';
import type { Replica } from './replica.js';
import { brokerWords } from './words.js';

export const highWatermarkEligibility: Invariant = {
  id: 'W4',
  sentence: "A leader's high watermark passes only what every member of its maximal ISR has fetched.",
  on: ['highWatermark'],
  create(context) {
    const { cluster, facts, highWatermarkGate } = context;
    return {
      onProbe(_kind, machine, key, highWatermark, _old, _epoch, asLeader) {
        const leader = cluster.replica(machine, key);
        if (asLeader !== 1 || highWatermark <= leader.oldHighWatermark) return;
        const needed = effectiveMinInsyncReplicas(facts, key, leader);
        if (highWatermarkGate && memberCount(leader.isr) < needed) {
          found(context, leader, key, `with ${memberCount(leader.isr)} of at least ${needed} replicas in sync`);
        }
        const awaited = (leader.isr | leader.proposed) & ~cluster.leaving(key);
        for (let rest = awaited; rest !== 0; rest &= rest - 1) {
          const member = lowestMember(rest);
          if (member === machine) continue;
          const fetched = leader.fetched[member];
          if (fetched !== undefined && fetched >= highWatermark) continue;
          const shown =
            fetched === undefined ? 'has not fetched since it began to lead' : `has fetched up to ${fetched}`;
          found(context, leader, key, `while ${brokerWords(member)} ${shown}`);
        }
      },
    };
  },
};

export const highWatermarkMonotony: Invariant = {
  id: 'W10',
  sentence: "A leader's high watermark never goes back while it leads.",
  on: ['highWatermark', 'truncate'],
  create(context) {
    const { cluster } = context;
    return {
      onProbe(kind, machine, key, a, _old, _epoch, asLeader) {
        const leader = cluster.replica(machine, key);
        // With the end of its log, or by itself.
        const isLeaders =
          kind === cluster.kinds.truncate ? leader.isLeader && leader.highWatermark === a : asLeader === 1;
        if (!isLeaders || leader.highWatermark >= leader.oldHighWatermark) return;
        found(context, leader, key, `back from ${leader.oldHighWatermark}, while it led`);
      },
    };
  },
};

export const highWatermarkBounds: Invariant = {
  id: 'W11',
  sentence:
    "A high watermark never lies below the log's start, passes the log's end, or a follower's the one of its leader.",
  on: ['highWatermark', 'becomeLeader', 'logStart'],
  create(context) {
    const { cluster, fetchEpochFencing } = context;
    /** By key, by leader epoch, or under 0 where epochs do not count: the highest that its leader had. */
    const ofLeaders: (number | undefined)[][] = [];
    return {
      onProbe(kind, machine, key, a, _b, c, asLeader) {
        const replica = cluster.replica(machine, key);
        const ofEpochs = (ofLeaders[key] ??= []);
        if (kind === cluster.kinds.becomeLeader) {
          const began = fetchEpochFencing ? a : 0;
          ofEpochs[began] = Math.max(ofEpochs[began] ?? 0, replica.highWatermark);
          return;
        }
        if (kind === cluster.kinds.logStart) {
          // One that is emptied, to begin where its leader does, says next where its high watermark is: the same place.
          if (a > replica.highWatermark && c !== StartedBy.restarted) begins(context, replica, key, a);
          return;
        }
        if (a < replica.logStart) found(context, replica, key, `below its log's start ${replica.logStart}`);
        if (a > replica.log.end) found(context, replica, key, `above its log's end ${replica.log.end}`);
        const epoch = fetchEpochFencing ? c : 0;
        if (asLeader === 1) {
          ofEpochs[epoch] = Math.max(ofEpochs[epoch] ?? 0, a);
          return;
        }
        const ofLeader = ofEpochs[epoch];
        if (ofLeader !== undefined && a > replica.oldHighWatermark && a > ofLeader) {
          found(context, replica, key, `above its leader's ${ofLeader} in epoch ${c}`);
        }
      },
    };
  },
};

function found(context: InvariantContext, replica: Replica, key: number, why: string): void {
  const { machine, highWatermark } = replica;
  const story = `${brokerWords(machine)} moved the high watermark of ${context.facts.keys[key]} to ${highWatermark}, ${why}`;
  context.found({ key, offsets: [highWatermark], values: [], story });
}

function begins(context: InvariantContext, { machine, highWatermark }: Replica, key: number, logStart: number): void {
  const story = `${brokerWords(machine)} lets the log of ${context.facts.keys[key]} begin at ${logStart}, above its high watermark ${highWatermark}`;
  context.found({ key, offsets: [logStart], values: [], story });
}
